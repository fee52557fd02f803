"""Profiled -log L along lines of constant mass: the scan behind limits and contours."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.regions.candidates import candidate_couplings

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
    def log_g(self) -> np.ndarray:
        """(n,)."""
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


def check_plane(problem: Problem) -> Problem:
    """The problem itself; ValueError unless g and mass are its free model parameters."""
    if problem.parameters != ("g", "mass"):
        raise ValueError(
            f"model '{problem.model.name}': free are {', '.join(problem.parameters) or 'none'}, "
            "expected g and mass alone"
        )
    return problem


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
    return joined.at(np.lexsort((joined.log_g, joined.line)))


def scan_lines(
    problem: Problem,
    log_g: np.ndarray,
    log_masses: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
) -> Samples:
    """Every line at the standard model, at `log_g` and where a narrow island may hide, in one batch.

    Args:
        problem: free parameters g and mass.
        log_g: log10 of couplings on every line, ascending, (n,).
        log_masses: log10 of the masses [MeV], one for each line.
        data: the experiments.
        tick: called with the share of the points finished since the last call.
    """
    couplings = []
    for log_mass in log_masses:
        extra = np.log10(candidate_couplings(problem, float(log_mass), data))
        inside = extra[(extra > log_g[0]) & (extra < log_g[-1])]
        couplings.append(np.unique(np.concatenate([[problem.model.standard[0]], log_g, inside])))
    line = np.repeat(np.arange(len(log_masses)), [each.size for each in couplings])
    points = np.stack([np.concatenate(couplings), log_masses[line]], axis=1)
    share = (lambda number: tick(number / line.size)) if tick else None
    return sample(problem, line, points, data, share)


def local_minima(samples: Samples) -> np.ndarray:
    """Indices of points that lie lower than both neighbours on their line; a plateau counts once."""
    nll, line = samples.nll, samples.line
    middle = np.arange(1, nll.size - 1)
    inside = (line[middle - 1] == line[middle]) & (line[middle + 1] == line[middle])
    falls = nll[middle - 1] > nll[middle] + _FLAT
    return middle[inside & falls & (nll[middle + 1] >= nll[middle] - _FLAT)]
