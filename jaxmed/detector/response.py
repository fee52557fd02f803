"""Response matrices: the probability that a recoil lands in each bin of the reconstructed quantity."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy import special
from scipy.special import erf, gammaln, ndtr, xlogy

from jaxmed.quadrature import composite

Leaf = np.ndarray | Array


def sharp(edges: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Perfect resolution: 1 where the visible energy (n,) lies in [edges[i], edges[i + 1])."""
    return ((visible >= edges[:-1, None]) & (visible < edges[1:, None])).astype(float)


def gaussian(edges: Leaf, visible: Leaf, sigma: Leaf, efficiency: tuple[Leaf, Leaf]) -> Any:
    """Gaussian smearing with an efficiency given at the reconstructed energy.

    Of NumPy arrays, or of JAX arrays: then differentiable in all, and smooth where a knot passes an edge.

    Args:
        edges: bin edges of the reconstructed energy, (n_bins + 1,).
        visible: mean visible energy of each recoil, (n,), in the unit of `edges`.
        sigma: resolution at `visible`, (n,).
        efficiency: knots (energy, value) of the piecewise-linear efficiency, (m,) each; constant outside.

    Returns:
        (n_bins, n): int over the bin of efficiency(x) G(x; visible, sigma), exact.
    """
    knots, values = efficiency
    in_jax = any(isinstance(each, Array) for each in (edges, visible, sigma, knots, values))
    xp, error_function = (jnp, special.erf) if in_jax else (np, erf)
    # segments between all edges and knots; JAX, whose shapes are fixed, keeps those of no width
    ends = xp.concatenate([edges, xp.clip(knots, edges[0], edges[-1])])
    x = (jnp.sort(ends) if in_jax else np.unique(ends))[:, None]
    middle = (x[1:, 0] + x[:-1, 0]) / 2
    straight = xp.searchsorted(knots, middle)
    slope = xp.pad(xp.diff(values) / xp.diff(knots), 1)[straight, None]
    origin, level = (xp.concatenate([y[:1], y])[straight, None] for y in (knots, values))
    mean, width = visible[None], sigma[None]
    z = (x - mean) / width
    cdf = xp.diff(error_function(z / math.sqrt(2)), axis=0) / 2
    pdf = xp.diff(xp.exp(-(z**2) / 2), axis=0) / math.sqrt(2 * math.pi)
    # int (level + slope (x - origin)) G dx over a segment, with int (x - mean) G dx = -sigma^2 dG
    segments = (level + slope * (mean - origin)) * cdf - slope * width * pdf
    if not in_jax:
        return np.add.reduceat(segments, np.searchsorted(x[:, 0], edges[:-1]), axis=0)
    inside = (middle[None] >= edges[:-1, None]) & (middle[None] < edges[1:, None])
    return inside.astype(float) @ segments


def gamma(
    edges: np.ndarray,
    mean: np.ndarray,
    shape: np.ndarray,
    efficiency: Callable[[np.ndarray], np.ndarray],
    *,
    turn_on: float | None = None,
    cell: float = 0.25,
) -> np.ndarray:
    """Gamma-distributed photoelectrons with an efficiency given in photoelectrons.

    The density of x is (k/m)^k x^(k-1) exp(-k x/m)/Gamma(k) with mean m and k = 1 + b.

    Args:
        edges: bin edges [PE], (n_bins + 1,).
        mean: mean photoelectrons m of each recoil, (n,), positive.
        shape: b of each recoil, (n,).
        efficiency: x (n,) [PE] -> acceptance (n,).
        turn_on: where the efficiency leaves zero with a kink, if it does [PE].
        cell: each bin is folded on cells of this width, one of them cut at `turn_on` [PE].

    Returns:
        (n_bins, n).
    """
    fine = np.arange(edges[0], edges[-1] + cell / 2, cell)
    if turn_on is not None:
        fine = np.append(fine, np.clip(turn_on, edges[0], edges[-1]))
    x, weights = composite(fine, 4)
    k = 1 + shape
    rate = k / mean
    log_pdf = k * np.log(rate) - gammaln(k) + shape * np.log(x)[:, None] - rate * x[:, None]
    folded = (weights * efficiency(x))[:, None] * np.exp(log_pdf)
    return np.add.reduceat(folded, np.searchsorted(x, edges[:-1]), axis=0)


def poisson(
    edges: np.ndarray, mean: np.ndarray, efficiency: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Poisson-distributed photoelectrons with an efficiency given in photoelectrons.

    Args:
        edges: bin edges [PE], (n_bins + 1,); a bin holds the whole numbers from its lower edge to below its upper one.
        mean: mean photoelectrons of each recoil, (n,), not negative.
        efficiency: x (n,) [PE] -> acceptance (n,).

    Returns:
        (n_bins, n).
    """
    number = np.arange(math.ceil(edges[0]), math.ceil(edges[-1]), dtype=float)
    log_p = xlogy(number[:, None], mean[None]) - mean[None] - gammaln(number + 1)[:, None]
    seen = efficiency(number)[:, None] * np.exp(log_p)
    inside = (number >= edges[:-1, None]) & (number < edges[1:, None])
    return inside.astype(float) @ seen


def truncated(response: np.ndarray, visible: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """A Gaussian response (n_bins, n) without reconstructed energies below zero, normalised again."""
    return response / ndtr(visible / sigma)


def electrons_above(recoil: np.ndarray, binding: np.ndarray, electrons: np.ndarray) -> np.ndarray:
    """Stepping approximation: electrons bound by less than T can be ionised.

    Args:
        recoil: T, (n,), in the unit of `binding`.
        binding: subshell binding energies, (m,).
        electrons: occupancies, (m,).

    Returns:
        (n,) electrons per atom.
    """
    return (recoil[:, None] > binding) @ electrons
