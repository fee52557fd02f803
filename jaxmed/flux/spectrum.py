"""Neutrino fluxes as data, and their moments I_k(T) = int_{E_min(T)} phi(E) E^-k dE."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxmed.quadrature import panels

FLAVOURS = ("e", "mu", "tau")
_ORDER = 10  # Gauss-Legendre nodes in each smooth segment


class Continuum(NamedTuple):
    """A continuous spectrum, smooth between consecutive edges.

    Attributes:
        edges: break points [MeV], (m + 1,) ascending; the flux is zero outside.
        density: E (n,) [MeV] -> flux [cm^-2 s^-1 MeV^-1], (2, 3, n): nu or nubar, flavour.
    """

    edges: np.ndarray
    density: Callable[[np.ndarray], np.ndarray]


class Line(NamedTuple):
    """A monoenergetic line.

    Attributes:
        energy: [MeV].
        flux: [cm^-2 s^-1], (2, 3): nu or nubar, flavour.
    """

    energy: float
    flux: np.ndarray


class Flux(NamedTuple):
    """All neutrinos that reach one detector."""

    continua: tuple[Continuum, ...]
    lines: tuple[Line, ...] = ()


def e_min(recoil: np.ndarray, mass: float) -> np.ndarray:
    """Smallest neutrino energy (T + sqrt(T^2 + 2 m T))/2 [MeV] that gives recoil T [MeV] to mass m."""
    return (recoil + np.sqrt(recoil**2 + 2 * mass * recoil)) / 2


def moments(flux: Flux, recoil: np.ndarray, mass: float) -> np.ndarray:
    """Flux moments above the kinematic threshold of each recoil energy.

    Args:
        flux: the neutrinos.
        recoil: T [MeV], (n,), positive.
        mass: target mass [MeV].

    Returns:
        (2, 3, 3, n) [cm^-2 s^-1 MeV^-k]: nu or nubar, flavour, k = 0, 1, 2.
    """
    lowest = e_min(recoil, mass)
    total = np.zeros((2, 3, 3, recoil.size))
    for continuum in flux.continua:
        total += _continuum_moments(continuum, lowest)
    for line in flux.lines:
        powers = line.energy ** -np.arange(3.0)
        total += line.flux[:, :, None, None] * powers[:, None] * (lowest <= line.energy)
    return total


def thresholds(flux: Flux, mass: float) -> np.ndarray:
    """Recoil energies [MeV] where the moments have a step or a kink: end points and lines."""
    energies = [c.edges[-1] for c in flux.continua] + [line.energy for line in flux.lines]
    e = np.unique(energies)
    return 2 * e**2 / (2 * e + mass)


def table_density(energy: np.ndarray, shape: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Linear interpolation of a tabulated spectrum [1/MeV], zero outside the table."""
    return lambda e: np.interp(e, energy, shape, left=0.0, right=0.0)


def _continuum_moments(continuum: Continuum, lowest: np.ndarray) -> np.ndarray:
    """Whole segments above `lowest` summed once from the top, plus the segment `lowest` cuts."""
    edges = continuum.edges
    segments = _integrals(continuum, edges[:-1], edges[1:])
    above = np.zeros((2, 3, 3, edges.size))
    above[..., :-1] = segments[..., ::-1].cumsum(axis=-1)[..., ::-1]
    start = np.clip(lowest, edges[0], edges[-1])
    upper = np.clip(np.searchsorted(edges, start, side="right"), 1, edges.size - 1)
    return above[..., upper] + _integrals(continuum, start, edges[upper])


def _integrals(continuum: Continuum, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Int phi E^-k dE over each interval, (2, 3, 3, n_intervals)."""
    nodes, weights = panels(low, high, _ORDER)
    density = continuum.density(nodes.ravel()).reshape(2, 3, 1, *nodes.shape)
    # A node at E = 0 belongs to an empty interval, where any finite power will do.
    safe = np.where(nodes > 0, nodes, 1.0)
    powers = safe ** -np.arange(3.0)[:, None, None]
    return (density * powers * weights).sum(axis=-1)
