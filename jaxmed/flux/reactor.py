"""Antineutrinos from a power reactor."""

import numpy as np

from jaxmed.data_tables import read_table
from jaxmed.flux.spectrum import Continuum, Flux

# Fission products give 6.0 antineutrinos per fission, neutron capture on U238 another 1.2: a measured total
# flux corresponds to this number, not to the integral of the fission spectra alone.
NEUTRINOS_PER_FISSION = 7.2

_LOW_END = 2.0  # the parametrisation starts here; tabulated below [MeV]
_HIGH_END = 14.0  # the flux above is below 1e-6 of the total [MeV]


def reactor(total_flux: float, model: str = "mueller2011") -> Flux:
    """Reactor nubar_e flux for the fission fractions of the Kuo-Sheng core.

    Above 2 MeV the spectrum per fission is exp(sum_p alpha_p E^p) of Mueller et al., Phys. Rev. C 83 (2011)
    054615, Table VI, extended past 8 MeV; below, the table of Vogel and Engel.

    Args:
        total_flux: all antineutrinos, 7.2 per fission [cm^-2 s^-1].
        model: rows of data/texono/spectrum_coefficients.csv to use.

    Raises:
        ValueError: `model` has no row for one of the four isotopes.
    """
    fissions = total_flux / NEUTRINOS_PER_FISSION
    fractions = read_table("texono/fission_fractions")
    isotopes = fractions["isotope"].tolist()
    weights = fractions["fraction"]
    coefficients = read_table("texono/spectrum_coefficients")
    rows = [coefficients.where(model=model, isotope=isotope) for isotope in isotopes]
    alpha = np.array([[row[f"a{p}"] for p in range(6)] for row in rows])
    low = read_table("texono/spectrum_vogel_engel_low")
    low_spectrum = sum(w * low[i] for w, i in zip(weights, isotopes, strict=True))

    def parametrised(energy: np.ndarray) -> np.ndarray:
        powers = energy ** np.arange(6.0)[:, None]
        return _antineutrino_e(fissions * weights @ np.exp(alpha @ powers))

    def tabulated(energy: np.ndarray) -> np.ndarray:
        return _antineutrino_e(fissions * np.interp(energy, low["energy"], low_spectrum))

    high_edges = np.arange(_LOW_END, _HIGH_END + 0.25, 0.5)
    return Flux((Continuum(low["energy"], tabulated), Continuum(high_edges, parametrised)))


def _antineutrino_e(density: np.ndarray) -> np.ndarray:
    flux = np.zeros((2, 3, density.size))
    flux[1, 0] = density
    return flux
