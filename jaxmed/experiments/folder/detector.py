"""The table [response] of a user's experiment: quenching, resolution and efficiency, or a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from jaxmed.detector.quenching import lindhard
from jaxmed.experiments.folder.source import Source, choice, needed, positive, section
from jaxmed.experiments.likelihood.interpolation import ONE_SIGMA, Nodes
from jaxmed.user_files import keys
from jaxmed.user_files.columns import Columns


class Curve(NamedTuple):
    """A piecewise-linear curve, constant outside: knots x, and values nominal, at +1 and at -1 sigma, (n,) each."""

    x: np.ndarray
    nominal: np.ndarray
    up: np.ndarray
    down: np.ndarray

    def at(self, z: float) -> np.ndarray:
        """Values at z standard deviations, linear on either side."""
        return self.nominal + z * (self.up - self.nominal if z > 0 else self.nominal - self.down)

    @property
    def varies(self) -> bool:
        """Whether it has an uncertainty."""
        return not (
            np.array_equal(self.up, self.nominal) and np.array_equal(self.down, self.nominal)
        )


def constant(value: float) -> Curve:
    """One value everywhere, without an uncertainty."""
    one = np.full(1, value)
    return Curve(np.zeros(1), one, one, one)


def read_curve(
    source: Source, key: str, file: str, name: str, highest: float
) -> tuple[Columns, Curve]:
    """A table energy_[E], <name> and if wanted <name>_up, <name>_down, and its curve.

    Args:
        source: the folder.
        key: the key that names the file.
        file: its name.
        name: the column.
        highest: the largest value that makes sense; the lowest is 0.

    Raises:
        ValueError: a mistake in the table; file and line are named.
    """
    ends = (f"{name}_up", f"{name}_down")
    rows = source.columns(key, file, ("energy_[E]", name), ends)
    rows.require_ascending("energy")
    rows.require(rows["energy"] >= 0, "an energy not below 0")
    if len({*ends} & rows.values.keys()) == 1:
        raise ValueError(f"{rows.path}: expected both columns {' and '.join(ends)}, or none")
    columns = [rows.values.get(f"{name}{end}", rows[name]) for end in ("", "_up", "_down")]
    for column in columns:
        rows.require((column >= 0) & (column <= highest), f"{name} from 0 to {highest:g}")
    if not np.any(columns[0] > 0):
        raise ValueError(f"{rows.path}: every {name} is zero, expected one that is not")
    x = rows["energy"]
    source.note(rows, f"{x.size} points from {x[0]:g} to {x[-1]:g} keV, up to {columns[0].max():g}")
    return rows, Curve(x, *columns)


_K_NODES: Nodes = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)


class Shift(NamedTuple):
    """Response nuisances of one template, in standard deviations."""

    quenching: float = 0.0
    efficiency: float = 0.0


@dataclass(frozen=True)
class Quenching:
    """Visible energy of a nuclear recoil: Lindhard with k and its error, or a factor from a curve in keV."""

    lindhard_k: float | None
    k_error: float
    factor: Curve | None

    def visible(self, recoil: np.ndarray, protons: int, z: float) -> np.ndarray:
        """Electron-equivalent energies [keV] of recoils [keV] (n,) at z standard deviations."""
        if self.factor is not None:
            return recoil * np.interp(recoil, self.factor.x, self.factor.at(z))
        return recoil * lindhard(recoil, protons, (self.lindhard_k or 0.0) + z * self.k_error)

    @property
    def varies(self) -> bool:
        """Whether it has an uncertainty."""
        return self.factor.varies if self.factor is not None else self.k_error > 0

    @property
    def nodes(self) -> Nodes:
        """Pulls at which the response is folded: k as far as it stays positive, a curve where it is given."""
        if self.lindhard_k is None or self.lindhard_k <= -_K_NODES[0] * self.k_error:
            return ONE_SIGMA
        return _K_NODES


class Resolution(NamedTuple):
    """Sigma [keV] from a constant, sqrt(E) and E, added linearly or in quadrature."""

    terms: tuple[float, float, float]
    quadrature: bool

    def sigma(self, energy: np.ndarray) -> np.ndarray:
        """Standard deviation [keV] at visible energies [keV] (n,)."""
        constant, root, linear = self.terms
        parts = np.stack([np.full_like(energy, constant), root * np.sqrt(energy), linear * energy])
        return np.sqrt(np.sum(parts**2, axis=0)) if self.quadrature else parts.sum(axis=0)


@dataclass(frozen=True)
class Response:
    """What a detector makes of a recoil.

    Attributes:
        quenching: of nuclear recoils; electrons count in full.
        resolution: None for a perfect one.
        efficiency: at the reconstructed energy [keV].
        lowest: visible energy [keV] below which nothing is seen, whatever the smearing.
        matrix: recoil energies [keV] (n,) and probabilities of every bin (n_bins, n), in place of all the others.
    """

    quenching: Quenching | None
    resolution: Resolution | None
    efficiency: Curve
    lowest: float
    matrix: tuple[np.ndarray, np.ndarray] | None = None


def read_response(
    source: Source, content: Mapping[str, Any], edges: np.ndarray, kinds: tuple[str, ...]
) -> Response:
    """Read [response] for bins with these edges [keV] and the kinds of target 'nuclei', 'electrons'.

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    names = ("quenching", "resolution", "efficiency", "lowest_keV", "matrix")
    table = section(content, "response", names)
    if "matrix" in table:
        if len(table) > 1 or len(kinds) > 1:
            raise ValueError(
                "response.matrix: expected it alone under [response], for a target of either nuclei or electrons"
            )
        return Response(
            None, None, constant(1.0), 0.0, _matrix(source, table["matrix"], edges.size - 1)
        )
    if ("nuclei" in kinds) != ("quenching" in table):
        raise ValueError(
            "response.quenching: expected it with [target.nuclei] and only there; quenching = 1.0 for energies in "
            "nuclear recoil"
        )
    quenching = _quenching(source, table["quenching"]) if "quenching" in table else None
    efficiency = _efficiency(source, table.get("efficiency", 1.0), edges)
    lowest = keys.number("response.lowest_keV", table.get("lowest_keV", edges[0] / 10))
    if not 0 <= lowest < edges[-1]:
        raise ValueError(
            f"response.lowest_keV = {lowest:g}: expected an energy below the last bin's, {edges[-1]:g} keV"
        )
    return Response(quenching, _resolution(table, edges), efficiency, lowest)


