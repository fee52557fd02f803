"""Antineutrinos from a power reactor."""

from collections.abc import Mapping

import numpy as np

from jaxmed.data_tables import read_table
from jaxmed.flux.spectrum import Continuum, Flux, table_density
from jaxmed.user_files.keys import unknown

# Fission products give 6.0 antineutrinos per fission, neutron capture on U238 another 1.2: a measured total
# flux corresponds to this number, not to the integral of the fission spectra alone.
NEUTRINOS_PER_FISSION = 7.2

_LOW_END = 2.0  # the parametrisation starts here; tabulated below [MeV]
_HIGH_END = 14.0  # the flux above is below 1e-6 of the total [MeV]


_COEFFICIENTS = {"mueller_vogel_engel": "mueller2011", "huber_mueller": "huber2011"}
_ONLY_MUELLER = "U238"  # Huber has none
_CAPTURE = "capture"
SPECTRA = (*_COEFFICIENTS, "bestiole2023")
"""Named spectra: `mueller_vogel_engel` of Mueller et al., Phys. Rev. C 83 (2011) 054615, `huber_mueller` of Huber,
Phys. Rev. C 84 (2011) 024617, with 238U of Mueller et al., both extended past 8 MeV and with the table of Vogel and
Engel below 2 MeV; `bestiole2023` of Perisse et al., Phys. Rev. C 108 (2023) 055501, at all energies."""


def reactor(
    total_flux: float,
    fractions: Mapping[str, float] | None = None,
    spectra: str = "mueller_vogel_engel",
    per_fission: float = NEUTRINOS_PER_FISSION,
) -> Flux:
    """Reactor nubar_e flux.

    Args:
        total_flux: all antineutrinos [cm^-2 s^-1].
        fractions: fissions by isotope, and if wanted `capture`, neutron captures on 238U per fission, whose two
            antineutrinos end at 1.3 MeV; the fissions of the Kuo-Sheng core by default.
        spectra: one of SPECTRA.
        per_fission: antineutrinos per fission behind `total_flux`.

    Raises:
        ValueError: unknown spectra, or an isotope that they do not have.
    """
    if spectra not in SPECTRA:
        raise ValueError(unknown("reactor spectra", spectra, SPECTRA))
    if fractions is None:
        table = read_table("texono/fission_fractions")
        fractions = dict(zip(table["isotope"].tolist(), table["fraction"], strict=True))
    fissions = total_flux / per_fission
    isotopes = {name: fissions * share for name, share in fractions.items() if name != _CAPTURE}
    continua = (
        _converted(isotopes, spectra)
        if spectra in _COEFFICIENTS
        else (_tabulated("reactor/bestiole2023", isotopes),)
    )
    if captures := fissions * fractions.get(_CAPTURE, 0.0):
        continua = (*continua, _tabulated("reactor/capture", {_CAPTURE: captures}))
    return Flux(continua)


def antineutrino_e(density: np.ndarray) -> np.ndarray:
    """A density (n,) of nubar_e alone, (2, 3, n)."""
    flux = np.zeros((2, 3, density.size))
    flux[1, 0] = density
    return flux


def _converted(isotopes: Mapping[str, float], spectra: str) -> tuple[Continuum, ...]:
    """Exp(sum_p alpha_p E^p) above 2 MeV, the table of Vogel and Engel below."""
    coefficients, own = read_table("texono/spectrum_coefficients"), _COEFFICIENTS[spectra]
    rows = [
        coefficients.where(model="mueller2011" if name == _ONLY_MUELLER else own, isotope=name)
        for name in isotopes
    ]
    alpha = np.array([[row[f"a{p}"] for p in range(6)] for row in rows])
    numbers = np.array(list(isotopes.values()))

    def parametrised(energy: np.ndarray) -> np.ndarray:
        powers = energy ** np.arange(6.0)[:, None]
        return antineutrino_e(numbers @ np.exp(alpha @ powers))

    high_edges = np.arange(_LOW_END, _HIGH_END + 0.25, 0.5)
    low = _tabulated("texono/spectrum_vogel_engel_low", isotopes)
    return (low, Continuum(high_edges, parametrised))


def _tabulated(name: str, numbers: Mapping[str, float]) -> Continuum:
    """A table with a column for each of these, linear in between."""
    table = read_table(name)
    if missing := [column for column in numbers if column not in table.columns]:
        raise ValueError(
            unknown("isotope", missing[0], [c for c in table.columns if c != "energy"])
        )
    energy = table["energy"]
    total = np.sum([number * table[column] for column, number in numbers.items()], axis=0)
    shape = table_density(energy, total)
    return Continuum(energy, lambda e: antineutrino_e(shape(e)))
