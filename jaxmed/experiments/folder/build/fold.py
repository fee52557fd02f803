"""The recoil energies on which an experiment is folded."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.constants import M_E
from jaxmed.experiments.folder.read.response import Curve, Response
from jaxmed.experiments.folder.read.target import Electrons, Nuclei
from jaxmed.experiments.nuclei import nuclear_mass
from jaxmed.flux.spectrum import Flux, thresholds
from jaxmed.quadrature import composite

_FINEST = 1e-9  # [MeV]: the smallest recoil considered
_GRID = 4001
# A panel is no wider than these shares of its recoil energy (spectra fall like 1/T^2) and of the resolution there.
_OF_RECOIL, _OF_WIDTH = 0.4, 1.2
_ORDER, _ORDER_OF_MATRIX = 6, 4


class Quadrature(NamedTuple):
    """Quadrature of one kind of target.

    Attributes:
        recoil: T [MeV], (n,), the same for all isotopes, fluxes and runs.
        weights: [MeV], (n,).
    """

    recoil: np.ndarray
    weights: np.ndarray


def quadrature(
    target: Nuclei | Electrons, fluxes: Sequence[Flux], responses: Sequence[Response], nominal: int
) -> Quadrature:
    """Recoil energies that serve several fluxes and responses.

    Args:
        target: what scatters.
        fluxes: all that there are.
        responses: the nominal ones of all runs, and those of their nuisances.
        nominal: number of the former, which come first.

    Raises:
        ValueError: no recoil reaches the bins.
    """
    steps, protons = _kinematics(target, fluxes)
    grid = np.geomspace(_FINEST, steps.max(), _GRID)
    reached, width, breaks = np.zeros(_GRID, dtype=bool), np.full(_GRID, np.inf), [steps]
    for i, response in enumerate(responses):
        for z in set(protons):
            reached |= response.reaches(grid * 1e3, z)
            if response.matrix is not None:
                breaks.append(response.rows(z) * 1e-3)
                continue
            visible = response.visible(grid * 1e3, z)
            breaks.append(np.interp(response.kinks, np.maximum.accumulate(visible), grid))
            if response.before == "recoil" and isinstance(response.efficiency, Curve):
                breaks.append(response.efficiency.x * 1e-3)
            if i < nominal:
                slope = np.maximum(np.gradient(visible, grid), 1e-9)
                width = np.minimum(width, response.scale(visible) / slope)
    if not np.any(reached):
        highest = responses[0].visible(grid[-1:] * 1e3, protons[0])[0]
        raise ValueError(_beyond(responses[0], protons[0], float(highest)))
    first, last = np.flatnonzero(reached)[[0, -1]]
    low, high = grid[max(first - 1, 0)], grid[min(last + 1, _GRID - 1)]
    inside = np.unique(np.concatenate(breaks))
    inside = inside[(inside > low) & (inside < high)]
    if responses[0].matrix is not None:  # its rows are closer than any spectrum bends
        return Quadrature(*composite(np.array([low, *inside, high]), _ORDER_OF_MATRIX))
    return Quadrature(*composite(np.append(_panels(low, high, grid, width), inside), _ORDER))


def _panels(low: float, high: float, grid: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Ends of panels no wider than `width` (n,) at recoils `grid` (n,) and than a share of the recoil."""
    edges, wide = [low], np.minimum(_OF_WIDTH * width, _OF_RECOIL * grid)
    while edges[-1] < high:
        edges.append(edges[-1] + float(np.interp(edges[-1], grid, wide)))
    return np.array([*edges[:-1], high])


def _kinematics(
    target: Nuclei | Electrons, fluxes: Sequence[Flux]
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Steps of the recoil spectrum [MeV], and protons of the nuclei, 0 for electrons."""
    if isinstance(target, Nuclei):
        masses = [nuclear_mass(isotope) for isotope in target.isotopes]
        ends = [thresholds(flux, mass) for flux in fluxes for mass in masses]
        return np.concatenate(ends), tuple(isotope.z for isotope in target.isotopes)
    ends = [thresholds(flux, M_E) for flux in fluxes]
    return np.concatenate([*ends, target.energy * 1e-3]), (0,)


def _beyond(response: Response, protons: int, highest: float) -> str:
    """The sentence for a response that no recoil reaches."""
    if response.matrix is None:
        what, ends, unit = "the bins", response.edges, "PE" if response.light else "keV"
    else:
        what, ends, unit = "the matrix's recoils", response.rows(protons), "keV"
    return (
        f"{what}, {ends[0]:g} to {ends[-1]:g} {unit}, lie beyond every recoil, which end at {highest:.4g} keV of "
        "visible energy: expected the units in the columns' names, also of a flux, to be those of the numbers"
    )
