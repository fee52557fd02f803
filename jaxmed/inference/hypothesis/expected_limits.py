"""Limits to expect if there is no mediator: their distribution over background-only toys."""

from collections.abc import Sequence
from typing import NamedTuple, Unpack

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.p_values import check_toys, standard_point
from jaxmed.inference.problem import (
    Data,
    Problem,
    Settings,
    expected_counts,
    pose,
    with_counts,
)
from jaxmed.inference.profile.profile import Start, standard_start
from jaxmed.inference.regions.allowed import first_parameter
from jaxmed.inference.regions.intervals import intervals, only_parameter
from jaxmed.inference.regions.limits import check_line, limits
from jaxmed.inference.results import UNCONVERGED
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.models.model import Choice

QUANTILES = (0.0228, 0.1587, 0.5, 0.8413, 0.9772)
"""-2, -1, 0, 1 and 2 standard deviations of a normal distribution."""
# Couplings tested around the limit of the expected counts, in log10; values with a sign reach so many times the
# width of the expected interval beyond it.
_BELOW, _ABOVE, _BESIDE, _POINTS = 1.0, 0.7, 1.0, 69
_START_SHARE = 0.2


class Expected(NamedTuple):
    """Distribution of asymptotic upper limits over background-only toys.

    Attributes:
        mass: [MeV], (n,).
        g_upper: limits at the QUANTILES of the toys, (5, n); NaN without a limit, and where the model is undefined at
            any coupling.
        toys: the limit of each toy, (number, n); NaN where a toy's lies outside of the couplings tested.
        failed: toys with a fit that did not converge at each mass; they have no limit, (n,).
    """

    mass: np.ndarray
    g_upper: np.ndarray
    toys: np.ndarray
    failed: np.ndarray


class ExpectedEnds(NamedTuple):
    """The same for the only parameter of a model: its upper end, or the lower and the upper one if it has a sign.

    Attributes:
        ends: at the QUANTILES of the toys, (5, n_ends); NaN where most of them have none.
        toys: of each toy, (number, n_ends); NaN where one lies outside of the values tested.
        failed: toys with a fit that did not converge; they have no ends.
    """

    ends: np.ndarray
    toys: np.ndarray
    failed: int


