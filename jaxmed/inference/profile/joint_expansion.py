"""Value, gradient and Hessian of -log L in the model parameters and the nuisances together.

Only the signal knows the model parameters; its derivatives come from tables and are written down as in `expansion`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import as_signal
from jaxmed.experiments.likelihood.nll import data_slopes
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.likelihood.templates import Jet, SignalTable, signal_jet
from jaxmed.experiments.likelihood.yields import Yield
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.expansion import data_expansion, expected, own_nuisances
from jaxmed.inference.profile.newton import Expansion

Tables = Sequence[tuple[SignalTable, ...]]
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
    prior = jnp.concatenate([jnp.zeros(split), jnp.asarray(problem.prior_weights)])
    shift = prior * jnp.concatenate([theta, z - centres])
    value, gradient = jnp.sum(shift**2) / 2 + problem.held_pulls, shift
    curvature = jnp.diag(prior)
    for experiment, table in zip(data, tables, strict=True):
        own, names = own_nuisances(problem, experiment)
        jet = signal_jet(experiment, table, problem.couplings, theta)
        term = _data_expansion(experiment, jet, pulls, names)
        index = np.concatenate([np.arange(split), split + own])
        value += term.value
        gradient = gradient.at[index].add(term.gradient)
        curvature = curvature.at[np.ix_(index, index)].add(term.curvature)
    return Expansion(value, gradient, curvature)


def _data_expansion(
    experiment: Experiment, jet: Jet, pulls: Pulls, names: tuple[str, ...]
) -> Expansion:
    """One data term in the model parameters and the nuisances `names`."""
    part = (as_signal(experiment, jet.value), *experiment.background)
    at = expected(part, pulls, names)
    alone = data_expansion(experiment, part, at, names)
    slope, weight = data_slopes(experiment, at.mu)
    moved = _signal_expansion(jet, at.yields[0], slope)
    weighed = moved.first * weight[None]
    bend = weighed @ moved.first.T + moved.bend
    mixed = weighed @ at.rows.T @ at.mix.T + moved.mixed @ at.mix[:, : moved.mixed.shape[1]].T
    return Expansion(
        alone.value,
        jnp.concatenate([moved.first @ slope, alone.gradient]),
        jnp.block([[bend, mixed], [mixed.T, alone.curvature]]),
    )


class _Moved(NamedTuple):
    """Derivatives of the signal in the n model parameters.

    Attributes:
        first: of its events, (n, n_bins).
        bend: second ones of slope @ events, (n, n).
        mixed: of slope @ the rows of its yield, (n, 1 + n_shapes): those in the nuisances are mixtures of them.
    """

    first: Array
    bend: Array
    mixed: Array


def _signal_expansion(jet: Jet, signal: Yield, slope: Array) -> _Moved:
    weights = jnp.asarray(signal.weights)
    unit_slope, unit_offset, unit_bend = (
        slope * factor for factor in (signal.unit_slope, signal.unit_offset, signal.unit_bend)
    )
    y, nominal = jnp.einsum("v,ivb->ib", weights[0], jet.slopes), jet.slopes[:, 0]
    folded = (y - signal.ratio[None] * nominal) * unit_bend[None]
    pulled = jet.slopes @ unit_slope
    mixed = pulled @ weights.T
    mixed = mixed.at[:, 0].add(nominal @ unit_offset)
    mixed = mixed.at[:, 1:].add(folded @ signal.slopes.T)
    along = weights[0][:, None] * unit_slope[None]
    bend = jet.bend(along.at[0].add(unit_offset)) + folded @ (y - signal.ratio[None] * nominal).T
    first = signal.unit_slope[None] * y + signal.unit_offset[None] * nominal
    return _Moved(signal.norm * first, signal.norm * bend, mixed)
