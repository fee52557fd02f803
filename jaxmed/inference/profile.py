"""-log L minimised over all nuisances at fixed model parameters, batched over points."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.forward import Pulls, components, counts
from jaxmed.experiments.likelihood import data_nll, prior_weights, pull_nll
from jaxmed.experiments.model import Component, Experiment
from jaxmed.inference.devices import device_count, over_devices
from jaxmed.inference.newton import Expansion, minimise
from jaxmed.inference.problem import Data, Problem, acts_on, blocks, constraint_part

# Points per batch: enough to fill the vector units, small enough to stay in cache.
CHUNK = 64
_TOLERANCE = 1e-9
_LIMIT = 30
_CONVERGED = 1e-6
# Far above any -log L that a fit could want: such a point is left with the upper bound reached so far.
_HOPELESS = 1e5


class Profiled(NamedTuple):
    """Profiled points.

    Attributes:
        nll: minimum over the nuisances, (n_points,).
        nuisances: where, (n_points, n_nuisances), in the order of the problem.
        converged: whether the expected further decrease is below 1e-6, (n_points,); elsewhere `nll` is an
            upper bound.
    """

    nll: np.ndarray
    nuisances: np.ndarray
    converged: np.ndarray


def profile(
    problem: Problem,
    points: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
    *,
    batch: int = CHUNK,
) -> Profiled:
    """Profile out all free nuisances at each point, in batches of one compiled size, on all local devices.

    Experiments that share no free nuisance are profiled apart: the minimum of the sum is the sum of the minima.

    Args:
        problem: what is free; its model parameters are taken from `points`.
        points: free model parameters in the fit's coordinate, (n_points, n_parameters).
        data: the experiments.
        tick: called with the number of points finished since the last call.
        batch: points at a time on each device; results depend on it, and on the number of devices, by rounding.
    """
    nuisances = np.zeros((len(points), len(problem.nuisances)))
    total, converged = np.zeros(len(points)), np.ones(len(points), dtype=bool)
    parts = blocks(problem, data)
    for block, own in parts:
        share = partial(_share, tick, len(parts)) if tick else None
        found = _profile_block(block, points, own, share, batch * device_count())
        total += found.nll
        converged &= found.converged
        nuisances[:, [problem.nuisances.index(name) for name in block.nuisances]] = found.nuisances
    if problem.constraints:
        # the same for all values of the nuisances: added once, not in every block
        total += _constraints(constraint_part(problem), points)
    return Profiled(total, nuisances, converged)


def _share(tick: Callable[[float], None], parts: int, points: int) -> None:
    tick(points / parts)


def _profile_block(
    problem: Problem,
    points: np.ndarray,
    data: Data,
    tick: Callable[[int], None] | None,
    size: int,
) -> Profiled:
    n = len(points)
    padded = np.concatenate([points, np.repeat(points[-1:], -n % size, axis=0)])
    done = []
    for start in range(0, len(padded), size):
        chunk = jnp.asarray(padded[start : start + size])
        done.append(jax.device_get(_profile_chunk(problem, chunk, data)))
        if tick:
            tick(min(size, n - start))
    return Profiled(*(np.concatenate(leaves)[:n] for leaves in zip(*done, strict=True)))


def _constraints(problem: Problem, points: np.ndarray) -> np.ndarray:
    """Constraints at each point, (n_points,), in batches of one compiled size."""
    n = len(points)
    padded = np.concatenate([points, np.repeat(points[-1:], -n % CHUNK, axis=0)])
    chunks = padded.reshape(-1, CHUNK, points.shape[1])
    values = [_constraint_chunk(problem, jnp.asarray(chunk)) for chunk in chunks]
    return np.concatenate(jax.device_get(values))[:n]


@partial(jax.jit, static_argnums=0)
def _constraint_chunk(problem: Problem, points: Array) -> Array:
    return jax.vmap(problem.constraint)(points)


@partial(jax.jit, static_argnums=0)
def _profile_chunk(problem: Problem, points: Array, data: Data) -> tuple[Array, Array, Array]:
    return over_devices(partial(_profile_lanes, problem))(points, data)


def _profile_lanes(problem: Problem, points: Array, data: Data) -> tuple[Array, Array, Array]:
    def one(point: Array) -> tuple[Array, Array, Array]:
        couplings = problem.couplings(point)
        parts = [components(e, couplings) for e in data]
        expand = partial(_expand, problem, data, parts)
        start = jnp.zeros(len(problem.nuisances))
        box = jnp.asarray(problem.box[len(problem.parameters) :])
        found = minimise(expand, start, box, tolerance=_TOLERANCE, limit=_LIMIT, hopeless=_HOPELESS)
        return found.expansion.value, found.x, found.decrement < _CONVERGED

    return jax.vmap(one)(points)


def _expand(
    problem: Problem, data: Data, parts: list[tuple[Component, ...]], z: Array
) -> Expansion:
    """Value, exact gradient and Fisher information of the free nuisances."""
    pulls = problem.pulls(z)
    prior = jnp.asarray(prior_weights(problem.nuisances))
    gradient, curvature = prior * z, jnp.diag(prior)
    for experiment, part in zip(data, parts, strict=True):
        own = [i for i, name in enumerate(problem.nuisances) if acts_on(name, experiment)]
        if own:
            index = np.array(own)
            names = tuple(problem.nuisances[i] for i in own)
            slope, information = _linearise(experiment, part, pulls, names)
            gradient = gradient.at[index].add(slope)
            curvature = curvature.at[np.ix_(index, index)].add(information)
    return Expansion(data_nll(data, parts, pulls) + pull_nll(pulls), gradient, curvature)


def _linearise(
    experiment: Experiment, part: tuple[Component, ...], pulls: Pulls, names: tuple[str, ...]
) -> tuple[Array, Array]:
    """Gradient (n,) and Fisher information (n, n) of one data term in the nuisances `names`."""
    mu = counts(part, pulls)
    jacobian = jnp.stack([_derivatives(component, pulls, names) for component in part]).sum(axis=0)
    n = jnp.asarray(experiment.observed)
    if experiment.gaussian:
        weight = jnp.asarray(experiment.error) ** -2.0
        slope = (mu - n) * weight
    else:
        slope, weight = 1 - n / mu, 1 / mu
    return jacobian @ slope, (jacobian * weight[None]) @ jacobian.T


def _derivatives(component: Component, pulls: Pulls, names: tuple[str, ...]) -> Array:
    """D counts/dz (n, n_bins): a component depends on few nuisances, so only those are pushed forward."""
    own = tuple(name for name in names if name in component.scales + component.shapes)
    rows = np.array([names.index(name) for name in own], dtype=int)
    jacobian = jnp.zeros((len(names), component.nominal.size))
    if not own:
        return jacobian

    index = np.array([pulls.names.index(name) for name in own])

    def moved(z: Array) -> Array:
        return counts((component,), replace(pulls, values=pulls.values.at[index].set(z)))

    return jacobian.at[rows].set(jax.jacfwd(moved)(pulls.values[index]).T)
