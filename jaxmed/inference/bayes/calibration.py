"""Simulation-based calibration: the truth is equally likely to lie anywhere among the samples of its posterior.

Talts et al., arXiv:1804.06788: parameters are drawn from the prior, data from them, and the rank of each truth among
independent draws from the posterior of these data is uniform, whatever the data say. A posterior that is too narrow
has too many ranks at both ends, one that is shifted at one of them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy.special import bdtr, chdtrc

from jaxmed.inference.bayes.extra import need
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import scan_posterior
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem, expected_counts, with_counts
from jaxmed.inference.toys.draw import draw

BINS = 10
"""Of a histogram of ranks."""
# Draws of a posterior that a truth is ranked among: so far apart in the chains that they are as good as independent.
_DRAWS = 99
_TRIES = 1000  # to draw a truth where the model is defined


class Study(NamedTuple):
    """What is calibrated.

    Attributes:
        problem: what is free; no constraints, which no toy measures anew.
        data: the experiments, of which all but the counts is used.
        priors: of everything free that has none in the likelihood, by name.
        chains: of each posterior.
        samples: kept from each chain.
        warmup: steps of each chain before.
        seed: of truths, toys and chains.
    """

    problem: Problem
    data: Data
    priors: Mapping[str, Prior]
    chains: int
    samples: int
    warmup: int
    seed: int

    @property
    def draws(self) -> int:
        """Of each posterior that a truth is ranked among: with one more, a multiple of the bins."""
        return min(_DRAWS + 1, (self.chains * self.samples + 1) // BINS * BINS) - 1


class Replicas(NamedTuple):
    """Posteriors of toys.

    Attributes:
        truths: free parameters in the fit's coordinates, (n, n_free).
        ranks: draws from the posterior below the truth, from 0 to all of them, (n, n_free).
        r_hat: the largest of all parameters, (n,).
        divergences: trajectories that lost their energy, (n,).
    """

    truths: np.ndarray
    ranks: np.ndarray
    r_hat: np.ndarray
    divergences: np.ndarray


def check_study(study: Study) -> None:
    """ValueError if there are too few samples to rank a truth among."""
    if study.draws < BINS - 1:
        raise ValueError(
            f"samples = {study.samples} of {study.chains} chain(s): expected at least {BINS - 1} in all"
        )


def replicate(study: Study, numbers: np.ndarray, tick: Tick = None, share: float = 1.0) -> Replicas:
    """Draw truths and data, and rank the truths among the draws of the posteriors.

    Args:
        study: what is calibrated.
        numbers: of the replicas, (n,): each has truth, toy and chains of its own.
        tick: called with parts of `share`.
        share: of the caller's work.

    Raises:
        ValueError: NumPyro or ArviZ is missing, or the model is undefined wherever the priors are.
    """
    rows = []
    for number in numbers.tolist():
        rows.append(_replica(study, number))
        advance(tick, share / len(numbers))
    return Replicas(*(np.array(column) for column in zip(*rows, strict=True)))


def _replica(study: Study, number: int) -> tuple[np.ndarray, np.ndarray, float, int]:
    problem, priors, nuts = study.problem, dict(study.priors), need("nuts")
    rng = np.random.default_rng([study.seed, number])
    truth = _truth(study, rng)
    toy = draw(problem, study.data, truth, study.seed, 1, first=number)
    # where the auxiliary measurements put the nuisances is no part of it: their Gaussians are the priors drawn from
    data = with_counts(study.data, tuple(jnp.asarray(counts[0]) for counts in toy.observed))
    seed = int(rng.integers(2**32))
    scan = scan_posterior(problem, priors, data, study.chains, seed)
    run = nuts.Run(problem, tuple(priors.items()), study.warmup, study.samples)
    found = nuts.sample(run, scan.proposal_map, data, scan.starts, seed)
    every = found.x.reshape(-1, len(problem.names))
    thinned = every[np.linspace(0, len(every) - 1, study.draws).round().astype(int)]
    r_hat = [need("diagnostics").convergence(x).r_hat for x in np.moveaxis(found.x, -1, 0)]
    ranks = np.count_nonzero(thinned < truth, axis=0)
    return truth, ranks, float(np.max(r_hat)), int(found.diverging.sum())


def _truth(study: Study, rng: np.random.Generator) -> np.ndarray:
    """Free values from their priors, (n_free,), where the model is defined."""
    names, priors = study.problem.names, study.priors
    for _ in range(_TRIES):
        x = np.array([priors[n].draw(rng) if n in priors else rng.normal() for n in names])
        means = expected_counts(study.problem, jnp.asarray(x), study.data)
        if all(np.isfinite(mean).all() for mean in means):
            return x
    raise ValueError(
        f"model '{study.problem.model.name}' is undefined wherever the priors are: expected a number somewhere"
    )


def histogram(ranks: np.ndarray, draws: int) -> np.ndarray:
    """Ranks (n,) in each of the bins."""
    return np.bincount(ranks.astype(int) * BINS // (draws + 1), minlength=BINS)


def uniform_p(ranks: np.ndarray, draws: int) -> float:
    """P-value of the chi^2 of the histogram of ranks (n,): small if they are not uniform."""
    expected = ranks.size / BINS
    chi2 = np.sum((histogram(ranks, draws) - expected) ** 2) / expected
    return float(chdtrc(BINS - 1, chi2))


def histogram_band(number: int, share: float = 0.95) -> tuple[int, int]:
    """Between which ends all bins of so many uniform ranks lie with a probability of at least `share`."""
    cumulative = bdtr(np.arange(number + 1), number, 1 / BINS)
    beyond = (1 - share) / (2 * BINS)
    low, high = np.searchsorted(cumulative, (beyond, 1 - beyond))
    return int(low), int(high)
