"""How fast one fit problem is evaluated, differentiated and profiled, and how fast the referees do the same."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from jaxmed.bench.measure import Timing, fastest, timed
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import minuit_minimum, scipy_minimum, versions
from jaxmed.bench.toys import FULL_TOYS, QUICK_TOYS, ToyPlan, toy_speeds
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.devices import sized
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile.profile import Start, profile, standard_start
from jaxmed.inference.regions.grid_scan import grid_points, grid_values
from jaxmed.models.choose import get_model


class Plan(NamedTuple):
    """How much to measure.

    Attributes:
        grid: points of the scan along g and along mass.
        sample: of its points, how many the referees minimise as well.
        repeats: warm calls, of which the fastest counts.
        toys: how many toys.
    """

    grid: int
    sample: int
    repeats: int
    toys: ToyPlan


FULL, QUICK = Plan(60, 40, 5, FULL_TOYS), Plan(12, 4, 2, QUICK_TOYS)
# Points at a time, of the likelihood and its gradient, on a CPU and on an accelerator.
_BATCH = 64, 2048
_SEED = 20210612
_STEP = 1e-4  # of central differences


def speeds(data: Sequence[Experiment], plan: Plan, tick: Tick = None) -> dict[str, Any]:
    """Rates, compile times and, if the referees are installed, ratios to theirs, for the model u1r.

    Args:
        data: the experiments of one fit.
        plan: how much to measure.
        tick: called with the share of the work done since the last call.
    """
    group = tuple(data)
    problem = make_problem(group, get_model("u1r"))
    found = {
        "experiments": [e.name for e in group],
        "n_bins": sum(e.n_bins for e in group),
        "n_free": len(problem.names),
        "evaluations": _evaluations(problem, group, plan),
    }
    advance(tick, 0.2)
    found |= _scans(problem, group, plan)
    advance(tick, 0.5)
    if problem.nuisances:  # else there is nothing to fit at fixed model parameters
        start = standard_start(problem, group)
        found["toys"] = toy_speeds(problem, group, start, plan.toys, 1)
    advance(tick, 0.3)
    return found


def _evaluations(problem: Problem, data: Data, plan: Plan) -> dict[str, Any]:
    """Likelihood and gradient in all free values, in batches of points all over the box."""
    random = np.random.default_rng(_SEED)
    low, high = problem.box.T
    batch = sized(*_BATCH)
    xs = random.uniform(low, high, (batch, low.size))
    split = len(problem.parameters)
    xs[:, split:] = random.normal(0, 0.5, xs[:, split:].shape)
    values = timed(lambda: _values(problem, xs, data), plan.repeats)
    slopes = timed(lambda: _slopes(problem, xs, data), plan.repeats)
    found = {
        "batch": batch,
        "nll": _rate(batch, values),
        "gradient": _rate(batch, slopes),
    }
    if versions():
        few = xs[: plan.sample]
        likelihood = NumpyLikelihood(problem, data)
        once = fastest(lambda: [likelihood(x) for x in few], plan.repeats)
        numerical = fastest(lambda: [_differences(likelihood, x) for x in few], plan.repeats)
        found["nll"] |= _against("numpy", len(few), once, found["nll"])
        found["gradient"] |= _against("numpy", len(few), numerical, found["gradient"])
    return found


def _scans(problem: Problem, data: Data, plan: Plan) -> dict[str, Any]:
    """All nuisances profiled on a grid over the whole box, and at those of its points that are not given up.

    Far above the standard model -log L is only bounded, which costs next to nothing; a referee minimises it.
    """
    points = grid_points(problem, grid_values(problem, {}, plan.grid))
    start = standard_start(problem, data)
    ours = profile(problem, points, data, start=start)
    return {
        "scan": _scan(problem, data, plan, points, start),
        "allowed_scan": _scan(problem, data, plan, points[ours.converged], start),
    }


def _scan(
    problem: Problem, data: Data, plan: Plan, points: np.ndarray, start: Start
) -> dict[str, Any]:
    jax.clear_caches()  # else nothing of the scan would be left to compile
    whole = timed(lambda: profile(problem, points, data), min(plan.repeats, 3))
    found = {"points": len(points), "seconds": whole.seconds} | _rate(len(points), whole)
    if versions():
        sample = np.random.default_rng(_SEED).permutation(points)[: plan.sample]
        found |= _referees(problem, data, sample, start, found)
    return found


def _referees(
    problem: Problem,
    data: Data,
    points: np.ndarray,
    start: Start,
    found: dict[str, Any],
) -> dict[str, Any]:
    """The same points, one by one, from the same start; how far their minima are above ours where ours is one."""
    box = problem.box[len(problem.parameters) :]
    ours = profile(problem, points, data, start=start)
    likelihood = NumpyLikelihood(problem, data)
    ways = {
        "iminuit": lambda p: minuit_minimum(likelihood, p, start.nuisances, box),
        "scipy": lambda p: scipy_minimum(problem, data, p, start.nuisances, box),
    }
    result: dict[str, Any] = {"sample": len(points)}
    for name, way in ways.items():
        minima = np.array([way(point) for point in points])  # compiles
        seconds = fastest(lambda way=way: [way(point) for point in points], 2)
        result |= _against(name, len(points), seconds, found)
        above = (minima - ours.nll)[ours.converged]
        result[f"{name}_above"] = {"lowest": above.min(initial=0), "highest": above.max(initial=0)}
    return result


def _rate(number: int, timing: Timing) -> dict[str, float]:
    return {"per_second": number / timing.seconds, "compile_seconds": timing.compile_seconds}


def _against(name: str, number: int, seconds: float, ours: dict[str, float]) -> dict[str, float]:
    """A referee's rate, and how many times ours is faster."""
    theirs = number / seconds
    return {f"{name}_per_second": theirs, f"{name}_ratio": ours["per_second"] / theirs}


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
