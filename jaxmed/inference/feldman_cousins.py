"""Feldman-Cousins sets with profiled nuisances: the likelihood ratio's distribution from toys at every point."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.model import Experiment, as_group
from jaxmed.inference.global_fits import Finder, at_mass, make_finder
from jaxmed.inference.hypothesis import (
    Tested,
    check_toys,
    data_as_toy,
    fit_both,
    in_chunks,
    p_value,
    standard_point,
)
from jaxmed.inference.limits import chi2_quantile
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile import Start, profile, standard_start
from jaxmed.inference.progress import Tick
from jaxmed.inference.toys import Toys, draw
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import Epsilon
from jaxmed.theory.models import Model, get_model

# A p-value that equals 1 - cl up to this is not above it.
_ROUNDING = 1e-9


class Acceptance(NamedTuple):
    """What toys say about each point of a grid.

    Attributes:
        axes: grid values by name, in the parameter's own unit; the dimensions of the other arrays in order.
        q: 2 (nll at the point - nll at the global minimum) of the data.
        critical: quantile of q in toys at the point, infinity where too many toys failed or there are too few.
        critical_error: its statistical error, from order statistics.
        p: share of the toys with q at least as large as the data's.
        p_error: its binomial error.
        accepted: whether p > 1 - cl.
        failed: toys with a fit that did not converge; they count as more extreme than the data.
    """

    axes: dict[str, np.ndarray]
    q: np.ndarray
    critical: np.ndarray
    critical_error: np.ndarray
    p: np.ndarray
    p_error: np.ndarray
    accepted: np.ndarray
    failed: np.ndarray


class Setting(NamedTuple):
    """What all points of one problem share.

    Attributes:
        problem: names of the free parameters.
        data: the experiments.
        start: the standard model's nuisances and -log L.
        finder: of the global minima.
        best: the data's global minimum, (n_free,); the standard model if nothing is lower.
        nll_best: -log L there.
    """

    problem: Problem
    data: Data
    start: Start
    finder: Finder
    best: np.ndarray
    nll_best: float


def feldman_cousins(
    experiments: Experiment | Sequence[Experiment],
    model: str | Model | Charges | Epsilon = "u1r",
    *,
    cl: float = 0.90,
    number: int = 1000,
    seed: int = 1,
    fixed: Mapping[str, float] | None = None,
    tick: Tick = None,
    **axes: Sequence[float] | np.ndarray,
) -> Acceptance:
    """Which points of a grid toys accept, nuisances profiled on the data at each.

    Args:
        experiments: one data set or several.
        model: a preset name, Charges, Epsilon or Model.
        cl: confidence level, between 0 and 1.
        number: of toys at each point.
        seed: of the toys: those of point i are numbers i `number` to (i + 1) `number` - 1 of its stream.
        fixed: name -> value held fixed.
        tick: called with the share of the work done since the last call.
        **axes: grid values of every free model parameter by name, such as g=..., mass=... [MeV].

    Raises:
        ValueError: fewer than one toy, cl outside (0, 1), unknown names, a free parameter without an axis, or JAX
            in 32-bit mode.
    """
    check_toys(number, seed)
    chi2_quantile(cl)
    group = as_group(experiments)
    problem = make_problem(group, get_model(model), fixed)
    if set(axes) != set(problem.parameters) or not axes:
        raise ValueError(f"grid axes {sorted(axes)}: expected {sorted(problem.parameters)}")
    by_name = {p.name: p for p in problem.model.parameters}
    values = {name: np.asarray(axes[name], dtype=float) for name in problem.parameters}
    inner = [[by_name[name].internal(v) for v in axis] for name, axis in values.items()]
    points = np.stack([m.ravel() for m in np.meshgrid(*inner, indexing="ij")], axis=-1)
    first = number * np.arange(len(points))
    found = accept(set_up(problem, group), points, cl, number, seed, first, tick=tick)
    shape = tuple(axis.size for axis in values.values())
    return Acceptance(values, *(leaf.reshape(shape) for leaf in found[1:]))


def set_up(problem: Problem, data: Data) -> Setting:
    """Fit the data, and tabulate what the toys need."""
    start = standard_start(problem, data)
    finder = make_finder(problem, data, start.nuisances)
    x = np.append(standard_point(problem), start.nuisances)
    found = fit_both(problem, data, data_as_toy(problem, data), x, finder)
    return Setting(problem, data, start, finder, found.best[0], float(found.nll_best[0]))


def setting_at(setting: Setting, log_mass: float) -> Setting:
    """The same with g as the only parameter, at one log10 of the mass [MeV]."""
    problem, data, start, finder, *_ = setting
    here = at_mass(finder, problem, data, start.nuisances, log_mass)
    x = np.append(standard_point(problem), start.nuisances)
    x[problem.parameters.index("mass")] = log_mass
    found = fit_both(problem, data, data_as_toy(problem, data), x, here)
    return Setting(problem, data, start, here, found.best[0], float(found.nll_best[0]))


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
        number: of toys at each point.
        seed: of the toys.
        first: number of each point's first toy in the stream of the seed, (n,).
        tick: called with parts of `share`.
        share: of the caller's work.
    """
    problem, data = setting.problem, setting.data
    at = profile(problem, points, data, start=setting.start)
    rows = []
    for i, (point, nuisances) in enumerate(zip(points, at.nuisances, strict=True)):
        x = np.append(point, nuisances)
        toys = draw(problem, data, x, seed, number, first=int(first[i]))
        fit = partial(_fit, setting, x)
        found = in_chunks(toys, fit, tick, share / len(points))
        # the point itself is part of the model
        q = max(2 * (float(at.nll[i]) - setting.nll_best), 0.0)
        p = p_value(q, found.extreme_q)
        critical = critical_value(found.extreme_q, cl)
        rows.append(
            (q, *critical, p.value, p.error, p.value > 1 - cl + _ROUNDING, int(found.failed.sum()))
        )
    return Acceptance({}, *(np.array(column) for column in zip(*rows, strict=True)))


def critical_value(q: np.ndarray, cl: float) -> tuple[float, float]:
    """The quantile cl of toys (n,) and its statistical error, both from order statistics."""
    ordered, n = np.append(np.sort(q), np.inf), q.size
    rank = int(np.ceil(cl * (n + 1))) - 1
    spread = np.sqrt(n * cl * (1 - cl))
    low, high = (int(np.clip(np.rint(rank + s * spread), 0, n)) for s in (-1, 1))
    known = np.isfinite(ordered[[low, high]]).all()
    return float(ordered[rank]), float(ordered[high] - ordered[low]) / 2 if known else np.inf


def _fit(setting: Setting, x: np.ndarray, toys: Toys) -> Tested:
    return fit_both(setting.problem, setting.data, toys, x, setting.finder)
