"""Counts of one component at given nuisances, in plain NumPy."""

import numpy as np

from jaxmed.experiments.model import Component

_KNEE, _FOLDED_KNEE = 0.1, 0.01


class Template:
    """A component with all that the nuisances do not change worked out."""

    def __init__(self, part: Component, places: dict[str, int]) -> None:
        """Args: the component, and where each nuisance stands in the vector of pulls."""
        self._nominal = np.asarray(part.nominal)
        self._widths = np.asarray(part.widths)
        lowest = {each.name: each.low for each in part.floating}
        self._bent = np.array([name not in lowest for name in part.scales], dtype=bool)
        self._low = np.array([lowest.get(name, 0.0) for name in part.scales])
        self._scales = np.array([places[name] for name in part.scales], dtype=int)
        self._shapes = np.array([places[name] for name in part.shapes], dtype=int)
        self._filled = self._nominal != 0
        base = np.where(self._filled, self._nominal, 1.0)
        changes = np.asarray(part.variants)[1:] / base - self._filled
        self._knee = _KNEE if (-1.0, 1.0) in part.nodes else _FOLDED_KNEE
        ends = np.cumsum([0, *(len(own) for own in part.nodes)])
        self._curves = [
            _Curve(own, changes[first:last])
            for own, first, last in zip(part.nodes, ends[:-1], ends[1:], strict=True)
        ]

    def counts(self, pulls: np.ndarray) -> np.ndarray:
        """Events (n_bins,) at the pulls (n,)."""
        raw = self._bent + self._widths * (pulls[self._scales] - self._low)
        norm = np.prod(np.where(self._bent, positive(raw), raw))
        if not self._shapes.size:
            return norm * self._nominal
        changes = [curve(z) for curve, z in zip(self._curves, pulls[self._shapes], strict=True)]
        shape = positive(1 + np.sum(changes, axis=0), self._knee)
        return norm * self._nominal * np.where(self._filled, shape, 1.0)


class _Curve:
    """Relative change of every bin (n_bins,) along one nuisance, through those at its nodes (n_nodes, n_bins)."""

    def __init__(self, nodes: tuple[float, ...], changes: np.ndarray) -> None:
        """Args: pulls of the nodes without 0, and the changes there."""
        # here, because every command imports this module, and few need a spline
        from scipy.interpolate import CubicSpline

        x = np.sort([*nodes, 0.0])
        at = np.insert(changes, np.searchsorted(nodes, 0.0), 0.0, axis=0)
        self._ends, self._two = x[[0, -1]], nodes == (-1.0, 1.0)
        self._even, self._odd = (at[-1] + at[0]) / 2, (at[-1] - at[0]) / 2
        self._spline = CubicSpline(x, at, bc_type="natural")

    def __call__(self, z: float) -> np.ndarray:
        if self._two:
            inside = (15 - 10 * z**2 + 3 * z**4) * z**2 / 8
            return z * self._odd + (abs(z) if abs(z) > 1 else inside) * self._even
        near = np.clip(z, *self._ends)
        return self._spline(near) + (z - near) * self._spline(near, 1)


def positive(y: np.ndarray, knee: float = _KNEE) -> np.ndarray:
    """The value itself above the knee, an exponential tail below."""
    return np.where(y >= knee, y, knee * np.exp(np.minimum(y, knee) / knee - 1))
