"""All counts that experiments may have at one truth: where they are few, a sum over them needs no toys."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import gammaln, xlogy

from jaxmed.inference.problem import Data, Problem, expected_counts
from jaxmed.inference.toys.draw import Toys

# Counts less likely than this are left out, and more than so many are no longer few.
_LEAST, _MOST = 1e-12, 100_000
# Standard deviations from the mean, and events beside, within which all others lie.
_WIDTH, _BESIDE = 8.0, 40


class EveryCount(NamedTuple):
    """Counts and how likely they are.

    Attributes:
        toys: one for each.
        chance: its probability, (n_toys,).
    """

    toys: Toys
    chance: np.ndarray


def every_count(problem: Problem, data: Data, x: np.ndarray) -> EveryCount | None:
    """All counts of a truth x (n_free,) with a probability above 1e-12.

    None where nuisances are measured anew in every toy, an experiment does not count events, or they are more than
    100,000.
    """
    if problem.nuisances or any(e.gaussian or e.one_sided for e in data):
        return None
    means = jax.device_get(expected_counts(problem, jnp.asarray(x), data))
    every, chance = np.zeros((1, 0)), np.ones(1)
    for mean in np.maximum(np.concatenate(means), 0.0):
        reach = _WIDTH * np.sqrt(mean) + _BESIDE
        if not reach < _MOST:
            return None
        own = np.arange(max(int(mean - reach), 0), int(mean + reach) + 1)
        more = chance[:, None] * np.exp(xlogy(own, mean) - mean - gammaln(own + 1))[None]
        before, last = np.nonzero(more > _LEAST)
        if before.size > _MOST:
            return None
        every, chance = np.column_stack([every[before], own[last]]), more[before, last]
    ends = np.cumsum([mean.size for mean in means])[:-1]
    observed = tuple(np.split(every, ends, axis=1))
    return EveryCount(Toys(observed, np.zeros((chance.size, 0)), np.arange(chance.size)), chance)
