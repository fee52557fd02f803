"""-log L minimised over all nuisances at fixed model parameters, batched over points."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.experiments.forward import components, counts
from jaxmed.experiments.likelihood import data_nll, pull_nll
from jaxmed.experiments.model import STRENGTH, Component, Experiment
from jaxmed.inference.newton import Expansion, minimise
from jaxmed.inference.problem import Data, Problem

# Points per batch: enough to fill the vector units, small enough to stay in cache.
CHUNK = 64
_TOLERANCE = 1e-9
_LIMIT = 60

T = TypeVar("T")


class Profiled(NamedTuple):
    """Profiled points.

    Attributes:
        nll: minimum over the nuisances, (n_points,).
        nuisances: where, (n_points, n_nuisances), in the order of the problem.
        converged: whether the expected further decrease is below 1e-6, (n_points,).
    """

    nll: Array
    nuisances: Array
    converged: Array


@partial(jax.jit, static_argnums=0)
def profile(problem: Problem, points: Array, data: Data) -> Profiled:
    """Profile out all free nuisances at each point.

    Args:
        problem: what is free; its model parameters are taken from `points`.
        points: free model parameters in the fit's coordinate, (n_points, n_parameters).
        data: the experiments.
    """

    def one(point: Array) -> Profiled:
        free = dict(zip(problem.parameters, point, strict=True))
        couplings = problem.model.couplings(problem.values(_nominal(problem)) | free)
        parts = [components(e, couplings) for e in data]
        box = jnp.asarray(problem.box[len(problem.parameters) :])
        start = jnp.zeros(len(problem.nuisances))
        expand = partial(_expand, problem, data, parts)
        found = minimise(expand, start, box, tolerance=_TOLERANCE, limit=_LIMIT)
        return Profiled(found.expansion.value, found.x, found.decrement < 1e-6)

    return in_chunks(one, points)


def in_chunks(function: Callable[[Array], T], points: Array) -> T:
    """`function` of each of points (n_points, ...), vectorised over CHUNK of them at a time."""
    n = len(points)
    size = min(CHUNK, n)
    padded = jnp.concatenate([points, jnp.repeat(points[-1:], -n % size, axis=0)])
    stacked = jax.lax.map(jax.vmap(function), padded.reshape(-1, size, *points.shape[1:]))
    return jax.tree.map(lambda leaf: leaf.reshape(len(padded), *leaf.shape[2:])[:n], stacked)


def _nominal(problem: Problem) -> Array:
    return jnp.zeros(len(problem.names))


def _expand(
    problem: Problem, data: Data, parts: list[tuple[Component, ...]], z: Array
) -> Expansion:
    """Value, exact gradient and Fisher information of the nuisances."""
    held = {k: jnp.asarray(v) for k, v in problem.fixed if k not in _model_names(problem)}
    values = held | dict(zip(problem.nuisances, z, strict=True))
    prior = jnp.array([0.0 if name == STRENGTH else 1.0 for name in problem.nuisances])
    gradient, curvature = prior * z, jnp.diag(prior)
    for experiment, part in zip(data, parts, strict=True):
        own = [i for i, name in enumerate(problem.nuisances) if _acts_on(name, experiment)]
        if not own:
            continue
        index = jnp.array(own)
        jacobian, slope, weight = _linearise(problem, experiment, part, values, own)
        gradient = gradient.at[index].add(slope @ jacobian)
        information = (jacobian * weight[:, None]).T @ jacobian
        curvature = curvature.at[index[:, None], index[None, :]].add(information)
    return Expansion(data_nll(data, parts, values) + pull_nll(values), gradient, curvature)


def _linearise(
    problem: Problem,
    experiment: Experiment,
    part: tuple[Component, ...],
    values: dict[str, Array],
    own: list[int],
) -> tuple[Array, Array, Array]:
    """D mu/dz (n_bins, n_own), d nll/d mu and its expected second derivative, (n_bins,) each."""
    names = [problem.nuisances[i] for i in own]

    def prediction(z: Array) -> Array:
        return counts(part, values | dict(zip(names, z, strict=True)))

    here = jnp.stack([values[name] for name in names])
    mu, push = jax.linearize(prediction, here)
    jacobian = jax.vmap(push, out_axes=1)(jnp.eye(len(names)))
    n = jnp.asarray(experiment.observed)
    if experiment.gaussian:
        weight = jnp.asarray(experiment.error) ** -2.0
        return jacobian, (mu - n) * weight, weight
    return jacobian, 1 - n / mu, 1 / mu


def _acts_on(name: str, experiment: Experiment) -> bool:
    return name in experiment.nuisances or (name == STRENGTH and STRENGTH in experiment.scales)


def _model_names(problem: Problem) -> set[str]:
    return {p.name for p in problem.model.parameters}
