"""-log L of many toys on a whole grid of model parameters at once, nuisances profiled to first order.

With the expected counts of every grid point tabulated at one value of the nuisances, the value and the gradient of
-log L are linear in a toy's counts: two matrix products score all toys everywhere. One Newton step with Fisher's
information then profiles the nuisances, well enough to tell where the global minimum is; it is polished afterwards.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.experiments.forward import components
from jaxmed.experiments.likelihood import FLOOR, prior_weights
from jaxmed.experiments.model import Experiment
from jaxmed.inference.expansion import linearise
from jaxmed.inference.problem import Data, Problem

# Points of the grid tabulated together.
_POINTS_AT_A_TIME = 64
# A nuisance without a prior may be without effect as well.
_RIDGE = 1e-6


class Library(NamedTuple):
    """The grid as toys see it; -log L is relative to what depends on the counts alone.

    With F = L L^T the Fisher information in the nuisances, priors included, slopes come times L^-1.

    Attributes:
        points: model parameters, (n_points, n_parameters).
        value: the part without counts, (n_points,).
        per_count: of each experiment, to be multiplied by the counts, (n_points, n_bins).
        slope: gradient in the nuisances without counts, (n_points, n_nuisances).
        slope_per_count: of each experiment, (n_points, n_nuisances, n_bins).
        inverse: L^-1, (n_points, n_nuisances, n_nuisances).
        start: the nuisances at which all this was tabulated, (n_nuisances,).
    """

    points: Array
    value: Array
    per_count: tuple[Array, ...]
    slope: Array
    slope_per_count: tuple[Array, ...]
    inverse: Array
    start: Array


@partial(jax.jit, static_argnums=0)
def tabulate_grid(problem: Problem, points: Array, start: Array, data: Data) -> Library:
    """Everything about the points (n_points, n_parameters) that no toy changes; nuisances at `start`."""
    measured = jnp.asarray(prior_weights(problem.nuisances))
    pulls = problem.pulls(start)

    def one(point: Array) -> Library:
        couplings = problem.couplings(point)
        value, slope = jnp.zeros(()), jnp.zeros_like(measured)
        fisher = jnp.diag(jnp.maximum(measured, _RIDGE))
        per_count, slope_per_count = [], []
        for e in data:
            mu, jacobian = linearise(components(e, couplings), pulls, problem.nuisances)
            constant, linear, pull, weight = _terms(e, mu)
            value += constant.sum()
            per_count.append(linear)
            slope += jacobian @ pull
            slope_per_count.append(-jacobian * weight[None])
            fisher += (jacobian * weight[None]) @ jacobian.T
        inverse = jnp.linalg.inv(jnp.linalg.cholesky(fisher))
        whitened = tuple(inverse @ each for each in slope_per_count)
        return Library(point, value, tuple(per_count), inverse @ slope, whitened, inverse, start)

    # JAX cannot batch a map with results of size zero
    batch = _POINTS_AT_A_TIME if problem.nuisances else None
    return jax.lax.map(one, points, batch_size=batch)._replace(start=start)


def score(problem: Problem, library: Library, observed: tuple[Array, ...], centres: Array) -> Array:
    """-log L of toys at all points after one Newton step in the nuisances, up to a constant of each toy.

    Args:
        problem: names of the nuisances.
        library: the grid.
        observed: counts of each experiment, (n_toys, n_bins) each.
        centres: of the priors, (n_toys, n_nuisances).

    Returns:
        (n_toys, n_points).
    """
    shift = _shift(problem, library, centres)
    values = library.value[None] + (jnp.sum(shift**2, axis=1) / 2)[:, None]
    for n, linear in zip(observed, library.per_count, strict=True):
        values += n @ linear.T
    # one nuisance after the other: matrix products over toys and points, no short innermost loops
    for i in range(len(library.start)):
        slope = library.slope[None, :, i] + shift @ library.inverse[:, i].T
        for n, each in zip(observed, library.slope_per_count, strict=True):
            slope += n @ each[:, i].T
        values -= slope**2 / 2
    return values


def stepped(
    problem: Problem,
    library: Library,
    observed: tuple[Array, ...],
    centres: Array,
    at: Array,
) -> Array:
    """Nuisances after that step, (n_toys, n, n_nuisances), at the points numbered `at` (n_toys, n)."""
    shift = _shift(problem, library, centres)
    inverse = library.inverse[at]
    slope = library.slope[at] + jnp.einsum("tj,tsij->tsi", shift, inverse)
    for n, each in zip(observed, library.slope_per_count, strict=True):
        slope += jnp.einsum("tb,tsib->tsi", n, each[at])
    return library.start[None, None] - jnp.einsum("tsi,tsij->tsj", slope, inverse)


def _shift(problem: Problem, library: Library, centres: Array) -> Array:
    return jnp.asarray(prior_weights(problem.nuisances))[None] * (library.start[None] - centres)


def _terms(experiment: Experiment, mu: Array) -> tuple[Array, Array, Array, Array]:
    """A data term as constant + linear n, its derivative in mu as pull - weight n; (n_bins,) each."""
    if experiment.gaussian:
        weight = jnp.asarray(experiment.error) ** -2.0
        return mu**2 * weight / 2, -mu * weight, mu * weight, weight
    safe = jnp.maximum(mu, FLOOR)
    return safe, -jnp.log(safe), jnp.ones_like(mu), 1 / safe
