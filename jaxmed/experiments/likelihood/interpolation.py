"""Between the nodes of a shape variation: the prediction at a pull as a mixture of those at the nodes.

y(z) = V + sum_k W_k(z) (V_k - V) with the nominal V, the predictions V_k at the nodes z_k and fixed functions W_k:
linear in the predictions. Nodes at -1 and +1 sigma alone, as releases have them, mean HistFactory's interpolation code
4p. Through more nodes runs the natural cubic spline, straight outside of them. Both are smooth to second order.
"""

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

Nodes = tuple[float, ...]
"""Pulls of a variation [sigma], ascending, without 0, which is the nominal."""

ONE_SIGMA: Nodes = (-1.0, 1.0)

# Between this many samples of a piece polynomials of such a degree rise by less than that factor.
_SAMPLES, _BETWEEN = 1001, 1.0001


class PiecewisePolynomial(NamedTuple):
    """All W_k as polynomials: from edges[i] to edges[i + 1] sum_p coefficients[i, p, k] (z - origins[i])^p."""

    edges: np.ndarray
    origins: np.ndarray
    coefficients: np.ndarray


def node_weights(nodes: tuple[Nodes, ...], z: Array) -> Array:
    """W_k and two derivatives.

    Args:
        nodes: of each shape.
        z: pulls of the shapes [sigma], (n_shapes,).

    Returns:
        Those of all nodes of the first shape, then of the second, ..., (3, n_nodes).
    """
    found: list[Array] = [jnp.zeros((3, 0))] * len(nodes)
    for own in dict.fromkeys(nodes):
        which = [i for i, each in enumerate(nodes) if each == own]
        values = _evaluate(own, jnp.asarray(np.eye(len(nodes))[which]) @ z)
        for place, i in enumerate(which):
            found[i] = values[:, place]
    return jnp.concatenate(found, axis=1)


@cache
def lebesgue_constant(own: Nodes) -> float:
    """A bound on sum |W_k|, that of the nominal included, from the first node to the last.

    There y stays within this many times half the spread of the predictions from their middle.
    """
    edges, origins, coefficients = pieces(own)
    largest = 1.0
    for i in range(1, len(origins) - 1):
        away = np.linspace(edges[i], edges[i + 1], _SAMPLES) - origins[i]
        weights = np.vander(away, coefficients.shape[1], increasing=True) @ coefficients[i]
        sums = np.abs(weights).sum(axis=1) + np.abs(1 - weights.sum(axis=1))
        largest = max(largest, float(sums.max()))
    return largest * _BETWEEN


def owners(nodes: tuple[Nodes, ...]) -> np.ndarray:
    """Matrix (n_shapes, n_nodes) of ones where a node belongs to a shape."""
    lengths = [len(own) for own in nodes]
    return np.repeat(np.eye(len(nodes)), lengths, axis=1)


def _evaluate(own: Nodes, z: Array) -> Array:
    """(3, n, n_nodes) at pulls (n,)."""
    edges, origins, coefficients = pieces(own)
    degree = coefficients.shape[1]
    z = z[:, None]
    inside = (z >= edges[None, :-1]) & (z < edges[None, 1:])
    away = z - origins[None]
    powers = [jnp.ones_like(away)]
    for _ in range(degree - 1):
        powers.append(powers[-1] * away)
    chosen = jnp.where(inside[..., None], jnp.stack(powers, axis=-1), 0.0)
    tables = np.stack(_derivatives(coefficients)).reshape(3, -1, len(own))
    return jnp.einsum("nx,oxk->onk", chosen.reshape(len(chosen), -1), tables)


def _derivatives(coefficients: np.ndarray) -> list[np.ndarray]:
    """Polynomials (n_pieces, degree + 1, n_nodes) and their two derivatives, padded to the same shape."""
    found = [coefficients]
    for _ in range(2):
        power = np.arange(1, coefficients.shape[1])[None, :, None]
        lower = found[-1][:, 1:] * power
        found.append(np.pad(lower, ((0, 0), (0, 1), (0, 0))))
    return found


@cache
def pieces(own: Nodes) -> PiecewisePolynomial:
    """Those of the nodes of one shape."""
    return _code_4p() if own == ONE_SIGMA else _natural_spline(own)


def _code_4p() -> PiecewisePolynomial:
    """W = (A(z) -+ z)/2 with A = (15 z^2 - 10 z^4 + 3 z^6)/8 within +-1 and |z| outside."""
    even = np.array([[0, -1, 0, 0, 0, 0, 0], [0, 0, 15, 0, -10, 0, 3], [0, 1, 0, 0, 0, 0, 0]])
    even = even / np.array([1, 8, 1])[:, None]
    odd = np.eye(7)[1]
    edges = np.array([-np.inf, -1.0, 1.0, np.inf])
    return PiecewisePolynomial(edges, np.zeros(3), np.stack([even - odd, even + odd], axis=-1) / 2)


def _natural_spline(own: Nodes) -> PiecewisePolynomial:
    """Cardinal splines: 1 at one node, 0 at all others and at the nominal."""
    # a quarter of a second, which most data sets need not wait for
    from scipy.interpolate import CubicSpline

    x = np.sort([*own, 0.0])
    y = np.delete(np.eye(x.size), np.flatnonzero(x == 0), axis=1)
    spline = CubicSpline(x, y, bc_type="natural")
    found = np.zeros((x.size + 1, 4, len(own)))
    found[1:-1] = np.moveaxis(spline.c[::-1], 1, 0)
    found[[0, -1], 0], found[[0, -1], 1] = y[[0, -1]], spline(x[[0, -1]], 1)
    edges = np.concatenate([[-np.inf], x, [np.inf]])
    return PiecewisePolynomial(edges, np.append(x[0], x), found)
