"""-log L on a lattice that is only filled in where a level runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jaxmed.inference.regions.level import Profile

Evaluate = Callable[[np.ndarray], tuple[Profile, np.ndarray]]
"""Points (n, 2) in the fit's coordinate -> the profile there and whether it converged (n,)."""


@dataclass
class Lattice:
    """Some nodes of a fine lattice over (log10 g, log10 mass).

    Attributes:
        axes: fine coordinates, (n_g,) and (n_mass,).
        coarse: distance of coarse nodes in fine ones, a power of two.
        nll: -log L, NaN where not evaluated or undefined, (n_g, n_mass).
        row: index of a node in `found`, (n_g, n_mass).
        found: the nodes evaluated so far.
        converged: their inner minimisations, (n,).
    """

    axes: tuple[np.ndarray, np.ndarray]
    coarse: int
    nll: np.ndarray
    row: np.ndarray
    found: Profile
    converged: np.ndarray

    def add(self, nodes: np.ndarray, found: Profile, converged: np.ndarray) -> None:
        """Enter new nodes (n, 2)."""
        self.row[tuple(nodes.T)] = self.converged.size + np.arange(len(nodes))
        self.nll[tuple(nodes.T)] = found.nll
        self.found = Profile(
            *(np.concatenate(pair) for pair in zip(self.found, found, strict=True))
        )
        self.converged = np.append(self.converged, converged)

    def points(self, nodes: np.ndarray) -> np.ndarray:
        """Coordinates of nodes (n, 2)."""
        return np.stack([x[i] for x, i in zip(self.axes, nodes.T, strict=True)], axis=1)

    def at(self, nodes: np.ndarray) -> Profile:
        """Evaluated nodes (n, 2)."""
        rows = self.row[tuple(nodes.T)]
        return Profile(*(leaf[rows] for leaf in self.found))


def make_lattice(
    axes: tuple[np.ndarray, np.ndarray], depth: int, found: Profile, converged: np.ndarray
) -> Lattice:
    """A lattice with its coarse nodes filled in and `depth` halvings between them.

    Args:
        axes: coarse coordinates, (n_g,) and (n_mass,), ascending.
        depth: how often a coarse cell can be halved.
        found: profile at the coarse nodes, mass first: (n_mass * n_g).
        converged: likewise.
    """
    coarse = 2**depth
    fine = tuple(
        np.interp(np.arange((x.size - 1) * coarse + 1) / coarse, np.arange(x.size), x) for x in axes
    )
    shape = (fine[0].size, fine[1].size)
    lattice = Lattice(
        axes=(fine[0], fine[1]),
        coarse=coarse,
        nll=np.full(shape, np.nan),
        row=np.full(shape, -1, dtype=np.int32),
        found=Profile(*(leaf[:0] for leaf in found)),
        converged=converged[:0],
    )
    mass, g = np.indices((axes[1].size, axes[0].size)).reshape(2, -1) * coarse
    lattice.add(np.stack([g, mass], axis=1), found, converged)
    return lattice


def refine(lattice: Lattice, levels: np.ndarray, seeds: np.ndarray, evaluate: Evaluate) -> None:
    """Fill in every cell through which a level runs, and those with a seed, down to the finest.

    A cell is halved if the nodes on its border or inside lie on both sides of a level. New nodes may show that a level
    enters a neighbour: the search starts again at the coarse cells until there are no more.

    Args:
        lattice: changed in place.
        levels: of -log L, (n_levels,).
        seeds: points in the fit's coordinate whose cells are halved in any case, (n_seeds, 2).
        evaluate: what profiles new nodes.
    """
    # how many levels lie below a node; an unknown node is neither the lowest nor the highest of its cell
    known = np.isfinite(lattice.nll)
    rank = np.searchsorted(np.sort(levels), lattice.nll).astype(np.int8)
    lowest, highest = np.where(known, rank, np.int8(127)), np.where(known, rank, np.int8(-1))
    stride = lattice.coarse
    while stride > 1:
        active = _over_cells(np.minimum, lowest, stride) < _over_cells(np.maximum, highest, stride)
        active[tuple(_cells(lattice, seeds, stride).T)] = True
        nodes = _halving(lattice, np.argwhere(active) * stride, stride // 2)
        if len(nodes):
            found, converged = evaluate(lattice.points(nodes))
            lattice.add(nodes, found, converged)
            known, new = np.isfinite(found.nll), np.searchsorted(np.sort(levels), found.nll)
            lowest[tuple(nodes.T)] = np.where(known, new, 127)
            highest[tuple(nodes.T)] = np.where(known, new, -1)
            stride = lattice.coarse
        else:
            stride //= 2


def _over_cells(ufunc: np.ufunc, values: np.ndarray, stride: int) -> np.ndarray:
    """A reduction over the nodes of every cell, borders on all sides included, (n_cells, n_cells)."""
    for _ in range(2):
        # the first axis, then the other
        blocks = values[:-1].reshape(-1, stride, values.shape[1])
        values = ufunc(ufunc.reduce(blocks, axis=1), values[stride::stride]).T
    return values


def _cells(lattice: Lattice, points: np.ndarray, stride: int) -> np.ndarray:
    """The cells of a stride that hold the points, (n, 2)."""
    columns = [
        np.clip(np.searchsorted(axis, x, side="right") - 1, 0, axis.size - 2) // stride
        for axis, x in zip(lattice.axes, points.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def _halving(lattice: Lattice, corners: np.ndarray, half: int) -> np.ndarray:
    """Nodes (n, 2) missing in the cells at `corners` once their edges are halved."""
    steps = half * np.indices((3, 3)).reshape(2, -1).T
    nodes = np.unique((corners[:, None] + steps[None]).reshape(-1, 2), axis=0)
    return nodes[lattice.row[tuple(nodes.T)] < 0]
