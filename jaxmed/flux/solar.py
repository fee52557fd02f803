"""Solar neutrinos: eight sources, two solar models, adiabatic LMA-MSW flavours."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from jaxmed.data_tables import Table, read_constants, read_table
from jaxmed.flux.spectrum import Continuum, Flux, Line, table_density
from jaxmed.user_files.keys import unknown

SOURCES = ("pp", "pep", "hep", "Be7", "B8", "N13", "O15", "F17")
SOLAR_MODELS = ("gs98", "agss09met")
OSCILLATIONS = ("nufit50", "nufit60")
"""Fits of the mixing: NuFIT 5.0 (2020) and 6.0 (2024)."""


def survival_probability(
    energy: np.ndarray, source: str, oscillations: str = "nufit50"
) -> np.ndarray:
    """Daytime P_ee of adiabatic LMA-MSW conversion, averaged over the production region.

    P_ee = c13^4 (1 + D cos 2theta12 cos 2theta12^m)/2 + s13^4 with the matter angle at the average
    potential of the source and D the correction for its spread.

    Args:
        energy: E [MeV], (n,).
        source: one of SOURCES.
        oscillations: one of OSCILLATIONS.

    Returns:
        (n,). Source: de Holanda, Liao and Smirnov, Nucl. Phys. B 702 (2004) 307, Eqs. 9-15, Table 1.
    """
    mixing = read_constants(f"oscillations/{oscillations}")
    matter = read_table("solar/matter_potential").where(source=source)
    s13 = mixing["sin2_theta_13"]
    cos_2 = 1 - 2 * mixing["sin2_theta_12"]
    # energy in eV: both the splitting [eV^2] and the potential [eV] are
    beta = 2 * (energy * 1e6) * matter["potential"] * (1 - s13) / mixing["delta_m2_21"]
    shifted = cos_2 - beta
    norm = shifted**2 + 1 - cos_2**2
    cos_2_matter = shifted / np.sqrt(norm)
    # Second-order Taylor term of cos_2_matter in the spread of the potential.
    spread = 1.5 * (1 - cos_2**2) * (beta / norm) ** 2 * matter["correction"]
    return (1 - s13) ** 2 * (1 + (1 - spread) * cos_2 * cos_2_matter) / 2 + s13**2


def solar(
    model: str = "gs98",
    parts: Iterable[str] = SOURCES,
    fluxes: Mapping[str, float] | None = None,
    oscillations: str = "nufit50",
) -> Flux:
    """Solar neutrinos at Earth, in flavours, for one of SOLAR_MODELS.

    Args:
        model: whose total fluxes.
        parts: those of SOURCES that are there.
        fluxes: total fluxes [cm^-2 s^-1] by source, in place of those of the model.
        oscillations: one of OSCILLATIONS.

    Raises:
        ValueError: unknown solar model.
    """
    if model not in SOLAR_MODELS:
        raise ValueError(unknown("solar model", model, SOLAR_MODELS))
    table, lines = read_table("solar/fluxes"), read_table("solar/lines")
    totals = {s: table.where(source=s)[model] for s in SOURCES} | dict(fluxes or {})
    with_lines = set(lines["source"].tolist())
    continua = tuple(
        _continuum(s, totals[s], oscillations)
        for s in SOURCES
        if s in parts and s not in with_lines
    )
    return Flux(continua, tuple(_lines(lines, {s: totals[s] for s in parts}, oscillations)))


def _continuum(source: str, flux: float, oscillations: str) -> Continuum:
    table = read_table(f"solar/spectrum_{source}")
    shape = table_density(table["energy"], table["shape"])

    def density(energy: np.ndarray) -> np.ndarray:
        return flux * shape(energy) * _flavours(energy, source, oscillations)

    return Continuum(table["energy"], density)


def _lines(lines: Table, totals: Mapping[str, float], oscillations: str) -> Iterator[Line]:
    rows = zip(lines["source"].tolist(), lines["energy"], lines["fraction"], strict=True)
    for source, energy, fraction in rows:
        if source in totals:
            flavours = _flavours(np.array([energy]), source, oscillations)[..., 0]
            yield Line(float(energy), totals[source] * fraction * flavours)


def _flavours(energy: np.ndarray, source: str, oscillations: str) -> np.ndarray:
    """Fractions of nu_e, nu_mu, nu_tau at Earth, (2, 3, n); no antineutrinos."""
    p_ee = survival_probability(energy, source, oscillations)
    s23 = read_constants(f"oscillations/{oscillations}")["sin2_theta_23"]
    nu = np.stack([p_ee, (1 - p_ee) * (1 - s23), (1 - p_ee) * s23])
    return np.stack([nu, np.zeros_like(nu)])
