"""The grid of model parameters on which toys look for their global minimum: dense where data say something.

Where the effects of a mediator in one experiment nearly cancel, a valley of -log L may be narrower than a few per cent
of a coupling. So couplings are put where the expected counts change, not evenly.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import M_Z
from jaxmed.experiments.likelihood.condensed import Condensed, condensed_signal
from jaxmed.inference.problem import Problem
from jaxmed.inference.profile.expansion import condensed_means
from jaxmed.inference.toys.grid_likelihood import (
    GridLikelihood,
    distances,
    first_order_profile,
    tabulate_grid,
)

# Between these rises of -log L above a background-only expectation a coupling is worth looking at closely.
_NOTHING, _TOO_MUCH = 1e-3, 30.0
# Share of the points along a coupling that lie there; the others reach up to the end of the box.
_CLOSE = 0.75
# Of those, the share that is spread evenly; the others go where the expected counts change.
_EVEN = 1 / 3
# Sigma: more in one step leads to couplings with too much effect.
_FURTHEST = 8.0
_NEAR_Z = 11


def toy_grid(
    problem: Problem, data: Sequence[Condensed], start: np.ndarray, density: tuple[int, int]
) -> np.ndarray:
    """Points (..., n_parameters), one axis for each parameter, at least two: even but for a coupling beside the mass.

    At every mass a coupling goes from where it has no effect to where it has too much, and on in larger steps.

    Args:
        problem: names of the free parameters.
        data: the experiments.
        start: nuisances near which the toys are, (n_nuisances,).
        density: points along a coupling and along the mass.
    """
    if problem.parameters != ("g", "mass") and problem.parameters != ("g",):
        return _even(problem, density)
    # the other way round: as many points again, one compiled program for both grids
    coarse = _even(problem, (density[1], density[0]))
    couplings = _placed(problem, data, start, coarse, density[0])
    fine = _even(problem, density)
    if "mass" in problem.parameters:
        masses, coarse_masses = fine[0, :, 1], coarse[0, :, 1]
        couplings = np.stack([np.interp(masses, coarse_masses, row) for row in couplings])
    fine[..., 0] = couplings.reshape(fine.shape[:-1])
    return fine


def mass_line(
    problem: Problem, data: Sequence[Condensed], start: np.ndarray, log_mass: float, n: int
) -> np.ndarray:
    """The same for couplings at one mass: points (n, 1, 2)."""
    log_g = np.linspace(problem.box[0, 0], problem.box[0, 1], n)
    line = np.stack([log_g, np.full(n, log_mass)], axis=-1)[:, None]
    line[..., 0] = _placed(problem, data, start, line, n)
    return line


def _even(problem: Problem, density: tuple[int, int]) -> np.ndarray:
    boxes = zip(problem.parameters, problem.box, strict=False)
    axes = [
        _masses(low, high, density[1]) if name == "mass" else np.linspace(low, high, density[0])
        for name, (low, high) in boxes
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return grid if len(axes) > 1 else grid[:, None]


def _masses(low: float, high: float, n: int) -> np.ndarray:
    """Log10 masses (n,): even, and some more near the Z, where a mediator that mixes with it changes fast."""
    end = min(np.log10(M_Z), high)
    near = np.clip(end + np.linspace(-0.1, 0.0, _NEAR_Z), low, high)
    return np.sort(np.concatenate([np.linspace(low, high, n - _NEAR_Z), near]))


def _placed(
    problem: Problem, data: Sequence[Condensed], start: np.ndarray, grid: np.ndarray, n: int
) -> np.ndarray:
    """Couplings (n, n_masses) for the masses of an even grid (n_g, n_masses, n_parameters)."""
    log_g = grid[:, 0, 0]
    likelihood = tabulate_grid(problem, jnp.asarray(grid.reshape(-1, grid.shape[-1])), start, data)
    rise = np.asarray(_expected_profile(problem, likelihood, data)).reshape(grid.shape[:2])
    rise = rise - rise.min()
    low, high = _ends(log_g, rise)
    low, high = _widest(low, np.minimum), _widest(high, np.maximum)
    of_interest = np.minimum(rise[:-1], rise[1:]) < _TOO_MUCH
    apart = np.minimum(distances(likelihood, data, len(log_g)), _FURTHEST) * of_interest
    close = int(_CLOSE * n)
    lines = zip(low, high, apart.T, strict=True)
    inside = np.stack([_along(log_g, *line, close) for line in lines], axis=1)
    above = np.linspace(high, np.full_like(high, log_g[-1]), n - close + 1)[1:]
    return np.concatenate([inside, above])


def _along(log_g: np.ndarray, low: float, high: float, apart: np.ndarray, n: int) -> np.ndarray:
    """Couplings (n,) from low to high, many where those of log_g are far `apart` (len(log_g) - 1,) for the data."""
    knots = np.clip(log_g, low, high)
    even = (knots - low) / (high - low)
    way = np.append(0.0, np.cumsum(apart * np.diff(knots)))
    # a coupling without any effect leaves the even share
    mixed = _EVEN * even + (1 - _EVEN) * way / max(way[-1], np.finfo(float).tiny)
    return np.interp(np.linspace(0.0, mixed[-1], n), mixed, knots)


@partial(jax.jit, static_argnums=0)
def _expected_profile(
    problem: Problem, likelihood: GridLikelihood, data: Sequence[Condensed]
) -> Array:
    """The first-order profile at what the first point that is defined predicts, (n_points,)."""
    first = likelihood.points[jnp.argmax(jnp.isfinite(likelihood.value))]
    couplings, pulls = problem.couplings(first), problem.pulls(likelihood.start, first)
    signals = [condensed_signal(e, couplings) for e in data]
    expected = tuple(
        condensed_means(e, events, pulls)[None] for e, events in zip(data, signals, strict=True)
    )
    return first_order_profile(problem, likelihood, data, expected, likelihood.start[None])[0]


def _ends(log_g: np.ndarray, rise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest coupling of interest at each mass, from the rise (n_g, n_masses)."""
    n = len(log_g)
    felt, open_ = rise > _NOTHING, rise < _TOO_MUCH
    first = np.where(felt.any(axis=0), felt.argmax(axis=0) - 1, n - 2)
    last = n - open_[::-1].argmax(axis=0)
    return log_g[np.maximum(first, 0)], log_g[np.minimum(np.maximum(last, first + 1), n - 1)]


def _widest(ends: np.ndarray, choose: np.ufunc) -> np.ndarray:
    """Of each mass and its neighbours the end that is furthest out."""
    padded = np.pad(ends, 1, mode="edge")
    return choose(choose(padded[:-2], padded[2:]), ends)


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
