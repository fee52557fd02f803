"""The lowest local minima of functions known on a grid, with parabolas between its points."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

# Where the grid is too coarse for a parabola its vertex is no further than this below the point.
_DEEPEST = 0.02
_APART = 5  # steps between two minima
_SAME = 6.0  # steps across a valley from one point along it to the next


class Minima(NamedTuple):
    """The lowest local minima of each function.

    Attributes:
        value: ascending, infinity beyond the last one, (n_functions, n).
        at: the nearest point of the grid, (n_functions, n, n_axes).
        shift: from there, in steps of the grid, (n_functions, n, n_axes).
    """

    value: Array
    at: Array
    shift: Array


def lowest_minima(grids: Array, number: int) -> Minima:
    """Local minima along the last axis of what is lowest in all others: a valley is one minimum, not one a grid line.

    Args:
        grids: (n_functions, ...).
        number: of minima.
    """
    if grids.ndim == 2:
        return _along_line(grids, number)
    *across, n = grids.shape[1:]
    low, shift, value = _bottom(grids.reshape(len(grids), -1, n), len(across) == 1)
    along = _along_line(value, number)
    at = along.at[..., 0]
    others = jnp.unravel_index(jnp.take_along_axis(low, at, axis=1), across)
    beside = jnp.take_along_axis(shift, at, axis=1)[..., None]
    beside += along.shift * _turn(low.astype(float) + shift, at)[..., None]
    beside = jnp.where(len(across) == 1, beside, 0.0) * jnp.ones(len(across))[None, None]
    return Minima(
        along.value,
        jnp.stack([*others, at], axis=-1),
        jnp.concatenate([beside, along.shift], axis=-1),
    )


def _bottom(grids: Array, even: bool) -> tuple[Array, Array, Array]:
    """Of valleys (n_functions, m, n) along their last axis: where they are lowest, the shift from there, the value.

    Args:
        grids: the functions.
        even: whether neighbours across are one step apart, so that parabolas have a meaning.
    """
    low = grids.argmin(axis=1)
    near = [jnp.clip(low + k, 0, grids.shape[1] - 1) for k in (-1, 0, 1)]
    before, here, after = (jnp.take_along_axis(grids, k[:, None], axis=1)[:, 0] for k in near)
    shift, value = _vertex(before, here, after)
    inside = (low > 0) & (low < grids.shape[1] - 1) & even
    return low, jnp.where(inside, shift, 0.0), jnp.where(inside, value, here)


def _turn(valley: Array, at: Array) -> Array:
    """How far valleys (n_functions, m) move across for a step along them, at some places, (n_functions, n)."""
    last = valley.shape[1] - 1
    before, after = (
        jnp.take_along_axis(valley, jnp.clip(at + k, 0, last), axis=1) for k in (-1, 1)
    )
    turn = (after - before) / 2
    # neighbours in another valley say nothing about the way of this one
    return jnp.where(jnp.abs(turn) < _SAME, turn, 0.0)


def _along_line(line: Array, number: int) -> Minima:
    """Of functions on one axis (n_functions, m), none close to a lower one: plateaus have ripples."""
    padded = jnp.pad(line, ((0, 0), (1, 1)), constant_values=jnp.inf)
    before, after = padded[:, :-2], padded[:, 2:]
    inside = jnp.isfinite(before) & jnp.isfinite(after)
    shift, value = _vertex(before, line, after)
    shift, value = jnp.where(inside, shift, 0.0), jnp.where(inside, value, line)
    left = jnp.where((line < before) & (line <= after), value, jnp.inf)
    places, found, index = [], [], jnp.arange(line.shape[1])[None]
    for _ in range(number):
        places.append(left.argmin(axis=1))
        found.append(left.min(axis=1))
        left = jnp.where(jnp.abs(index - places[-1][:, None]) > _APART, left, jnp.inf)
    at = jnp.stack(places, axis=1)
    shifts = jnp.take_along_axis(shift, at, axis=1)
    return Minima(jnp.stack(found, axis=1), at[..., None], shifts[..., None])


def _vertex(before: Array, here: Array, after: Array) -> tuple[Array, Array]:
    """Where the parabola through three values has its minimum, within half a step, and its value there."""
    bend = before - 2 * here + after
    slope = (after - before) / 2
    good = bend > 0
    shift = jnp.where(good, -slope / jnp.where(good, bend, 1.0), 0.0)
    shift = jnp.clip(shift, -0.5, 0.5)
    return shift, here + jnp.maximum(shift * (slope + shift * bend / 2), -_DEEPEST)


def between(points: Array, minima: Minima) -> Array:
    """Where minima are, (n_functions, n, n_parameters), on a grid of points (..., n_parameters)."""
    *shape, _ = points.shape
    found = points[tuple(jnp.moveaxis(minima.at, -1, 0))]
    for axis, size in enumerate(shape):
        ends = [
            points[tuple(jnp.moveaxis(minima.at.at[..., axis].set(k), -1, 0))]
            for k in (
                jnp.clip(minima.at[..., axis] - 1, 0, size - 1),
                jnp.clip(minima.at[..., axis] + 1, 0, size - 1),
            )
        ]
        found += minima.shift[..., axis, None] * (ends[1] - ends[0]) / 2
    return found