def _quenching(source: Source, value: Any) -> Quenching:
    key = "response.quenching"
    if isinstance(value, dict):
        keys.known(value, ("lindhard_k", "error"), f"key under {key}")
        k = positive(f"{key}.lindhard_k", needed(value, key, "lindhard_k"))
        error = positive(f"{key}.error", value["error"]) if "error" in value else 0.0
        if not error < k <= 0.5:
            raise ValueError(
                f"{key}: got lindhard_k = {k:g}, error = {error:g}, expected error < k, and k up to 0.5"
            )
        return Quenching(k, error, None)
    if isinstance(value, str):
        return Quenching(None, 0.0, read_curve(source, key, value, "factor", 1.2)[1])
    factor = positive(key, value)
    if factor > 1.2:
        raise ValueError(
            f"{key} = {factor:g}: expected a factor up to 1.2, a table {{ lindhard_k = ... }} or a file"
        )
    return Quenching(None, 0.0, constant(factor))


def _efficiency(source: Source, value: Any, edges: np.ndarray) -> Curve:
    key = "response.efficiency"
    if not isinstance(value, str):
        number = positive(key, value)
        if number > 1:
            raise ValueError(f"{key} = {number:g}: expected a fraction from 0 to 1, or a file")
        return constant(number)
    rows, curve = read_curve(source, key, value, "efficiency", 1.0)
    if curve.x[-1] < edges[0] or curve.x[0] > edges[-1]:
        raise ValueError(
            f"{rows.path}: energies from {curve.x[0]:g} to {curve.x[-1]:g} keV miss all bins, {edges[0]:g} to "
            f"{edges[-1]:g} keV: expected the unit in the column's name to be that of its numbers"
        )
    return curve


def _resolution(table: Mapping[str, Any], edges: np.ndarray) -> Resolution | None:
    key = "response.resolution"
    if "resolution" not in table:
        return None
    names = ("constant_keV", "sqrt", "linear")
    found = section(table, key, (*names, "combine"))
    terms = [keys.number(f"{key}.{name}", found.get(name, 0.0)) for name in names]
    if min(terms) < 0 or max(terms) == 0:
        raise ValueError(
            f"{key} = {keys.short(found)}: expected some of {', '.join(names)} above 0, none below"
        )
    resolution = Resolution(
        (terms[0], terms[1], terms[2]),
        choice(found, key, "combine", ("sum", "quadrature"), "sum") == "quadrature",
    )
    top = edges[-1:]
    if resolution.sigma(top)[0] > top[0]:
        raise ValueError(
            f"{key}: sigma = {resolution.sigma(top)[0]:g} keV at {top[0]:g} keV, expected less than the energy: "
            "constant_keV in keV, sqrt in keV^0.5"
        )
    return resolution


def _matrix(source: Source, value: Any, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns recoil_[E], bin_1, ..., bin_n: linear between the rows, zero outside."""
    bins = tuple(f"bin_{i + 1}" for i in range(n_bins))
    rows = source.columns("response.matrix", value, ("recoil_[E]", *bins))
    rows.require_ascending("recoil")
    rows.require(rows["recoil"] > 0, "a recoil energy above 0")
    probabilities = np.array([rows[name] for name in bins])
    rows.require(np.all(probabilities >= 0, axis=0), "probabilities not below 0")
    rows.require(probabilities.sum(axis=0) <= 1 + 1e-6, "probabilities that add up to 1 at most")
    if len(rows.lines) < 2 or not np.any(probabilities):
        raise ValueError(f"{rows.path}: expected two rows or more, and a probability above 0")
    recoil = rows["recoil"]
    source.note(
        rows,
        f"{recoil.size} recoil energies from {recoil[0]:g} to {recoil[-1]:g} keV into {n_bins} bins",
    )
    return recoil, probabilities
