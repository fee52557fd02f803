"""Minima of toys next to the ones that were found.

The interpolation of a shape bends about its nominal value and at its nodes, beyond which it becomes straight, and a
normalisation that would become negative falls off exponentially: -log L may have a minimum on either side. Where one
may be is found out in one experiment at a time, with all that it shares with others held. And along the valley of
couplings and masses that are about as good there may be several.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.likelihood.yields import KNEE
from jaxmed.inference.problem import Data, Problem, acts_on, blocks, restrict
from jaxmed.inference.profile.newton import Minimum, initial_state
from jaxmed.inference.toys.multistart import LOWER, Search, joined, lowest_of, rows

# Of the way from the barrier to the start: a step that ends no further back says nothing.
_NEARLY = 0.6
# Evaluations of -log L; how far above the known minimum it may be after them, which further ones and what is held may
# still win; how far back the crossing parameter may be, as a share of the way from the barrier to the start.
_STAGES = ((2, 7.0, 0.6), (3, 7.0, 0.2), (15, 0.1, 0.0))
# Of the first step: with less of it, far from any minimum, one step after the other is refused.
_DAMPING = 0.3
# Of a curvature: parameters without effect and prior have none.
_RIDGE = 1e-9
# Matrices that a cache holds.
_CACHED = 2048


class Barriers(NamedTuple):
    """Ways across barriers, one value each, (n,).

    Attributes:
        toy: its number.
        which: number of the parameter that crosses, among those that are free.
        barrier: where.
        aim: where it starts, beyond.
    """

    toy: np.ndarray
    which: np.ndarray
    barrier: np.ndarray
    aim: np.ndarray


def joined_barriers(several: Sequence[Barriers]) -> Barriers:
    """All of them as one."""
    return Barriers(*map(np.concatenate, zip(*several, strict=True)))


def promising(
    search: Search, here: Minimum, of: Barriers, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where -log L may be lower.

    Args:
        search: for minima.
        here: the lowest known minimum of each toy.
        of: what to try.
        free: numbers of the parameters that move, the others are held.

    Returns:
        Numbers of the toys, (n,), and x, (n, n_free).
    """
    known = here.expansion.value
    hold = np.setdiff1d(np.arange(here.x.shape[1]), free)
    starts = np.clip(_across(here, of, free), search.box[:, 0], search.box[:, 1])
    state = search.go_on(of.toy, initial_state(starts, _DAMPING), known, hold, 1)
    left = _stays(state.at, of, free)
    for steps, margin, back in _STAGES:
        of, state = rows(of, left), rows(state, left)
        state = search.go_on(of.toy, state, known + margin, hold, steps)
        past = _past(of, state.at.x[:, free]) > -back
        left = state.at.expansion.value < known[of.toy] + np.where(past, margin, -LOWER)
    return of.toy[left], state.at.x[left]


def _across(here: Minimum, of: Barriers, free: np.ndarray) -> np.ndarray:
    """Starts (n, n_free): all that is free goes along as far as -log L is a parabola."""
    along = np.linalg.inv(_curvature(here, free))[of.toy, of.which]
    x, each = here.x[of.toy], np.arange(len(of.toy))
    way = of.aim - x[each, free[of.which]]
    x[:, free] += along * (way / along[each, of.which])[:, None]
    return x


def _stays(there: Minimum, of: Barriers, free: np.ndarray) -> np.ndarray:
    """Whether Newton's step from there does not lead back, (n,)."""
    curvature, gradient = _curvature(there, free), there.expansion.gradient[:, free]
    step, convex = np.zeros_like(gradient), np.zeros(len(gradient), dtype=bool)
    for i in range(0, len(gradient), _CACHED):
        part = slice(i, i + _CACHED)
        step[part], convex[part] = newton_steps(curvature[part], gradient[part])
    return ~convex | (_past(of, there.x[:, free] - step) > -_NEARLY)


