"""The table [response] of an experiment: from recoil energies to the bins of the first axis."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jaxmed.detector.quenching import lindhard, polynomial
from jaxmed.detector.response import gamma, gaussian, poisson, sharp, truncated
from jaxmed.experiments.folder.read.bins import Bins
from jaxmed.experiments.folder.read.source import View
from jaxmed.experiments.folder.schema.response import EfficiencyKeys, LightKeys, QuenchingKeys
from jaxmed.user_files.columns import ENERGY_UNITS, Columns

_SIGMAS = 8.5  # a bin sees nothing from further away
_FAINT = (
    36.0  # nor light whose mean is this many times less than the first photoelectron that counts
)
_POINTS = 1001  # of a formula that smearing takes as a curve


class Curve(NamedTuple):
    """A piecewise-linear curve, constant outside: knots x and values, (n,) each."""

    x: np.ndarray
    y: np.ndarray

    def at(self, x: np.ndarray) -> np.ndarray:
        """Its values at x (n,)."""
        return np.interp(x, self.x, self.y)


class Sigmoid(NamedTuple):
    """a/(1 + exp(-b (x - c))) + d within 0 and 1."""

    a: float
    b: float
    c: float
    d: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """Its values at x (n,)."""
        return np.clip(self.a / (1 + np.exp(-self.b * (x - self.c))) + self.d, 0.0, 1.0)

    @property
    def turn_on(self) -> float | None:
        """Where it leaves zero with a kink, if it does."""
        if self.d >= 0 or self.a <= -self.d or self.b <= 0:
            return None
        return self.c - float(np.log(-self.a / self.d - 1)) / self.b


@dataclass(frozen=True)
class Width:
    """Sigma [keV] from a constant, sqrt(E) and E, added linearly or in quadrature, or from a curve."""

    terms: tuple[float, float, float]
    quadrature: bool
    curve: Curve | None
    truncated: bool

    def sigma(self, energy: np.ndarray) -> np.ndarray:
        """Standard deviation [keV] at visible energies [keV] (n,)."""
        if self.curve is not None:
            return self.curve.at(energy)
        constant, root, linear = self.terms
        parts = np.stack([np.full_like(energy, constant), root * np.sqrt(energy), linear * energy])
        return np.sqrt(np.sum(parts**2, axis=0)) if self.quadrature else parts.sum(axis=0)


@dataclass(frozen=True)
class Response:
    """What a detector makes of a recoil.

    Attributes:
        edges: of the first axis, energies in keV, (n_bins + 1,).
        quenching: of nuclear recoils, None where there are none.
        factor: of it, if it is a curve.
        light: photoelectrons in place of a resolution, or None.
        width: None for a perfect resolution.
        efficiency: at the reconstructed energy, or before the smearing.
        before: 'visible' or 'recoil' for the latter, else empty.
        lowest: visible energy [keV] below which nothing is seen, whatever the smearing.
        matrix: in place of all the others, of nuclei and electrons: recoil energies [keV] (n,) and probabilities of
            every bin (n_bins, n).
    """

    edges: np.ndarray
    quenching: QuenchingKeys | None
    factor: Curve | None
    light: LightKeys | None
    width: Width | None
    efficiency: Curve | Sigmoid
    before: str
    lowest: float
    matrix: dict[str, tuple[np.ndarray, np.ndarray]] | None

    def visible(self, recoil: np.ndarray, protons: int) -> np.ndarray:
        """Visible energy [keV] of recoils [keV] (n,) of a nucleus, or of an electron for no protons."""
        q = self.quenching
        if q is None or protons == 0:
            return recoil
        if self.factor is not None:
            return recoil * self.factor.at(recoil)
        if q.lindhard_k is not None:
            return recoil * lindhard(recoil, protons, q.lindhard_k)
        if q.polynomial_keV is not None:
            return polynomial(recoil, np.array(q.polynomial_keV))
        if q.polynomial_MeV is not None:
            return 1e3 * polynomial(recoil * 1e-3, np.array(q.polynomial_MeV))
        return recoil * (q.factor or 1.0)

    def probabilities(self, recoil: np.ndarray, protons: int) -> np.ndarray:
        """Probability of every bin for recoils [keV] (n,), (n_bins, n)."""
        if self.matrix is not None:
            energy, table = self.matrix["nuclei" if protons else "electrons"]
            return np.stack([np.interp(recoil, energy, row, left=0.0, right=0.0) for row in table])
        energy = self.visible(recoil, protons)
        found = self.smeared(energy)
        if self.before:
            found = found * self.efficiency.at(recoil if self.before == "recoil" else energy)
        return np.where(energy >= self.lowest, found, 0.0)

    def rows(self, protons: int) -> np.ndarray:
        """Recoil energies [keV] of the matrix for a nucleus, or for an electron for no protons, (n,)."""
        assert self.matrix is not None
        return self.matrix["nuclei" if protons else "electrons"][0]

    def smeared(self, energy: np.ndarray, sigma: np.ndarray | None = None) -> np.ndarray:
        """Probability of every bin for visible energies [keV] (n,) that are seen, (n_bins, n).

        Args:
            energy: where.
            sigma: resolution in place of that of the detector.
        """
        after = None if self.before else self.efficiency
        if self.light is not None:
            return self._photoelectrons(energy)
        wide = sigma if sigma is not None else self.width and self.width.sigma(energy)
        if wide is None:
            return sharp(self.edges, energy) * (1.0 if after is None else after.at(energy))
        assert not isinstance(after, Sigmoid)
        knots = Curve(np.zeros(1), np.ones(1)) if after is None else after
        found = gaussian(self.edges, energy, wide, knots)
        return truncated(found, energy, wide) if self.width and self.width.truncated else found

    def _photoelectrons(self, energy: np.ndarray) -> np.ndarray:
        light = self.light
        assert light is not None
        mean, accepted = energy / light.keV_per_PE, self.efficiency.at
        if light.gamma_per_keV is None:
            return poisson(self.edges, mean, accepted)
        turn_on = self.efficiency.turn_on if isinstance(self.efficiency, Sigmoid) else None
        shape = light.gamma_per_keV * energy
        return gamma(self.edges, np.maximum(mean, 1e-300), shape, accepted, turn_on=turn_on)

    def scale(self, energy: np.ndarray) -> np.ndarray:
        """Visible energy [keV] over which the response to it bends, (n,); infinite where it does not."""
        if self.light is not None:
            shape = 1 + (self.light.gamma_per_keV or np.inf) * energy
            mean = energy / self.light.keV_per_PE
            spread = mean / np.sqrt(shape) if self.light.gamma_per_keV else np.sqrt(mean)
            return spread * self.light.keV_per_PE
        if self.width is None:
            return np.full_like(energy, np.inf)
        marks, sigma = self.edges, self.width.sigma(energy)
        if isinstance(self.efficiency, Curve) and not self.before:
            marks = np.concatenate([marks, self.efficiency.x])
        away = np.abs(energy[:, None] - marks).min(axis=1)
        return np.where(away < _SIGMAS * sigma, sigma, np.inf)

    def reaches(self, recoil: np.ndarray, protons: int) -> np.ndarray:
        """Whether recoils [keV] (n,) can land in a bin, (n,)."""
        if self.matrix is not None:
            ends = self.rows(protons)[[0, -1]]
            return (recoil >= ends[0]) & (recoil <= ends[1])
        energy = self.visible(recoil, protons)
        if self.light is not None:
            first = self.edges[0]
            if isinstance(self.efficiency, Sigmoid) and self.efficiency.turn_on is not None:
                first = max(first, self.efficiency.turn_on)
            spread, unit = self.scale(energy), self.light.keV_per_PE
            near = (energy + _FAINT * spread >= first * unit) & (
                energy - _SIGMAS * spread <= self.edges[-1] * unit
            )
        else:
            wide = 0.0 if self.width is None else _SIGMAS * self.width.sigma(energy)
            near = (energy + wide >= self._first) & (energy - wide <= self.edges[-1])
        return near & (energy >= self.lowest)

    @property
    def _first(self) -> float:
        """Reconstructed energy [keV] from which on something is accepted."""
        if self.before or isinstance(self.efficiency, Sigmoid):
            return float(self.edges[0])
        last_zero = max(int(np.argmax(self.efficiency.y > 0)) - 1, 0)
        zero = self.efficiency.y[last_zero] == 0
        return max(float(self.edges[0]), float(self.efficiency.x[last_zero]) if zero else 0.0)

    @property
    def kinks(self) -> np.ndarray:
        """Visible energies [keV] where nothing smears what bends or ends."""
        found = [np.array([self.lowest])]
        if self.width is None and self.light is None:
            found.append(self.edges)
            if isinstance(self.efficiency, Curve) and not self.before:
                found.append(self.efficiency.x)
        if self.before == "visible" and isinstance(self.efficiency, Curve):
            found.append(self.efficiency.x)
        return np.concatenate(found)


def read_response(view: View, bins: Bins) -> Response:
    """The response of one run with its nuisances where the view has them.

    Raises:
        ValueError: a mistake in a table, or numbers that do not go together; the key, or the file and line, are named.
    """
    keys, edges = view.keys.response, bins.first
    if keys.matrix is not None:
        own, n = keys.matrix, edges.size - 1
        files = {"nuclei": own.file or own.nuclei, "electrons": own.file or own.electrons}
        matrix = {kind: _matrix(view, file, n) for kind, file in files.items() if file}
        return Response(
            edges, None, None, None, None, Curve(np.zeros(1), np.ones(1)), "", 0.0, matrix
        )
    unit = bins.axes[0].unit
    if (unit == "PE") != (keys.light is not None) or unit not in (*ENERGY_UNITS, "PE"):
        raise ValueError(
            f"{bins.table.path}: the first axis is in {unit}, expected {'PE' if keys.light else 'eV, keV or MeV'}: "
            "photoelectrons go with response.light, numbered bins with response.matrix"
        )
    lowest = keys.lowest_keV
    if lowest is None:
        lowest = 0.0 if keys.light else edges[0] / 10
    if not keys.light and not lowest < edges[-1]:
        raise ValueError(
            f"response.lowest_keV = {lowest:g}: expected an energy below the last bin's, {edges[-1]:g} keV"
        )
    factor = None
    if keys.quenching and keys.quenching.file:
        factor = _curve(view, keys.quenching.file, "factor", 1.2, f"{view.keys.name}_quenching")
    quenching = keys.quenching
    if quenching and quenching.lindhard_k and (z := view.pulls.get(f"{view.keys.name}_quenching")):
        k = quenching.lindhard_k + z * (quenching.error or 0.0)
        quenching = quenching.model_copy(update={"lindhard_k": k})
    return Response(
        edges=edges,
        quenching=quenching,
        factor=factor,
        light=keys.light,
        width=_width(view, edges),
        efficiency=_efficiency(view, keys.efficiency, edges),
        before="" if keys.efficiency.at == "reconstructed" else keys.efficiency.at,
        lowest=lowest,
        matrix=None,
    )


def _curve(view: View, file: str, name: str, highest: float, nuisance: str) -> Curve:
    """A table energy_[E], <name> and if wanted <name>_up, <name>_down, which are the nuisance at +1 and -1."""
    ends = (f"{name}_up", f"{name}_down")
    rows = view.columns(file, ("energy_[E]", name), ends)
    rows.require_ascending("energy")
    rows.require(rows["energy"] >= 0, "an energy not below 0")
    there = {*ends} & rows.values.keys()
    if len(there) == 1:
        raise ValueError(f"{rows.path}: expected both columns {' and '.join(ends)}, or none")
    for column in (name, *there):
        rows.require(
            (rows[column] >= 0) & (rows[column] <= highest), f"{name} from 0 to {highest:g}"
        )
    if not np.any(rows[name] > 0):
        raise ValueError(f"{rows.path}: every {name} is zero, expected one that is not")
    z, x = view.pulls.get(nuisance, 0.0), rows["energy"]
    y = rows[name]
    if z and there:
        y = np.clip(y + abs(z) * (rows[ends[0] if z > 0 else ends[1]] - y), 0.0, highest)
    view.note(rows, f"{x.size} points from {x[0]:g} to {x[-1]:g} keV, up to {rows[name].max():g}")
    return Curve(x, y)


def _efficiency(view: View, keys: EfficiencyKeys, edges: np.ndarray) -> Curve | Sigmoid:
    if keys.constant is not None:
        return Curve(np.zeros(1), np.full(1, keys.constant))
    if keys.file is not None:
        curve = _curve(view, keys.file, "efficiency", 1.0, f"{view.keys.name}_efficiency")
        if keys.at != "recoil" and (curve.x[-1] < edges[0] or curve.x[0] > edges[-1]):
            raise ValueError(
                f"{view.source.folder / keys.file}: energies from {curve.x[0]:g} to {curve.x[-1]:g} keV miss all bins, "
                f"{edges[0]:g} to {edges[-1]:g} keV: expected the unit in the column's name to be that of its numbers"
            )
        return curve
    found = Sigmoid(*(keys.sigmoid_PE or keys.sigmoid_keV or ()))
    if keys.sigmoid_keV is None or keys.at != "reconstructed":
        return found
    # smearing takes a curve
    x = np.linspace(edges[0], edges[-1], _POINTS)
    return Curve(x, found.at(x))


def _width(view: View, edges: np.ndarray) -> Width | None:
    keys = view.keys.response.resolution
    if keys is None:
        return None
    curve = None
    if keys.file is not None:
        rows = view.columns(keys.file, ("energy_[E]", "sigma_[E]"))
        rows.require_ascending("energy")
        rows.require(rows["sigma"] > 0, "a sigma above 0")
        curve = Curve(rows["energy"], rows["sigma"])
        view.note(rows, f"sigma from {rows['sigma'].min():g} to {rows['sigma'].max():g} keV")
    width = Width(
        (keys.constant_keV, keys.sqrt, keys.linear),
        keys.combine == "quadrature",
        curve,
        keys.truncated,
    )
    top = edges[-1:]
    if width.sigma(top)[0] > top[0]:
        raise ValueError(
            f"response.resolution: sigma = {width.sigma(top)[0]:g} keV at {top[0]:g} keV, expected less than the "
            "energy: constant_keV in keV, sqrt in keV^0.5"
        )
    return width


def _matrix(view: View, file: str, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns recoil_[E], bin_1, ..., bin_n: linear between the rows, zero outside."""
    names = tuple(f"bin_{i + 1}" for i in range(n_bins))
    rows: Columns = view.columns(file, ("recoil_[E]", *names))
    rows.require_ascending("recoil")
    rows.require(rows["recoil"] > 0, "a recoil energy above 0")
    probabilities = np.array([rows[name] for name in names])
    rows.require(np.all(probabilities >= 0, axis=0), "probabilities not below 0")
    rows.require(probabilities.sum(axis=0) <= 1 + 1e-6, "probabilities that add up to 1 at most")
    if len(rows.lines) < 2 or not np.any(probabilities):
        raise ValueError(f"{rows.path}: expected two rows or more, and a probability above 0")
    recoil = rows["recoil"]
    view.note(
        rows,
        f"{recoil.size} recoil energies from {recoil[0]:g} to {recoil[-1]:g} keV into {n_bins} bins",
    )
    return recoil, probabilities
