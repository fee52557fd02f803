"""The signal on lines of constant mass as mixtures of what it is at a few couplings.

At one mass events are linear in products of couplings, whatever the model (`templates`). Without Z-Z' mixing these move
in three directions, 1, g^2 and g^4; with it they move in a few more that can be seen.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.templates import coupling_products, product_sizes
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.engine.devices import device_count, on_all_devices, per_element
from jaxmed.inference.problem import Data, Problem

_DIRECTIONS = 6
_SKETCH, _SEED = 16, 1  # random sums of products: they span what the products do
_AT_ONCE = 1024  # points of a batch
_SAME_MASS = 1e-9  # of a mediator's mass: what moves it moves the propagators
_NO_DIRECTION, _NO_MIXTURE = 1e-14, 1e-9  # distances of unit vectors: of round-off, and to be seen


class Mixtures(NamedTuple):
    """The signal of one experiment at n points of some lines.

    Attributes:
        basis: the points that all others of a line are mixtures of, (n_lines, n_basis, 2).
        weights: of these, NaN where the signal is no mixture of them, (n, n_basis).
    """

    basis: np.ndarray
    weights: np.ndarray

    def at(self, index: np.ndarray) -> "Mixtures":
        """At some of the points."""
        return self._replace(weights=self.weights[index])


def mixtures(problem: Problem, line: np.ndarray, points: np.ndarray, data: Data) -> list[Mixtures]:
    """Those of each experiment.

    Args:
        problem: free parameters g and mass.
        line: of each point, ascending, (n,).
        points: in the fit's coordinate, (n, 2).
        data: the experiments.
    """
    masses, size = 10 ** np.unique(points[:, 1]), _AT_ONCE * device_count()
    flips = jax.eval_shape(problem.couplings, jnp.zeros(2)).flips is not None
    sums = tuple(_sums(product_sizes(each, masses, flips=flips)) for each in data)
    shared = on_all_devices((data, sums))
    chunks = [_products(problem, points[i], shared) for i in batches(np.arange(line.size), size)]
    mass, *products = (np.concatenate(leaves)[: line.size] for leaves in zip(*chunks, strict=True))
    first = np.flatnonzero(np.diff(line, prepend=-1))
    lengths = np.diff(first, append=line.size)
    # lines of one length: shorter ones end in copies of their last point
    rows = first[:, None] + np.minimum(np.arange(lengths.max())[None], lengths[:, None] - 1)
    fixed = np.isclose(mass, mass[first][line], rtol=_SAME_MASS)
    return [_mixtures(each, fixed, line, rows, points) for each in products]


def _mixtures(
    products: np.ndarray, fixed: np.ndarray, line: np.ndarray, rows: np.ndarray, points: np.ndarray
) -> Mixtures:
    """From products (n, n_products), where the mass is fixed (n,), and the points of each line (n_lines, length)."""
    known = fixed & np.isfinite(products).all(axis=1)
    products = np.where(known[:, None], products, 0.0)
    size = np.linalg.norm(products, axis=1)
    size = np.where(size > 0, size, 1.0)
    picked, weights = _decompose((products / size[:, None])[rows], known[rows])
    numbers = np.take_along_axis(rows, picked, axis=1)
    own = weights[line, np.arange(line.size) - rows[line, 0]]
    return Mixtures(points[numbers], own * size[:, None] / size[numbers][line])


def _decompose(vectors: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (n_lines, n, n_products) as mixtures of a few of their line.

    Returns:
        Numbers of these (n_lines, n_basis), each the farthest from the span of those before it, and weights (n_lines,
        n, n_basis), NaN where a vector is not `known` or no mixture.
    """
    picked, along, lines, left = [], [], np.arange(len(vectors)), vectors
    for _ in range(_DIRECTIONS):
        distance = np.where(known, np.linalg.norm(left, axis=2), -1.0)
        picked.append(distance.argmax(axis=1))
        far = distance.max(axis=1)[:, None]
        axis = left[lines, picked[-1]] / np.where(far > _NO_DIRECTION, far, np.inf)
        along.append((left @ axis[..., None])[..., 0])
        left = left - along[-1][..., None] * axis[:, None]
    numbers, coordinates = np.stack(picked, axis=1), np.stack(along, axis=2)
    basis = np.take_along_axis(coordinates, numbers[..., None], axis=1)
    # what adds no direction gets no weight
    basis += np.eye(_DIRECTIONS)[None] * (np.diagonal(basis, axis1=1, axis2=2) == 0)[:, None]
    weights = np.linalg.solve(np.swapaxes(basis, 1, 2), np.swapaxes(coordinates, 1, 2))
    mixed = known & (np.linalg.norm(left, axis=2) < _NO_MIXTURE)
    return numbers, np.where(mixed[..., None], np.swapaxes(weights, 1, 2), np.nan)


def _sums(sizes: np.ndarray) -> np.ndarray:
    """Weights of products (n_products,) in random sums of the events that they stand for, (n_products, _SKETCH)."""
    return sizes[:, None] * np.random.default_rng(_SEED).normal(size=(sizes.size, _SKETCH))


@per_element
def _products(
    problem: Problem, point: Array, shared: tuple[Data, tuple[Array, ...]]
) -> tuple[Array, ...]:
    """The mass, then random sums of the products of couplings that each experiment sees."""
    couplings = problem.couplings(point)
    pairs = zip(*shared, strict=True)
    found = (coupling_products(each, couplings) @ sums for each, sums in pairs)
    return couplings.mass, *(jnp.where(couplings.defined, each, jnp.nan) for each in found)
