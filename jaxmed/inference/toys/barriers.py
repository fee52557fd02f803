"""Starts beyond a barrier, from a minimum of a toy: which of them promise a lower minimum."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.inference.profile.newton import Minimum, begin
from jaxmed.inference.toys.multistart import LOWER, Search, rows

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


class Crossings(NamedTuple):
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


def joined_crossings(several: Sequence[Crossings]) -> Crossings:
    """All of them as one."""
    return Crossings(*map(np.concatenate, zip(*several, strict=True)))


def promising(
    search: Search, here: Minimum, of: Crossings, free: np.ndarray
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
    state = search.go_on(of.toy, begin(starts, _DAMPING), known, hold, 1)
    left = _stays(state.at, of, free)
    for steps, margin, back in _STAGES:
        of, state = rows(of, left), rows(state, left)
        state = search.go_on(of.toy, state, known + margin, hold, steps)
        past = _past(of, state.at.x[:, free]) > -back
        left = state.at.expansion.value < known[of.toy] + np.where(past, margin, -LOWER)
    return of.toy[left], state.at.x[left]


def _across(here: Minimum, of: Crossings, free: np.ndarray) -> np.ndarray:
    """Starts (n, n_free): all that is free goes along as far as -log L is a parabola."""
    along = np.linalg.inv(_curvature(here, free))[of.toy, of.which]
    x, each = here.x[of.toy], np.arange(len(of.toy))
    way = of.aim - x[each, free[of.which]]
    x[:, free] += along * (way / along[each, of.which])[:, None]
    return x


def _stays(there: Minimum, of: Crossings, free: np.ndarray) -> np.ndarray:
    """Whether Newton's step from there does not lead back, (n,)."""
    curvature, gradient = _curvature(there, free), there.expansion.gradient[:, free]
    step, convex = np.zeros_like(gradient), np.zeros(len(gradient), dtype=bool)
    for i in range(0, len(gradient), _CACHED):
        part = slice(i, i + _CACHED)
        step[part], convex[part] = newton_steps(curvature[part], gradient[part])
    return ~convex | (_past(of, there.x[:, free] - step) > -_NEARLY)


def newton_steps(curvature: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solutions of curvature step = gradient, (lanes, n), and which curvatures are positive definite, (lanes,).

    Gauss without pivoting, all lanes at once: a library's eigenvalues of each matrix take ten times as long.
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


def _past(of: Crossings, z: np.ndarray) -> np.ndarray:
    """How far free parameters z (n, n_free) are beyond their barriers, 1 at the start, (n,)."""
    return (z[np.arange(len(z)), of.which] - of.barrier) / (of.aim - of.barrier)
