"""Feldman-Cousins sets with profiled nuisances: the likelihood ratio's distribution from toys at every point.

Toys of many points are fitted together. A point gets more of them, twice as many each time, until they leave no doubt
whether it is accepted.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.hypothesis.p_values import (
    at_least,
    check_toys,
    data_as_toy,
    fit_both,
    p_value,
    standard_point,
    toys_at_once,
)
from jaxmed.inference.problem import Data, Problem, pose
from jaxmed.inference.profile.profile import Start, profile, standard_start
from jaxmed.inference.regions.grid_scan import internal_axes
from jaxmed.inference.regions.limits import chi2_quantile
from jaxmed.inference.results import EXCLUDED, UNDEFINED
from jaxmed.inference.toys.draw import draw, joined_toys
from jaxmed.inference.toys.global_fit import GlobalFitter, at_mass, make_fitter
from jaxmed.models.model import Choice

# A p-value that equals 1 - cl up to this is not above it.
_ROUNDING = 1e-9
OF_EXCLUDED: dict[str, float | bool] = {
    "q": np.nan,
    "critical": np.nan,
    "critical_error": np.nan,
    "p": 0.0,
    "p_error": 0.0,
    "accepted": False,
    "failed": 0,
    "drawn": 0,
}
"""What `Acceptance` says about points so far from the data that the profile stops early: they are not worth toys."""
_OF_UNDEFINED = OF_EXCLUDED | {"p": np.nan, "p_error": np.nan}
# Toys that every other point gets, and how unlikely they have to be, were its p-value 1 - cl, to need no more: as five
# standard deviations.
_FIRST, _UNLIKELY = 256, 3e-7


class Acceptance(NamedTuple):
    """What toys say about each point of a grid; about points far outside, which have none, see `OF_EXCLUDED`.

    Where the model is undefined, there are no toys either: p is NaN, and the point is not accepted.

    Attributes:
        axes: grid values by name, in the parameter's own unit; the dimensions of the other arrays in order.
        q: 2 (nll at the point - nll at the global minimum) of the data.
        critical: quantile of q in toys at the point, infinity where too many toys failed or there are too few.
        critical_error: its statistical error, from order statistics.
        p: share of the toys with q at least as large as the data's (`hypothesis.at_least`: ties in full).
        p_error: its binomial error.
        accepted: whether p > 1 - cl.
        failed: toys with a fit that did not converge; they count as more extreme than the data.
        drawn: toys that were drawn, fewer than asked for where p came out far from 1 - cl.
    """

    axes: dict[str, np.ndarray]
    q: np.ndarray
    critical: np.ndarray
    critical_error: np.ndarray
    p: np.ndarray
    p_error: np.ndarray
    accepted: np.ndarray
    failed: np.ndarray
    drawn: np.ndarray


class Setting(NamedTuple):
    """What all points of one problem share.

    Attributes:
        problem: names of the free parameters.
        data: the experiments.
        start: the standard model's nuisances and -log L.
        fitter: of the global minima.
        best: the data's global minimum, (n_free,); the standard model if nothing is lower.
    """

    problem: Problem
    data: Data
    start: Start
    fitter: GlobalFitter
    best: np.ndarray


def feldman_cousins(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    cl: float = 0.90,
    number: int = 1000,
    seed: int = 1,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
    tick: Tick = None,
    **axes: Sequence[float] | np.ndarray,
) -> Acceptance:
    """Which points of a grid toys accept, nuisances profiled on the data at each.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`).
        cl: confidence level, between 0 and 1.
        number: of toys at each point, at most: 256 are enough where their p-value is far from 1 - cl.
        seed: of the toys: those of point i are numbers from i `number` on in its stream.
        fixed: name -> value held fixed.
        free: names freed beyond the default.
        tick: called with the share of the work done since the last call.
        **axes: grid values of every free model parameter by name, such as g=..., mass=... [MeV].

    Raises:
        ValueError: fewer than one toy, cl outside (0, 1), unknown names, a free parameter without an axis, or JAX
            in 32-bit mode.
    """
    check_toys(number, seed)
    chi2_quantile(cl)
    problem, group = pose(experiments, model, fixed=fixed, free=free)
    inner = internal_axes(problem, axes)
    if not inner:
        raise ValueError(f"model '{problem.model.name}' has no free parameter: nothing to test")
    values = {name: np.asarray(axes[name], dtype=float) for name in inner}
    points = np.stack([m.ravel() for m in np.meshgrid(*inner.values(), indexing="ij")], axis=-1)
    first = number * np.arange(len(points))
    found = accept(set_up(problem, group), points, cl, number, seed, first, tick=tick)
    shape = tuple(axis.size for axis in values.values())
    return Acceptance(values, *(leaf.reshape(shape) for leaf in found[1:]))


def set_up(problem: Problem, data: Data) -> Setting:
    """Fit the data, and tabulate what the toys need."""
    start = standard_start(problem, data)
    fitter = make_fitter(problem, data, start.nuisances)
    x = np.append(standard_point(problem), start.nuisances)
    found = fit_both(problem, data, data_as_toy(problem, data), x, fitter)
    return Setting(problem, data, start, fitter, found.best[0])


def setting_at(setting: Setting, log_mass: float) -> Setting:
    """The same with g as the only parameter, at one log10 of the mass [MeV]."""
    problem, data, start, fitter, *_ = setting
    here = at_mass(fitter, problem, start.nuisances, log_mass)
    x = np.append(standard_point(problem), start.nuisances)
    x[problem.parameters.index("mass")] = log_mass
    found = fit_both(problem, data, data_as_toy(problem, data), x, here)
    return Setting(problem, data, start, here, found.best[0])


def accept(
    setting: Setting,
    points: np.ndarray,
    cl: float,
    number: int,
    seed: int,
    first: np.ndarray,
    *,
    tick: Tick = None,
    share: float = 1.0,
) -> Acceptance:
    """Test points (n, n_parameters) in the fit's coordinates; the result has no axes, its arrays are (n,).

    Args:
        setting: from `set_up`.
        points: model parameters.
        cl: confidence level.
        number: of toys at each point, at most.
        seed: of the toys.
        first: number of each point's first toy in the stream of the seed, (n,).
        tick: called with parts of `share`.
        share: of the caller's work.
    """
    at = profile(setting.problem, points, setting.data, start=setting.start)
    xs = np.concatenate([points, at.nuisances], axis=1)
    ratios, part = [np.empty(0)] * len(points), share / max(len(points), 1)
    done, pending = 0, np.flatnonzero(~np.isin(at.status, (EXCLUDED, UNDEFINED)))
    q = np.where(at.status == UNDEFINED, np.nan, np.inf)
    q[pending] = _data_ratios(setting, xs[pending])
    advance(tick, part * (len(points) - pending.size))
    while pending.size and done < number:
        more = min(max(done, _FIRST), number - done, toys_at_once())
        step = max(toys_at_once() // more, 1)
        for group in (pending[i : i + step] for i in range(0, pending.size, step)):
            found = _toy_ratios(setting, xs[group], seed, first[group] + done, more)
            for i, ratio in zip(group, found, strict=True):
                ratios[i] = np.append(ratios[i], ratio)
            advance(tick, part * len(group) * more / number)
        done += more
        clear = np.array([_clear(q[i], ratios[i], 1 - cl) for i in pending])
        advance(tick, part * np.count_nonzero(clear) * (1 - done / number))
        pending = pending[~clear]
    rows = [_row(own, toys, cl) for own, toys in zip(q, ratios, strict=True)]
    return Acceptance({}, *(np.array(column) for column in zip(*rows, strict=True)))


def _data_ratios(setting: Setting, xs: np.ndarray) -> np.ndarray:
    """The data's likelihood ratio at points (n, n_free), fitted as toys are: equal counts give equal q, (n,)."""
    problem, data = setting.problem, setting.data
    one, most, ratios = data_as_toy(problem, data), toys_at_once(), [np.empty(0)]
    for part in (xs[i : i + most] for i in range(0, len(xs), most)):
        same = joined_toys([one] * len(part))
        ratios.append(fit_both(problem, data, same, part, setting.fitter).q)
    return np.concatenate(ratios)


def _toy_ratios(
    setting: Setting, xs: np.ndarray, seed: int, first: np.ndarray, number: int
) -> np.ndarray:
    """Likelihood ratios of toys of each truth (n, n_free), infinite where a fit failed, (n, number)."""
    problem, data = setting.problem, setting.data
    pairs = zip(xs, first, strict=True)
    toys = joined_toys([draw(problem, data, x, seed, number, first=int(i)) for x, i in pairs])
    found = fit_both(problem, data, toys, np.repeat(xs, number, axis=0), setting.fitter)
    return found.extreme_q.reshape(len(xs), number)


def _clear(q: float, ratios: np.ndarray, least: float) -> bool:
    """Whether the p-value is so far from `least` that more toys would not bring it to the other side.

    By Chernoff's bound on the binomial's tail.
    """
    share = np.mean(at_least(ratios, q))
    pairs = ((share, least), (1 - share, 1 - least))
    distance = sum(a * np.log(a / b) for a, b in pairs if a > 0)
    return bool(np.exp(-ratios.size * distance) < _UNLIKELY)


def _row(q: float, ratios: np.ndarray, cl: float) -> tuple[float | bool, ...]:
    """What `Acceptance` says about one point."""
    if not ratios.size:
        return tuple((_OF_UNDEFINED if np.isnan(q) else OF_EXCLUDED).values())
    p, failed = p_value(q, ratios), int(np.count_nonzero(np.isinf(ratios)))
    accepted = p.value > 1 - cl + _ROUNDING
    return q, *critical_value(ratios, cl), p.value, p.error, accepted, failed, ratios.size


def critical_value(q: np.ndarray, cl: float) -> tuple[float, float]:
    """The quantile cl of toys (n,) and its statistical error, both from order statistics."""
    ordered, n = np.append(np.sort(q), np.inf), q.size
    rank = int(np.ceil(cl * (n + 1))) - 1
    spread = np.sqrt(n * cl * (1 - cl))
    low, high = (int(np.clip(np.rint(rank + s * spread), 0, n)) for s in (-1, 1))
    known = np.isfinite(ordered[[low, high]]).all()
    return float(ordered[rank]), float(ordered[high] - ordered[low]) / 2 if known else np.inf
