"""One toy from top to bottom: drawn, fitted at the point it is a toy of, fitted anywhere, and the q of the two.

Each function is of one toy. Batches of them, where searches start (`global_fit`) and how they look across kinks
(`local_minima`) are for those who call these.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import as_signal, components
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.batches import TOLERANCE
from jaxmed.inference.engine.devices import per_element
from jaxmed.inference.problem import Data, Problem, with_counts
from jaxmed.inference.profile.expansion import Parts, nuisance_expansion
from jaxmed.inference.profile.joint_expansion import Tables, joint_expansion
from jaxmed.inference.profile.newton import NewtonState, last_step, minimise

ANYWHERE_TOLERANCE = 5e-7
"""On the expected further decrease of -log L in a fit of everything."""

ToyFit = tuple[NewtonState, tuple[Array, ...], Array, Array]
"""Of one toy: state of its minimisation, counts of each experiment, centres of the priors, box (n_free, 2)."""


def drawn(
    key: Array, data: Data, means: tuple[Array, ...], z: Array, measured: Array
) -> tuple[tuple[Array, ...], Array]:
    """What the experiments count and where the auxiliary measurements put the nuisances.

    Args:
        key: of the toy.
        data: the experiments.
        means: expected counts of each, (n_bins,) each.
        z: true nuisances [sigma], (n_nuisances,).
        measured: 1 for those with a prior, 0 for the others, (n_nuisances,).
    """
    *keys, last = jax.random.split(key, len(data) + 1)
    observed = tuple(_counted(k, e, m) for k, e, m in zip(keys, data, means, strict=True))
    return observed, measured * (z + jax.random.normal(last, z.shape))


def _counted(key: Array, experiment: Experiment, mean: Array) -> Array:
    if experiment.one_sided:
        raise ValueError(
            f"{experiment.name} is a one-sided count with a background that nobody knows: expected a method without "
            "toys"
        )
    if experiment.gaussian:
        return mean + jnp.asarray(experiment.error) * jax.random.normal(key, mean.shape)
    return jax.random.poisson(key, jnp.maximum(mean, 0.0), dtype=int).astype(float)


@per_element
def fitted_at_point(
    problem: Problem, fit: ToyFit, data: Data, point: Array, limit: Array
) -> NewtonState:
    """Newton steps in the nuisances, the model parameters held at a point (n_parameters,)."""
    couplings = problem.couplings(point)
    return _fitted(problem, data, [components(e, couplings) for e in data], fit, limit)


@per_element
def fitted_at_signals(
    problem: Problem, fit: tuple[tuple[Array, ...], ToyFit], data: Data, limit: Array
) -> NewtonState:
    """The same where the signals of the toy's own model parameters are given, (n_variants, n_bins) each."""
    signals, own = fit
    pairs = zip(data, signals, strict=True)
    return _fitted(problem, data, [(as_signal(e, s), *e.background) for e, s in pairs], own, limit)


def _fitted(problem: Problem, data: Data, parts: Parts, fit: ToyFit, limit: Array) -> NewtonState:
    state, observed, centres, box = fit
    own = with_counts(data, observed)
    expand = partial(nuisance_expansion, problem, own, parts, centres=centres)
    end = minimise(expand, state, box, tolerance=TOLERANCE, limit=limit)
    return last_step(end, box, TOLERANCE)


@per_element
def fitted_anywhere(
    problem: Problem, fit: ToyFit, data: Data, tables: Tables, limit: Array
) -> NewtonState:
    """Newton steps in model parameters and nuisances together, with the signals from tables."""
    state, observed, centres, box = fit
    own = with_counts(data, observed)
    expand = partial(joint_expansion, problem, own, tables, centres=centres)
    return minimise(expand, state, box, tolerance=ANYWHERE_TOLERANCE, limit=limit)


def likelihood_ratio(at_point: np.ndarray, anywhere: np.ndarray) -> np.ndarray:
    """Q = 2 (nll at the point - lowest nll), of any shape.

    The point is part of the model, also where it is the standard model and g is below the box: q is never negative.
    """
    return np.where(anywhere < at_point, 2 * (at_point - anywhere), 0.0)
