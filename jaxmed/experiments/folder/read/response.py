"""What a detector makes of a recoil, as [response] of an experiment says."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jaxmed.detector.quenching import lindhard, polynomial
from jaxmed.detector.response import gamma, gaussian, poisson, sharp, truncated
from jaxmed.experiments.folder.schema.response import LightKeys, QuenchingKeys

_SIGMAS = 8.5  # a bin sees nothing from further away
# nor light whose mean is this many spreads below the first photoelectron that counts
_FAINT = 36.0


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
