"""Intervals of one parameter from p-values of toys along it, and where to test next to know their ends better."""

import numpy as np

_SCATTER = 2.0  # standard deviations


def accepted_intervals(
    along: np.ndarray, p: np.ndarray, error: np.ndarray, least: float
) -> tuple[tuple[float, float], ...]:
    """Intervals with a p-value above `least`, ends interpolated; those at the ends of the line are its ends.

    A gap between two of them in which no p-value is below by more than its error is the toys' scatter.

    Args:
        along: coordinates, ascending, (n,).
        p: there, (n,).
        error: of p.
        least: p-value at the ends.
    """
    inside = _accepted(p, error, least)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    part = (p[edges] - least) / (p[edges] - p[edges + 1])
    ends = (along[edges] + part * (along[edges + 1] - along[edges])).tolist()
    ends = [float(along[0]), *ends] if inside[0] else ends
    ends = [*ends, float(along[-1])] if inside[-1] else ends
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def between_ends(
    along: np.ndarray, p: np.ndarray, error: np.ndarray, least: float, fine: float
) -> np.ndarray:
    """Where to test next, (n,): the middle of those ends that are not known well yet."""
    inside = _accepted(p, error, least)
    left, right = slice(None, -1), slice(1, None)
    known = np.abs(p[right] - p[left]) <= np.maximum(error[left], error[right])
    coarse = (inside[right] != inside[left]) & (along[right] - along[left] > fine) & ~known
    return (along[left] + along[right])[coarse] / 2


def _accepted(p: np.ndarray, error: np.ndarray, least: float) -> np.ndarray:
    return _without_scatter(p > least, p + _SCATTER * error > least)


def _without_scatter(inside: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """The mask `inside` with those gaps filled that are open from one end to the other."""
    runs = np.cumsum(np.diff(inside, prepend=inside[:1]))
    filled = inside.copy()
    for run in range(1, int(runs[-1])):
        own = runs == run
        filled[own] |= open_[own].all()
    return filled
