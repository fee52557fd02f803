"""Confidence regions in the plane of coupling and mass, refined where their edges run."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem, Settings, pose
from jaxmed.inference.profile.polish import polish
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.regions.contour_lines import ContourLine, trace
from jaxmed.inference.regions.level import Profile
from jaxmed.inference.regions.mass_lines import check_plane, scan_lines
from jaxmed.inference.regions.minima import refine_minima
from jaxmed.inference.regions.refinement import make_lattice, refine
from jaxmed.inference.regions.samples import Samples, local_minima
from jaxmed.inference.results import prefers_mediator
from jaxmed.models.choose import mediator_model
from jaxmed.models.model import Choice, Model, Parameter

LEVELS = (0.6827, 0.90, 0.9545)
"""1 and 2 standard deviations of one Gaussian, and what limits are quoted at."""
_STEP = 0.25  # of the default grid, in log10
_SAME = 1e-6  # -log L that makes no difference


class Contours(NamedTuple):
    """Edges of confidence regions: -2 Delta log L over the best fit at the quantiles of chi^2 with two degrees.

    Attributes:
        cl: confidence levels, (n_levels,).
        thresholds: -2 Delta log L of each, (n_levels,).
        lines: the pieces of each level's edge.
        g_best: coupling of the best fit, 0 for the standard model.
        mass_best: its mass [MeV], NaN for the standard model.
        nll: -log L there, nuisances profiled.
        nll_sm: of the standard model.
        g: couplings of every profiled point of the plane, (n_points,).
        mass: their masses [MeV], (n_points,).
        delta: -2 Delta log L there, NaN where the model is undefined: no line runs beside such a point, (n_points,).
        converged: whether the inner minimisation did; elsewhere `delta` is a bound or NaN, (n_points,).
        undefined: in words, at which of these points the model is undefined; empty if at none.
    """

    cl: tuple[float, ...]
    thresholds: tuple[float, ...]
    lines: tuple[tuple[ContourLine, ...], ...]
    g_best: float
    mass_best: float
    nll: float
    nll_sm: float
    g: np.ndarray
    mass: np.ndarray
    delta: np.ndarray
    converged: np.ndarray
    undefined: str = ""

    @property
    def delta_chi2_sm(self) -> float:
        """Improvement over the standard model, 2 (nll_sm - nll)."""
        return 2 * (self.nll_sm - self.nll)

    @property
    def prefers_mediator(self) -> bool:
        """Whether the best fit is so much better than the standard model that its coordinates mean anything."""
        return self.g_best > 0 and prefers_mediator("g", self.delta_chi2_sm)


def contours(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    cl: Sequence[float] = LEVELS,
    g: Sequence[float] | np.ndarray | None = None,
    mass: Sequence[float] | np.ndarray | None = None,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Contours:
    """Regions of (g, mass) allowed at each confidence level, all nuisances profiled.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        cl: confidence levels, between 0 and 1.
        g: couplings of the coarse grid, ascending; the whole box in steps of a quarter decade if left out.
        mass: masses of the coarse grid [MeV], likewise. The best fit may lie outside the grid, but in the box.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: levels outside (0, 1), a grid that does not ascend or leaves the box, a model without a
            mediator or undefined on the whole grid, unknown names, g or mass held fixed, a constraint on a model
            without charges, or JAX in 32-bit mode.
    """
    chosen, log_g, log_mass, thresholds = check_contours(model, cl, g, mass)
    problem, group = pose(experiments, chosen, **settings)
    check_plane(problem)
    scanned = scan_lines(problem, log_g, log_mass, group, lambda part: advance(tick, 0.5 * part))
    plane = scanned.at(scanned.along >= log_g[0])
    # the same at every mass at which the model is defined
    standard = scanned.at((scanned.along < log_g[0]) & scanned.defined)
    if not (plane.defined.any() and standard.defined.any()):
        raise ValueError(
            f"model '{chosen.name}' is undefined in the whole plane: expected a number somewhere"
        )
    nll_sm = float(standard.nll[0])
    start = Start(standard.nuisances[0], nll_sm)
    ceiling = np.full(log_mass.size, np.nanmin(plane.nll) + max(thresholds) / 2)
    columns = refine_minima(problem, plane, ceiling, group)
    best, nll = best_fit(problem, columns, nll_sm, group)
    advance(tick, 0.1)
    levels = nll + np.array(thresholds) / 2
    seeds, depth = narrow_islands(columns, log_g, levels)
    on_grid = plane.at(np.isin(plane.along, log_g))
    lattice = make_lattice((log_g, log_mass), depth, _profile(on_grid), on_grid.converged)

    def evaluate(points: np.ndarray) -> tuple[Profile, np.ndarray]:
        found = profile(problem, points, group, start=start)
        return Profile(points, found.nll, found.nuisances), found.converged

    refine(lattice, levels, np.concatenate([seeds, best[None]]), evaluate)
    advance(tick, 0.25)
    lines = trace(problem, lattice, levels, group, evaluate)
    advance(tick, 0.15)
    g_best, mass_best = (10**best).tolist() if nll_sm > nll + _SAME else (0.0, math.nan)
    return Contours(
        cl=tuple(cl),
        thresholds=thresholds,
        lines=lines,
        g_best=g_best,
        mass_best=mass_best,
        nll=nll,
        nll_sm=nll_sm,
        g=10 ** lattice.found.points[:, 0],
        mass=10 ** lattice.found.points[:, 1],
        delta=2 * (lattice.found.nll - nll),
        converged=lattice.converged,
        undefined=problem.undefined_words(lattice.found.points, lattice.found.nll),
    )


def check_contours(
    model: Choice,
    cl: Sequence[float],
    g: Sequence[float] | np.ndarray | None,
    mass: Sequence[float] | np.ndarray | None,
) -> tuple[Model, np.ndarray, np.ndarray, tuple[float, ...]]:
    """The model, log10 of the coarse grid, and thresholds; ValueError as `contours` raises."""
    chosen = mediator_model(model)
    for level in cl:
        if not 0 < level < 1:
            raise ValueError(f"confidence level cl = {level}: expected a number between 0 and 1")
    if not len(cl):
        raise ValueError("no confidence level: expected at least one")
    boxes = {p.name: p for p in chosen.parameters}
    thresholds = tuple(-2 * math.log1p(-level) for level in cl)
    return chosen, _axis(boxes["g"], g), _axis(boxes["mass"], mass), thresholds


def _axis(parameter: Parameter, values: Sequence[float] | np.ndarray | None) -> np.ndarray:
    low, high = parameter.box
    if values is None:
        return np.linspace(low, high, round((high - low) / _STEP) + 1)
    axis = np.asarray(values, dtype=float)
    inside = (axis >= parameter.low) & (axis <= parameter.high)
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    if axis.ndim != 1 or axis.size < 3 or not inside.all() or not (np.diff(axis) > 0).all():
        raise ValueError(
            f"{parameter.name} = {_shortened(axis)}: expected at least 3 ascending values from "
            f"{parameter.low:g} to {parameter.high:g}{unit}"
        )
    return np.log10(axis)


def _shortened(axis: np.ndarray) -> str:
    return np.array2string(axis.ravel(), threshold=4, edgeitems=2, precision=3, max_line_width=200)


def _profile(samples: Samples) -> Profile:
    return Profile(samples.points, samples.nll, samples.nuisances)


_STARTS, _APART = 3, 0.5  # minima that are polished, and their distance in log10
_DEPTH = (3, 5)  # halvings of a coarse cell: usual, and at most
_PER_ISLAND = 4  # lattice nodes across the narrowest island


def best_fit(
    problem: Problem, columns: Samples, nll_sm: float, data: Data
) -> tuple[np.ndarray, float]:
    """Point (2,) and -log L of the lowest minimum, from the lowest points that are well apart."""
    starts: list[int] = []
    for i in np.argsort(columns.nll)[: np.count_nonzero(columns.defined)]:
        distance = [np.abs(columns.points[i] - columns.points[j]).max() for j in starts]
        if all(d > _APART for d in distance):
            starts.append(int(i))
        if len(starts) == _STARTS:
            break
    low, high = problem.box.T
    rows = np.concatenate([columns.points, columns.nuisances], axis=1)[starts]
    ends = [polish(problem, np.clip(row, low, high), data) for row in rows]
    best = min(ends, key=lambda end: end.expansion.value)
    return best.x[:2], min(float(best.expansion.value), nll_sm)


def narrow_islands(
    columns: Samples, log_g: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, int]:
    """Minima (n, 2) that the coarse grid does not see, and how often cells must be halved to see them."""
    on_grid = np.isin(columns.along, log_g)
    widths, seeds = [], []
    for i in local_minima(columns):
        own = np.flatnonzero(columns.line == columns.line[i])
        for level in levels[columns.nll[i] < levels]:
            above = own[columns.nll[own] > level]
            left, right = above[above < i][-1:], above[above > i][:1]
            hidden = left.size and right.size and not on_grid[left[0] + 1 : right[0]].any()
            if hidden:
                widths.append(columns.along[right[0]] - columns.along[left[0]])
                seeds.append(columns.points[i])
    if not seeds:
        return np.zeros((0, 2)), _DEPTH[0]
    wanted = math.ceil(math.log2(np.diff(log_g).max() * _PER_ISLAND / min(widths)))
    return np.array(seeds), int(np.clip(wanted, *_DEPTH))
