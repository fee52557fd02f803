"""Which points of lines of constant mass decide where -log L crosses a level: only these are profiled."""

from typing import NamedTuple

import numpy as np

from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import EXCLUDED_ABOVE, Start, standard_start
from jaxmed.inference.regions.estimates import estimates
from jaxmed.inference.regions.mixtures import mixtures
from jaxmed.inference.regions.samples import Samples, merge, minima_of, sample

_STEPS = 3  # of an estimate, at most
_ESTIMATES = 0.7  # of the work
# A minimum between three points lies less deep below the lowest of them than this many times what they differ by.
_REACH = 2.0


class Bounds(NamedTuple):
    """-log L at n points, as far as it is known: all three agree once it is profiled.

    Attributes:
        low: it hardly lies below, (n,).
        nll: the best guess, infinity where it is undefined, (n,).
        high: it hardly lies above, (n,).
    """

    low: np.ndarray
    nll: np.ndarray
    high: np.ndarray

    def enter(self, at: np.ndarray, nll: np.ndarray, error: np.ndarray | float = 0.0) -> None:
        """New values (n_at,) of the points numbered `at`, with errors; NaN says nothing."""
        known = ~np.isnan(nll + error)
        self.low[at] = np.where(known, nll - error, -np.inf)
        self.nll[at], self.high[at] = np.where(known, [nll, nll + error], np.inf)


def profile_decisive(
    problem: Problem,
    line: np.ndarray,
    points: np.ndarray,
    rise: float,
    data: Data,
    tick: Tick = None,
) -> Samples:
    """Profiles of those points without which allowed and excluded ones could not be told apart, and of no others.

    The first point of each line is among them, and so are all that are undefined.

    Args:
        problem: free parameters g and mass.
        line: of each point, ascending, (n,).
        points: in the fit's coordinate, (n, 2).
        rise: of the level above the lowest point of each line.
        data: the experiments.
        tick: called with the share of the work done since the last call.
    """
    start = standard_start(problem, data)
    bounds = _estimated(problem, line, points, rise, data, start, tick)
    parts, profiled = [], np.zeros(line.size, dtype=bool)
    # what was profiled may shift a minimum or a level, and with them what decides
    while (new := np.flatnonzero(_decisive(bounds, line, rise) & ~profiled)).size:
        found = sample(problem, line[new], points[new], data, start=start)
        bounds.enter(new, np.where(found.defined, found.nll, np.inf))
        profiled[new] = True
        parts.append(found)
    advance(tick, 1 - _ESTIMATES)
    return merge(parts)


def _estimated(
    problem: Problem,
    line: np.ndarray,
    points: np.ndarray,
    rise: float,
    data: Data,
    start: Start,
    tick: Tick,
) -> Bounds:
    """Steps of Fisher scoring, more than one where a point may lie on either side of the level."""
    signals = mixtures(problem, line, points, data)
    bounds = Bounds(*(np.full(line.size, value) for value in (-np.inf, np.inf, np.inf)))
    nuisances = np.tile(start.nuisances, (line.size, 1))
    at, share = np.arange(line.size), lambda part: advance(tick, _ESTIMATES * part)
    for _ in range(_STEPS):
        ours, here = [mixed.at(at) for mixed in signals], (line[at], points[at])
        limit = start.nll + EXCLUDED_ABOVE
        found = estimates(problem, *here, ours, nuisances[at], data, limit, share)
        bounds.enter(at, found.nll, found.error)
        nuisances[at] = found.nuisances
        at = np.flatnonzero(_unsure(bounds, line, rise) & np.isfinite(bounds.low))
        share = None
    return bounds


def _decisive(bounds: Bounds, line: np.ndarray, rise: float) -> np.ndarray:
    """Points that may lie on either side of the level, and those beside a crossing or a minimum, (n,)."""
    nll, ceiling = bounds.nll, _ceiling(bounds, line, rise)
    decisive = _unsure(bounds, line, rise)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    decisive[first] = True
    # where -log L is allowed to the end of the line, that end has to be seen
    last = np.append(first[1:], line.size) - 1
    inside = nll <= ceiling
    decisive[last] |= inside[last]
    crossed = np.flatnonzero((inside[1:] != inside[:-1]) & (line[1:] == line[:-1]))
    middle = minima_of(nll, line)
    around = middle[:, None] + np.array([-1, 0, 1])[None]
    differ = nll[around].max(axis=1) - nll[middle]
    around = around[bounds.low[middle] - _REACH * differ < ceiling[middle]]
    for each in (crossed, crossed + 1, around):
        decisive[each] = True
    return decisive


def _unsure(bounds: Bounds, line: np.ndarray, rise: float) -> np.ndarray:
    """Points that may lie on either side of the level, (n,)."""
    ceiling = _ceiling(bounds, line, rise)
    return np.isneginf(bounds.low) | ((bounds.low <= ceiling) & (ceiling < bounds.high))


def _ceiling(bounds: Bounds, line: np.ndarray, rise: float) -> np.ndarray:
    """The level at each point, (n,)."""
    lowest = np.minimum.reduceat(bounds.nll, np.flatnonzero(np.diff(line, prepend=-1)))
    return (lowest + rise)[line]
