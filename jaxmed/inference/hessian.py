"""Value, gradient and exact Hessian of a fit's objective, one experiment at a time.

The data terms of experiments add up, so each has its own small compiled program, which the combined fit
and the fit of that experiment alone share.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.forward import components
from jaxmed.experiments.likelihood import data_nll, prior_weights
from jaxmed.experiments.model import Experiment
from jaxmed.inference.newton import Expansion
from jaxmed.inference.problem import Data, Problem, restrict


def expand(problem: Problem, x: Array | np.ndarray, data: Data) -> Expansion:
    """Second-order expansion of the objective at x (n_free,)."""
    point = np.asarray(x)
    weights = np.concatenate([np.zeros(len(problem.parameters)), prior_weights(problem.nuisances)])
    held = problem.pulls(jnp.zeros(len(problem.nuisances)))
    value = (
        float(np.sum(weights * point**2) + np.sum(prior_weights(held.names) * held.values**2)) / 2
    )
    gradient, curvature = weights * point, np.diag(weights)
    for experiment in data:
        part = restrict(problem, (experiment,))
        index = np.array([problem.names.index(name) for name in part.names], dtype=int)
        own = jax.device_get(_data_term(part, jnp.asarray(point[index]), experiment))
        value += own.value
        gradient[index] += own.gradient
        curvature[np.ix_(index, index)] += own.curvature
    return Expansion(jnp.asarray(value), jnp.asarray(gradient), jnp.asarray(curvature))


@partial(jax.jit, static_argnums=0)
def _data_term(problem: Problem, x: Array, experiment: Experiment) -> Expansion:
    def nll(at: Array) -> Array:
        split = len(problem.parameters)
        part = components(experiment, problem.couplings(at[:split]))
        return data_nll((experiment,), [part], problem.pulls(at[split:]))

    def slope(at: Array) -> tuple[Array, tuple[Array, Array]]:
        value, gradient = jax.value_and_grad(nll)(at)
        return gradient, (value, gradient)

    hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(x)
    return Expansion(value, gradient, hessian)
