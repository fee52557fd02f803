"""How many points at a time fit into memory."""

import math
import os
import re
from pathlib import Path

from jaxmed.inference.engine.devices import device_count, local_devices, on_cpu, sized
from jaxmed.inference.problem import Data, Problem, acts_on, blocks

FEWEST = 8
"""Points of the smallest batch: fewer would leave the vector units idle."""
LARGEST = 4096
"""Points of the largest batch."""

# Measured on desktop processors: the combined fit is fastest with 16 points at a time, XENON1T with this many.
_CACHED_CELLS = 340_000
_LARGEST_ON_CPU = 256

# float64 numbers that the compiled profile holds for each point, an upper bound for all data sets together and
# alone, measured with `memory_analysis` of the compiled program: about 6 for every bin and each nuisance acting on it
# (templates, derivatives, Hessian), 4 for every bin of a variant of the signal, 5 for every recoil node.
_PER_BIN, _PER_VARIANT, _PER_NODE = 6, 4, 5
_DOUBLE = 8
_SHARE = 0.6  # of what is free, unless told otherwise
_ARRAYS = 16  # as large as a batch's largest that an accelerator's memory has to hold
_ACCELERATOR = 4e9  # bytes of one that does not tell
_UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def batch_size(
    problem: Problem, data: Data, memory: float, n_points: int, largest: int | None = None
) -> int:
    """Points at a time on each device: the largest power of two that fits, at most `largest`.

    Args:
        problem: what is profiled.
        data: the experiments.
        memory: for the results of all points and for one batch [bytes], beside what JAX itself and the data take
            (about 0.5 GB); of each device, or of the host where its cores are the devices.
        n_points: points in all.
        largest: what is wanted when memory is plentiful, by default what is fast; blocks that are faster with fewer
            points take fewer.

    Raises:
        ValueError: not even a batch of 8 points fits.
    """
    batch = largest or sized(_LARGEST_ON_CPU, LARGEST)
    while batch > FEWEST and needed(problem, data, batch, n_points) > memory:
        batch //= 2
    least = needed(problem, data, batch, n_points)
    if least > memory:
        raise ValueError(
            f"memory = {memory / 1e6:.3g} MB: expected at least {least / 1e6:.3g} MB, for the results of "
            f"{n_points} points and a batch of {batch} on {_sharing()} device(s)"
        )
    return batch


def needed(problem: Problem, data: Data, batch: int, n_points: int) -> float:
    """Memory [bytes] for the results of all points, twice while they are joined, and for one batch."""
    results = 2 * _DOUBLE * n_points * (len(problem.names) + 3)
    # independent blocks run one by one
    largest = max(
        min(batch, fastest_batch(*block)) * point_bytes(*block) for block in blocks(problem, data)
    )
    return results + _sharing() * largest


def fastest_batch(problem: Problem, data: Data) -> int:
    """Points of a block at a time on each device: on a CPU as many as its cache holds, a power of two."""
    if not on_cpu():
        return LARGEST
    fitting = int(math.log2(_CACHED_CELLS / max(_cells(problem, data), 1)))
    return min(max(2**fitting, FEWEST), _LARGEST_ON_CPU)


def numbers_at_once(cached: int) -> int:
    """float64 numbers in the largest array of a batch: on a CPU those that its cache holds, else what memory does."""
    if on_cpu():
        return cached
    stats = local_devices()[0].memory_stats() or {}
    return int(stats.get("bytes_limit", _ACCELERATOR) / _ARRAYS / _DOUBLE)


def point_bytes(problem: Problem, data: Data) -> int:
    """Memory [bytes] of the compiled profile of one block for each point of a batch."""
    nodes = sum(channel.recoil.size for e in data for channel in e.channels)
    variants = sum(e.n_bins * sum(map(len, e.nodes)) for e in data)
    cells = _cells(problem, data)
    return _DOUBLE * (_PER_BIN * cells + _PER_VARIANT * variants + _PER_NODE * nodes)


def _cells(problem: Problem, data: Data) -> int:
    """Bins, once for the counts and once for every nuisance that acts on them."""
    return sum(e.n_bins * (1 + sum(acts_on(n, e) for n in problem.nuisances)) for e in data)


def _sharing() -> int:
    """Devices that share one memory."""
    return device_count() if on_cpu() else 1


def read_bytes(text: str) -> float:
    """Bytes from '4GB', '500 MB', '2GiB' or a plain number; ValueError for anything else."""
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([kMGT]|[KMG]i)?B?\s*", text)
    size = float(found[1]) * _UNITS[found[2] or ""] if found else 0.0
    if not size > 0:
        raise ValueError(f"memory = '{text}': expected a size such as 4GB or 500MB")
    return size


def default_memory() -> float:
    """60 % of the memory that is free now [bytes]: of the first device, or of the host where it has none of its own."""
    return _SHARE * _free_bytes()


def _free_bytes() -> float:
    device = local_devices()[0]
    stats = None if on_cpu() else device.memory_stats()
    if stats and "bytes_limit" in stats:
        return stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    return min(_host_free(), _group_free(Path("/sys/fs/cgroup")))


def _host_free(path: Path = Path("/proc/meminfo")) -> float:
    """What Linux calls available; elsewhere all physical memory."""
    if path.is_file():
        found = re.search(r"MemAvailable:\s+(\d+) kB", path.read_text())
        if found:
            return 1024.0 * int(found[1])
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _group_free(group: Path) -> float:
    """What a container or a batch system leaves of its own limit; infinite without one."""
    try:
        limit, used = ((group / name).read_text() for name in ("memory.max", "memory.current"))
        return float(int(limit) - int(used))
    except (OSError, ValueError):
        return float("inf")
