"""Contour lines of a lattice, every vertex moved onto the exact level."""

from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.regions.level import find_crossings
from jaxmed.inference.regions.marching import march
from jaxmed.inference.regions.refinement import Evaluate, Lattice

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
    """The lines of every level, by marching squares and then Newton along the lattice's edges.

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
