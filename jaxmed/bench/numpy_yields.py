"""Counts of one component at given nuisances, in plain NumPy."""

import numpy as np

from jaxmed.experiments.model import Component

_KNEE = 0.1


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
        up, down = np.asarray(part.up) / base - 1, 1 - np.asarray(part.down) / base
        self._even, self._odd = (up - down) / 2, (up + down) / 2

    def counts(self, pulls: np.ndarray) -> np.ndarray:
        """Events (n_bins,) at the pulls (n,)."""
        raw = self._bent + self._widths * (pulls[self._scales] - self._low)
        norm = np.prod(np.where(self._bent, positive(raw), raw))
        if not self._shapes.size:
            return norm * self._nominal
        z = pulls[self._shapes]
        inside = (15 - 10 * z**2 + 3 * z**4) * z**2 / 8
        bend = np.where(np.abs(z) > 1, np.abs(z), inside)
        shape = positive(1 + z @ self._odd + bend @ self._even)
        return norm * self._nominal * np.where(self._filled, shape, 1.0)


def positive(y: np.ndarray) -> np.ndarray:
    """The value itself above the knee, an exponential tail below."""
    return np.where(y >= _KNEE, y, _KNEE * np.exp(np.minimum(y, _KNEE) / _KNEE - 1))
