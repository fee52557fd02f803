"""How fast the likelihood of some experiments is evaluated, fitted, scanned and limited, and how fast others are."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from jaxmed.bench.measure import Way, Work, measure, once_on_each
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import (
    even_starts,
    is_installed,
    lowest_minimum,
    minuit_minimum,
    scipy_minimum,
)
from jaxmed.bench.toys import FULL_TOYS, QUICK_TOYS, ToyPlan, toy_works
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.devices import on_all_devices, sized
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile.profile import Start, profile, standard_start
from jaxmed.inference.regions.grid_scan import grid_points, grid_values
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import get_model


class Plan(NamedTuple):
    """How much to measure.

    Attributes:
        grid: points of the scan along g and along mass.
        masses: of the limits.
        sample: of the scan's points, how many others minimise as well.
        repeats: rounds of warm calls, of which the fastest counts.
        toys: how many toys.
    """

    grid: int
    masses: int
    sample: int
    repeats: int
    toys: ToyPlan


FULL, QUICK = Plan(60, 61, 40, 3, FULL_TOYS), Plan(12, 3, 4, 2, QUICK_TOYS)
_MODEL = "u1r"
_MASSES = 1e-3, 1e3  # MeV
# Points at a time, of the likelihood and its gradient, on a CPU and on an accelerator.
_BATCH = 64, 2048
_SEED = 20210612
_STEP = 1e-4  # of central differences
_LARGE = 1e3  # of -log L and its slopes


def speeds(data: Sequence[Experiment], plan: Plan, tick: Tick = None) -> dict[str, Any]:
    """What `measure` finds about each work, by its name, for the model u1r.

    Args:
        data: the experiments of one fit.
        plan: how much to measure.
        tick: called with the share of the work done since the last call.
    """
    group = tuple(data)
    problem = make_problem(group, get_model(_MODEL))
    start = standard_start(problem, group)
    works = _evaluations(problem, group, plan) | _fits(problem, group, plan, start)
    if problem.nuisances:  # else there is nothing to fit at fixed model parameters
        works |= toy_works(problem, group, start, plan.toys)
    jax.clear_caches()  # else some programs would be left out of the time to compile
    found = {}
    for name, work in works.items():
        found[name] = measure(work)
        advance(tick, 1 / len(works))
    return {
        "experiments": [e.name for e in group],
        "n_bins": sum(e.n_bins for e in group),
        "n_free": len(problem.names),
        "works": found,
    }


def _evaluations(problem: Problem, data: Data, plan: Plan) -> dict[str, Work]:
    """Likelihood and gradient in all free values, in batches of points all over the box."""
    random, split = np.random.default_rng(_SEED), len(problem.parameters)
    low, high = problem.box.T
    xs = random.uniform(low, high, (max(_BATCH), len(problem.names)))
    xs[:, split:] = random.normal(0, 0.5, xs[:, split:].shape)
    own = once_on_each(lambda: on_all_devices(data))
    likelihood, few = NumpyLikelihood(problem, data), xs[: plan.sample]

    def values() -> np.ndarray:
        return _near(_values(problem, xs[: sized(*_BATCH)], own()))

    def slopes() -> np.ndarray:
        return _near(_slopes(problem, xs[: sized(*_BATCH)], own()))

    once = Way(lambda: np.array([likelihood(x) for x in few]))
    differences = Way(lambda: np.array([_differences(likelihood, x) for x in few]))
    return {
        "nll": Work(values, plan.repeats, {"NumPy": once}),
        "gradient": Work(slopes, plan.repeats, {"NumPy": differences}),
    }


def _near(values: Array) -> np.ndarray:
    """NaN for points where something is so large that others differ by rounding and by their steps."""
    found = np.array(values)
    found[np.abs(found).reshape(len(found), -1).max(axis=1) > _LARGE] = np.nan
    return found


def _fits(problem: Problem, data: Data, plan: Plan, start: Start) -> dict[str, Work]:
    """One fit, scans with all nuisances profiled, and limits.

    A scan goes over the whole box, or over those of its points that are not given up: far above the standard model
    -log L is only bounded, which costs next to nothing, and others minimise it.
    """
    points = grid_points(problem, grid_values(problem, {}, plan.grid))
    allowed = points[profile(problem, points, data, start=start).converged]
    masses = np.geomspace(*_MASSES, plan.masses)
    starts, likelihood = even_starts(start.nuisances), NumpyLikelihood(problem, data)

    def best() -> np.ndarray:
        return np.array([fit(data, _MODEL).nll])

    def search() -> np.ndarray:
        return np.array([lowest_minimum(likelihood, np.zeros(0), starts, problem.box)])

    def line() -> np.ndarray:
        return limits(data, _MODEL, masses=masses).g_upper

    others = {"iminuit": Way(search)} if is_installed("iminuit") else {}
    return {
        "fit": Work(best, plan.repeats, others),
        "scan": _scan(problem, data, plan, points, start),
        "allowed_scan": _scan(problem, data, plan, allowed, start),
        "limits": Work(line, plan.repeats),
    }


def _scan(problem: Problem, data: Data, plan: Plan, points: np.ndarray, start: Start) -> Work:
    box = problem.box[len(problem.parameters) :]
    sample = np.random.default_rng(_SEED).permutation(len(points))[: plan.sample]
    likelihood = NumpyLikelihood(problem, data)

    def ours() -> np.ndarray:
        found = profile(problem, points, data)
        return np.where(found.converged, found.nll, np.nan)

    def by_minuit() -> np.ndarray:
        fits = [minuit_minimum(likelihood, p, start.nuisances, box) for p in points[sample]]
        return np.array(fits)

    def by_scipy() -> np.ndarray:
        fits = [scipy_minimum(problem, data, p, start.nuisances, box) for p in points[sample]]
        return np.array(fits)

    others = {"iminuit": Way(by_minuit)} if is_installed("iminuit") else {}
    others["SciPy"] = Way(by_scipy)
    return Work(ours, plan.repeats, others, sample)


def _differences(likelihood: NumpyLikelihood, x: np.ndarray) -> np.ndarray:
    """Gradient by central differences."""
    steps = _STEP * np.eye(x.size)
    return np.array([likelihood(x + s) - likelihood(x - s) for s in steps]) / (2 * _STEP)


@partial(jax.jit, static_argnums=0)
def _values(problem: Problem, xs: Array, data: Data) -> Array:
    return jax.vmap(lambda x: problem.nll(x, data))(xs)


@partial(jax.jit, static_argnums=0)
def _slopes(problem: Problem, xs: Array, data: Data) -> Array:
    return jax.vmap(jax.grad(lambda x: problem.nll(x, data)))(xs)
