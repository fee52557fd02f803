"""Where the profiled -log L crosses a level: safeguarded Newton on many segments in step, with exact slopes."""

from typing import NamedTuple

import jax
import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.profile.slopes import slopes

_PASSES = 60
_ACCURACY = 1e-5  # in the fit's coordinate: log10 g, log10 mass
_ON_LEVEL = 1e-4  # of -log L
_HALVINGS = 52  # of the interval in which a cubic has one root


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


class _Ends(NamedTuple):
    """Position along the segment from 0 to 1, value above the level and slope, (n,) each."""

    at: np.ndarray
    value: np.ndarray
    slope: np.ndarray


def find_crossings(
    problem: Problem, below: Profile, above: Profile, level: np.ndarray, data: Data
) -> Crossings:
    """One crossing on every segment between two profiled points on either side of a level.

    Each pass takes the root of the cubic that has the values and slopes of both ends of the bracket, every third
    one halves it. A segment is done on the level to 1e-4 when the next Newton step would be shorter than 1e-5; a jump,
    where the profile changes from one minimum of the nuisances to another, is bracketed.

    Args:
        problem: what is free.
        below: ends with nll <= level, n points.
        above: ends with nll > level.
        level: -log L to be crossed, (n,).
        data: the experiments.
    """
    along = above.points - below.points
    length = np.linalg.norm(along, axis=1)

    def ends(index: np.ndarray, at: np.ndarray | float, found: Profile) -> _Ends:
        slope = slopes(problem, found.points, found.nuisances, along[index], data)
        return _Ends(np.broadcast_to(at, slope.shape), found.nll - level[index], slope)

    going = np.arange(level.size)
    low, high = ends(going, 0.0, below), ends(going, 1.0, above)
    points, nll, certain = below.points.copy(), below.nll.copy(), np.zeros(level.size, dtype=bool)
    for number in range(_PASSES):
        if not going.size:
            break
        at = (low.at + high.at) / 2 if number % 3 == 2 else _cubic_root(low, high)
        points[going] = below.points[going] + at[:, None] * along[going]
        start = Start(below.nuisances[going], np.inf)
        found = profile(problem, points[going], data, start=start)
        new = ends(going, at, Profile(points[going], found.nll, found.nuisances))
        nll[going] = found.nll
        inside = new.value <= 0
        low, high = _select(inside, new, low), _select(inside, high, new)
        done = _accurate(new, high.at - low.at, length[going])
        certain[going] = done & found.converged
        low, high, going = jax.tree.map(lambda leaf, kept=~done: leaf[kept], (low, high, going))
    return Crossings(points, nll, certain)


def _accurate(new: _Ends, bracket: np.ndarray, length: np.ndarray) -> np.ndarray:
    short = np.abs(new.value) <= np.abs(new.slope) * _ACCURACY / length
    return (short & (np.abs(new.value) <= _ON_LEVEL)) | (bracket * length <= _ACCURACY)


def _cubic_root(low: _Ends, high: _Ends) -> np.ndarray:
    """Root of the cubic Hermite polynomial between low.value <= 0 < high.value, (n,)."""
    width = high.at - low.at
    rise, first, last = high.value - low.value, width * low.slope, width * high.slope
    square, cube = 3 * rise - 2 * first - last, first + last - 2 * rise
    left, right = np.zeros_like(rise), np.ones_like(rise)
    for _ in range(_HALVINGS):
        u = (left + right) / 2
        inside = low.value + u * (first + u * (square + u * cube)) <= 0
        left, right = np.where(inside, u, left), np.where(inside, right, u)
    return low.at + width * (left + right) / 2


def _select(condition: np.ndarray, yes: _Ends, no: _Ends) -> _Ends:
    return _Ends(*(np.where(condition, a, b) for a, b in zip(yes, no, strict=True)))
