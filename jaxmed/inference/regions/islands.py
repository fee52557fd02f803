"""What a coarse grid does not show: the lowest of several minima, and islands narrower than a cell."""

import math

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.polish import polish
from jaxmed.inference.regions.mass_lines import Samples, local_minima

_STARTS, _APART = 3, 0.5  # minima that are polished, and their distance in log10
_DEPTH = (3, 5)  # halvings of a coarse cell: usual, and at most
_PER_ISLAND = 4  # lattice nodes across the narrowest island


def best_fit(
    problem: Problem, columns: Samples, nll_sm: float, data: Data
) -> tuple[np.ndarray, float]:
    """Point (2,) and -log L of the lowest minimum, from the lowest points that are well apart."""
    starts: list[int] = []
    for i in np.argsort(columns.nll)[: np.count_nonzero(columns.defined)]:
        distance = [np.abs(columns.points[i] - columns.points[j]).max() for j in starts]
        if all(d > _APART for d in distance):
            starts.append(int(i))
        if len(starts) == _STARTS:
            break
    low, high = problem.box.T
    rows = np.concatenate([columns.points, columns.nuisances], axis=1)[starts]
    ends = [polish(problem, np.clip(row, low, high), data) for row in rows]
    best = min(ends, key=lambda end: end.expansion.value)
    return best.x[:2], min(float(best.expansion.value), nll_sm)


def narrow_islands(
    columns: Samples, log_g: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, int]:
    """Minima (n, 2) that the coarse grid does not see, and how often cells must be halved to see them."""
    on_grid = np.isin(columns.log_g, log_g)
    widths, seeds = [], []
    for i in local_minima(columns):
        own = np.flatnonzero(columns.line == columns.line[i])
        for level in levels[columns.nll[i] < levels]:
            above = own[columns.nll[own] > level]
            left, right = above[above < i][-1:], above[above > i][:1]
            hidden = left.size and right.size and not on_grid[left[0] + 1 : right[0]].any()
            if hidden:
                widths.append(columns.log_g[right[0]] - columns.log_g[left[0]])
                seeds.append(columns.points[i])
    if not seeds:
        return np.zeros((0, 2)), _DEPTH[0]
    wanted = math.ceil(math.log2(np.diff(log_g).max() * _PER_ISLAND / min(widths)))
    return np.array(seeds), int(np.clip(wanted, *_DEPTH))
