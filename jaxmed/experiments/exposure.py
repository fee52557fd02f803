"""How much was exposed to how many neutrinos."""

import math

from jaxmed.constants import DAYS_PER_YEAR, N_AVOGADRO, SECONDS_PER_DAY


def targets_per_kg(molar_mass: float) -> float:
    """Atoms or molecules of `molar_mass` [g/mol] in a kilogram."""
    return N_AVOGADRO * 1000 / molar_mass


def tonne_years_in_seconds(tonne_years: float) -> float:
    """[kg s], years of 365.25 days."""
    return tonne_years * 1000 * DAYS_PER_YEAR * SECONDS_PER_DAY


def fluence_per_flavour(pot: float, per_pot: float, metres: float) -> float:
    """Neutrinos of each flavour [cm^-2] at a distance from a source of `per_pot` per proton."""
    return pot * per_pot / (4 * math.pi * (100 * metres) ** 2)
