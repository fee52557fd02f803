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
from jaxmed.inference.regions.limits import check_line, limits
from jaxmed.inference.results import UNCONVERGED
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.models.model import Choice

QUANTILES = (0.0228, 0.1587, 0.5, 0.8413, 0.9772)
"""-2, -1, 0, 1 and 2 standard deviations of a normal distribution."""
# Couplings tested around the limit of the expected counts, in log10.
_BELOW, _ABOVE, _POINTS = 1.0, 0.7, 69
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
            log_g = np.log10(g) + np.linspace(-_BELOW, _ABOVE, _POINTS)
            nll, bad = _on_line(problem, group, toys, log_g, np.log10(line[i]), start)
            upper[:, i] = np.where(bad, np.nan, crossings(log_g, nll, threshold))
            failed[i] = bad.sum()
        advance(tick, (1 - _START_SHARE) / line.size)
    return Expected(line, _quantiles(upper), upper, failed)


def crossings(log_g: np.ndarray, nll: np.ndarray, threshold: float) -> np.ndarray:
    """Outermost g at which each toy's q reaches the threshold, (n,); NaN without one on the line.

    Args:
        log_g: log10 of the couplings, evenly spaced, (n_points,).
        nll: of the standard model, then of each coupling, (n_points + 1, n).
        threshold: of q.
    """
    least = np.minimum(nll[0], _lowest(nll[1:]))
    excess = nll[1:] - least - threshold / 2
    inside = excess <= 0
    last = len(log_g) - 1 - np.argmax(inside[::-1], axis=0)
    known = inside.any(axis=0) & (last < len(log_g) - 1)
    at, toy = np.minimum(last, len(log_g) - 2), np.arange(nll.shape[1])
    below, above = excess[at, toy], excess[at + 1, toy]
    part = np.divide(below, below - above, out=np.zeros_like(below), where=known)
    return np.where(known, 10 ** (log_g[at] + part * (log_g[1] - log_g[0])), np.nan)


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
    problem: Problem, data: Data, toys: Toys, log_g: np.ndarray, log_mass: float, start: Start
) -> tuple[np.ndarray, np.ndarray]:
    """-log L of each toy in the standard model and at each coupling, (n_points + 1, n), and who failed, (n,)."""
    names = problem.parameters
    rows, bad = [], np.zeros(len(toys.centres), dtype=bool)
    for value in (standard_point(problem)[names.index("g")], *log_g):
        by_name = {"g": value, "mass": log_mass}
        point = np.array([by_name[name] for name in names])
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
