"""The bottoms of minima along lines of constant mass."""

from typing import NamedTuple

import jax
import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start
from jaxmed.inference.profile.slopes import slopes
from jaxmed.inference.regions.samples import Samples, local_minima, merge, sample

_PASSES = 15
_DECREASE = 1e-8  # of -log L that is not worth another point
_REACH = 10.0  # a minimum lies less deep below a point than this many times what a step promises


class _Points(NamedTuple):
    """log10 g, value and slope, (n,) each."""

    at: np.ndarray
    value: np.ndarray
    slope: np.ndarray


class _Brackets(NamedTuple):
    """Around n minima: the lowest point of each and one on either side."""

    line: np.ndarray
    held: np.ndarray
    left: _Points
    best: _Points
    right: _Points


def refine_minima(problem: Problem, samples: Samples, ceiling: np.ndarray, data: Data) -> Samples:
    """The samples and, around local minima on a line, the points that lead to their bottom.

    Args:
        problem: free parameters g and mass.
        samples: scan of the lines, along each of which the first coordinate ascends.
        ceiling: -log L of every line above which nobody cares, (n_lines,).
        data: the experiments.
    """
    middle = local_minima(samples)
    ends = (_with_slopes(problem, samples.at(middle + shift), data) for shift in (-1, 0, 1))
    state = _Brackets(samples.line[middle], samples.points[middle, 1:], *ends)
    parts, start = [samples], Start(samples.nuisances[0], np.inf)
    for number in range(_PASSES):
        step = _step(state, halve=number % 3 == 2)
        promise = np.abs(state.best.slope * step)
        matters = state.best.value - _REACH * promise < ceiling[state.line]
        going = matters & (promise > _DECREASE)
        if not going.any():
            break
        state, step = jax.tree.map(lambda leaf, kept=going: leaf[kept], (state, step))
        points = np.column_stack([state.best.at + step, state.held])
        found = sample(problem, state.line, points, data, start=start)
        parts.append(found)
        state = _narrow(state, _with_slopes(problem, found, data))
    return merge(parts)


def _with_slopes(problem: Problem, samples: Samples, data: Data) -> _Points:
    along = np.eye(samples.points.shape[1])[:1].repeat(len(samples.points), axis=0)
    slope = slopes(problem, samples.points, samples.nuisances, along, data)
    return _Points(samples.along, samples.nll, slope)


def _step(state: _Brackets, *, halve: bool) -> np.ndarray:
    """From the lowest points towards the side where -log L falls, (n,)."""
    best = state.best
    other = _select(best.slope > 0, state.left, state.right)
    width = other.at - best.at
    if halve:
        return width / 2
    # the minimum of the cubic with the values and slopes of both (Nocedal and Wright, Eq. 3.59)
    d1 = other.slope + best.slope - 3 * (other.value - best.value) / width
    d2 = np.sign(-width) * np.sqrt(np.maximum(d1**2 - other.slope * best.slope, 0.0))
    share = (best.slope + d2 - d1) / _not_zero(best.slope - other.slope + 2 * d2)
    return width * np.where((share > 0) & (share < 1), share, 0.5)


def _narrow(state: _Brackets, new: _Points) -> _Brackets:
    """The three points around each minimum once `new` is known."""
    left, best, right = state.left, state.best, state.right
    lower, after = new.value < best.value, new.at > best.at
    # a lower point takes the middle and the old middle becomes an end; a higher one becomes an end itself
    return state._replace(
        left=_select(after, _select(lower, best, left), _select(lower, left, new)),
        best=_select(lower, new, best),
        right=_select(after, _select(lower, right, new), _select(lower, best, right)),
    )


def _select(condition: np.ndarray, yes: _Points, no: _Points) -> _Points:
    return _Points(*(np.where(condition, a, b) for a, b in zip(yes, no, strict=True)))


def _not_zero(x: np.ndarray) -> np.ndarray:
    return np.where(x == 0, 1.0, x)
