"""optax L-BFGS with the line search flattened into the main loop.

Each pass evaluates the objective once: a step is accepted, or its length is cut. The compiled program holds one copy
of the gradient.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import optax
from jax import Array

T = TypeVar("T")

_ARMIJO = 1e-4
_CUT = 0.3
_SHORTEST = 1e-12


class LBFGSState(NamedTuple):
    """Where a minimisation is: point, value, gradient, the direction it tries next and how far along it."""

    x: Array
    value: Array
    gradient: Array
    direction: Array
    length: Array
    memory: optax.OptState
    passes: Array


def minimise(
    objective: Callable[[Array], Array], start: Array, *, tolerance: float, limit: int
) -> LBFGSState:
    """Minimise without bounds.

    Args:
        objective: x (n,) -> ().
        start: (n,).
        tolerance: on the gradient norm.
        limit: number of evaluations.

    Returns:
        The last state: look at `x` and `value`.
    """
    solver = optax.scale_by_lbfgs(memory_size=10)
    step = partial(_advance, solver, objective)

    def going(state: LBFGSState) -> Array:
        unfinished = jnp.linalg.norm(state.gradient) > tolerance
        return (state.passes < limit) & (state.length > _SHORTEST) & unfinished

    first = LBFGSState(
        x=start,
        value=jnp.asarray(jnp.inf),
        gradient=jnp.full_like(start, jnp.inf),
        direction=jnp.zeros_like(start),
        length=jnp.asarray(1.0),
        memory=solver.init(start),
        passes=jnp.asarray(0),
    )
    return jax.lax.while_loop(going, step, first)


def _advance(
    solver: optax.GradientTransformation, objective: Callable[[Array], Array], state: LBFGSState
) -> LBFGSState:
    """Evaluate the objective once: take the step and choose the next direction, or cut its length."""
    x = state.x + state.length * state.direction
    value, gradient = jax.value_and_grad(objective)(x)
    slope = jnp.sum(state.gradient * state.direction)
    first = state.passes == 0
    accepted = first | (value <= state.value + _ARMIJO * state.length * slope)
    scaled, memory = _precondition(solver, gradient, state.memory, x)
    # Across negative curvature the memory may point uphill: forget it and follow the gradient.
    uphill = jnp.sum(scaled * gradient) <= 0
    moved = LBFGSState(
        x=x,
        value=value,
        gradient=gradient,
        direction=-jnp.where(uphill, gradient, scaled),
        length=jnp.where(uphill, jnp.minimum(1.0, 1 / jnp.linalg.norm(gradient)), 1.0),
        memory=_select(uphill, solver.init(x), memory),
        passes=state.passes,
    )
    chosen = _select(accepted, moved, state._replace(length=_CUT * state.length))
    return chosen._replace(passes=state.passes + 1)


def _precondition(
    solver: optax.GradientTransformation, gradient: Array, memory: optax.OptState, x: Array
) -> tuple[Array, optax.OptState]:
    # optax mixes dtypes inside; the package itself is strict
    with jax.numpy_dtype_promotion("standard"):
        update, memory = solver.update(gradient, memory, x)
    return jnp.asarray(update), memory


def _select(condition: Array, yes: T, no: T) -> T:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
