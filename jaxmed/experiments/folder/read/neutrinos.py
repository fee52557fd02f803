"""The table [flux] of an experiment: its parts, of which each may have a time of arrival and an error of its own."""

import numpy as np

from jaxmed.experiments.exposure import fluence_per_flavour
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.flux import (
    ReactorKeys,
    SolarKeys,
    StoppedPionKeys,
    TabulatedFluxKeys,
)
from jaxmed.flux.reactor import antineutrino_e, reactor
from jaxmed.flux.solar import solar
from jaxmed.flux.spectrum import FLAVOURS, Continuum, Flux, table_density
from jaxmed.flux.stopped_pion import delayed, prompt
from jaxmed.user_files import keys

ALL = "all"
"""The only part of a flux that has no parts."""

_COLUMNS = tuple(f"{kind}_{flavour}" for kind in ("nu", "nubar") for flavour in FLAVOURS)
_HIGHEST = 1000.0  # [MeV]: coherent and free-electron scattering end far below


def read_flux(view: View) -> dict[str, Flux]:
    """Part -> its neutrinos; averaged over the exposure [cm^-2 s^-1], or in all [cm^-2] where protons are counted.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    flux = view.keys.flux
    if flux is None:
        return {}
    if isinstance(flux, StoppedPionKeys):
        each = flux.per_flavour_cm2_s or fluence_per_flavour(
            flux.protons or 0.0, flux.per_proton or 0.0, flux.distance_m or 1.0
        )
        return {"prompt": prompt(each), "delayed": delayed(each)}
    if isinstance(flux, SolarKeys):
        return {
            part: solar(flux.model, [part], flux.fluxes_cm2_s, flux.oscillations)
            for part in flux.parts
        }
    if isinstance(flux, TabulatedFluxKeys):
        return _table(view, flux)
    return {ALL: _reactor(view, flux)}


def together(parts: dict[str, Flux]) -> Flux:
    """All parts as one."""
    continua = tuple(each for part in parts.values() for each in part.continua)
    return Flux(continua, tuple(line for part in parts.values() for line in part.lines))


def _reactor(view: View, flux: ReactorKeys) -> Flux:
    if not flux.spectra.endswith(".csv"):
        return reactor(flux.total_cm2_s, flux.fractions, flux.spectra, flux.per_fission)
    if flux.fractions is None:
        raise ValueError(
            "key 'fractions' under flux is missing: expected one for each column of flux.spectra"
        )
    rows = view.columns(flux.spectra, ("energy_[E]", *flux.fractions), _others(view, flux.spectra))
    rows.require_ascending("energy")
    energy = rows["energy"] * 1e-3
    per_fission = np.sum([share * rows[name] for name, share in flux.fractions.items()], axis=0)
    rows.require(per_fission >= 0, "spectra not below 0")
    density = table_density(energy, flux.total_cm2_s / flux.per_fission * per_fission)
    view.note(rows, f"{energy[0]:g} to {energy[-1]:g} MeV")
    return Flux((Continuum(energy, lambda e: antineutrino_e(density(e))),))


def _others(view: View, file: str) -> list[str]:
    return [name for name in view.rows(file).values if not name.startswith("energy_")]


def _table(view: View, flux: TabulatedFluxKeys) -> dict[str, Flux]:
    """Columns energy_[E] and nu_e ... nubar_tau [cm^-2 s^-1 MeV^-1], linear in between, zero outside."""
    rows = view.columns(flux.file, ("energy_[E]",), _COLUMNS)
    rows.require_ascending("energy")
    energy = rows["energy"] * 1e-3
    rows.require((energy >= 0) & (energy <= _HIGHEST), f"energies from 0 to {_HIGHEST:g} MeV")
    found = {name: rows[name] for name in _COLUMNS if name in rows.values}
    if not found or energy.size < 2:
        raise ValueError(
            f"{rows.path}: expected two rows or more, and a column {keys.one_of(_COLUMNS)}"
        )
    for name, column in found.items():
        rows.require(column >= 0, f"{name} not below 0")
    total = float(sum(np.trapezoid(column, energy) for column in found.values()))
    if total <= 0:
        raise ValueError(f"{rows.path}: every flux is zero, expected a neutrino")
    view.note(rows, f"{energy[0]:g} to {energy[-1]:g} MeV, {total:.4g} neutrinos per cm^2 s")

    def one(names: tuple[str, ...]) -> Flux:
        nothing = np.zeros(energy.size)
        density = np.array([found[name] if name in names else nothing for name in _COLUMNS])

        def interpolated(e: np.ndarray) -> np.ndarray:
            return np.array([np.interp(e, energy, row) for row in density]).reshape(2, 3, -1)

        return Flux((Continuum(energy, interpolated),))

    return {name: one((name,)) for name in found} if flux.arrival else {ALL: one(tuple(found))}
