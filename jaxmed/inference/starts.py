"""Starting points for a fit from a profiled scan: its local minima, lowest first."""

import numpy as np

from jaxmed.inference.problem import Problem
from jaxmed.inference.scan import Scanned


def pick_starts(problem: Problem, scanned: Scanned, number: int) -> np.ndarray:
    """The scan's `number` lowest local minima, topped up with its lowest points.

    Returns:
        (number, n_free): model parameters and the nuisances profiled there.
    """
    nll = scanned.surface.nll
    flat = nll.ravel()
    minima = np.flatnonzero(_local_minima(nll))
    minima = minima[np.argsort(flat[minima])]
    others = np.setdiff1d(np.argsort(flat), minima, assume_unique=True)
    chosen = np.resize(np.concatenate([minima, others])[:number], number)
    low, high = problem.box.T
    rows = np.concatenate([scanned.points, scanned.nuisances], axis=1)[chosen]
    return np.clip(rows, low, high)


def _local_minima(nll: np.ndarray) -> np.ndarray:
    """Points not above any neighbour along each axis; plateaus count once, by a tie-break on position."""
    is_minimum = np.isfinite(nll)
    for axis in range(nll.ndim):
        padded = np.pad(
            nll, [(int(i == axis),) * 2 for i in range(nll.ndim)], constant_values=np.inf
        )
        before = np.take(padded, range(nll.shape[axis]), axis)
        after = np.take(padded, range(2, nll.shape[axis] + 2), axis)
        is_minimum &= (nll < before) & (nll <= after)
    return is_minimum
