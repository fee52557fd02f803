"""Steps of Fisher scoring in the nuisances: what -log L is worth once they are profiled, without going there."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    Events,
    data_information,
    data_slopes,
    data_value,
)
from jaxmed.experiments.model import Leaf
from jaxmed.inference.problem import Problem
from jaxmed.inference.profile.expansion import Counts, counts_jacobian, own_nuisances
from jaxmed.inference.profile.newton import at_bound

_RIDGE = 1e-9  # of nuisances that neither prior nor data measure
_ROUNDING = 1e-12  # of the diagonal of a Fisher matrix


class Scored(NamedTuple):
    """-log L at some nuisances, and one step on.

    Attributes:
        nll: not below the profiled one, ().
        decrease: that the step promises, ().
        nuisances: after the step, inside their box, (n_nuisances,).
    """

    nll: Leaf
    decrease: Leaf
    nuisances: Leaf


def score(
    problem: Problem,
    data: Sequence[Condensed],
    signals: Sequence[Events],
    counted: Sequence[Counts],
    z: Array,
) -> Scored:
    """One step from the free nuisances z (n_nuisances,), with the signal and the counts of each experiment."""
    pulls, prior = problem.pulls(z), problem.prior_weights
    value, gradient = jnp.sum(prior * z**2) / 2 + problem.held_pulls, prior * z
    fisher = jnp.diag(jnp.asarray(prior))
    for condensed, events, counts in zip(data, signals, counted, strict=True):
        own, names = own_nuisances(problem, condensed)
        mu, jacobian = counts_jacobian(condensed, events, pulls, names)
        slope, _ = data_slopes(condensed, counts.observed, mu)
        weight = data_information(condensed, counts.observed, mu)
        index = np.eye(z.size)[own]
        value += data_value(condensed, counts.observed, mu) + counts.constant
        gradient += (jacobian @ slope) @ index
        fisher += index.T @ ((jacobian * weight[None]) @ jacobian.T) @ index
    box = problem.box[len(problem.parameters) :]
    held = jnp.asarray(at_bound(gradient, z, box))
    gradient = jnp.where(held, 0.0, gradient)
    fisher = jnp.where(held[:, None] | held[None], 0.0, fisher)
    fisher += jnp.diag(jnp.where(held, 1.0, _ROUNDING * jnp.diag(fisher) + _RIDGE))
    # a step of the whole batch in few operations, unlike `newton.solve`: quick to compile
    move = -jnp.linalg.solve(fisher, gradient) if z.size else z
    return Scored(value, -gradient @ move / 2, jnp.clip(z + move, *box.T))
