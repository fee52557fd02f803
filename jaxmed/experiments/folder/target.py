"""The table [target] of a user's experiment: how much of what, seen by its nuclei, its electrons or both."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxmed.constants import SECONDS_PER_DAY
from jaxmed.experiments.electrons import ELECTRON_COUPLINGS
from jaxmed.experiments.folder.source import Source, choice, needed, positive, section
from jaxmed.experiments.published.exposure import targets_per_kg, tonne_years_in_seconds
from jaxmed.experiments.published.nuclei import (
    FORM_FACTORS,
    NUCLEON_COUPLINGS,
    Isotope,
    NuclearOptions,
)
from jaxmed.user_files.columns import Columns

EXPOSURE_UNITS = {
    "kg day": SECONDS_PER_DAY,
    "kg year": tonne_years_in_seconds(1e-3),
    "tonne year": tonne_years_in_seconds(1.0),
}
"""Units of the exposure, in kg s."""


class Nuclei(NamedTuple):
    """Isotopes with the number of each per kilogram, (n,)."""

    isotopes: tuple[Isotope, ...]
    per_kg: np.ndarray
    options: NuclearOptions


class Electrons(NamedTuple):
    """Shells of an atom or molecule: binding energies [keV] and occupancies (n,), and atoms per kilogram.

    `couplings` is a key of `ELECTRON_COUPLINGS`.
    """

    binding: np.ndarray
    electrons: np.ndarray
    per_kg: float
    couplings: str


class Target(NamedTuple):
    """Exposure [kg s], and what scatters; at least one of the two."""

    exposure: float
    nuclei: Nuclei | None
    electrons: Electrons | None


def read_target(source: Source, content: Mapping[str, Any]) -> Target:
    """Read [target]: exposure, exposure_unit, and the tables nuclei and electrons, one or both.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    table = section(content, "target", ("exposure", "exposure_unit", "nuclei", "electrons"))
    unit = choice(table, "target", "exposure_unit", tuple(EXPOSURE_UNITS))
    exposure = positive("target.exposure", needed(table, "target", "exposure"))
    if not {"nuclei", "electrons"} & table.keys():
        raise ValueError("target: expected a table [target.nuclei], [target.electrons] or both")
    nuclei = _nuclei(source, table) if "nuclei" in table else None
    electrons = _electrons(source, table) if "electrons" in table else None
    return Target(exposure * EXPOSURE_UNITS[unit], nuclei, electrons)


def _nuclei(source: Source, content: Mapping[str, Any]) -> Nuclei:
    """Isotopes from a table z, n, mass_u, atoms (per formula unit) and, if wanted, radius_p_fm, radius_n_fm."""
    key = "target.nuclei"
    table = section(content, key, ("isotopes", "form_factor", "nucleon_couplings"))
    file = needed(table, key, "isotopes")
    rows = source.columns(
        f"{key}.isotopes", file, ("z", "n", "mass_u", "atoms"), ("radius_p_fm", "radius_n_fm")
    )
    z, n, mass, atoms = (rows[name] for name in ("z", "n", "mass_u", "atoms"))
    whole = (
        (z == np.round(z)) & (n == np.round(n)) & (z >= 1) & (n >= 0) & (z + n >= 3) & (z <= 120)
    )
    rows.require(whole, "whole numbers of protons and neutrons, a nucleus heavier than hydrogen's")
    rows.require(np.abs(mass / (z + n) - 1) < 0.02, "an atomic mass in u, close to z + n")
    rows.require(
        (atoms > 0) & (atoms <= 20), "atoms per formula unit: natural abundances as fractions of 1"
    )
    total = float(atoms.sum())
    if round(total) < 1 or abs(total / round(total) - 1) > 0.01:
        raise ValueError(
            f"{rows.path}: the column atoms sums to {total:g}, expected the atoms of one formula unit, such as 1 for "
            "an element or 2 for CsI"
        )
    radii = _radii(rows)
    isotopes = tuple(
        Isotope(int(zi), int(ni), float(m), float(p), float(q))
        for zi, ni, m, p, q in zip(z, n, mass, *radii, strict=True)
    )
    options = NuclearOptions(
        choice(table, key, "nucleon_couplings", tuple(NUCLEON_COUPLINGS), "corrected"),
        choice(table, key, "form_factor", tuple(FORM_FACTORS), "helm"),
    )
    molar_mass = float(np.sum(atoms * mass))
    source.note(
        rows,
        f"{len(isotopes)} isotopes, {molar_mass:.4g} g/mol, {total:.4g} atoms per formula unit",
    )
    return Nuclei(isotopes, atoms * targets_per_kg(molar_mass), options)


def _radii(rows: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Rms radii [fm] of protons and neutrons, (n,) each; the Helm fit where the table has none."""
    usual = _usual_radius(rows["z"] + rows["n"])
    radii = tuple(rows.values.get(f"radius_{nucleon}_fm", usual) for nucleon in "pn")
    for radius in radii:
        rows.require((radius >= 1.8) & (radius <= 8), "rms radii from 1.8 to 8 fm")
    return radii[0], radii[1]


def _usual_radius(nucleons: np.ndarray) -> np.ndarray:
    """Rms radius [fm] of the Helm fit to charge radii: Lewin and Smith, Astropart. Phys. 6 (1996) 87, Eq. 4.11."""
    c, a, s = 1.23 * np.cbrt(nucleons) - 0.60, 0.52, 0.9
    return np.sqrt(3 / 5 * (c**2 + 7 / 3 * math.pi**2 * a**2 - 5 * s**2) + 3 * s**2)


def _electrons(source: Source, content: Mapping[str, Any]) -> Electrons:
    """Free electrons by number, or shells from a table binding_[E], electrons."""
    key = "target.electrons"
    table = section(content, key, ("molar_mass_g_mol", "free", "shells", "electron_couplings"))
    molar_mass = positive(f"{key}.molar_mass_g_mol", needed(table, key, "molar_mass_g_mol"))
    if not 1 <= molar_mass <= 2000:
        raise ValueError(
            f"{key}.molar_mass_g_mol = {molar_mass:g}: expected grams per mole, from 1 to 2000"
        )
    if len({"free", "shells"} & table.keys()) != 1:
        raise ValueError(f"{key}: expected either free, a number of electrons, or shells, a table")
    if "free" in table:
        number = positive(f"{key}.free", table["free"])
        binding, electrons = np.zeros(1), np.array([number])
    else:
        rows = source.columns(f"{key}.shells", table["shells"], ("binding_[E]", "electrons"))
        binding, electrons = rows["binding"], rows["electrons"]
        rows.require((binding >= 0) & (binding < 150), "binding energies from 0 to 150 keV")
        rows.require((electrons > 0) & (electrons <= 20), "1 to 20 electrons in a shell")
        source.note(rows, f"{binding.size} shells with {electrons.sum():g} electrons")
    # an atom has less than one electron per unit of mass
    if electrons.sum() > molar_mass:
        raise ValueError(
            f"{key}: got {electrons.sum():g} electrons in {molar_mass:g} g/mol, expected fewer than one per g/mol"
        )
    couplings = choice(table, key, "electron_couplings", tuple(ELECTRON_COUPLINGS), "corrected")
    return Electrons(binding, electrons, targets_per_kg(molar_mass), couplings)
