"""Damped Newton steps inside a box: the inner engine of profiles and the polish of fits."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.inference.cholesky import solve

FIRST_DAMPING = 1e-4
_SMALLEST, _LARGEST = 1e-9, 1e12
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


class State(NamedTuple):
    """A minimisation that can be taken up again."""

    at: Minimum
    damping: Leaf


def begin(start: Array) -> State:
    """The state before the first step, which evaluates the start (n,) itself.

    One copy of the objective in the program instead of two.
    """
    nothing = Expansion(jnp.asarray(jnp.inf), jnp.zeros_like(start), jnp.eye(start.size))
    first = Minimum(start, nothing, jnp.asarray(jnp.inf), jnp.asarray(0))
    return State(first, jnp.asarray(FIRST_DAMPING))


def minimise(
    expand: Callable[[Array], Expansion],
    state: State,
    box: Array,
    *,
    tolerance: float,
    limit: Array | int,
) -> State:
    """Levenberg-Marquardt steps until the decrement falls below `tolerance` or `limit` is reached.

    Parameters at an edge of the box whose gradient points outwards are held there.

    Args:
        expand: x (n,) -> Expansion; the curvature may be that of Fisher scoring.
        state: from `begin`, at x (n,) inside the box, or from an earlier call.
        box: lower and upper edges, (n, 2).
        tolerance: on the decrement.
        limit: number of steps, earlier calls included.
    """

    def advance(state: State) -> State:
        here, damping = state
        x, decrement = step(here.expansion, here.x, damping, box)
        expansion = expand(x)
        better = expansion.value < here.expansion.value
        x, expansion = jax.tree.map(
            lambda new, old: jnp.where(better, new, old), (x, expansion), (here.x, here.expansion)
        )
        known = jnp.where(jnp.isfinite(decrement) & (here.steps > 0), jnp.abs(decrement), jnp.inf)
        return State(Minimum(x, expansion, known, here.steps + 1), next_damping(damping, better))

    def going(state: State) -> Array:
        return (state.at.decrement > tolerance) & (state.at.steps < limit)

    return jax.lax.while_loop(going, advance, state)


@jax.jit
def step(expansion: Expansion, x: Leaf, damping: Leaf, box: Leaf) -> tuple[Array, Array]:
    """One Levenberg-Marquardt proposal inside the box, and the decrease of the value it expects.

    The matrix is not positive definite where the proposal is NaN: no value improves on the old one there, and the
    damping grows.
    """
    low, high = box.T
    gradient = expansion.gradient
    held = pressed(gradient, x, box)
    scale = jnp.abs(jnp.diag(expansion.curvature))
    scale = jnp.where(held | (scale == 0), 1.0, scale)
    free = jnp.where(held[:, None] | held[None, :], 0.0, expansion.curvature)
    matrix = free + jnp.diag(jnp.where(held, 1.0, damping * scale))
    downhill = jnp.where(held, 0.0, -gradient)
    move = solve(matrix, downhill)
    return jnp.clip(x + move, low, high), jnp.sum(downhill * move) / 2


def pressed(gradient: Leaf, x: Leaf, box: Leaf) -> Any:
    """Which parameters sit at an edge of the box with the value falling outwards, (..., n)."""
    low, high = box.T
    return ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))


def next_damping(damping: Leaf, better: Leaf) -> Leaf:
    """Less damping after a step that lowered the value, more after one that did not."""
    return jnp.clip(damping * jnp.where(better, _DOWN, _UP), _SMALLEST, _LARGEST)
