"""Exposures and bins that the loaders share."""

import math

import numpy as np

from jaxmed.constants import DAYS_PER_YEAR, N_AVOGADRO, SECONDS_PER_DAY
from jaxmed.quadrature import composite


def targets_per_kg(molar_mass: float) -> float:
    """Atoms or molecules of `molar_mass` [g/mol] in a kilogram."""
    return N_AVOGADRO * 1000 / molar_mass


def kg_days_in_seconds(kg_days: float) -> float:
    """[kg s]."""
    return kg_days * SECONDS_PER_DAY


def tonne_years_in_seconds(tonne_years: float) -> float:
    """[kg s], years of 365.25 days."""
    return tonne_years * 1000 * DAYS_PER_YEAR * SECONDS_PER_DAY


def fluence_per_flavour(pot: float, per_pot: float, metres: float) -> float:
    """Neutrinos of each flavour [cm^-2] at a distance from a source of `per_pot` per proton."""
    return pot * per_pot / (4 * math.pi * (100 * metres) ** 2)


def recoil_nodes(
    low: float, high: float, breaks: np.ndarray, panels: int, order: int = 6
) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature nodes and weights between two recoil energies, (n,) each.

    The panels grow geometrically, since a light mediator's spectrum falls like 1/T^2, and end at every
    break point (steps of the flux, shells of an atom, edges of a bin).
    """
    inside = breaks[(breaks > low) & (breaks < high)]
    edges = np.concatenate([np.geomspace(low, high, panels + 1), inside])
    return composite(edges, order)


def edges_of(low: np.ndarray, high: np.ndarray) -> tuple[float, ...]:
    """Bin edges of one axis from the lower and upper edge columns of a table."""
    return tuple(np.unique(np.concatenate([low, high])).tolist())
