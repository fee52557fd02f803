"""Marching squares on the cells of a lattice whose corners are all known, ambiguous cells decided at their centre."""

from collections.abc import Callable

import numpy as np

# Corners of a cell counted round it, and its edges: from which corner, along which axis.
_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
_EDGE_FROM = np.array([0, 1, 3, 0])
_EDGE_AXIS = np.array([0, 1, 0, 1])


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
    shape = nll.shape
    corners = [nll[a : shape[0] - 1 + a, b : shape[1] - 1 + b] for a, b in _CORNERS]
    known = np.isfinite(corners).all(axis=0)
    inside = np.array(corners) <= level
    cut = inside != np.roll(inside, -1, axis=0)
    number = cut.sum(axis=0) * known
    plain, saddle = np.argwhere(number == 2), np.argwhere(number == 4)
    ends = np.argsort(~cut[:, *plain.T], axis=0, kind="stable")[:2].T
    segments = [_edges(plain, ends, shape)]
    if len(saddle):
        joined = (centre(saddle) <= level) == inside[0][tuple(saddle.T)]
        for first, second in (((0, 1), (0, 3)), ((2, 3), (1, 2))):
            pair = np.where(joined[:, None], first, second)
            segments.append(_edges(saddle, pair, shape))
    return [_nodes(chain, shape) for chain in _chains(np.concatenate(segments).tolist())]


def _edges(cells: np.ndarray, ends: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of the edges at which segments (n, 2) of cells (n, 2) end."""
    start = cells[:, None] + _CORNERS[_EDGE_FROM[ends]]
    return np.ravel_multi_index((start[..., 0], start[..., 1], _EDGE_AXIS[ends]), (*shape, 2))


def _nodes(chain: list[int], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack(np.unravel_index(chain, (*shape, 2)), axis=1)


def _chains(segments: list[list[int]]) -> list[list[int]]:
    """Segments joined at their ends: open chains first, then loops."""
    neighbours: dict[int, list[int]] = {}
    for a, b in segments:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    loose = [edge for edge, others in neighbours.items() if len(others) == 1]
    chains = []
    for start in [*loose, *neighbours]:
        if not neighbours[start]:
            continue
        chain = [start]
        while neighbours[chain[-1]]:
            following = neighbours[chain[-1]].pop()
            neighbours[following].remove(chain[-1])
            chain.append(following)
        chains.append(chain)
    return chains
