"""How fast toys are fitted, at fixed model parameters and globally, and how fast iminuit does the same."""

from typing import NamedTuple

import numpy as np

from jaxmed.bench.measure import Way, Work, once_on_each
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import even_starts, is_installed, lowest_minimum
from jaxmed.inference.engine.devices import sized
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Profiled, Start
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.inference.toys.global_fit import global_fits, make_fitter

_SEED = 20210612
# Bins times toys that are fitted globally, if that is fewer toys; but no fewer than these.
_GLOBAL_BINS, _FEWEST = (60_000, 10_000_000), 64
# An accelerator is not busy with fewer than so many times the toys of a plan.
_TIMES = 1, 4


class ToyPlan(NamedTuple):
    """How many toys are fitted at fixed model parameters, globally, and by iminuit."""

    conditional: int
    overall: int
    sample: int


FULL_TOYS, QUICK_TOYS = ToyPlan(4_000, 2_000, 10), ToyPlan(1_000, 64, 4)


def toy_works(problem: Problem, data: Data, start: Start, plan: ToyPlan) -> dict[str, Work]:
    """Fits of background-only toys.

    Args:
        problem: free parameters g and mass.
        data: the experiments.
        start: the standard model's nuisances, which are the truth.
        plan: how many.
    """
    point = np.array(problem.model.standard)
    truth = np.concatenate([point, start.nuisances])
    toys = draw(problem, data, truth, _SEED, max(_TIMES) * max(plan.conditional, plan.overall))
    fitter = once_on_each(lambda: make_fitter(problem, data, start.nuisances))

    def conditional() -> np.ndarray:
        few = first_toys(toys, sized(*_TIMES) * plan.conditional)
        return _minima(conditional_fits(problem, data, few, point, start.nuisances))

    def overall() -> np.ndarray:
        fitting = max(sized(*_GLOBAL_BINS) // sum(e.n_bins for e in data), _FEWEST)
        few = first_toys(toys, min(sized(*_TIMES) * plan.overall, fitting))
        return _minima(global_fits(problem, few, fitter()))

    sample = first_toys(toys, plan.sample)
    starts = np.concatenate([truth[None], even_starts(start.nuisances)])
    everywhere = np.clip(starts, *problem.box.T)
    return {
        "toys": Work(conditional, 1, _minuit(problem, data, sample, truth[None], point)),
        "global_toys": Work(overall, 1, _minuit(problem, data, sample, everywhere, point[:0])),
    }


def _minima(found: Profiled) -> np.ndarray:
    return np.where(found.converged, found.nll, np.nan)


def _minuit(
    problem: Problem, data: Data, toys: Toys, starts: np.ndarray, held: np.ndarray
) -> dict[str, Way]:
    """MIGRAD from each of the starts (n_starts, n_free), the lowest end of which counts."""
    likelihood, split = NumpyLikelihood(problem, data), len(held)

    def fit(i: int) -> float:
        likelihood.observe([o[i] for o in toys.observed], toys.centres[i])
        return lowest_minimum(likelihood, held, starts[:, split:], problem.box[split:])

    def search() -> np.ndarray:
        return np.array([fit(i) for i in range(len(toys.numbers))])

    return {"iminuit": Way(search)} if is_installed("iminuit") else {}


def first_toys(toys: Toys, number: int) -> Toys:
    """Some of them."""
    observed = tuple(o[:number] for o in toys.observed)
    return Toys(observed, toys.centres[:number], toys.numbers[:number])
