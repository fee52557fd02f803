"""How fast toys are fitted, at fixed model parameters and globally, and how fast iminuit does the same."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from jaxmed.bench.measure import fastest, timed
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import minuit_minimum, versions
from jaxmed.inference.global_fits import global_fits, make_finder
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile import Profiled, Start
from jaxmed.inference.toy_fits import conditional_fits
from jaxmed.inference.toys import Toys, draw

_SEED = 20210612
_MISSED = 0.01  # of -log L


class ToyPlan(NamedTuple):
    """How many toys are fitted at fixed model parameters, globally, and by the referee."""

    conditional: int
    overall: int
    sample: int


FULL_TOYS, QUICK_TOYS = ToyPlan(4_000, 100, 10), ToyPlan(1_000, 64, 4)


def toy_speeds(
    problem: Problem, data: Data, start: Start, plan: ToyPlan, repeats: int
) -> dict[str, Any]:
    """Fits per second of background-only toys.

    Args:
        problem: free parameters g and mass.
        data: the experiments.
        start: the standard model's nuisances, which are the truth.
        plan: how many.
        repeats: warm calls, of which the fastest counts.
    """
    point = np.array(problem.model.standard)
    truth = np.concatenate([point, start.nuisances])
    toys = draw(problem, data, truth, _SEED, max(plan.conditional, plan.overall))
    fixed = partial(
        conditional_fits, problem, data, _first(toys, plan.conditional), point, start.nuisances
    )
    finder = make_finder(problem, data, start.nuisances)
    free = partial(global_fits, problem, data, _first(toys, plan.overall), finder)
    found = {}
    for name, fits, held in (("conditional", fixed, point), ("global", free, point[:0])):
        timing, ours = timed(fits, repeats), fits()
        found[name] = {
            "fits": len(ours.nll),
            "converged": float(ours.converged.mean()),
            "per_second": len(ours.nll) / timing.seconds,
            "compile_seconds": timing.compile_seconds,
        }
        if versions():
            _compare(found[name], ours, problem, data, toys, held, plan.sample)
    return found


def _compare(
    found: dict[str, Any],
    ours: Profiled,
    problem: Problem,
    data: Data,
    toys: Toys,
    held: np.ndarray,
    sample: int,
) -> None:
    """One MIGRAD for each of the first toys, from the truth or, where g is free, from within the box."""
    likelihood, split = NumpyLikelihood(problem, data), len(problem.parameters)
    truth = toys.centres.mean(axis=0)
    begin = np.concatenate([problem.box[:split].mean(axis=1), truth])[len(held) :]
    minima: list[float] = []

    def fit(i: int) -> float:
        likelihood.observe([o[i] for o in toys.observed], toys.centres[i])
        return minuit_minimum(likelihood, held, begin, problem.box[len(held) :])

    fit(0)
    seconds = fastest(lambda: minima.extend(map(fit, range(sample))), 1)
    above = np.array(minima) - ours.nll[:sample]
    found["iminuit_per_second"] = sample / seconds
    found["iminuit_ratio"] = found["per_second"] * seconds / sample
    found["iminuit_missed"] = float((above > _MISSED).mean())
    found["missed"] = float((above < -_MISSED).mean())


def _first(toys: Toys, number: int) -> Toys:
    observed = tuple(o[:number] for o in toys.observed)
    return Toys(observed, toys.centres[:number], toys.numbers[:number])
