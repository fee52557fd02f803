"""Tests of one point of the model parameters with toys: the likelihood ratio and its p-value.

q = 2 (nll at the point - nll at the global minimum), nuisances profiled in both. Toys come from the point with the
nuisances that the data prefer there.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from jaxmed.inference.engine.devices import sized
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.results import UNCONVERGED
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, refuse_constraints
from jaxmed.inference.toys.global_fit import GlobalFitter, global_fits

# Toys fitted between two reports of progress, on a CPU and on an accelerator.
_CHUNK = 2048, 16_384
MOST_TOYS = 100_000_000
# Values that differ by less than this, relative and absolute, are equal: what rounding leaves of a tie.
_TIE = 1e-6


class PValue(NamedTuple):
    """A p-value from toys.

    Attributes:
        value: (k + 1) / (n + 1) with k of n toys at least as extreme: the data count as a toy, so that it is never
            zero and never below the true one on average.
        error: binomial, Wilson's, so that it is not zero at k = 0 either.
        z: the same as a one-sided number of standard deviations.
    """

    value: float
    error: float
    z: float


class LikelihoodRatios(NamedTuple):
    """What the test of one point found in each toy.

    Attributes:
        q: likelihood ratio, (n_toys,), not negative.
        nll: -log L at the point, (n_toys,).
        nll_best: -log L at the global minimum, (n_toys,).
        best: where, model parameters first, in the fit's coordinates, (n_toys, n_free).
        failed: whether one of the two fits did not converge, (n_toys,).
        numbers: of the toys in the stream of their seed, (n_toys,).
    """

    q: np.ndarray
    nll: np.ndarray
    nll_best: np.ndarray
    best: np.ndarray
    failed: np.ndarray
    numbers: np.ndarray

    @property
    def extreme_q(self) -> np.ndarray:
        """Q with infinity for failed toys, (n_toys,): they count as more extreme than any data."""
        return np.where(self.failed, np.inf, self.q)


def check_toys(number: int, seed: int, constraints: Sequence[str] = ()) -> None:
    """ValueError for a number of toys, a seed or constraints that toys cannot have."""
    if not 1 <= number <= MOST_TOYS:
        raise ValueError(f"toys = {number}: expected at least 1, at most {MOST_TOYS}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed = {seed}: expected an integer from 0 to 2^32 - 1")
    refuse_constraints(constraints)


def standard_point(problem: Problem) -> np.ndarray:
    """The standard model in the free model parameters, (n_parameters,)."""
    names = [p.name for p in problem.model.parameters]
    by_name = dict(zip(names, problem.model.standard, strict=True))
    return np.array([by_name[name] for name in problem.parameters])


def truths(problem: Problem, data: Data, points: np.ndarray, start: Start) -> np.ndarray:
    """Points (n, n_parameters) with the nuisances that the data prefer there, (n, n_free)."""
    found = profile(problem, points, data, start=start)
    # far above the standard model the profile stops early: its nuisances are good enough for a truth
    return np.concatenate([points, found.nuisances], axis=1)


def data_as_toy(problem: Problem, data: Data) -> Toys:
    """The data as a toy, so that the same program fits both."""
    observed = tuple(np.asarray(e.observed, dtype=float)[None] for e in data)
    return Toys(observed, np.zeros((1, len(problem.nuisances))), np.array([-1]))


def fit_both(
    problem: Problem, data: Data, toys: Toys, x: np.ndarray, fitter: GlobalFitter
) -> LikelihoodRatios:
    """Fit toys at the model parameters of x, nuisances starting from its own, and globally.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: what is fitted.
        x: the point tested, (n_free,), or one for each toy, (n_toys, n_free).
        fitter: of the global minima.
    """
    split = len(problem.parameters)
    at = conditional_fits(problem, data, toys, x[..., :split], x[..., split:])
    free = global_fits(problem, toys, fitter)
    lower = free.nll < at.nll
    points = np.broadcast_to(x[..., :split], (len(at.nll), split))
    here = np.concatenate([points, at.nuisances], axis=1)
    return LikelihoodRatios(
        q=likelihood_ratio(at.nll, free.nll),
        nll=at.nll,
        nll_best=np.where(lower, free.nll, at.nll),
        best=np.where(lower[:, None], free.nuisances, here),
        failed=(at.status >= UNCONVERGED) | (free.status >= UNCONVERGED),
        numbers=toys.numbers,
    )


def likelihood_ratio(at_point: np.ndarray, anywhere: np.ndarray) -> np.ndarray:
    """Q = 2 (nll at the point - lowest nll), of any shape.

    The point is part of the model, also where it is the standard model and g is below the box: q is never negative.
    """
    return np.where(anywhere < at_point, 2 * (at_point - anywhere), 0.0)


def toys_at_once() -> int:
    """Toys in a chunk."""
    return sized(*_CHUNK)


def fit_all(
    toys: Toys, fit: Callable[[Toys], LikelihoodRatios], tick: Tick = None, share: float = 1.0
) -> LikelihoodRatios:
    """Fit toys a chunk at a time, reporting a share of the work in all."""
    done = []
    for chunk in _chunks(toys):
        done.append(fit(chunk))
        advance(tick, share * len(chunk.numbers) / len(toys.numbers))
    return LikelihoodRatios(*(np.concatenate(leaves) for leaves in zip(*done, strict=True)))


def at_least(toys: np.ndarray | float, observed: np.ndarray | float) -> np.ndarray:
    """Whether toys are at least as extreme as what was observed, elementwise, with ties in full.

    Counts are discrete: many toys have exactly the data's. So a toy counts unless it is lower by more than
    1e-6 (1 + observed), far more than rounding and far less than any difference in counts.

    Args:
        toys: likelihood ratios or -log L, not negative; infinity is more extreme than any data.
        observed: the same of the data.
    """
    return np.asarray(toys >= (1 - _TIE) * observed - _TIE)


def p_value(observed: float, toys: np.ndarray) -> PValue:
    """Share of toys (n,) `at_least` as extreme as what was observed."""
    n = toys.size
    value = (1 + int(np.count_nonzero(at_least(toys, observed)))) / (n + 1)
    spread = value * (1 - value) / n + 1 / (4 * n**2)
    return PValue(value, float(np.sqrt(spread) / (1 + 1 / n)), z_of(value))


def z_of(p: float) -> float:
    """One-sided number of standard deviations of a p-value."""
    return -NormalDist().inv_cdf(p) if 0 < p < 1 else float(np.copysign(np.inf, 0.5 - p))


def _chunks(toys: Toys) -> Iterator[Toys]:
    size = toys_at_once()
    for i in range(0, len(toys.numbers), size):
        part = slice(i, i + size)
        observed = tuple(counts[part] for counts in toys.observed)
        yield Toys(observed, toys.centres[part], toys.numbers[part])
