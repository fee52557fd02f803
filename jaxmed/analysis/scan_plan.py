"""What a scan is asked, what its numbers depend on, and how its points are computed a chunk at a time."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any, Self

import jax
import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.inference.engine.devices import device_count, local_devices, sized
from jaxmed.inference.engine.memory import batch_size
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED, accept, set_up
from jaxmed.inference.hypothesis.feldman_cousins_limits import check_precision
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.problem import Problem
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.inference.regions.grid_scan import grid_points, grid_values
from jaxmed.results.scan_toys import ScanToys, toys_content
from jaxmed.results.scans import Coordinate, ScanResult

# Points of a chunk, rounded up to full batches: a second or two of work where a point is slow.
_CHUNK_POINTS = 256
# On a CPU and on an accelerator, which fits toys of many points at a time.
_CHUNK_WITH_TOYS = 16, 256

Found = dict[str, np.ndarray]
"""What some points gave, by name, (n_points, ...) each."""


@dataclass(frozen=True)
class ScanPlan:
    """A checked scan.

    Attributes:
        analysis: what is asked; with `toys`, Feldman-Cousins at each point.
        problem: what is free.
        axes: values of every free model parameter in its own unit.
        batch: points at a time on each device; results depend on it by rounding.
        chunk: points computed, and kept, together.
    """

    analysis: Analysis
    problem: Problem
    axes: dict[str, np.ndarray]
    batch: int = 0
    chunk: int = 0

    def in_memory(self, memory: float) -> Self:
        """With the sizes that fit into so many bytes; ValueError if none does."""
        batch = batch_size(self.problem, self.analysis.data, memory, len(self.points))
        if self.analysis.toys:
            return replace(self, batch=batch, chunk=sized(*_CHUNK_WITH_TOYS))
        full = batch * device_count()
        return replace(self, batch=batch, chunk=-(-_CHUNK_POINTS // full) * full)

    @property
    def sizes(self) -> dict[str, int]:
        """Of batches and chunks."""
        return {"batch": self.batch, "chunk": self.chunk}

    @property
    def toys(self) -> dict[str, Any] | None:
        """Number at each point, at most, confidence level and seed; None without."""
        analysis = self.analysis
        if not analysis.toys:
            return None
        return {"number": analysis.toys, "cl": analysis.level(), "seed": analysis.seed}

    @cached_property
    def points(self) -> np.ndarray:
        """Grid points in the fit's coordinate, (n_points, n_parameters)."""
        return grid_points(self.problem, self.axes)

    @property
    def chunks(self) -> list[slice]:
        """The points of each chunk; the last one may be smaller."""
        n = len(self.points)
        return [slice(i, min(i + self.chunk, n)) for i in range(0, n, self.chunk)]

    def identity(self) -> dict[str, Any]:
        """Everything but the sizes that the numbers depend on: what is asked, of which data, with which programs."""
        question = asked(self.analysis)
        data = question.pop("provenance")["data_sha256"]
        return {
            **{f"{name} version": version(name) for name in ("jaxmed", "jax", "jaxlib")},
            "platform": local_devices()[0].platform,
            **question,
            "couplings": self._probe(),
            "axes": self.axes,
            "toys": self.toys,
            "data": data,
            "counts": hashlib.sha256(
                _text(*(e.observed for e in self.analysis.data)).encode()
            ).hexdigest(),
        }

    def _probe(self) -> str:
        """Couplings at one point of the box: a model is a function, and its name is not all of it."""
        middle = self.problem.box[: len(self.problem.parameters)].mean(axis=1)
        return _text(*jax.tree.leaves(self.problem.couplings(jax.numpy.asarray(middle))))


def plan_scan(analysis: Analysis) -> ScanPlan:
    """The scan that an analysis asks for, without sizes.

    Raises:
        ValueError: damaged data, unknown names, nothing to scan, or toys that cannot be had.
    """
    if analysis.toys:
        check_toys(analysis.toys, analysis.seed, analysis.constraints)
        check_precision(analysis.toys, analysis.level())
    problem = analysis.problem
    return ScanPlan(analysis, problem, grid_values(problem, analysis.scan, analysis.grid))


def computer(plan: ScanPlan) -> Callable[[slice, Tick], Found]:
    """What profiles some points, and tests them if there are toys; its tick hears of every finished point."""
    problem, data, batch = plan.problem, plan.analysis.data, plan.batch
    start = standard_start(problem, data, batch)
    number, seed = plan.analysis.toys or 0, plan.analysis.seed
    setting = set_up(problem, data) if number else None

    def compute(where: slice, tick: Tick) -> Found:
        points = plan.points[where]
        own = None if setting else tick
        found = profile(problem, points, data, own, start, batch=batch)._asdict()
        if setting is None:
            return found
        n, cl = len(points), plan.analysis.level()
        first = number * (where.start + np.arange(n))
        tested = accept(setting, points, cl, number, seed, first, tick=tick, share=n)
        return found | {name: getattr(tested, name) for name in OF_EXCLUDED}

    return compute


def result_of(plan: ScanPlan, found: Mapping[str, np.ndarray], **own: Any) -> ScanResult:
    """The result from what all points gave; `own` fields are kept with it."""
    analysis, model = plan.analysis, plan.problem.model
    shape = tuple(values.size for values in plan.axes.values())
    arrays = {name: leaf.reshape(shape + leaf.shape[1:]) for name, leaf in found.items()}
    pulls = np.moveaxis(arrays["nuisances"], -1, 0)
    toys = ScanToys(**toys_content(plan.toys, arrays)) if plan.toys else None
    question = asked(analysis)
    question["provenance"] |= {"devices": device_count(), "processes": jax.process_count()}
    return ScanResult(
        **question,
        charges=None if model.charges is None else model.charges._asdict(),
        parameters={
            p.name: Coordinate(p.unit, p.log) for p in model.parameters if p.name in plan.axes
        },
        axes=plan.axes,
        **{name: arrays[name] for name in ("nll", "status", "gradient_norm")},
        nuisances=dict(zip(plan.problem.nuisances, pulls, strict=True)),
        nll_sm=_standard_nll(plan),
        toys=toys,
        method=plan.sizes,
        **own,
    )


def _standard_nll(plan: ScanPlan) -> float | None:
    """Profiled -log L of the standard model; None if the scan holds the coupling fixed."""
    if plan.problem.model.has_mediator and "g" not in plan.problem.parameters:
        return None
    return standard_start(plan.problem, plan.analysis.data, plan.batch).nll


def _text(*arrays: Any) -> str:
    """Numbers to eight digits: the last ones differ from one processor to the next."""
    return " ".join(f"{x:.8g}" for array in arrays for x in np.ravel(array))
