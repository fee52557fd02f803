"""Marching squares on the cells of a lattice whose corners are all known, ambiguous cells decided at their centre."""

from collections.abc import Callable

import numpy as np
from contourpy import LineType, contour_generator


def march(
    nll: np.ndarray, level: float, centre: Callable[[np.ndarray], np.ndarray]
) -> list[np.ndarray]:
    """Chains of lattice edges that a level crosses; a closed one ends with its first edge.

    Args:
        nll: values at the nodes, NaN where unknown, (n_1, n_2).
        level: nodes at or below it are inside.
        centre: cells by their lower corner (n, 2) -> values at their centres (n,); asked where opposite corners are
            inside and the other two outside.

    Returns:
        One (n, 3) array for each piece: the node (i, j) from which an edge starts, and its axis.
    """
    side = np.where(nll <= level, -1.0, 1.0)
    side[~np.isfinite(nll)] = np.nan
    saddle = np.argwhere(np.abs(np.diff(np.diff(side, axis=0), axis=1)) == 4)
    if len(saddle):
        side = _decided(side, saddle, centre(saddle) <= level)
    drawn = contour_generator(z=side.T, line_type=LineType.Separate, corner_mask=False)
    # every vertex is close to the middle of an edge
    halves = [np.rint(2 * np.asarray(line)).astype(int) for line in drawn.lines(0.0)]
    return [np.column_stack([half // 2, half[:, 1] % 2]) for half in halves]


def _decided(side: np.ndarray, saddle: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Sides (n_1, n_2), much enlarged, whose mean over the corners of a saddle (n, 2) is negative if that is inside.

    contourpy goes by this mean, which the sides alone leave at zero. Added are sums along both axes of one number for
    each saddle, their sign alternating from node to node: of them the mean over a cell keeps that cell's own number.
    """
    sign = np.outer(*(1.0 - 2 * (np.arange(n) % 2) for n in side.shape))
    number = np.zeros_like(side)
    number[tuple(saddle.T + 1)] = np.where(inside, -1, 1) * sign[tuple(saddle.T)]
    return 16 * len(saddle) * side + sign * number.cumsum(axis=0).cumsum(axis=1)
