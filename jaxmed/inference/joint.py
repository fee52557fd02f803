"""Value, gradient and Hessian of -log L in the model parameters and the nuisances together.

Only the signal knows the model parameters: its counts alone go through autodiff, and only where its shape nuisances
bend them; the rest is written down as in `expansion`.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood import data_slopes, prior_weights
from jaxmed.experiments.model import Component, Experiment
from jaxmed.experiments.pulls import Pulls
from jaxmed.experiments.templates import Table, tabulated_signal
from jaxmed.experiments.yields import component_yield
from jaxmed.inference.expansion import data_expansion, expected, own_nuisances, yield_rows
from jaxmed.inference.newton import Expansion
from jaxmed.inference.problem import Data, Problem

Tables = Sequence[tuple[Table, ...]]
"""The tables of each experiment's signal."""


def joint_expansion(
    problem: Problem, data: Data, tables: Tables, x: Array, centres: Array
) -> Expansion:
    """Second-order expansion in everything that is free.

    Args:
        problem: names of the free parameters.
        data: the experiments.
        tables: of each experiment's signal (`experiments.templates`).
        x: model parameters, then nuisances, (n_free,).
        centres: where the priors are centred, (n_nuisances,).
    """
    split = len(problem.parameters)
    theta, z = x[:split], x[split:]
    pulls = problem.pulls(z)
    prior = jnp.concatenate([jnp.zeros(split), jnp.asarray(prior_weights(problem.nuisances))])
    shift = prior * jnp.concatenate([theta, z - centres])
    value, gradient = jnp.sum(shift**2) / 2 + problem.held_pulls, shift
    curvature = jnp.diag(prior)
    for experiment, table in zip(data, tables, strict=True):
        own, names = own_nuisances(problem, experiment)
        signal = tabulated_signal(experiment, table, problem.couplings, theta)
        term = _data_expansion(experiment, signal, split, pulls, names)
        index = np.concatenate([np.arange(split), split + own])
        value += term.value
        gradient = gradient.at[index].add(term.gradient)
        curvature = curvature.at[np.ix_(index, index)].add(term.curvature)
    return Expansion(value, gradient, curvature)


def _data_expansion(
    experiment: Experiment,
    signal: Callable[[Array], Component],
    n: int,
    pulls: Pulls,
    names: tuple[str, ...],
) -> Expansion:
    """One data term in n model parameters and the nuisances `names`."""
    still = jnp.zeros(n)
    part = (signal(still), *experiment.background)
    at = expected(part, pulls, names)
    alone = data_expansion(experiment, part, at, names)
    slope, weight = data_slopes(experiment, at.mu)

    def signal_rows(step: Array) -> Array:
        return yield_rows(component_yield(signal(step), pulls))

    moved = jnp.moveaxis(jax.jacfwd(signal_rows)(still), -1, 0)
    bent = jax.jacfwd(jax.jacfwd(lambda step: component_yield(signal(step), pulls).unit))(still)
    norm = at.yields[0].norm
    first = norm * moved[:, 0]
    weighed = first * weight[None]
    bend = weighed @ first.T + norm * jnp.tensordot(slope, bent, 1)
    # of the signal's rows, the first ones, the model parameters change the rows themselves too
    mixed = weighed @ at.rows.T @ at.mix.T + (moved @ slope) @ at.mix[:, : moved.shape[1]].T
    return Expansion(
        alone.value,
        jnp.concatenate([first @ slope, alone.gradient]),
        jnp.block([[bend, mixed], [mixed.T, alone.curvature]]),
    )
