"""A scan over coupling and mass with more points where levels run, and what lies between them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.inference.engine.batches import ONE_SIZE
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.regions.level import Profile
from jaxmed.inference.regions.refinement import Lattice, make_lattice, refine
from jaxmed.inference.results import Surface

_DEPTHS = (2, 3)  # halvings of a cell of the scan: usual, and where a region is narrower than that


class Between(NamedTuple):
    """Points between those of a scan.

    Attributes:
        g: couplings, (n,).
        mass: masses [MeV], (n,).
        nll: -log L, profiled over the nuisances, NaN where undefined, (n,).
    """

    g: np.ndarray
    mass: np.ndarray
    nll: np.ndarray


def refined(
    problem: Problem, data: Data, surface: Surface, levels: Sequence[float], start: Start
) -> Between:
    """Points in all cells of a scan through which a level runs, four along each side, eight if a region is narrow.

    Args:
        problem: free parameters g and mass, the fit moving in the logarithm of both.
        data: the experiments.
        surface: the scan.
        levels: of -log L.
        start: of the nuisances.
    """

    def evaluate(points: np.ndarray) -> tuple[Profile, np.ndarray]:
        found = profile(problem, points, data, start=start, batch=ONE_SIZE)
        return Profile(points, found.nll, found.nuisances), found.converged

    axes = np.log10(surface.axes["g"]), np.log10(surface.axes["mass"])
    g, mass = (grid.T.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    known = np.zeros((g.size, len(problem.nuisances)))
    scanned = Profile(np.stack([g, mass], axis=1), surface.nll.T.ravel(), known)

    def lattice_of(depth: int) -> Lattice:
        made = make_lattice(axes, depth, scanned, surface.converged.T.ravel())
        refine(made, np.array(levels), np.zeros((0, 2)), evaluate)
        return made

    lattice = lattice_of(_DEPTHS[0])
    if any(_narrow(lattice.nll, level) for level in levels):
        lattice = lattice_of(_DEPTHS[1])
    new = Profile(*(leaf[g.size :] for leaf in lattice.found))
    g, mass = (10**new.points).T
    return Between(g, mass, new.nll)


def _narrow(nll: np.ndarray, level: float) -> bool:
    """Whether a region below a level is but one or two nodes wide along the coupling."""
    inside, outside = nll <= level, nll > level
    one = outside[:-2] & inside[1:-1] & outside[2:]
    two = outside[:-3] & inside[1:-2] & inside[2:-1] & outside[3:]
    return bool(one.any() or two.any())


def filled_in(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, points: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid eight times as fine as z (n_x, n_y), evenly spaced: `points` where they are, else means of neighbours.

    Args:
        x: coordinate of the first axis, (n_x,).
        y: of the second, (n_y,).
        z: values, NaN where undefined.
        points: x, y and z of points between, (n,) each.
    """
    stride = 2 ** _DEPTHS[-1]
    axes = [np.linspace(a[0], a[-1], (a.size - 1) * stride + 1) for a in (x, y)]
    found = np.full((axes[0].size, axes[1].size), np.nan)
    found[::stride, ::stride] = z
    steps = zip(points[:2], axes, strict=True)
    where = tuple(np.rint((p - a[0]) / (a[1] - a[0])).astype(int) for p, a in steps)
    given = np.zeros(found.shape, dtype=bool)
    given[where], found[where] = True, points[2]
    while stride > 1:
        half = stride // 2
        for axis in (0, 1):
            along = np.moveaxis(found, axis, 0), np.moveaxis(given, axis, 0)
            # along the second axis also between what was just found
            every = slice(None, None, stride if axis == 0 else half)
            middle = (slice(half, None, stride), every)
            means = (along[0][:-half:stride, every] + along[0][stride::stride, every]) / 2
            along[0][middle] = np.where(along[1][middle], along[0][middle], means)
        stride = half
    return axes[0], axes[1], found
