"""Damped Newton steps inside a box: the inner engine of profiles and the polish of fits."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

_DAMPING = (1e-4, 1e-9, 1e12)  # first, smallest, largest
_UP, _DOWN = 8.0, 0.125


class Expansion(NamedTuple):
    """Second-order model of an objective: value (), gradient (n,), positive curvature (n, n)."""

    value: Array
    gradient: Array
    curvature: Array


class Minimum(NamedTuple):
    """Where a minimisation ended.

    Attributes:
        x: (n,).
        expansion: value, gradient and curvature there.
        decrement: expected further decrease of the value; small means converged.
        steps: number of steps taken.
    """

    x: Array
    expansion: Expansion
    decrement: Array
    steps: Array


class _State(NamedTuple):
    at: Minimum
    damping: Array


def minimise(
    expand: Callable[[Array], Expansion], start: Array, box: Array, *, tolerance: float, limit: int
) -> Minimum:
    """Levenberg-Marquardt steps until the decrement falls below `tolerance` or `limit` is reached.

    Parameters at an edge of the box whose gradient points outwards are held there.

    Args:
        expand: x (n,) -> Expansion; the curvature may be that of Fisher scoring.
        start: (n,) inside the box.
        box: lower and upper edges, (n, 2).
        tolerance: on the decrement.
        limit: number of steps.
    """
    low, high = box.T

    def propose(expansion: Expansion, x: Array, damping: Array) -> tuple[Array, Array]:
        gradient = expansion.gradient
        held = ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))
        scale = jnp.abs(jnp.diag(expansion.curvature))
        scale = jnp.where(held | (scale == 0), 1.0, scale)
        free = jnp.where(held[:, None] | held[None, :], 0.0, expansion.curvature)
        matrix = free + jnp.diag(jnp.where(held, 1.0, damping * scale))
        step = -_solve(matrix, jnp.where(held, 0.0, gradient))
        return jnp.clip(x + step, low, high), -jnp.sum(jnp.where(held, 0.0, gradient) * step) / 2

    def advance(state: _State) -> _State:
        here, damping = state
        x, decrement = propose(here.expansion, here.x, damping)
        expansion = expand(x)
        better = expansion.value < here.expansion.value
        # Round-off alone can refuse a step at the minimum: the decrement says whether that matters.
        chosen = jax.tree.map(
            lambda new, old: jnp.where(better, new, old), (x, expansion), (here.x, here.expansion)
        )
        small, large = _DAMPING[1:]
        damping = jnp.clip(damping * jnp.where(better, _DOWN, _UP), small, large)
        known = jnp.where(jnp.isfinite(decrement), jnp.abs(decrement), jnp.inf)
        return _State(Minimum(*chosen, known, here.steps + 1), damping)

    def going(state: _State) -> Array:
        return (state.at.decrement > tolerance) & (state.at.steps < limit)

    first = Minimum(start, expand(start), jnp.asarray(jnp.inf), jnp.asarray(0))
    return jax.lax.while_loop(going, advance, _State(first, jnp.asarray(_DAMPING[0]))).at


def _solve(matrix: Array, vector: Array) -> Array:
    """Symmetric solve by Cholesky; NaN where the matrix is not positive definite."""
    factor = jnp.linalg.cholesky(matrix)
    return jax.scipy.linalg.cho_solve((factor, True), vector)
