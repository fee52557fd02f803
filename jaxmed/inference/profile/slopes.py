"""Slopes of the profiled -log L, exact by the envelope theorem.

At the profiled nuisances the derivative with respect to each of them vanishes (or it sits at an edge of its box
that does not move), so that d nll_profiled/d theta = partial nll/partial theta.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.nll import data_nll
from jaxmed.inference.problem import Data, Problem

_CHUNK = 32  # points per compiled batch


def slopes(
    problem: Problem,
    points: np.ndarray,
    nuisances: np.ndarray,
    directions: np.ndarray,
    data: Data,
) -> np.ndarray:
    """Directional derivative of the profiled -log L at each point, (n_points,).

    Args:
        problem: what is free.
        points: free model parameters in the fit's coordinate, (n_points, n_parameters).
        nuisances: profiled there, (n_points, n_nuisances).
        directions: in the fit's coordinate, (n_points, n_parameters).
        data: the experiments.
    """
    n = len(points)
    if not n:
        return np.zeros(0)
    rows = np.resize(np.arange(n), n + -n % _CHUNK).reshape(-1, _CHUNK)
    done = [_chunk(problem, points[r], nuisances[r], directions[r], data) for r in rows]
    return np.concatenate(jax.device_get(done))[:n]


@partial(jax.jit, static_argnums=0)
def _chunk(
    problem: Problem, points: Array, nuisances: Array, directions: Array, data: Data
) -> Array:
    def one(point: Array, pulls: Array, direction: Array) -> Array:
        def nll(x: Array) -> Array:
            couplings = problem.couplings(x)
            parts = [components(experiment, couplings) for experiment in data]
            return data_nll(data, parts, problem.pulls(pulls, x)) + problem.constraint(x)

        return jax.jvp(nll, (point,), (direction,))[1]

    return jax.vmap(one)(jnp.asarray(points), nuisances, directions)
