"""How fast toys are fitted, at fixed model parameters and globally, and how fast iminuit does the same."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from jaxmed.bench.measure import fastest, timed
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.referees import minuit_minimum, versions
from jaxmed.inference.engine.devices import sized
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Profiled, Start
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.inference.toys.global_fit import global_fits, make_fitter

_SEED = 20210612
_MISSED = 0.01  # of -log L
# Starts along log10 g and log10 mass [MeV] for a search without our grid, and where.
_ALONG = 5
_OPEN = ((-8.0, -3.0), (-4.0, 3.0))


class ToyPlan(NamedTuple):
    """How many toys are fitted at fixed model parameters, globally, and by the referee."""

    conditional: int
    overall: int
    sample: int


FULL_TOYS, QUICK_TOYS = ToyPlan(4_000, 2_000, 10), ToyPlan(1_000, 64, 4)
# Bins times toys that are fitted globally, if that is fewer toys; but no fewer than these.
_GLOBAL_BINS, _FEWEST = (60_000, 10_000_000), 64
# An accelerator is not busy with fewer than so many times the toys of a plan.
_TIMES = 1, 4


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
    truth, times = np.concatenate([point, start.nuisances]), sized(*_TIMES)
    toys = draw(problem, data, truth, _SEED, times * max(plan.conditional, plan.overall))
    few = _first(toys, times * plan.conditional)
    fixed = partial(conditional_fits, problem, data, few, point, start.nuisances)
    fitter = make_fitter(problem, data, start.nuisances)
    overall = max(sized(*_GLOBAL_BINS) // sum(e.n_bins for e in data), _FEWEST)
    fitted = _first(toys, min(times * plan.overall, overall))
    free = partial(global_fits, problem, fitted, fitter)
    sample = _first(toys, plan.sample)
    one_start = np.arange(plan.sample), np.tile(truth, (plan.sample, 1))
    alone = _even_starts(problem, start, plan.sample)
    starts = {"conditional": one_start, "global": one_start}
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
            found[name] |= _compare(found[name], ours, problem, data, sample, held, starts[name])
        if versions() and name == "global":
            own = _compare(found[name], ours, problem, data, sample, held, alone)
            found[name]["iminuit_alone"] = own | {"starts": _ALONG**2}
    return found


def _compare(
    found: dict[str, Any],
    ours: Profiled,
    problem: Problem,
    data: Data,
    toys: Toys,
    held: np.ndarray,
    starts: tuple[np.ndarray, np.ndarray],
) -> dict[str, float]:
    """MIGRAD from each of the starts, number of the toy and x, the lowest end of which counts."""
    likelihood, sample = NumpyLikelihood(problem, data), len(toys.numbers)
    minima = np.full(sample, np.inf)

    def fit(i: int, x: np.ndarray) -> float:
        likelihood.observe([o[i] for o in toys.observed], toys.centres[i])
        return minuit_minimum(likelihood, held, x[len(held) :], problem.box[len(held) :])

    def search() -> None:
        for i, x in zip(*starts, strict=True):
            minima[i] = min(minima[i], fit(i, x))

    fit(0, starts[1][0])
    seconds = fastest(search, 1)
    above = minima - ours.nll[:sample]
    return {
        "iminuit_per_second": sample / seconds,
        "iminuit_ratio": found["per_second"] * seconds / sample,
        "iminuit_missed": float((above > _MISSED).mean()),
        "missed": float((above < -_MISSED).mean()),
    }


def _even_starts(problem: Problem, start: Start, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Where one would start without our grid: all over the part of the box that the data do not exclude."""
    axes = [low + (high - low) * (np.arange(_ALONG) + 0.5) / _ALONG for low, high in _OPEN]
    plane = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    xs = np.hstack([plane, np.tile(start.nuisances, (len(plane), 1))])
    return np.repeat(np.arange(number), len(xs)), np.tile(xs, (number, 1))


def _first(toys: Toys, number: int) -> Toys:
    observed = tuple(o[:number] for o in toys.observed)
    return Toys(observed, toys.centres[:number], toys.numbers[:number])
