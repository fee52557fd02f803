"""Profiled points on lines of constant mass."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile

_FLAT = 1e-9  # differences of -log L that are round-off: a plateau has no minima


class Samples(NamedTuple):
    """Points on lines of constant mass, sorted by line, then by coupling.

    Attributes:
        line: which line, (n,).
        points: (log10 g, log10 mass), (n, 2).
        nll: profiled -log L, NaN where the model is undefined, (n,).
        nuisances: where, (n, n_nuisances).
        converged: of the inner minimisation, (n,).
    """

    line: np.ndarray
    points: np.ndarray
    nll: np.ndarray
    nuisances: np.ndarray
    converged: np.ndarray

    @property
    def along(self) -> np.ndarray:
        """The coordinate that changes along a line, log10 g beside a mass, (n,)."""
        return self.points[:, 0]

    @property
    def lowest(self) -> np.ndarray:
        """Lowest -log L of every line, NaN if it has none, (n_lines,)."""
        return np.fmin.reduceat(self.nll, np.flatnonzero(np.diff(self.line, prepend=-1)))

    @property
    def defined(self) -> np.ndarray:
        """Where -log L is a number, (n,)."""
        return np.isfinite(self.nll)

    def at(self, index: np.ndarray) -> "Samples":
        """Some of the points."""
        return Samples(*(leaf[index] for leaf in self))


def sample(
    problem: Problem,
    line: np.ndarray,
    points: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
    start: Start | None = None,
) -> Samples:
    """Profile at `points` (n, 2) of the lines `line` (n,), in the order given; `start` as for `profile`."""
    found = profile(problem, points, data, tick, start)
    return Samples(line, points, found.nll, found.nuisances, found.converged)


def merge(parts: list[Samples]) -> Samples:
    """All points of several samples, sorted."""
    joined = Samples(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))
    return joined.at(np.lexsort((joined.along, joined.line)))


def local_minima(samples: Samples) -> np.ndarray:
    """Indices of points that lie lower than both neighbours on their line; a plateau counts once."""
    return minima_of(samples.nll, samples.line)


def minima_of(nll: np.ndarray, line: np.ndarray) -> np.ndarray:
    """The same of values (n,) at points of the lines `line` (n,)."""
    middle = np.arange(1, nll.size - 1)
    inside = (line[middle - 1] == line[middle]) & (line[middle + 1] == line[middle])
    falls = nll[middle - 1] > nll[middle] + _FLAT
    return middle[inside & falls & (nll[middle + 1] >= nll[middle] - _FLAT)]
