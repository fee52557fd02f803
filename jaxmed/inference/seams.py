"""Minima of toys beyond the seams of their nuisances.

The interpolation of a shape bends about its nominal value and turns into straight lines at +-1 sigma, and a
normalisation that would become negative falls off exponentially: -log L may have a minimum on either side. Where one
may be is found out in one experiment at a time, with all that it shares with others held.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.model import STRENGTH
from jaxmed.experiments.yields import KNEE
from jaxmed.inference.newton import Minimum, begin
from jaxmed.inference.problem import Data, Problem, acts_on, blocks, restrict
from jaxmed.inference.rivals import LOWER, Search, joined, lowest_of, rows

_REACH = (
    1.5  # sigma: of 500 toys of LAr none had a lower minimum beyond a seam further away than 1.0
)
_FURTHER = 0.5  # than the seam, in sigma
_NEARLY = 0.6  # sigma: a step that ends no further on the old side says nothing
# Evaluations of -log L; how far above the known minimum it may be after them, which further ones and what is held may
# still win; how far back on the old side the nuisance may be [sigma].
_STAGES = ((2, 5.0, 0.3), (3, 3.0, 0.1), (15, 0.1, 0.0))
_MOST_CROSSINGS = 5

At = Callable[[Problem, Data, np.ndarray, np.ndarray], Search]
"""(part of a problem, its data, numbers (n,) and model parameters (n, n_parameters) of some toys) -> search for minima
in the nuisances of that part, where those toys are numbered 0 to n - 1.
"""


class Seamed(NamedTuple):
    """Experiments that share a nuisance with a seam, mostly a single one.

    Attributes:
        problem: with their nuisances only.
        data: the experiments.
        columns: of their nuisances among all.
        own: numbers of those nuisances that have a prior and act on no other experiment.
        crossings: number of each such nuisance among the own ones, and where it has a seam [sigma].
    """

    problem: Problem
    data: Data
    columns: np.ndarray
    own: np.ndarray
    crossings: list[tuple[int, float]]


def beyond_seams(problem: Problem, data: Data, search: Search, found: Minimum, at: At) -> Minimum:
    """The lowest of the minima found and those next to them, of each toy.

    Args:
        problem: names of what is free.
        data: the experiments.
        search: for minima, in x = (..., nuisances).
        found: one of each toy.
        at: makes searches at fixed model parameters.
    """
    split = found.x.shape[1] - len(problem.nuisances)
    seamed = _seamed(problem, data)
    every = changed = np.arange(len(found.x))
    for _ in range(_MOST_CROSSINGS if seamed else 0):
        known = found.expansion.value
        owners, starts = [], []
        for part in seamed:
            columns = split + part.columns
            search_part = at(part.problem, part.data, changed, found.x[changed, :split])
            row, z = _promising(part, search_part, found.x[changed][:, columns])
            x = found.x[changed[row]]
            x[:, columns] = z
            owners.append(changed[row])
            starts.append(x)
        owner = np.concatenate(owners)
        if not owner.size:
            break
        ends = search(owner, np.concatenate(starts), known)
        found = lowest_of(np.concatenate([every, owner]), joined(found, ends))
        changed = np.flatnonzero(found.expansion.value < known - LOWER)
    return found


def _seamed(problem: Problem, data: Data) -> list[Seamed]:
    seams = _seams(problem, data)
    crossed = tuple(dict.fromkeys(name for name, _ in seams))
    found = []
    for _, group in blocks(replace(problem, nuisances=crossed), data):
        part = restrict(problem, group)
        names = {e.name for e in group}
        others = [e for e in data if e.name not in names]
        shared = [
            name == STRENGTH or any(acts_on(name, e) for e in others) for name in part.nuisances
        ]
        own = np.flatnonzero(~np.array(shared, dtype=bool))
        inside = [part.nuisances[i] for i in own]
        crossings = [(inside.index(name), seam) for name, seam in seams if name in inside]
        if crossings:
            columns = np.array([problem.nuisances.index(name) for name in part.nuisances])
            found.append(Seamed(part, group, columns, own, crossings))
    return found


def _seams(problem: Problem, data: Data) -> list[tuple[str, float]]:
    """Nuisances and where their seams are [sigma]."""
    found: dict[tuple[str, float], None] = {}
    low, high = problem.box[len(problem.parameters) :].T
    for part in (part for e in data for part in (e, *e.background)):
        places = [(name, seam) for name in part.shapes for seam in (-1.0, 0.0, 1.0)]
        widths = zip(part.scales, np.asarray(part.widths), strict=True)
        places += [(name, (KNEE - 1) / float(width)) for name, width in widths if width > 0]
        for name, seam in places:
            if name in problem.nuisances and name != STRENGTH:
                i = problem.nuisances.index(name)
                if low[i] < seam < high[i]:
                    found[name, seam] = None
    return list(found)


def _promising(part: Seamed, search: Search, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places beyond a seam where -log L may be lower: number of the toy, and nuisances of the part.

    Args:
        part: whose seams.
        search: in the nuisances of the part.
        z: these nuisances at the lowest minimum known of each toy, (n_toys, n).
    """
    every, hold = np.arange(len(z)), np.setdiff1d(np.arange(z.shape[1]), part.own)
    here = search.go_on(every, begin(z), np.full(len(z), np.inf), hold, 1).at
    known = here.expansion.value
    of, starts = _across(here, part, search.box)
    state = search.go_on(of.toy, begin(starts), known, hold, 1)
    left = _stays(state.at, part, of)
    for steps, margin, back in _STAGES:
        of, state = rows(of, left), rows(state, left)
        state = search.go_on(of.toy, state, known + margin, hold, steps)
        there = state.at.expansion.value
        past = _past(of, state.at.x[:, part.own]) > -back
        left = there < known[of.toy] + np.where(past, margin, -LOWER)
    return of.toy[left], state.at.x[left]