def newton_steps(curvature: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solutions of curvature step = gradient, (elements, n), and which curvatures are positive definite, (elements,).

    Gauss without pivoting, all elements at once: a library's eigenvalues of each matrix take ten times as long.
    """
    n, convex = gradient.shape[1], np.ones(len(gradient), dtype=bool)
    rows = np.concatenate([curvature, gradient[:, :, None]], axis=2)
    rows = np.ascontiguousarray(np.moveaxis(rows, 0, -1))
    for i in range(n):
        convex &= rows[i, i] > 0
        rows[i, i + 1 :] /= rows[i, i]
        rows[i + 1 :, i + 1 :] -= rows[i + 1 :, i, None] * rows[None, i, i + 1 :]
    for i in reversed(range(n)):
        rows[:i, n] -= rows[:i, i] * rows[i, n]
    return rows[:, n].T, convex


def _curvature(at: Minimum, free: np.ndarray) -> np.ndarray:
    return at.expansion.curvature[:, free][:, :, free] + _RIDGE * np.eye(len(free))


def _past(of: Barriers, z: np.ndarray) -> np.ndarray:
    """How far free parameters z (n, n_free) are beyond their barriers, 1 at the start, (n,)."""
    return (z[np.arange(len(z)), of.which] - of.barrier) / (of.aim - of.barrier)


# In sigma: of 500 toys of LAr none had a lower minimum beyond a kink further away than 1.0.
_REACH = 1.5
_FURTHER = 0.5  # than the kink
_AT = 0.1  # the kink: a minimum may lie on either side
# From a minimum not as far outside a kink there may be one beyond that, where other shapes follow.
_OUTSIDE = 0.75
_MUCH_FURTHER = 1.0
# In sigma. With kinks of CsI at 0 and +-1 alone, 4 of 500 toys kept a minimum up to 0.23 too high.
_FARTHEST_NODE = 1.5
_ALONG = 0.3  # in log10 of the mass: a barrier is looked for there, and a minimum twice as far
_MOST_CROSSINGS = 5
At = Callable[[Problem, Data, np.ndarray, np.ndarray], Search]
"""(part of a problem, its data, numbers (n,) and model parameters (n, n_parameters) of some toys) -> search for minima
in the nuisances of that part, where those toys are numbered 0 to n - 1.
"""


class Kinked(NamedTuple):
    """Experiments that share a nuisance with a kink, mostly a single one.

    Attributes:
        problem: with their nuisances only.
        data: the experiments.
        columns: of their nuisances among all.
        own: numbers of those nuisances that have a prior and act on no other experiment.
        kinks: number of each such nuisance among the own ones, and where it has a kink [sigma].
    """

    problem: Problem
    data: Data
    columns: np.ndarray
    own: np.ndarray
    kinks: list[tuple[int, float]]


def across_kinks(problem: Problem, data: Data, search: Search, found: Minimum, at: At) -> Minimum:
    """The lowest of the minima found and those next to them, of each toy.

    Args:
        problem: names of what is free.
        data: the experiments.
        search: for minima, in x = (model parameters that are free, nuisances).
        found: one of each toy.
        at: makes searches at fixed model parameters.
    """
    split = found.x.shape[1] - len(problem.nuisances)
    kinked = _kinked(problem, data)
    every = changed = np.arange(len(found.x))
    for _ in range(_MOST_CROSSINGS if kinked else 0):
        known, near = found.expansion.value, rows(found, changed)
        owners, starts = [], []
        for part in kinked:
            columns = split + part.columns
            search_part = at(part.problem, part.data, changed, near.x[:, :split])
            row, z = _across_kinks(part, search_part, near.x[:, columns])
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
    ways = [Barriers(toys, np.full(n, mass), x + way, x + 2 * way) for way in (-_ALONG, _ALONG)]
    return promising(search, found, joined_barriers(ways), np.arange(found.x.shape[1]))


def _kinked(problem: Problem, data: Data) -> list[Kinked]:
    places = _kinks(problem, data)
    crossed = tuple(dict.fromkeys(name for name, _ in places))
    found = []
    for _, group in blocks(replace(problem, nuisances=crossed), data):
        part = restrict(problem, group)
        names = {e.name for e in group}
        others = [e for e in data if e.name not in names]
        shared = [any(acts_on(n, e) for e in others) for n in part.nuisances]
        own = np.flatnonzero(~np.array(shared, dtype=bool) & (part.prior_weights > 0))
        inside = [part.nuisances[i] for i in own]
        kinks = [(inside.index(name), place) for name, place in places if name in inside]
        if kinks:
            columns = np.array([problem.nuisances.index(name) for name in part.nuisances])
            found.append(Kinked(part, group, columns, own, kinks))
    return found


def _kinks(problem: Problem, data: Data) -> list[tuple[str, float]]:
    """Nuisances and where their kinks are [sigma]."""
    found: dict[tuple[str, float], None] = {}
    low, high = problem.box[len(problem.parameters) :].T
    floating = {each.name for each in problem.floating}
    for part in (part for e in data for part in (e, *e.background)):
        shapes = zip(part.shapes, part.nodes, strict=True)
        bends = [(name, (0.0, *own)) for name, own in shapes]
        places = [(name, z) for name, own in bends for z in own if abs(z) <= _FARTHEST_NODE]
        widths = zip(part.scales, np.asarray(part.widths), strict=True)
        places += [(name, (KNEE - 1) / float(width)) for name, width in widths if width > 0]
        for name, kink in places:
            if name in problem.nuisances and name not in floating:
                i = problem.nuisances.index(name)
                if low[i] < kink < high[i]:
                    found[name, kink] = None
    return list(found)


def _across_kinks(part: Kinked, search: Search, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of toys and nuisances of the part from which a lower minimum may be reached.

    Args:
        part: whose kinks.
        search: in the nuisances of the part.
        z: these nuisances at the lowest minimum known of each toy, (n_toys, n).
    """
    every, hold = np.arange(len(z)), np.setdiff1d(np.arange(z.shape[1]), part.own)
    here = search.go_on(every, initial_state(z), np.full(len(z), np.inf), hold, 1).at
    ways = [_in_reach(z[:, part.own[i]], i, kink) for i, kink in part.kinks]
    return promising(search, here, joined_barriers(ways), part.own)


def _in_reach(z: np.ndarray, which: int, kink: float) -> Barriers:
    # not across zero on the way to another kink
    toys = np.flatnonzero((z * np.sign(kink) >= 0) & (np.abs(z - kink) < _REACH))
    up, out = z[toys] - kink, np.sign(kink)
    ways = [
        (up < _AT, kink, _FURTHER),
        (up > -_AT, kink, -_FURTHER),
        ((up * out > 0) & (up * out < _OUTSIDE), kink + out * _OUTSIDE, out * _MUCH_FURTHER),
    ]
    found = []
    for taken, barrier, further in ways:
        n = np.count_nonzero(taken)
        ends = np.full(n, barrier), np.full(n, barrier + further)
        found.append(Barriers(toys[taken], np.full(n, which), *ends))
    return joined_barriers(found)
