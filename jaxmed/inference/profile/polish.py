"""The last steps of a fit: Newton with the exact Hessian, one experiment at a time.

The data terms of experiments add up, so each has its own small compiled program, which the combined fit and the fit of
that experiment alone share.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.nll import data_nll
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.jit import QuickJit
from jaxmed.inference.problem import Data, Problem, constraint_part, restrict
from jaxmed.inference.profile import newton
from jaxmed.inference.profile.newton import Expansion, Minimum


def expand(problem: Problem, x: np.ndarray, data: Data) -> Expansion:
    """Second-order expansion of the objective at x (n_free,), as NumPy arrays."""
    weights = np.concatenate([np.zeros(len(problem.parameters)), problem.prior_weights])
    value = np.sum(weights * x**2) / 2 + problem.held_pulls
    gradient, curvature = weights * x, np.diag(weights)
    for experiment in data:
        part = restrict(problem, (experiment,))
        index = np.array([problem.names.index(name) for name in part.names], dtype=int)
        rows, columns = np.triu_indices(index.size)
        values, slopes, bends = jax.device_get(_pairs(part, x[index], experiment))
        value += values[0] if index.size else float(_data_term(part, x[index], experiment))
        gradient[index] += slopes[rows == columns]
        hessian = np.zeros((index.size, index.size))
        hessian[rows, columns] = hessian[columns, rows] = bends
        curvature[np.ix_(index, index)] += hessian
    if problem.constraints:
        split = len(problem.parameters)
        term = jax.device_get(_constraint(constraint_part(problem), x[:split]))
        value += term.value
        gradient[:split] += term.gradient
        curvature[:split, :split] += term.curvature
    return Expansion(value, gradient, curvature)


@partial(jax.jit, static_argnums=0)
def _constraint(problem: Problem, x: Array) -> Expansion:
    value, gradient = jax.value_and_grad(problem.constraint)(x)
    return Expansion(value, gradient, jax.hessian(problem.constraint)(x))


def _data_term(problem: Problem, x: Any, experiment: Experiment) -> Array:
    split = len(problem.parameters)
    part = components(experiment, problem.couplings(x[:split]))
    return data_nll((experiment,), [part], problem.pulls(x[split:], x[:split]))


@QuickJit
def _pairs(problem: Problem, x: Array, experiment: Experiment) -> tuple[Array, Array, Array]:
    """Value, first derivative along the first and mixed second derivative along both axes of every pair i <= j.

    Nested forward mode over one pair at a time compiles in half the time of forward over reverse.
    """
    axes = jnp.eye(x.size)
    # jitted, so that derivatives are taken of what was traced once without them
    term = jax.jit(lambda y: _data_term(problem, y, experiment))

    def one(pair: Array) -> tuple[Array, Array, Array]:
        first, second = axes[pair[0]], axes[pair[1]]

        def along_first(y: Array) -> tuple[Array, Array]:
            return jax.jvp(term, (y,), (first,))

        (value, slope), (_, bend) = jax.jvp(along_first, (x,), (second,))
        return value, slope, bend

    pairs = np.stack(np.triu_indices(x.size), axis=1)
    if not len(pairs):
        return jnp.zeros(0), jnp.zeros(0), jnp.zeros(0)
    return jax.lax.map(one, jnp.asarray(pairs))


# Usually a handful; rho with a Z' just above the Z is a curved valley, where each step is short.
_STEPS = 300
_TOLERANCE = 1e-9  # decrement of nll; round-off is 1e-10 of a thousand bins


def polish(problem: Problem, start: np.ndarray, data: Data) -> Minimum:
    """Newton steps with the exact Hessian from one point (n_free,); NumPy in and out."""
    x, expansion = start, expand(problem, start, data)
    damping, decrement, steps = np.float64(newton.FIRST_DAMPING), np.inf, 0
    while decrement > _TOLERANCE and steps < _STEPS:
        with np.errstate(all="ignore"):  # as inside JAX: a step of NaN is refused below
            proposed, expected = newton.step(expansion, x, damping, problem.box)
        decrement = abs(expected) if np.isfinite(expected) else np.inf
        there = expand(problem, proposed, data) if np.isfinite(proposed).all() else None
        better = there is not None and there.value < expansion.value
        if there is not None and better:
            x, expansion = proposed, there
        damping, steps = newton.next_damping(damping, better), steps + 1
    return Minimum(x, expansion, decrement, steps)
