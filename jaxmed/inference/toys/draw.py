"""Pseudo-data: counts of every bin, and what the auxiliary measurements behind the priors gave."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.problem import Data, Problem, expected_counts

# Toys drawn together: one program for any number of them.
_AT_A_TIME = 512


class Toys(NamedTuple):
    """Pseudo-experiments.

    Attributes:
        observed: counts of each experiment, (n_toys, n_bins) each.
        centres: where the auxiliary measurements put each free nuisance, (n_toys, n_nuisances).
        numbers: of each toy in the stream of its seed, (n_toys,): draws it again.
    """

    observed: tuple[np.ndarray, ...]
    centres: np.ndarray
    numbers: np.ndarray


def draw(
    problem: Problem, data: Data, x: np.ndarray, seed: int, number: int, *, first: int = 0
) -> Toys:
    """Toys of one truth.

    Toy i of a seed is the same whatever the batch, the device count or the other toys. JAX accepts Poisson counts in
    single precision: another version of it, or a processor that rounds differently, may draw some toys anew.

    Args:
        problem: names of the free parameters.
        data: binning, errors and backgrounds.
        x: the truth, free model parameters then nuisances, in the fit's coordinates, (n_free,).
        seed: of the stream.
        number: how many.
        first: number of the first one in the stream.
    """
    numbers = np.arange(first, first + number)
    means = expected_counts(problem, jnp.asarray(x), data)
    z = jnp.asarray(x[len(problem.parameters) :])
    parts = [
        jax.device_get(_draw(problem, means, z, data, seed, elements))
        for elements in batches(numbers, _AT_A_TIME)
    ]
    observed, centres = jax.tree.map(lambda *leaves: np.concatenate(leaves)[:number], *parts)
    return Toys(observed, centres, numbers)


def refuse_constraints(names: Sequence[str]) -> None:
    """ValueError if there are any."""
    if names:
        raise ValueError(
            f"constraints = {list(names)}: expected none, toys are drawn for experiments only"
        )


def joined_toys(several: Sequence[Toys]) -> Toys:
    """All of them as one."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *several)


def restrict_toys(toys: Toys, whole: Problem, data: Data, part: Problem, own: Data) -> Toys:
    """Of toys those counts and centres that belong to a part (`problem.restrict`) of a problem."""
    names = [e.name for e in own]
    observed = [o for o, e in zip(toys.observed, data, strict=True) if e.name in names]
    columns = np.array([whole.nuisances.index(name) for name in part.nuisances], dtype=int)
    return toys._replace(observed=tuple(observed), centres=toys.centres[:, columns])


@partial(jax.jit, static_argnums=0)
def _draw(
    problem: Problem, means: tuple[Array, ...], z: Array, data: Data, seed: Array, numbers: Array
) -> tuple[tuple[Array, ...], Array]:
    measured = jnp.asarray(problem.prior_weights)
    key = jax.random.key(seed)

    return jax.vmap(lambda i: _drawn(jax.random.fold_in(key, i), data, means, z, measured))(numbers)


def _drawn(
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
