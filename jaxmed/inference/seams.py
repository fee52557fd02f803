"""Minima of toys beyond the seams of their nuisances.

At +-1 sigma the interpolation of a shape turns from a polynomial into straight lines, and a normalisation that would
become negative falls off exponentially: -log L may have a minimum on either side.
"""

import numpy as np

from jaxmed.experiments.model import STRENGTH
from jaxmed.experiments.yields import KNEE
from jaxmed.inference.newton import Minimum
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.rivals import LOWER, Search, joined, lowest_of, rows

_FURTHER = 0.5  # than the seam, in sigma
_NEARLY = 0.6  # sigma: one step that ends no further on the old side says nothing
_FEW = 5  # steps
_MARGIN = 0.1  # -log L that further steps and the model parameters may still win
_MOST_CROSSINGS = 5


def beyond_seams(problem: Problem, data: Data, search: Search, found: Minimum) -> Minimum:
    """The lowest of the minima found and those next to them, of each toy.

    Args:
        problem: names of what is free.
        data: the experiments.
        search: for minima, in x = (..., nuisances).
        found: one of each toy.
    """
    first = found.x.shape[1] - len(problem.nuisances)
    crossings = [(first + i, seam) for i, seam in _seams(problem, data)]
    every = changed = np.arange(len(found.x))
    for _ in range(_MOST_CROSSINGS if crossings else 0):
        toy, at, starts = _across(rows(found, changed), crossings, first, search.box)
        toy, known = changed[toy], found.expansion.value
        there = search(toy, starts, known, most=1)
        stays = _stays(there, crossings, at, first)
        toy, starts, (which, seam) = toy[stays], starts[stays], _places(crossings, at[stays])
        # with the model parameters held a few steps tell
        there = search(toy, starts, known + _MARGIN, hold=first, most=_FEW)
        number = np.arange(len(toy))
        beyond = (there.x[number, which] - seam) * (starts[number, which] - seam) > 0
        beyond &= there.expansion.value < known[toy] + _MARGIN
        toy, starts = toy[beyond], there.x[beyond]
        if not toy.size:
            break
        found = lowest_of(np.concatenate([every, toy]), joined(found, search(toy, starts, known)))
        changed = np.flatnonzero(found.expansion.value < known - LOWER)
    return found


def _seams(problem: Problem, data: Data) -> list[tuple[int, float]]:
    """Number of the nuisance and where its seam is [sigma]."""
    found: dict[tuple[int, float], None] = {}
    low, high = problem.box[len(problem.parameters) :].T
    for part in (part for e in data for part in (e, *e.background)):
        places = [(name, seam) for name in part.shapes for seam in (-1.0, 1.0)]
        widths = zip(part.scales, np.asarray(part.widths), strict=True)
        places += [(name, (KNEE - 1) / float(width)) for name, width in widths if width > 0]
        for name, seam in places:
            if name in problem.nuisances and name != STRENGTH:
                i = problem.nuisances.index(name)
                if low[i] < seam < high[i]:
                    found[i, seam] = None
    return list(found)


def _across(
    found: Minimum, crossings: list[tuple[int, float]], first: int, box: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts beyond each seam next to a minimum: the row of `found`, the number of the crossing, x.

    The other nuisances go along as far as -log L is a parabola.
    """
    along = np.linalg.inv(found.expansion.curvature[:, first:, first:])
    numbers, at, starts = [], [], []
    for k, (i, seam) in enumerate(crossings):
        z, row = found.x[:, i], along[:, i - first]
        # not across zero from beyond the other seam of the same shape
        near = np.flatnonzero(z * np.sign(seam) > -1)
        aim = seam + np.where(z < seam, _FURTHER, -_FURTHER)
        x = found.x.copy()
        x[:, first:] += row * ((aim - z) / row[:, i - first])[:, None]
        numbers.append(near)
        at.append(np.full(len(near), k))
        starts.append(np.clip(x[near], box[:, 0], box[:, 1]))
    return np.concatenate(numbers), np.concatenate(at), np.concatenate(starts)


def _stays(
    there: Minimum, crossings: list[tuple[int, float]], at: np.ndarray, first: int
) -> np.ndarray:
    """Whether Newton's step in the nuisances stays on the side of the seam that it starts from, (n,)."""
    slope = there.expansion.gradient[:, first:, None]
    curvature = there.expansion.curvature[:, first:, first:]
    convex = np.linalg.eigvalsh(curvature)[:, 0] > 0
    which, seam = _places(crossings, at)
    number = np.arange(len(at))
    z = there.x[number, which]
    end = z - np.linalg.solve(curvature, slope)[number, which - first, 0]
    return ~convex | ((end - seam) * np.sign(z - seam) > -_NEARLY)


def _places(crossings: list[tuple[int, float]], at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the nuisances that cross and where their seams are, (n,) each."""
    which, seam = np.array(crossings).T[:, at]
    return which.astype(int), seam
