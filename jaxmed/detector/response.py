"""Response matrices: the probability that a recoil lands in each bin of the reconstructed quantity."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import erf, gammaln

from jaxmed.quadrature import composite


def sharp(edges: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Perfect resolution: 1 where the visible energy (n,) lies in [edges[i], edges[i + 1])."""
    return ((visible >= edges[:-1, None]) & (visible < edges[1:, None])).astype(float)


def gaussian(
    edges: np.ndarray,
    visible: np.ndarray,
    sigma: np.ndarray,
    efficiency: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Gaussian smearing with an efficiency given at the reconstructed energy.

    Args:
        edges: bin edges of the reconstructed energy, (n_bins + 1,).
        visible: mean visible energy of each recoil, (n,), in the unit of `edges`.
        sigma: resolution at `visible`, (n,).
        efficiency: knots (energy, value) of the piecewise-linear efficiency; constant outside.

    Returns:
        (n_bins, n): int over the bin of efficiency(x) G(x; visible, sigma), exact.
    """
    knots, values = efficiency
    x = np.unique(np.concatenate([edges, knots[(knots > edges[0]) & (knots < edges[-1])]]))
    eff = np.interp(x, knots, values)
    slope = np.diff(eff) / np.diff(x)
    z = (x[:, None] - visible) / sigma
    cdf = np.diff(erf(z / math.sqrt(2)), axis=0) / 2
    pdf = np.diff(np.exp(-(z**2) / 2), axis=0) / math.sqrt(2 * math.pi)
    # int (e0 + slope (x - x0)) G dx over a segment, with int (x - mean) G dx = -sigma^2 dG
    segments = (eff[:-1, None] + slope[:, None] * (visible - x[:-1, None])) * cdf
    segments -= slope[:, None] * sigma * pdf
    return np.add.reduceat(segments, np.searchsorted(x, edges[:-1]), axis=0)


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
