"""Damped Newton steps inside a box: the inner engine of profiles and the polish of fits."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import Leaf

FIRST_DAMPING = 1e-4
_SMALLEST, _LARGEST = 1e-9, 1e12
_UP, _DOWN = 8.0, 0.125
_AGAIN = 8.0  # times a step that was proposed before
_SHORT = 0.04  # of the box, where the curvature is negative


class Expansion(NamedTuple):
    """Second-order model of an objective: value (), gradient (n,), curvature (n, n)."""

    value: Leaf
    gradient: Leaf
    curvature: Leaf


class Minimum(NamedTuple):
    """Where a minimisation ended.

    Attributes:
        x: (n,).
        expansion: value, gradient and curvature there.
        decrement: expected further decrease of the value; small means converged.
        steps: number of steps taken.
    """

    x: Leaf
    expansion: Expansion
    decrement: Leaf
    steps: Leaf


class Walk(NamedTuple):
    """A minimisation on its way, which can be taken up again.

    Attributes:
        x: the best point so far, (n,).
        expansion: value, gradient and curvature there; before the first evaluation the value is infinite.
        trial: what is evaluated next, (n,).
        decrement: decrease of the value expected from x on; infinite where the curvature is negative.
        damping: of the step to `trial`.
        move: that step, (n,), which may be taken several times over.
        again: whether it is.
        last: the step before, (n,); zero if it was refused.
        steps: evaluations so far.
    """

    x: Leaf
    expansion: Expansion
    trial: Leaf
    decrement: Leaf
    damping: Leaf
    move: Leaf
    again: Leaf
    last: Leaf
    steps: Leaf


def begin(starts: np.ndarray, damping: float = FIRST_DAMPING) -> Walk:
    """Before the first evaluation, which is at the starts (..., n): one copy of the objective in a program."""
    shape, n = starts.shape[:-1], starts.shape[-1]
    nothing = Expansion(np.full(shape, np.inf), np.zeros((*shape, n)), np.zeros((*shape, n, n)))
    nothing.curvature[...] = np.eye(n)
    return Walk(
        x=starts.copy(),
        expansion=nothing,
        trial=starts.copy(),
        decrement=np.full(shape, np.inf),
        damping=np.full(shape, damping),
        move=np.zeros((*shape, n)),
        again=np.zeros(shape, dtype=bool),
        last=np.zeros((*shape, n)),
        steps=np.zeros(shape, dtype=int),
    )


def advance(walk: Walk, found: Expansion, box: Array) -> Walk:
    """Accept the trial or not, and propose the next one: a Levenberg-Marquardt step.

    Parameters at an edge of the box whose gradient points outwards are held there. Where the value flattens out
    exponentially, as for very light and very heavy mediators, Newton's step is the same again and again: then it
    is taken several times over.

    Args:
        walk: so far.
        found: the expansion at its trial; the curvature may be that of Fisher scoring.
        box: lower and upper edges, (n, 2).
    """
    better = found.value < walk.expansion.value
    x, expansion = jax.tree.map(
        lambda new, old: jnp.where(better, new, old),
        (walk.trial, found),
        (walk.x, walk.expansion),
    )
    kept = (walk.again & ~better) | (walk.steps == 0)
    damping = jnp.where(kept, walk.damping, next_damping(walk.damping, better))
    last = jnp.where(better, walk.move, 0.0)
    near, decrement = step(expansion, x, damping, box)
    move = near - x
    again = _alike(move, last, expansion.curvature)
    trial = x + move * jnp.where(again, _times(x, move, box), 1.0)
    return Walk(x, expansion, trial, decrement, damping, move, again, last, walk.steps + 1)


def minimise(
    expand: Callable[[Array], Expansion],
    walk: Walk,
    box: Array,
    *,
    tolerance: float,
    limit: Array | int,
) -> Walk:
    """`advance` until the decrement falls below `tolerance` or `limit` is reached.

    Args:
        expand: x (n,) -> Expansion.
        walk: from `begin`, at x (n,) inside the box, or from an earlier call.
        box: lower and upper edges, (n, 2).
        tolerance: on the decrement.
        limit: number of evaluations, earlier calls included.
    """

    def going(walk: Walk) -> Array:
        return (jnp.abs(walk.decrement) > tolerance) & (walk.steps < limit)

    return jax.lax.while_loop(going, lambda w: advance(w, expand(w.trial), box), walk)


def settle(walk: Walk, tolerance: float) -> Walk:
    """The last step of a minimisation that is over, without evaluation: what rounding made of the way is gone.

    It is over as well where the value is so large that its rounding hides what a step still gains. Value and gradient
    are taken from the expansion.
    """
    here, x = walk.expansion, walk.x + walk.move
    # of the value itself, and of x, which a parameter held at a steep edge hands on
    lost = here.value + jnp.sum(jnp.abs(here.gradient * walk.x))
    visible = jnp.maximum(tolerance, jnp.finfo(lost.dtype).eps * lost)
    # a step that was damped is not the last one
    over = (jnp.abs(walk.decrement) <= visible) & (walk.damping <= FIRST_DAMPING)
    over &= jnp.isfinite(walk.decrement)
    moved = Expansion(
        here.value - walk.decrement, here.gradient + here.curvature @ walk.move, here.curvature
    )
    return walk._replace(
        x=jnp.where(over, x, walk.x),
        expansion=jax.tree.map(lambda new, old: jnp.where(over, new, old), moved, here),
    )


def _alike(move: Array, last: Array, curvature: Array) -> Array:
    """Whether two steps (n,) are the same to a fifth."""
    scale = jnp.abs(jnp.diag(curvature))
    overlap = jnp.sum(scale * move * last)
    return overlap > 0.8 * jnp.maximum(jnp.sum(scale * move**2), jnp.sum(scale * last**2))


def _times(x: Array, move: Array, box: Array) -> Array:
    """How many times a step can be taken before it leaves the box, () from 1 to a maximum."""
    low, high = box.T
    room = jnp.where(move > 0, high - x, low - x)
    times = jnp.where(move == 0, _AGAIN, room / jnp.where(move == 0, 1.0, move))
    return jnp.clip(jnp.min(times, initial=_AGAIN), 1.0, _AGAIN)


def step(expansion: Expansion, x: Leaf, damping: Leaf, box: Leaf) -> tuple[Leaf, Leaf]:
    """One Levenberg-Marquardt proposal inside the box, and the decrease of the value it expects.

    Where the curvature is negative a short step goes downhill, and infinity is expected of it.

    NumPy in, NumPy out: a single step on the host is then nothing to compile.
    """
    xp = x.__array_namespace__()
    low, high = box.T
    gradient = expansion.gradient
    held = at_bound(gradient, x, box)
    scale = xp.abs(xp.diag(expansion.curvature))
    scale = xp.where(held | (scale == 0), 1.0, scale)
    free = xp.where(held[:, None] | held[None, :], 0.0, expansion.curvature)
    matrix = free + np.eye(len(x)) * xp.where(held, 1.0, damping * scale)[None]
    downhill = xp.where(held, 0.0, -gradient)
    move, convex = solve(matrix, downhill)
    width = xp.where(high > low, high - low, 1.0)
    longest = xp.max(xp.abs(move) / width, initial=0.0)
    move *= xp.where(convex, 1.0, xp.minimum(_SHORT / longest, 1.0))
    decrement = xp.where(convex, xp.sum(downhill * move) / 2, xp.inf)
    return xp.clip(x + move, low, high), decrement


def at_bound(gradient: Leaf, x: Leaf, box: Leaf) -> Leaf:
    """Which parameters sit at an edge of the box with the value falling outwards, (..., n)."""
    low, high = box.T
    return ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0)) | (low == high)


def next_damping(damping: Leaf, better: Leaf) -> Leaf:
    """Less damping after a step that lowered the value, more after one that did not."""
    xp = damping.__array_namespace__()
    return xp.clip(damping * xp.where(better, _DOWN, _UP), _SMALLEST, _LARGEST)


def solve(matrix: Leaf, right: Leaf) -> tuple[Leaf, Leaf]:
    """X with U |D| U^T x = right, where matrix = U D U^T (n, n), and whether all of D is positive.

    For a positive definite matrix that is the solution of matrix x = right; for another one x still points the way
    that `right` does. The last row is eliminated first: model parameters come first, and what is left of them is the
    curvature of the profile.

    Written out row by row, so that each operation runs across all elements of a batch: a library call for each matrix
    would take longer than the rest of a toy fit.
    """
    xp = right.__array_namespace__()
    if not right.size:  # an experiment without nuisances
        return right, xp.asarray(True)
    rows: list[Leaf] = []
    pivots: list[Leaf] = []
    solved: list[Leaf] = []
    for i in reversed(range(right.size)):
        pivot, row = matrix[i, i], matrix[i, :i] / matrix[i, i]
        pivots.append(pivot)
        rows.append(row)
        solved.append(right[i])
        matrix = matrix[:i, :i] - pivot * row[:, None] * row[None]
        right = right[:i] - row * right[i]
    x = xp.zeros(0)
    for pivot, row, y in zip(reversed(pivots), reversed(rows), reversed(solved), strict=True):
        x = xp.append(x, y / xp.abs(pivot) - xp.sum(row * x))
    return x, xp.min(xp.stack(pivots)) > 0
