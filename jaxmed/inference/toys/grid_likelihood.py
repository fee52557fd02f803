"""-log L of many toys on a whole grid of model parameters at once, nuisances profiled to first order.

With the expected counts of every grid point tabulated at one value of the nuisances, the value and the gradient of
-log L are linear in a toy's counts: two matrix products give them for all toys everywhere. One Newton step with
Fisher's information then profiles the nuisances, well enough to tell where the global minimum is; it is polished
afterwards.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import Condensed, condensed_signal
from jaxmed.experiments.likelihood.nll import floored, prior_weights
from jaxmed.inference.problem import Problem, acts_on, blocks
from jaxmed.inference.profile.expansion import counts_jacobian

# Points of the grid tabulated together.
_ROUNDING = 1e-11  # of the diagonal of a Fisher matrix
_POINTS_AT_A_TIME = 64
# A nuisance without a prior may be without effect as well.
_RIDGE = 1e-6


class GridLikelihood(NamedTuple):
    """The grid as toys see it; -log L is relative to what depends on the counts alone.

    With F = L L^T the Fisher information in the nuisances, priors included, slopes come times L^-1. Nuisances are
    in the order of `_order`: then L^-1 mixes those of one experiment with no other experiment's. Where the model is
    undefined, the value is infinite and everything else zero: no toy has its minimum there.

    Attributes:
        points: model parameters, (n_points, n_parameters).
        value: the part without counts, (n_points,).
        per_count: of each experiment, to be multiplied by the counts, (n_points, n_bins).
        slope: gradient in the nuisances without counts, (n_points, n_nuisances).
        slope_per_count: for the experiments and rows of L^-1 in `_rows`, (n_rows, n_points, n_bins) each.
        inverse: L^-1, (n_points, n_nuisances, n_nuisances).
        start: the nuisances at which all this was tabulated, in the problem's order, (n_nuisances,).
    """

    points: Array
    value: Array
    per_count: tuple[Array, ...]
    slope: Array
    slope_per_count: tuple[Array, ...]
    inverse: Array
    start: Array


@partial(jax.jit, static_argnums=0)
def tabulate_grid(
    problem: Problem, points: Array, start: Array, data: Sequence[Condensed]
) -> GridLikelihood:
    """Everything about the points (n_points, n_parameters) that no toy changes; nuisances at `start`."""
    names = _order(problem, data)
    measured = jnp.asarray(prior_weights(names, problem.floating))
    touched = _rows(problem, data)

    def one(point: Array) -> GridLikelihood:
        couplings, pulls = problem.couplings(point), problem.pulls(start, point)
        value, slope = jnp.zeros(()), jnp.zeros_like(measured)
        fisher = jnp.diag(jnp.maximum(measured, _RIDGE))
        per_count, slope_per_count = [], []
        for e in data:
            mu, jacobian = counts_jacobian(e, condensed_signal(e, couplings), pulls, names)
            constant, linear, pull, weight = _terms(e, mu)
            value += constant.sum()
            per_count.append(linear)
            slope += jacobian @ pull
            slope_per_count.append(-jacobian * weight[None])
            fisher += (jacobian * weight[None]) @ jacobian.T
        # far out one direction is 1e16 times as certain as all others: rounding must not make these negative
        inverse = jnp.linalg.inv(
            jnp.linalg.cholesky(fisher * (1 + _ROUNDING * np.eye(len(fisher))))
        )
        whitened = tuple(inverse[rows] @ slope_per_count[k] for k, rows in touched)
        found = GridLikelihood(
            point, value, tuple(per_count), inverse @ slope, whitened, inverse, start
        )
        defined = jnp.isfinite(value)
        nothing = jax.tree.map(jnp.zeros_like, found)._replace(
            points=point, value=jnp.asarray(jnp.inf), start=start
        )
        return jax.tree.map(lambda own, none: jnp.where(defined, own, none), found, nothing)

    # JAX cannot batch a map with results of size zero
    batch = _POINTS_AT_A_TIME if names else None
    found = jax.lax.map(one, points, batch_size=batch)
    # rows first: each is a matrix of its own in `first_order_profile`
    whitened = tuple(jnp.swapaxes(each, 0, 1) for each in found.slope_per_count)
    return found._replace(slope_per_count=whitened, start=start)


def first_order_profile(
    problem: Problem,
    likelihood: GridLikelihood,
    data: Sequence[Condensed],
    observed: tuple[Array, ...],
    centres: Array,
) -> Array:
    """-log L of toys at all points after one Newton step in the nuisances, up to a constant of each toy.

    Args:
        problem: names of the nuisances.
        likelihood: the grid.
        data: the experiments.
        observed: counts of each experiment in its bins, (n_toys, n_bins) each.
        centres: of the priors, (n_toys, n_nuisances).

    Returns:
        (n_toys, n_points).
    """
    shift, touched = _shift(problem, likelihood, data, centres), _rows(problem, data)
    values = likelihood.value[None] + (jnp.sum(shift**2, axis=1) / 2)[:, None]
    for n, linear in zip(observed, likelihood.per_count, strict=True):
        values += n @ linear.T
    # one nuisance after the other: matrix products over toys and points, no short innermost loops
    for i in range(len(likelihood.start)):
        slope = likelihood.slope[None, :, i] + shift @ likelihood.inverse[:, i].T
        for (k, rows), each in zip(touched, likelihood.slope_per_count, strict=True):
            for at in np.flatnonzero(rows == i):
                slope += observed[k] @ each[at].T
        values -= slope**2 / 2
    return values


def distances(likelihood: GridLikelihood, data: Sequence[Condensed], n: int) -> Array:
    """By how many sigma of statistics neighbours along the first of the grid's axes differ, (n - 1, n_others).

    Args:
        likelihood: the grid.
        data: the experiments.
        n: points along that axis.
    """
    square = jnp.zeros(())
    for e, linear in zip(data, likelihood.per_count, strict=True):
        # back from `_terms` to counts in units of their own error
        even = (
            -linear * jnp.asarray(e.error)[None]
            if e.experiment.gaussian
            else 2 * jnp.exp(-linear / 2)
        )
        steps = jnp.diff(even.reshape(n, -1, even.shape[-1]), axis=0)
        square += jnp.sum(steps**2, axis=-1)
    return jnp.sqrt(square)


def profiled_nuisances(
    problem: Problem,
    likelihood: GridLikelihood,
    data: Sequence[Condensed],
    observed: tuple[Array, ...],
    centres: Array,
    at: Array,
) -> Array:
    """Nuisances after that step, (n_toys, n, n_nuisances), at the points numbered `at` (n_toys, n)."""
    shift = _shift(problem, likelihood, data, centres)
    inverse = likelihood.inverse[at]
    slope = likelihood.slope[at] + jnp.einsum("tj,tsij->tsi", shift, inverse)
    for (k, rows), each in zip(_rows(problem, data), likelihood.slope_per_count, strict=True):
        moved = jnp.einsum("tb,itsb->tsi", observed[k], each[:, at])
        slope = slope.at[:, :, rows].add(moved)
    step = jnp.einsum("tsi,tsij->tsj", slope, inverse)
    names = _order(problem, data)
    back = np.array([names.index(name) for name in problem.nuisances], dtype=int)
    return likelihood.start[None, None] - step[..., back]


def _order(problem: Problem, data: Sequence[Condensed]) -> tuple[str, ...]:
    """The free nuisances, those of several experiments last."""
    return tuple(sorted(problem.nuisances, key=lambda name: _shared(name, data)))


def _shared(name: str, data: Sequence[Condensed]) -> bool:
    return sum(acts_on(name, e.experiment) for e in data) > 1


def _rows(problem: Problem, data: Sequence[Condensed]) -> list[tuple[int, np.ndarray]]:
    """Numbers of the experiments and of the rows of L^-1 that are not zero there.

    These are an experiment's own nuisances and, after them, those shared ones that it is linked to.
    """
    found, names = [], _order(problem, data)
    experiments = tuple(condensed.experiment for condensed in data)
    by_name = {e.name: number for number, e in enumerate(experiments)}
    for block, group in blocks(problem, experiments):
        linked = [name for name in block.nuisances if _shared(name, data)]
        for e in group:
            rows = [i for i, name in enumerate(names) if name in linked or acts_on(name, e)]
            found += [(by_name[e.name], np.array(rows))] if rows else []
    return found


def _shift(
    problem: Problem, likelihood: GridLikelihood, data: Sequence[Condensed], centres: Array
) -> Array:
    names = _order(problem, data)
    columns = np.array([problem.nuisances.index(name) for name in names], dtype=int)
    away = (likelihood.start[None] - centres)[:, columns]
    return jnp.asarray(prior_weights(names, problem.floating))[None] * away


def _terms(condensed: Condensed, mu: Array) -> tuple[Array, Array, Array, Array]:
    """A data term as constant + linear n, its derivative in mu as pull - weight n; (n_bins,) each."""
    if condensed.experiment.gaussian:
        weight = jnp.asarray(condensed.error) ** -2.0
        return mu**2 * weight / 2, -mu * weight, mu * weight, weight
    safe = floored(mu)
    return safe, -jnp.log(safe), jnp.ones_like(mu), 1 / safe
