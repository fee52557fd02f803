"""What a scan is asked, what its numbers depend on, and how its points are computed a chunk at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import jax
import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.identity import identity
from jaxmed.analysis.resumable import Found
from jaxmed.inference.engine.devices import device_count, sized
from jaxmed.inference.engine.memory import batch_size, needed
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
        batch = batch_size(self.problem, self.analysis.data, memory, self.number)
        if self.analysis.toys:
            return replace(self, batch=batch, chunk=sized(*_CHUNK_WITH_TOYS))
        full = batch * device_count()
        return replace(self, batch=batch, chunk=-(-_CHUNK_POINTS // full) * full)

    @property
    def needed(self) -> float:
        """Memory for results and batches [bytes]."""
        return needed(self.problem, self.analysis.data, self.batch, self.number)

    @property
    def sizes(self) -> dict[str, int]:
        """Of batches and chunks."""
        return {"batch": self.batch, "chunk": self.chunk}

    def with_sizes(self, sizes: Mapping[str, int]) -> Self:
        """The same scan with these."""
        return replace(self, **sizes)

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
    def number(self) -> int:
        """Of points."""
        return len(self.points)

    def identity(self) -> dict[str, Any]:
        """Everything but the sizes that the numbers depend on."""
        return identity(self.analysis, self.problem) | {"axes": self.axes, "toys": self.toys}

    def computer(self) -> Callable[[slice, Tick], Found]:
        """What profiles some points, and tests them if there are toys; its tick hears of every finished point."""
        problem, data, batch = self.problem, self.analysis.data, self.batch
        start = standard_start(problem, data, batch)
        number, seed = self.analysis.toys or 0, self.analysis.seed
        setting = set_up(problem, data) if number else None

        def compute(where: slice, tick: Tick) -> Found:
            points = self.points[where]
            own = None if setting else tick
            found = profile(problem, points, data, own, start, batch=batch)._asdict()
            if setting is None:
                return found
            n, cl = len(points), self.analysis.level()
            first = number * (where.start + np.arange(n))
            tested = accept(setting, points, cl, number, seed, first, tick=tick, share=n)
            return found | {name: getattr(tested, name) for name in OF_EXCLUDED}

        return compute

    def result(self, found: Found, **own: Any) -> ScanResult:
        """The result from what all points gave; `own` fields are kept with it."""
        model, shape = self.problem.model, tuple(values.size for values in self.axes.values())
        arrays = {name: leaf.reshape(shape + leaf.shape[1:]) for name, leaf in found.items()}
        pulls = np.moveaxis(arrays["nuisances"], -1, 0)
        toys = ScanToys(**toys_content(self.toys, arrays)) if self.toys else None
        question = asked(self.analysis)
        question["provenance"] |= {"devices": device_count(), "processes": jax.process_count()}
        return ScanResult(
            **question,
            charges=None if model.charges is None else model.charges._asdict(),
            parameters={
                p.name: Coordinate(p.unit, p.log) for p in model.parameters if p.name in self.axes
            },
            axes=self.axes,
            **{name: arrays[name] for name in ("nll", "status", "gradient_norm")},
            nuisances=dict(zip(self.problem.nuisances, pulls, strict=True)),
            nll_sm=self._standard_nll(),
            toys=toys,
            method=self.sizes,
            **own,
        )

    def _standard_nll(self) -> float | None:
        """Profiled -log L of the standard model; None if the scan holds the coupling fixed."""
        if self.problem.model.has_mediator and "g" not in self.problem.parameters:
            return None
        return standard_start(self.problem, self.analysis.data, self.batch).nll


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
