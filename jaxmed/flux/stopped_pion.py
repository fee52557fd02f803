"""Neutrinos from pions and muons decaying at rest in a spallation target."""

import numpy as np

from jaxmed.constants import M_MU, M_PI
from jaxmed.flux.spectrum import Continuum, Flux, Line

# Energy of the nu_mu of pi+ -> mu+ nu_mu at rest [MeV], 29.79.
PROMPT_ENERGY = (M_PI**2 - M_MU**2) / (2 * M_PI)
PION_LIFETIME, MUON_LIFETIME = 0.026033, 2.1969811
"""[us], Review of Particle Physics 2024."""


def prompt(per_flavour: float) -> Flux:
    """The nu_mu line of pion decay; `per_flavour` is the flux of each flavour [cm^-2 s^-1]."""
    flux = np.zeros((2, 3))
    flux[0, 1] = per_flavour
    return Flux((), (Line(PROMPT_ENERGY, flux),))


def delayed(per_flavour: float) -> Flux:
    """nu_e and nubar_mu of muon decay (Michel spectra), E < m_mu/2; flux of each [cm^-2 s^-1]."""

    def density(energy: np.ndarray) -> np.ndarray:
        flux = np.zeros((2, 3, energy.size))
        shape = energy**2 / M_MU**3
        flux[0, 0] = per_flavour * 192 * shape * (0.5 - energy / M_MU)
        flux[1, 1] = per_flavour * 64 * shape * (0.75 - energy / M_MU)
        return flux

    return Flux((Continuum(np.linspace(0.0, M_MU / 2, 9), density),))
