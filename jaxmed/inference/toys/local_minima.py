"""Minima of toys next to the ones that were found.

The interpolation of a shape bends about its nominal value and at its nodes, beyond which it becomes straight, and a
normalisation that would become negative falls off exponentially: -log L may have a minimum on either side. Where one
may be is found out in one experiment at a time, with all that it shares with others held. And along the valley of
couplings and masses that are about as good there may be several.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.likelihood.yields import KNEE
from jaxmed.inference.problem import Data, Problem, acts_on, blocks, restrict
from jaxmed.inference.profile.newton import Minimum, begin
from jaxmed.inference.toys.barriers import Crossings, joined_crossings, promising
from jaxmed.inference.toys.multistart import LOWER, Search, joined, lowest_of, rows

# In sigma: of 500 toys of LAr none had a lower minimum beyond a seam further away than 1.0.
_REACH = 1.5
_FURTHER = 0.5  # than the seam
_AT = 0.1  # the seam: a minimum may lie on either side
# From a minimum not as far outside a seam there may be one beyond that, where other shapes follow.
_OUTSIDE = 0.75
_MUCH_FURTHER = 1.0
# In sigma. With seams of CsI at 0 and +-1 alone, 4 of 500 toys kept a minimum up to 0.23 too high.
_FARTHEST_NODE = 1.5
_ALONG = 0.3  # in log10 of the mass: a barrier is looked for there, and a minimum twice as far
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
        seams: number of each such nuisance among the own ones, and where it has a seam [sigma].
    """

    problem: Problem
    data: Data
    columns: np.ndarray
    own: np.ndarray
    seams: list[tuple[int, float]]


def beyond_seams(problem: Problem, data: Data, search: Search, found: Minimum, at: At) -> Minimum:
    """The lowest of the minima found and those next to them, of each toy.

    Args:
        problem: names of what is free.
        data: the experiments.
        search: for minima, in x = (model parameters that are free, nuisances).
        found: one of each toy.
        at: makes searches at fixed model parameters.
    """
    split = found.x.shape[1] - len(problem.nuisances)
    seamed = _seamed(problem, data)
    every = changed = np.arange(len(found.x))
    for _ in range(_MOST_CROSSINGS if seamed else 0):
        known, near = found.expansion.value, rows(found, changed)
        owners, starts = [], []
        for part in seamed:
            columns = split + part.columns
            search_part = at(part.problem, part.data, changed, near.x[:, :split])
            row, z = _across_seams(part, search_part, near.x[:, columns])
            x = near.x[row]
            x[:, columns] = z
            owners.append(changed[row])
            starts.append(x)
        if split and "mass" in problem.parameters:
            toy, x = _along_valley(search, found, changed, problem.parameters.index("mass"))
            owners.append(toy)
            starts.append(x)
        owner = np.concatenate(owners)
        if not owner.size:
            break
        ends = search(owner, np.concatenate(starts), known)
        found = lowest_of(np.concatenate([every, owner]), joined(found, ends))
        changed = np.flatnonzero(found.expansion.value < known - LOWER)
        if not changed.size:
            break
    return found


def _along_valley(
    search: Search, found: Minimum, toys: np.ndarray, mass: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of toys and x from which a lower minimum may be reached at another mass, if it is free."""
    low, high = search.box[mass]
    toys = toys if low < high else toys[:0]
    n, x = len(toys), found.x[toys, mass]
    ways = [Crossings(toys, np.full(n, mass), x + way, x + 2 * way) for way in (-_ALONG, _ALONG)]
    return promising(search, found, joined_crossings(ways), np.arange(found.x.shape[1]))


def _seamed(problem: Problem, data: Data) -> list[Seamed]:
    places = _seams(problem, data)
    crossed = tuple(dict.fromkeys(name for name, _ in places))
    found = []
    for _, group in blocks(replace(problem, nuisances=crossed), data):
        part = restrict(problem, group)
        names = {e.name for e in group}
        others = [e for e in data if e.name not in names]
        shared = [any(acts_on(n, e) for e in others) for n in part.nuisances]
        own = np.flatnonzero(~np.array(shared, dtype=bool) & (part.prior_weights > 0))
        inside = [part.nuisances[i] for i in own]
        seams = [(inside.index(name), place) for name, place in places if name in inside]
        if seams:
            columns = np.array([problem.nuisances.index(name) for name in part.nuisances])
            found.append(Seamed(part, group, columns, own, seams))
    return found


def _seams(problem: Problem, data: Data) -> list[tuple[str, float]]:
    """Nuisances and where their seams are [sigma]."""
    found: dict[tuple[str, float], None] = {}
    low, high = problem.box[len(problem.parameters) :].T
    floating = {each.name for each in problem.floating}
    for part in (part for e in data for part in (e, *e.background)):
        shapes = zip(part.shapes, part.nodes, strict=True)
        bends = [(name, (0.0, *own)) for name, own in shapes]
        places = [(name, z) for name, own in bends for z in own if abs(z) <= _FARTHEST_NODE]
        widths = zip(part.scales, np.asarray(part.widths), strict=True)
        places += [(name, (KNEE - 1) / float(width)) for name, width in widths if width > 0]
        for name, seam in places:
            if name in problem.nuisances and name not in floating:
                i = problem.nuisances.index(name)
                if low[i] < seam < high[i]:
                    found[name, seam] = None
    return list(found)


def _across_seams(part: Seamed, search: Search, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of toys and nuisances of the part from which a lower minimum may be reached.

    Args:
        part: whose seams.
        search: in the nuisances of the part.
        z: these nuisances at the lowest minimum known of each toy, (n_toys, n).
    """
    every, hold = np.arange(len(z)), np.setdiff1d(np.arange(z.shape[1]), part.own)
    here = search.go_on(every, begin(z), np.full(len(z), np.inf), hold, 1).at
    ways = [_in_reach(z[:, part.own[i]], i, seam) for i, seam in part.seams]
    return promising(search, here, joined_crossings(ways), part.own)


def _in_reach(z: np.ndarray, which: int, seam: float) -> Crossings:
    # not across zero on the way to another seam
    toys = np.flatnonzero((z * np.sign(seam) >= 0) & (np.abs(z - seam) < _REACH))
    up, out = z[toys] - seam, np.sign(seam)
    ways = [
        (up < _AT, seam, _FURTHER),
        (up > -_AT, seam, -_FURTHER),
        ((up * out > 0) & (up * out < _OUTSIDE), seam + out * _OUTSIDE, out * _MUCH_FURTHER),
    ]
    found = []
    for taken, barrier, further in ways:
        n = np.count_nonzero(taken)
        ends = np.full(n, barrier), np.full(n, barrier + further)
        found.append(Crossings(toys[taken], np.full(n, which), *ends))
    return joined_crossings(found)