def expected_limits(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    masses: Sequence[float] | np.ndarray,
    cl: float = 0.90,
    sided: str = "two",
    number: int = 1000,
    seed: int = 1,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Expected:
    """Median and bands of the asymptotic upper limit if the standard model is true.

    Arguments are those of `jaxmed.expected_limits`, with experiments loaded, and `tick`, called with the share of
    the work done since the last call.

    Raises:
        ValueError: as `limits`, fewer than one toy, or constraints.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    chosen, line, threshold = check_line(model, masses, cl, sided)
    problem, group = pose(experiments, chosen, **settings)
    start = standard_start(problem, group)
    mean = _expected_data(problem, group, start)

    def rest(share: float) -> None:
        advance(tick, _START_SHARE * share)

    middle = limits(mean, chosen, masses=line, cl=cl, sided=sided, tick=rest, **settings)
    toys = draw(problem, group, np.append(standard_point(problem), start.nuisances), seed, number)
    upper, failed = np.full((number, line.size), np.nan), np.zeros(line.size, dtype=int)
    for i, g in enumerate(middle.g_upper):
        if np.isfinite(g) and "undefined" not in middle.flag[i]:
            log_g = _around_limit(np.log10(g))
            nll, bad = _on_line(problem, group, toys, log_g, (np.log10(line[i]),), start)
            upper[:, i] = np.where(bad, np.nan, 10 ** crossings(log_g, nll, threshold))
            failed[i] = bad.sum()
        advance(tick, (1 - _START_SHARE) / line.size)
    return Expected(line, _quantiles(upper), upper, failed)


def expected_ends(
    experiments: Experiment | Sequence[Experiment],
    model: Choice,
    *,
    cl: float = 0.90,
    sided: str = "two",
    number: int = 1000,
    seed: int = 1,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> ExpectedEnds:
    """Median and bands of the ends of what is allowed of the only parameter if the standard model is true.

    Arguments are those of `expected_limits`, with a model of one free parameter in place of g and a mass.

    Raises:
        ValueError: as `intervals`, fewer than one toy, or constraints.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    problem, group = pose(experiments, model, **settings)
    parameter = only_parameter(problem)
    start = standard_start(problem, group)
    mean = _expected_data(problem, group, start)

    def rest(share: float) -> None:
        advance(tick, _START_SHARE * share)

    middle = intervals(mean, model, cl=cl, sided=sided, tick=rest, **settings)
    ends = np.full((number, 1 if parameter.log else 2), np.nan)
    bad = np.zeros(number, dtype=bool)
    if not {"edge", "partly undefined"} & {*middle.flag.split(", ")}:
        toys = draw(
            problem, group, np.append(standard_point(problem), start.nuisances), seed, number
        )
        low, high = (parameter.internal(x) if x else x for x in np.ravel(middle.intervals)[[0, -1]])
        along = _around_limit(high) if parameter.log else _around_both(low, high, parameter.box)
        nll, bad = _on_line(problem, group, toys, along, (), start)
        ends[:, -1] = parameter.value(crossings(along, nll, middle.threshold))
        if not parameter.log:
            mirrored = np.concatenate([nll[:1], nll[:0:-1]])
            ends[:, 0] = -crossings(-along[::-1], mirrored, middle.threshold)
        ends[bad] = np.nan
    advance(tick, 1 - _START_SHARE)
    return ExpectedEnds(_quantiles(ends), ends, int(bad.sum()))


def _around_limit(log_g: float) -> np.ndarray:
    return log_g + np.linspace(-_BELOW, _ABOVE, _POINTS)


def _around_both(low: float, high: float, box: tuple[float, float]) -> np.ndarray:
    beyond = _BESIDE * (high - low)
    return np.linspace(max(low - beyond, box[0]), min(high + beyond, box[1]), 2 * _POINTS)


def crossings(along: np.ndarray, nll: np.ndarray, threshold: float) -> np.ndarray:
    """Highest coordinate at which each toy's q reaches the threshold, (n,); NaN without one on the line.

    Args:
        along: coordinates such as log10 g, evenly spaced, (n_points,).
        nll: of the standard model, then at each of them, (n_points + 1, n).
        threshold: of q.
    """
    least = np.minimum(nll[0], _lowest(nll[1:]))
    excess = nll[1:] - least - threshold / 2
    inside = excess <= 0
    last = len(along) - 1 - np.argmax(inside[::-1], axis=0)
    known = inside.any(axis=0) & (last < len(along) - 1)
    at, toy = np.minimum(last, len(along) - 2), np.arange(nll.shape[1])
    below, above = excess[at, toy], excess[at + 1, toy]
    part = np.divide(below, below - above, out=np.zeros_like(below), where=known)
    return np.where(known, along[at] + part * (along[1] - along[0]), np.nan)


def _lowest(nll: np.ndarray) -> np.ndarray:
    """Minimum along a line (n_points, n) of the parabola through the lowest point and its neighbours, (n,)."""
    at, toy = np.argmin(nll, axis=0), np.arange(nll.shape[1])
    inner = np.clip(at, 1, len(nll) - 2)
    left, middle, right = (nll[inner + step, toy] for step in (-1, 0, 1))
    slope, bend = (right - left) / 2, left - 2 * middle + right
    useful = (at == inner) & (bend > 0)
    gain = np.divide(slope**2, 2 * bend, out=np.zeros_like(bend), where=useful)
    return nll[at, toy] - gain


def _on_line(
    problem: Problem,
    data: Data,
    toys: Toys,
    along: np.ndarray,
    held: tuple[float, ...],
    start: Start,
) -> tuple[np.ndarray, np.ndarray]:
    """-log L of each toy in the standard model and along the first parameter, (n_points + 1, n), and who failed."""
    rows, bad = [], np.zeros(len(toys.centres), dtype=bool)
    for value in (first_parameter(problem)[1], *along):
        point = np.array([value, *held])
        found = conditional_fits(problem, data, toys, point, start.nuisances)
        rows.append(found.nll)
        bad |= found.status == UNCONVERGED
    return np.stack(rows), bad


def _quantiles(upper: np.ndarray) -> np.ndarray:
    """Quantiles over toys (number, n) where most of them have a limit, (5, n)."""
    known = np.isfinite(upper).mean(axis=0) > max(QUANTILES)
    columns = [
        np.nanquantile(u, QUANTILES) if k else np.full(5, np.nan)
        for u, k in zip(upper.T, known, strict=True)
    ]
    return np.stack(columns, axis=1)


def _expected_data(problem: Problem, data: Data, start: Start) -> Data:
    """The experiments with the counts that the standard model expects."""
    x = jnp.append(standard_point(problem), start.nuisances)
    return with_counts(data, jax.device_get(expected_counts(problem, x, data)))
