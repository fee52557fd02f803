"""Starting points for a fit from a profiled scan: its local minima, lowest first."""

import numpy as np

from jaxmed.inference.problem import Problem
from jaxmed.inference.regions.grid_scan import Scanned


def pick_starts(problem: Problem, scanned: Scanned, number: int) -> np.ndarray:
    """The scan's `number` lowest local minima, topped up with its lowest points.

    Returns:
        (number, n_free): model parameters and the nuisances profiled there.

    Raises:
        ValueError: -log L is a number nowhere.
    """
    nll = np.where(np.isfinite(scanned.surface.nll), scanned.surface.nll, np.inf)
    flat = nll.ravel()
    if not np.isfinite(flat).any():
        raise ValueError(
            f"model '{problem.model.name}' is undefined at all points of the grid: expected a number at one of them"
        )
    minima = np.flatnonzero(_local_minima(nll))
    minima = minima[np.argsort(flat[minima])]
    defined = np.argsort(flat)[: np.count_nonzero(np.isfinite(flat))]
    others = np.setdiff1d(defined, minima, assume_unique=True)
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
