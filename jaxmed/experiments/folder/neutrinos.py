"""The table [flux] of a user's experiment: one of the sources of this package, or a table."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxmed.experiments.folder.source import Source, choice, needed, positive, section
from jaxmed.flux.reactor import reactor
from jaxmed.flux.solar import SOLAR_MODELS, solar
from jaxmed.flux.spectrum import FLAVOURS, Continuum, Flux
from jaxmed.flux.stopped_pion import prompt_and_delayed

_COLUMNS = tuple(f"{kind}_{flavour}" for kind in ("nu", "nubar") for flavour in FLAVOURS)
_HIGHEST = 1000.0  # [MeV]: coherent and free-electron scattering end far below


def read_flux(source: Source, content: Mapping[str, Any]) -> Flux:
    """Read [flux]: its key `source` is reactor, stopped_pion, solar or table.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    if not isinstance(content.get("flux"), dict):
        raise ValueError(
            f"table [flux] is missing: expected one with source, {', '.join(_READERS)}"
        )
    kind = choice(content["flux"], "flux", "source", tuple(_READERS))
    allowed, read = _READERS[kind]
    return read(source, section(content, "flux", ("source", *allowed)))


def _reactor(source: Source, table: Mapping[str, Any]) -> Flux:
    """All antineutrinos, 7.2 per fission, with the fission fractions of the Kuo-Sheng core."""
    del source
    total = positive("flux.total_cm2_s", needed(table, "flux", "total_cm2_s"))
    return reactor(total)


def _stopped_pion(source: Source, table: Mapping[str, Any]) -> Flux:
    """Each of nu_mu, nubar_mu and nu_e, averaged over the exposure's time."""
    del source
    each = positive("flux.per_flavour_cm2_s", needed(table, "flux", "per_flavour_cm2_s"))
    return prompt_and_delayed(each)


def _solar(source: Source, table: Mapping[str, Any]) -> Flux:
    del source
    model = choice(table, "flux", "model", SOLAR_MODELS, "gs98")
    return solar(model)


def _table(source: Source, table: Mapping[str, Any]) -> Flux:
    """Columns energy_[E] and nu_e ... nubar_tau [cm^-2 s^-1 MeV^-1], linear in between, zero outside."""
    file = needed(table, "flux", "file")
    rows = source.columns("flux.file", file, ("energy_[E]",), _COLUMNS)
    rows.require_ascending("energy")
    energy = rows["energy"] * 1e-3
    rows.require((energy >= 0) & (energy <= _HIGHEST), f"energies from 0 to {_HIGHEST:g} MeV")
    found = {name: rows[name] for name in _COLUMNS if name in rows.values}
    if not found or energy.size < 2:
        raise ValueError(
            f"{rows.path}: expected two rows or more, and a column among {', '.join(_COLUMNS)}"
        )
    for name, column in found.items():
        rows.require(column >= 0, f"{name} not below 0")
    density = np.array([found.get(name, np.zeros(energy.size)) for name in _COLUMNS])
    total = float(np.sum((density[:, 1:] + density[:, :-1]) / 2 * np.diff(energy)))
    if total <= 0:
        raise ValueError(f"{rows.path}: every flux is zero, expected a neutrino")
    source.note(rows, f"{energy[0]:g} to {energy[-1]:g} MeV, {total:.4g} neutrinos per cm^2 s")

    def interpolated(e: np.ndarray) -> np.ndarray:
        return np.array([np.interp(e, energy, row) for row in density]).reshape(2, 3, -1)

    return Flux((Continuum(energy, interpolated),))


_Reader = Callable[[Source, Mapping[str, Any]], Flux]
_READERS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "reactor": (("total_cm2_s",), _reactor),
    "stopped_pion": (("per_flavour_cm2_s",), _stopped_pion),
    "solar": (("model",), _solar),
    "table": (("file",), _table),
}