class _Crossings(NamedTuple):
    """Ways across a seam: toy, number of the own nuisance, where its seam is, and on which side of it the start."""

    toy: np.ndarray
    which: np.ndarray
    seam: np.ndarray
    side: np.ndarray


def _across(here: Minimum, part: Seamed, box: np.ndarray) -> tuple[_Crossings, np.ndarray]:
    """Starts beyond each seam in reach, in the nuisances of the part.

    The other nuisances go along as far as -log L is a parabola.
    """
    along = np.linalg.inv(_curvature(here, part))
    crossings, starts = [], []
    for i, seam in part.crossings:
        z, row = here.x[:, part.own[i]], along[:, i]
        # not across zero on the way to another seam
        near = np.flatnonzero((z * np.sign(seam) >= 0) & (np.abs(z - seam) < _REACH))
        side = np.where(z < seam, 1.0, -1.0)
        x = here.x.copy()
        x[:, part.own] += row * ((seam + side * _FURTHER - z) / row[:, i])[:, None]
        n = len(near)
        crossings.append(_Crossings(near, np.full(n, i), np.full(n, seam), side[near]))
        starts.append(np.clip(x[near], box[:, 0], box[:, 1]))
    return _Crossings(*map(np.concatenate, zip(*crossings, strict=True))), np.concatenate(starts)


def _stays(there: Minimum, part: Seamed, of: _Crossings) -> np.ndarray:
    """Whether Newton's step from there does not lead back, (n,)."""
    curvature = _curvature(there, part)
    convex = np.linalg.eigvalsh(curvature)[:, 0] > 0
    step = np.linalg.solve(curvature, there.expansion.gradient[:, part.own, None])[..., 0]
    return ~convex | (_past(of, there.x[:, part.own] - step) > -_NEARLY)


def _curvature(at: Minimum, part: Seamed) -> np.ndarray:
    return at.expansion.curvature[:, part.own][:, :, part.own]


def _past(of: _Crossings, z: np.ndarray) -> np.ndarray:
    """How far own nuisances z (n, n_own) are beyond their seams [sigma], (n,)."""
    return (z[np.arange(len(z)), of.which] - of.seam) * of.side
