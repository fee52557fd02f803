"""The lowest local minima of functions known on a grid, with parabolas between its points."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

# Where the grid is too coarse for a parabola its vertex is no further than this below the point.
_DEEPEST = 0.02
_REACH = 2  # steps across a valley within which one point along it is compared with the next
_WIDE, _LONG = 4, 1  # steps across and along between two minima
# What is no higher than this above a lower minimum, so many steps along, is on one plateau with it.
_LEVEL, _PLATEAU = 0.02, 12


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
    """Local minima, none next to a lower one: plateaus have ripples.

    Valleys may run along the last axis: all that is lowest across is compared along it, vertices of parabolas with
    vertices of parabolas, so that a valley between the points of a grid is not a string of minima.

    Args:
        grids: (n_functions, ...).
        number: of minima.
    """
    across, bottom = range(1, grids.ndim - 1), grids
    parabolas = [_parabola(grids, axis) for axis in across]
    for lowest, _, drop in parabolas:
        bottom = jnp.where(lowest, bottom + drop, jnp.inf)
    value, at = _apart(_lowest_along(bottom), number)
    here = (jnp.arange(len(grids))[:, None], *jnp.moveaxis(at, -1, 0))
    shifts = [shift[here] for _, shift, _ in parabolas]
    return Minima(value, at, jnp.stack([*shifts, jnp.zeros_like(value)], axis=-1))


def _apart(left: Array, number: int) -> tuple[Array, Array]:
    """The lowest values, each too far from those before to be the same minimum, and where they are."""
    n_functions, *shape = left.shape
    index = jnp.indices(shape)
    values, places = [], []
    for _ in range(number):
        flat = left.reshape(n_functions, -1)
        values.append(flat.min(axis=1))
        places.append(jnp.stack(jnp.unravel_index(flat.argmin(axis=1), shape)))
        away = jnp.abs(index[:, None] - jnp.expand_dims(places[-1], range(2, 2 + len(shape))))
        level = left < jnp.expand_dims(values[-1] + _LEVEL, range(1, 1 + len(shape)))
        near = (away[:-1] <= _WIDE).all(axis=0)
        same = near & (away[-1] <= jnp.where(level, _PLATEAU, _LONG))
        left = jnp.where(same, jnp.inf, left)
    return jnp.stack(values, axis=1), jnp.moveaxis(jnp.stack(places, axis=-1), 0, -1)


def _lowest_along(bottom: Array) -> Array:
    """What is no higher than anything near it on either side along the last axis; infinity elsewhere."""
    n_axes = bottom.ndim - 1
    window = (1, *(2 * _REACH + 1,) * (n_axes - 1), 1)
    # a NumPy infinity: JAX takes no other for the start of a minimum
    lowest = jax.lax.reduce_window(bottom, np.inf, jax.lax.min, window, (1,) * bottom.ndim, "SAME")
    before, after = _beside(lowest, n_axes)
    return jnp.where((bottom < before) & (bottom <= after), bottom, jnp.inf)


def _parabola(grids: Array, axis: int) -> tuple[Array, Array, Array]:
    """Where functions have a minimum along an axis; the way from there to the vertex of a parabola, and its drop."""
    before, after = _beside(grids, axis)
    inside = jnp.isfinite(before) & jnp.isfinite(after)
    bend, slope = before - 2 * grids + after, (after - before) / 2
    good = inside & (bend > 0)
    shift = jnp.clip(jnp.where(good, -slope / jnp.where(good, bend, 1.0), 0.0), -0.5, 0.5)
    drop = jnp.where(good, jnp.maximum(shift * (slope + shift * bend / 2), -_DEEPEST), 0.0)
    return (grids < before) & (grids <= after), shift, drop


def _beside(grids: Array, axis: int) -> tuple[Array, Array]:
    """The values one step back and one step on along an axis, infinity beyond the ends."""
    pad = [(int(k == axis),) * 2 for k in range(grids.ndim)]
    padded = jnp.pad(grids, pad, constant_values=jnp.inf)
    n = grids.shape[axis]
    before = jax.lax.slice_in_dim(padded, 0, n, axis=axis)
    return before, jax.lax.slice_in_dim(padded, 2, 2 + n, axis=axis)


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
