"""Where the profiled -log L crosses a level: many segments in step, bracketed by SciPy's elementwise root finder."""

from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Profiled, Start, profile

# Of the bracket, in the fit's coordinate: log10 g, log10 mass. Finer than the 1e-5 that points need: where -log L is
# steep they are to lie on the level too.
_ACCURACY = 1e-6


class Profile(NamedTuple):
    """Profiled points: (n, n_parameters), -log L (n,), nuisances (n, n_nuisances)."""

    points: np.ndarray
    nll: np.ndarray
    nuisances: np.ndarray


class Crossings(NamedTuple):
    """Where segments cross their level.

    Attributes:
        points: in the fit's coordinate, (n, n_parameters).
        nll: profiled there, (n,).
        certain: whether it is within 1e-5 of the crossing and the inner minimisation converged, (n,).
    """

    points: np.ndarray
    nll: np.ndarray
    certain: np.ndarray


def find_crossings(
    problem: Problem, below: Profile, above: Profile, level: np.ndarray, data: Data
) -> Crossings:
    """One crossing on every segment between two profiled points on either side of a level.

    A jump, where the profile changes from one minimum of the nuisances to another, is bracketed; the point is on the
    side closer to the level. Where -log L is undefined counts as above: a crossing into it is not certain.

    Args:
        problem: what is free.
        below: ends with nll <= level, n points.
        above: ends with nll > level.
        level: -log L to be crossed, (n,).
        data: the experiments.
    """
    # here, so that commands that look for no crossing start without SciPy's optimisers
    from scipy.optimize.elementwise import find_root

    along = above.points - below.points
    length = np.linalg.norm(along, axis=1)
    segments = np.arange(level.size)
    # at the latest point on either side of the level: the bracket's ends
    converged = np.zeros((2, level.size), dtype=bool)

    def points(at: np.ndarray, index: np.ndarray) -> np.ndarray:
        return below.points[index] + (at / length[index])[:, None] * along[index]

    def profiled(at: np.ndarray, index: np.ndarray) -> Profiled:
        start = Start(below.nuisances[index], np.inf)
        return profile(problem, points(at, index), data, start=start)

    def excess(at: np.ndarray, index: np.ndarray) -> np.ndarray:
        if not at.any():
            return below.nll - level
        if (at == length[index]).all():
            return above.nll - level
        found = profiled(at, index)
        # SciPy would take NaN for either side, and return it
        value = np.where(np.isnan(found.nll), np.inf, found.nll - level[index])
        converged[(value > 0).astype(int), index] = found.converged
        return value

    bracket = np.zeros(level.size), length
    root = find_root(excess, bracket, args=(segments,), tolerances={"xatol": _ACCURACY})
    certain = converged[(root.f_x > 0).astype(int), segments]
    ends = np.flatnonzero((root.x == 0) | (root.x == length))
    if ends.size:  # of which only -log L is known
        certain[ends] = profiled(root.x[ends], ends).converged
    certain &= root.success & np.isfinite(root.f_bracket).all(axis=0)
    return Crossings(points(root.x, segments), level + root.f_x, certain)
