"""The table [target] of an experiment: what scatters, seen by its nuclei, its electrons or both."""

import math
import re
from typing import NamedTuple

import numpy as np

from jaxmed.data_tables import packaged, read_table
from jaxmed.detector.response import electrons_above
from jaxmed.experiments.exposure import targets_per_kg
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.target import ElectronsKeys, TargetKeys
from jaxmed.experiments.nuclei import Isotope
from jaxmed.user_files import keys
from jaxmed.user_files.columns import Columns

_LIGHTEST = 3  # nucleons: hydrogen has no coherence to speak of
_FORMULA = re.compile(r"([A-Z][a-z]?)([1-9]\d*|)")


class Nuclei(NamedTuple):
    """Isotopes with the number of each per kilogram, (n,)."""

    isotopes: tuple[Isotope, ...]
    per_kg: np.ndarray


class Electrons(NamedTuple):
    """Electrons of an atom or molecule that a recoil can free, and atoms per kilogram.

    Attributes:
        energy: binding energies of shells, or knots of a curve [keV], (n,).
        electrons: in each shell, or that can be freed at each knot, (n,).
        curve: whether it is a curve, linear in between.
        per_kg: atoms or molecules.
    """

    energy: np.ndarray
    electrons: np.ndarray
    curve: bool
    per_kg: float

    def freed(self, recoil: np.ndarray) -> np.ndarray:
        """Electrons per kilogram that recoils [keV] (n,) can free, (n,)."""
        if self.curve:
            return self.per_kg * np.interp(recoil, self.energy, self.electrons)
        return self.per_kg * electrons_above(recoil, self.energy, self.electrons)


def read_nuclei(view: View) -> Nuclei:
    """Isotopes of a formula, or of a table z, n, mass_u, atoms and, if wanted, radius_p_fm, radius_n_fm.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    target = view.keys.target
    assert target is not None and target.nuclei is not None
    if target.nuclei.isotopes is None:
        every = np.stack(_natural(target.formula or ""))
        z, n, mass, atoms = every[:, every[0] + every[1] >= _LIGHTEST]
        if not z.size:
            raise ValueError(
                f"target.formula = {keys.short(target.formula)}: expected a nucleus heavier than hydrogen's"
            )
        radii = (usual_radius(z + n),) * 2
    else:
        rows = _isotopes(view, target.nuclei.isotopes)
        z, n, mass, atoms = (rows[name] for name in ("z", "n", "mass_u", "atoms"))
        radii = _radii(rows)
    isotopes = tuple(
        Isotope(int(zi), int(ni), float(m), float(p), float(q) * target.nuclei.radius_n_factor)
        for zi, ni, m, p, q in zip(z, n, mass, *radii, strict=True)
    )
    molar_mass = target.molar_mass_g_mol or float(np.sum(atoms * mass))
    if target.nuclei.isotopes is None:
        molar_mass = _molar_mass(target, None)
    return Nuclei(isotopes, atoms * targets_per_kg(molar_mass))


def read_electrons(view: View) -> Electrons:
    """Free electrons by number, shells of a table or of the formula, or a curve of those that can be freed.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    target = view.keys.target
    assert target is not None
    found = target.electrons
    assert found is not None
    key = "target.electrons"
    molar_mass = _molar_mass(target, found)
    per_kg = targets_per_kg(molar_mass)
    if found.free is not None:
        energy, electrons = np.zeros(1), np.array([found.free])
    elif found.shells is not None:
        rows = view.columns(found.shells, ("binding_[E]", "electrons"), ("element", "edge"))
        energy, electrons = rows["binding"], rows["electrons"]
        rows.require((energy >= 0) & (energy < 150), "binding energies from 0 to 150 keV")
        rows.require((electrons > 0) & (electrons <= 20), "1 to 20 electrons in a shell")
        view.note(rows, f"{energy.size} shells with {electrons.sum():g} electrons")
    elif found.effective is not None:
        rows = view.columns(found.effective, ("energy_[E]", "electrons"))
        rows.require_ascending("energy")
        rows.require(rows["electrons"] >= 0, "electrons not below 0")
        view.note(rows, f"up to {rows['electrons'].max():g} electrons")
        return Electrons(rows["energy"], rows["electrons"], True, per_kg)
    elif target.formula is not None:
        energy, electrons = _shells(target.formula)
    else:
        raise ValueError(
            f"{key}: expected either free, a number of electrons, or shells, a table, or target.formula"
        )
    # an atom has less than one electron per unit of mass
    if electrons.sum() > molar_mass:
        raise ValueError(
            f"{key}: got {electrons.sum():g} electrons in {molar_mass:g} g/mol, expected fewer than one per g/mol"
        )
    return Electrons(energy, electrons, False, per_kg)


