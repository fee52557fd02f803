"""Time the same work done by several ways, on every kind of device at hand, and compare what they find."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np

from jaxmed.inference.engine.devices import PLATFORMS, local_devices, on_device
from jaxmed.inference.engine.timing import clock

OURS = "jaxmed"
T = TypeVar("T")
_MISSED = 0.01  # of -log L
_WARM, _MOST_CALLS = 0.1, 20  # seconds of calls in a row, and how many
_LONG = 10.0  # seconds of a call that is not repeated once it was warm


class Timing(NamedTuple):
    """What a computation takes [s].

    Attributes:
        compile_seconds: tracing and compiling in the first call.
        first_seconds: the whole first call.
        seconds: the fastest of the later calls.
    """

    compile_seconds: float
    first_seconds: float
    seconds: float


def timed(work: Callable[[], Any], repeats: int) -> Timing:
    """Time `work` once cold and `repeats` times warm, waiting for the device each time."""
    with clock() as first:
        jax.block_until_ready(work())
    return Timing(first.compile_seconds, first.total_seconds, fastest(work, repeats))


def fastest(work: Callable[[], Any], repeats: int) -> float:
    """The shortest of `repeats` calls [s]: other processes can only slow one down."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(work())
        taken.append(time.perf_counter() - start)
    return min(taken)


class Way(NamedTuple):
    """How others do a work.

    Attributes:
        solve: values of the first elements of the work's sample, (m, ...).
        everywhere: whether it runs on an accelerator, too.
    """

    solve: Callable[[], np.ndarray]
    everywhere: bool = False


class Work(NamedTuple):
    """What is timed.

    Attributes:
        ours: the values that jaxmed finds, (n, ...); NaN where there is nothing to compare with. It is called on each
            kind of device, and n may depend on that.
        repeats: rounds of warm calls, of which the fastest counts.
        others: by name.
        sample: numbers of the elements that the others work on; the first ones if there are none.
    """

    ours: Callable[[], np.ndarray]
    repeats: int
    others: Mapping[str, Way] = {}
    sample: np.ndarray = np.array([], dtype=int)


class _Run:
    """One way on one kind of device."""

    def __init__(self, solve: Callable[[], np.ndarray], platform: str) -> None:
        self._solve, self._platform, self.seconds = solve, platform, np.inf
        with on_device(platform), clock() as first:
            self.values = np.asarray(solve())
        self.compile_seconds = first.compile_seconds

    def again(self) -> None:
        if _LONG < self.seconds < np.inf:
            return
        calls = np.clip(_WARM / self.seconds, 1, _MOST_CALLS)
        with on_device(self._platform):
            self.seconds = min(self.seconds, fastest(self._solve, int(calls)))

    @property
    def per_second(self) -> float:
        return len(self.values) / self.seconds

    def described(self) -> dict[str, float]:
        return {
            "number": len(self.values),
            "seconds": self.seconds,
            "per_second": self.per_second,
            "compile_seconds": self.compile_seconds,
        }


def platforms() -> list[str]:
    """Kinds of devices of this process, the processor first."""
    return [name for name in PLATFORMS if _has(name)]


def _has(platform: str) -> bool:
    try:
        return bool(jax.local_devices(backend=platform))
    except RuntimeError:
        return False


def once_on_each(make: Callable[[], T]) -> Callable[[], T]:
    """What `make` makes, once on each kind of device."""
    made: dict[str, T] = {}

    def get() -> T:
        platform = local_devices()[0].platform
        if platform not in made:
            made[platform] = make()
        return made[platform]

    return get


def measure(work: Work) -> dict[str, dict[str, dict[str, Any]]]:
    """Everything about a work, by who does it and on which kind of device.

    Returns:
        Number of elements, seconds, elements per second and seconds of compilation; of ours `defined`, the share of
        values that are numbers; of others `faster`, how many times faster jaxmed is on each kind of device, and how
        their values compare with ours on the same one (see `_compared`).
    """
    every = platforms()
    ours = {platform: _Run(work.ours, platform) for platform in every}
    others = {
        name: {p: _Run(way.solve, p) for p in (every if way.everywhere else every[:1])}
        for name, way in work.others.items()
    }
    for _ in range(work.repeats):  # in turn: all see the same load
        for runs in (ours, *others.values()):
            for run in runs.values():
                run.again()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    found[OURS] = {p: run.described() | _defined(run.values) for p, run in ours.items()}
    for name, runs in others.items():
        found[name] = {
            p: run.described()
            | {"faster": {own: ours[own].per_second / run.per_second for own in every}}
            | _compared(run.values, ours[p].values, work.sample)
            for p, run in runs.items()
        }
    return found


def _defined(values: np.ndarray) -> dict[str, float]:
    return {"defined": float(np.isfinite(values).mean())}


def _compared(theirs: np.ndarray, ours: np.ndarray, sample: np.ndarray) -> dict[str, float]:
    """How far values are above ours, and the shares that are so by more than 0.01, and below ours by as much."""
    same = ours[sample[: len(theirs)]] if sample.size else ours[: len(theirs)]
    above = (theirs - same)[np.isfinite(same)]
    return {
        "lowest": float(above.min(initial=0)),
        "highest": float(above.max(initial=0)),
        "missed": float((above > _MISSED).mean()) if above.size else 0.0,
        "beaten_by": float((above < -_MISSED).mean()) if above.size else 0.0,
    }
