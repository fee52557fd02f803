"""Damped Newton steps inside a box: the inner engine of profiles and the polish of fits."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

FIRST_DAMPING = 1e-4
_SMALLEST, _LARGEST = 1e-9, 1e12
_PATIENCE = 8
_UP, _DOWN = 8.0, 0.125


Leaf = Any
"""A JAX array inside a compiled loop, NumPy outside."""


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


class _State(NamedTuple):
    at: Minimum
    damping: Array


def minimise(
    expand: Callable[[Array], Expansion],
    start: Array,
    box: Array,
    *,
    tolerance: float,
    limit: int,
    hopeless: float,
) -> Minimum:
    """Levenberg-Marquardt steps until the decrement falls below `tolerance` or `limit` is reached.

    Parameters at an edge of the box whose gradient points outwards are held there.

    Args:
        expand: x (n,) -> Expansion; the curvature may be that of Fisher scoring.
        start: (n,) inside the box.
        box: lower and upper edges, (n, 2).
        tolerance: on the decrement.
        limit: number of steps.
        hopeless: value that is given up when not undercut in a few steps.
    """

    def advance(state: _State) -> _State:
        here, damping = state
        x, decrement = step(here.expansion, here.x, damping, box)
        expansion = expand(x)
        better = expansion.value < here.expansion.value
        x, expansion = jax.tree.map(
            lambda new, old: jnp.where(better, new, old), (x, expansion), (here.x, here.expansion)
        )
        known = jnp.where(jnp.isfinite(decrement) & (here.steps > 0), jnp.abs(decrement), jnp.inf)
        return _State(Minimum(x, expansion, known, here.steps + 1), next_damping(damping, better))

    def going(state: _State) -> Array:
        here = state.at
        worth_it = (here.steps < _PATIENCE) | (here.expansion.value < hopeless)
        return (here.decrement > tolerance) & (here.steps < limit) & worth_it

    # The first pass evaluates the start itself: one copy of `expand` in the program instead of two.
    nothing = Expansion(jnp.asarray(jnp.inf), jnp.zeros_like(start), jnp.eye(start.size))
    first = Minimum(start, nothing, jnp.asarray(jnp.inf), jnp.asarray(0))
    return jax.lax.while_loop(going, advance, _State(first, jnp.asarray(FIRST_DAMPING))).at


@jax.jit
def step(expansion: Expansion, x: Leaf, damping: Leaf, box: Leaf) -> tuple[Array, Array]:
    """One Levenberg-Marquardt proposal inside the box, and the decrease of the value it expects.

    The matrix is not positive definite where the proposal is NaN: no value improves on the old one there, and the
    damping grows.
    """
    low, high = box.T
    gradient = expansion.gradient
    held = ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))
    scale = jnp.abs(jnp.diag(expansion.curvature))
    scale = jnp.where(held | (scale == 0), 1.0, scale)
    free = jnp.where(held[:, None] | held[None, :], 0.0, expansion.curvature)
    matrix = free + jnp.diag(jnp.where(held, 1.0, damping * scale))
    downhill = jnp.where(held, 0.0, -gradient)
    factor = jnp.linalg.cholesky(matrix)
    move = jax.scipy.linalg.cho_solve((factor, True), downhill)
    return jnp.clip(x + move, low, high), jnp.sum(downhill * move) / 2


def next_damping(damping: Leaf, better: Leaf) -> Leaf:
    """Less damping after a step that lowered the value, more after one that did not."""
    return jnp.clip(damping * jnp.where(better, _DOWN, _UP), _SMALLEST, _LARGEST)