def usual_radius(nucleons: np.ndarray) -> np.ndarray:
    """Rms radius [fm] of the Helm fit to charge radii: Lewin and Smith, Astropart. Phys. 6 (1996) 87, Eq. 4.11."""
    c, a, s = 1.23 * np.cbrt(nucleons) - 0.60, 0.52, 0.9
    return np.sqrt(3 / 5 * (c**2 + 7 / 3 * math.pi**2 * a**2 - 5 * s**2) + 3 * s**2)


def _isotopes(view: View, file: str) -> Columns:
    rows = view.columns(file, ("z", "n", "mass_u", "atoms"), ("radius_p_fm", "radius_n_fm"))
    z, n, mass, atoms = (rows[name] for name in ("z", "n", "mass_u", "atoms"))
    whole = (
        (z == np.round(z))
        & (n == np.round(n))
        & (z >= 1)
        & (n >= 0)
        & (z + n >= _LIGHTEST)
        & (z <= 120)
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
    molar_mass = float(np.sum(atoms * mass))
    view.note(
        rows,
        f"{z.size} isotopes, {molar_mass:.4g} g/mol, {total:.4g} atoms per formula unit",
    )
    return rows


def _radii(rows: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Rms radii [fm] of protons and neutrons, (n,) each; the Helm fit where the table has none."""
    usual = usual_radius(rows["z"] + rows["n"])
    radii = tuple(rows.values.get(f"radius_{nucleon}_fm", usual) for nucleon in "pn")
    for radius in radii:
        rows.require((radius >= 1.8) & (radius <= 8), "rms radii from 1.8 to 8 fm")
    return radii[0], radii[1]


def _natural(formula: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """z, n, mass [u] and atoms per formula unit of all natural isotopes, (n,) each.

    Raises:
        ValueError: no formula, or an element without a table.
    """
    table = read_table("elements/isotopes")
    rows = []
    for element, number in _elements(formula).items():
        own = table["element"] == element
        if not np.any(own):
            known = ", ".join(dict.fromkeys(table["element"].tolist()))
            raise ValueError(
                f"target.formula = {keys.short(formula)}: expected elements among {known}; for others write "
                "nuclei.isotopes, a table"
            )
        z, n, mass, abundance = (table[c][own] for c in ("z", "n", "mass_u", "abundance"))
        rows.append(np.stack([z, n, mass, number * abundance]))
    z, n, mass, atoms = np.concatenate(rows, axis=1)
    return z, n, mass, atoms


def _elements(formula: str) -> dict[str, int]:
    """Element -> atoms per formula unit; ValueError for what is no formula."""
    found: dict[str, int] = {}
    if "".join(m[0] for m in _FORMULA.finditer(formula)) != formula or not formula:
        raise ValueError(
            f"target.formula = {keys.short(formula)}: expected a formula such as CsI or CaWO4"
        )
    for element, number in _FORMULA.findall(formula):
        found[element] = found.get(element, 0) + int(number or 1)
    return found


def _molar_mass(target: TargetKeys, electrons: ElectronsKeys | None) -> float:
    given = (electrons and electrons.molar_mass_g_mol) or target.molar_mass_g_mol
    if given is not None:
        return given
    if target.formula is None:
        raise ValueError("key 'molar_mass_g_mol' under target.electrons is missing")
    _, _, mass, atoms = _natural(target.formula)
    return float(np.sum(mass * atoms))


def _shells(formula: str) -> tuple[np.ndarray, np.ndarray]:
    """Binding energies [keV] and electrons of the shells of all atoms, (n,) each."""
    known = sorted(
        p.stem.removeprefix("shells_") for p in (packaged("data") / "elements").glob("shells_*.csv")
    )
    energy, electrons = [], []
    for element, number in _elements(formula).items():
        if element not in known:
            raise ValueError(
                f"target.electrons: the package has no shells of {element}, only of {', '.join(known)}: expected "
                "shells, a table, or free, a number"
            )
        table = read_table(f"elements/shells_{element}")
        energy.append(table["binding"] * 1e-3)
        electrons.append(number * table["electrons"])
    return np.concatenate(energy), np.concatenate(electrons)
