"""What a scan is asked, what its numbers depend on, and into which chunks it is cut."""

import hashlib
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.chunks import Chunks, fingerprint, read_job, same_job, write_job
from jaxmed.experiments import load
from jaxmed.inference.engine.devices import device_count, sized
from jaxmed.inference.engine.memory import batch_size, needed
from jaxmed.inference.hypothesis.feldman_cousins_limits import check_precision
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.regions.grid_scan import grid_points, grid_values
from jaxmed.inference.regions.limits import chi2_quantile
from jaxmed.results.store import prepare_folder, provenance

# Points of a chunk, rounded up to full batches: a second or two of work where a point is slow.
_CHUNK_POINTS = 256
# On a CPU and on an accelerator, which fits toys of many points at a time.
_CHUNK_WITH_TOYS = 16, 256
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = (
    60.0  # for a file that another process has written to appear on a network file system
)


class ToysAsked(NamedTuple):
    """Toys at each point: how many at most, the confidence level they are for, and their seed."""

    number: int
    cl: float
    seed: int


@dataclass(frozen=True)
class ScanPlan:
    """Everything that a scan needs.

    Attributes:
        analysis: what is asked.
        problem: what is free.
        data: the experiments.
        axes: values of every free model parameter in its own unit.
        chunks: where finished points are kept.
        batch: points at a time on each device.
        toys: at each point, if any.
    """

    analysis: Analysis
    problem: Problem
    data: Data
    axes: dict[str, np.ndarray]
    chunks: Chunks
    batch: int
    toys: ToysAsked | None = None

    @cached_property
    def points(self) -> np.ndarray:
        """Grid points in the fit's coordinate, (n_points, n_parameters)."""
        return grid_points(self.problem, self.axes)

    def share(self) -> range:
        """The chunks of this process, finished or not."""
        return range(jax.process_index(), len(self.chunks), jax.process_count())


def plan_scan(
    analysis: Analysis,
    out: Path,
    held: dict[str, Any] | None,
    memory: float,
    toys: ToysAsked | None = None,
) -> ScanPlan:
    """Load the data, check everything, and fix what the numbers depend on.

    Args:
        analysis: what is asked.
        out: folder of the scan.
        held: what `read_job` found there before any process of this run could have written to it.
        memory: for results and batches [bytes].
        toys: at each point, if any.

    Raises:
        ValueError: damaged data, unknown names, toys that cannot be had, another computation in the folder, or too
            little memory.
    """
    if toys is not None:
        check_toys(toys.number, toys.seed, analysis.constraints)
        chi2_quantile(toys.cl)
        check_precision(toys.number, toys.cl)
    data = tuple(load(name, **analysis.options.get(name, {})) for name in analysis.experiments)
    problem = make_problem(
        data, analysis.model, analysis.fixed, analysis.free, analysis.constraints
    )
    axes = grid_values(problem, analysis.scan, analysis.grid)
    n_points = int(np.prod([values.size for values in axes.values()]))
    who = _identity(analysis, problem, data, axes)
    if toys is not None:
        who["toys"] = toys._asdict()
    if held is not None:
        same_job(out, held, who)
    plan = _sizes(problem, data, n_points, memory, toys) if held is None else held["plan"]
    if held is None:
        plan = _agree(out, who, plan)
    elif needed(problem, data, plan["batch"], n_points) > memory:
        raise ValueError(
            f"memory = {memory / 1e6:.3g} MB: expected at least "
            f"{needed(problem, data, plan['batch'], n_points) / 1e6:.3g} MB to resume the scan in {out}, "
            f"whose batches have {plan['batch']} points"
        )
    chunks = Chunks(out, fingerprint(who, plan), plan["chunk"], n_points)
    return ScanPlan(analysis, problem, data, axes, chunks, plan["batch"], toys)


def _sizes(
    problem: Problem, data: Data, n_points: int, memory: float, toys: ToysAsked | None
) -> dict[str, int]:
    """Points of a batch and of a chunk; results depend on the first by rounding."""
    batch = batch_size(problem, data, memory, n_points)
    if toys is not None:
        return {"batch": batch, "chunk": sized(*_CHUNK_WITH_TOYS)}
    full = batch * device_count()
    return {"batch": batch, "chunk": -(-_CHUNK_POINTS // full) * full}


def _agree(out: Path, who: dict[str, Any], plan: dict[str, int]) -> dict[str, int]:
    """Process 0 writes the job down, the others take its plan from there."""
    if jax.process_index() == 0:
        prepare_folder(out)
        write_job(out, who, plan)
        return plan
    end = time.monotonic() + _PATIENCE_SECONDS
    while (job := read_job(out)) is None:
        if time.monotonic() > end:
            raise ValueError(
                f"process {jax.process_index()} does not see in {out} what process 0 has written there: "
                "expected a folder that all processes share"
            )
        time.sleep(_POLL_SECONDS)
    same_job(out, job, who)
    return job["plan"]


def _identity(
    analysis: Analysis, problem: Problem, data: Data, axes: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Everything but the sizes of batches and chunks that the numbers depend on."""
    return {
        **{f"{name} version": version(name) for name in ("jaxmed", "jax", "jaxlib")},
        "platform": jax.local_devices()[0].platform,
        **describe(analysis, problem),
        "couplings": _probe(problem),
        "axes": {name: values.tolist() for name, values in axes.items()},
        "data": provenance(data)["data_sha256"],
        "counts": hashlib.sha256(_text(*(e.observed for e in data)).encode()).hexdigest(),
    }


def describe(analysis: Analysis, problem: Problem) -> dict[str, Any]:
    """The question of a scan in plain words and numbers."""
    charges = analysis.model.charges
    return {
        "model": analysis.model.name,
        "charges": charges._asdict() if charges is not None else None,
        "experiments": list(analysis.experiments),
        "options": {k: {n: str(v) for n, v in o.items()} for k, o in analysis.options.items()},
        "fixed": analysis.fixed,
        "nuisances": list(problem.nuisances),
        "constraints": list(problem.constraints),
    }


def _probe(problem: Problem) -> str:
    """Couplings at one point of the box: a model is a function, and its name is not all of it."""
    couplings = problem.couplings(
        jax.numpy.asarray(problem.box[: len(problem.parameters)].mean(axis=1))
    )
    return _text(*jax.tree.leaves(couplings))


def _text(*arrays: Any) -> str:
    """Numbers to eight digits: the last ones differ from one processor to the next."""
    return " ".join(f"{x:.8g}" for array in arrays for x in np.ravel(array))
