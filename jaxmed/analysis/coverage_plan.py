"""What a coverage is asked, what its numbers depend on, and how its points are computed one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.coverage_points import Points, refuse_one_sided, truths
from jaxmed.analysis.identity import identity
from jaxmed.analysis.resumable import Found, OneByOne
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.coverage import Coverage, chi2_threshold, coordinates, cover
from jaxmed.inference.hypothesis.feldman_cousins import set_up
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.problem import Problem
from jaxmed.results.coverage import CoverageResult

NUMBER = 2000
"""Of toys that are tested at each point."""


@dataclass(frozen=True)
class CoveragePlan(OneByOne):
    """A checked calibration of sets.

    Attributes:
        analysis: what is asked.
        problem: what is free.
        points: the truths.
        inner: the same in the fit's coordinates, (n, n_parameters).
        g_expected: limit to expect at the mass of each, (n,); None if couplings were given.
    """

    analysis: Analysis
    problem: Problem
    points: Points
    inner: np.ndarray
    g_expected: np.ndarray | None

    @property
    def number(self) -> int:
        """Of points."""
        return len(self.points)

    @property
    def at_mass(self) -> bool:
        """Whether fits hold the mass of the truth that the problem has free."""
        return self.problem.parameters == ("g", "mass") and not self.analysis.regions

    def identity(self) -> dict[str, Any]:
        """Everything but the sizes that the numbers depend on."""
        analysis = self.analysis
        toys = {"number": toys_of(analysis), "cl": analysis.level(), "seed": analysis.seed}
        own = {"points": self.points, "regions": analysis.regions, "toys": toys}
        return identity(analysis, self.problem) | own

    def computer(self) -> Callable[[slice, Tick], Found]:
        """What draws and fits the toys of some points; its tick hears of every finished point."""
        setting = set_up(self.problem, self.analysis.data)
        number, seed = toys_of(self.analysis), self.analysis.seed
        cl = self.analysis.level()

        def compute(where: slice, tick: Tick) -> Found:
            own, first = self.inner[where], 2 * number * np.arange(where.start, where.stop)
            done = {"at_mass": self.at_mass, "tick": tick, "share": len(own)}
            return cover(setting, own, cl, number, seed, first, **done)._asdict()

        return compute

    def result(self, found: Found, **own: Any) -> CoverageResult:
        """The result from what all points gave; `own` fields are kept with it."""
        limit = self.at_mass or self.problem.parameters == ("g",)
        kept = {"g_expected": self.g_expected} | own
        return coverage_result(self.analysis, self.points, {}, limit, Coverage(**found), **kept)


def toys_of(analysis: Analysis) -> int:
    """How many are tested at each point."""
    return analysis.toys or NUMBER


def coverage_result(
    analysis: Analysis,
    points: Points,
    nuisances: Mapping[str, float],
    limit: bool,
    found: Coverage,
    **own: Any,
) -> CoverageResult:
    """What was found, with what was asked; `limit`: whether sets are of g alone."""
    return CoverageResult(
        **asked(analysis),
        points=points,
        nuisances=dict(nuisances),
        sets="limit" if limit else "region",
        cl=analysis.level(),
        threshold=chi2_threshold(analysis.level(), 1 if limit else len(points[0])),
        number=toys_of(analysis),
        seed=analysis.seed,
        **found._asdict(),
        **own,
    )


def plan_coverage(analysis: Analysis) -> CoveragePlan:
    """The points that an analysis asks for.

    Raises:
        ValueError: damaged data, unknown names, constraints, experiments or points that have no toys, more than two
            free parameters, or no limit from which to choose couplings.
    """
    check_toys(toys_of(analysis), analysis.seed, analysis.constraints)
    refuse_one_sided(analysis)
    problem = analysis.problem
    chi2_threshold(analysis.level(), len(problem.parameters))
    points, expected = truths(analysis)
    inner = coordinates(problem, analysis.data, points)
    return CoveragePlan(analysis, problem, points, inner, expected)
