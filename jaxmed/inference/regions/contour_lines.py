"""Contour lines of a lattice, every vertex moved onto the exact level."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from contourpy import LineType, contour_generator

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.regions.level import find_crossings
from jaxmed.inference.regions.refinement import Evaluate, Lattice


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


_ON_LEVEL = 5e-4  # of -log L: 1e-3 of -2 log L


class ContourLine(NamedTuple):
    """One piece of a contour.

    Attributes:
        g: couplings along it, (n,).
        mass: masses [MeV], (n,).
        closed: whether it returns to its start (the first vertex is then the last one too) or ends at the edge of
            the scanned plane.
        exact: whether -2 Delta log L is the level to 1e-3, (n,). It is not where the profile jumps from one
            minimum of the nuisances to another, or where that minimisation did not converge.
    """

    g: np.ndarray
    mass: np.ndarray
    closed: bool
    exact: np.ndarray


def trace(
    problem: Problem, lattice: Lattice, levels: np.ndarray, data: Data, evaluate: Evaluate
) -> tuple[tuple[ContourLine, ...], ...]:
    """The lines of every level, by marching squares and then root finding along the lattice's edges.

    Args:
        problem: free parameters g and mass.
        lattice: refined where the levels run.
        levels: of -log L, (n_levels,).
        data: the experiments.
        evaluate: what profiles new points.
    """

    def centre(cells: np.ndarray) -> np.ndarray:
        corners = [lattice.points(cells + shift) for shift in ([0, 0], [1, 1])]
        return evaluate(np.mean(corners, axis=0))[0].nll

    drawn = [march(lattice.nll, level, centre) for level in levels]
    chains = [chain for each in drawn for chain in each]
    edges = np.concatenate([np.zeros((0, 3), dtype=int), *chains])
    of_level = np.repeat(levels, [sum(map(len, each)) for each in drawn])
    points, exact = _on_level(problem, lattice, edges, of_level, data)
    cuts = np.cumsum([len(chain) for chain in chains])[:-1]
    pieces = zip(chains, np.split(points, cuts), np.split(exact, cuts), strict=False)
    lines = iter(
        ContourLine(10 ** xy[:, 0], 10 ** xy[:, 1], bool((chain[0] == chain[-1]).all()), good)
        for chain, xy, good in pieces
    )
    return tuple(tuple(next(lines) for _ in each) for each in drawn)


def _on_level(
    problem: Problem, lattice: Lattice, edges: np.ndarray, level: np.ndarray, data: Data
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) where edges cross the level, and whether they are on it to 1e-3."""
    start = edges[:, :2]
    end = start + np.eye(2, dtype=int)[edges[:, 2]]
    swap = (lattice.at(start).nll > level)[:, None]
    below, above = lattice.at(np.where(swap, end, start)), lattice.at(np.where(swap, start, end))
    found = find_crossings(problem, below, above, level, data)
    return found.points, np.abs(found.nll - level) <= _ON_LEVEL
