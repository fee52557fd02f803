"""The global minimum of every toy: where a grid says it is, then Newton steps in all parameters."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.templates import tabulate
from jaxmed.inference.compiling import QuickJit
from jaxmed.inference.devices import device_count, over_devices
from jaxmed.inference.expansion import Tables, joint_expansion
from jaxmed.inference.grid_score import Library, score, stepped, tabulate_grid
from jaxmed.inference.lanes import batches, run, silent
from jaxmed.inference.newton import State, minimise
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile import Profiled, summary
from jaxmed.inference.toy_fits import toy_batch, with_counts
from jaxmed.inference.toys import Toys

_STARTS = 4
_MARGIN = (
    1.0  # -log L: a local minimum of the grid this far above the lowest may still turn out lower
)
_TOLERANCE = 5e-7
_FIRST_ROUND = 8
_SCORE_NUMBERS = 4_000_000  # grid points times (1 + nuisances) times toys held at once


class Finder(NamedTuple):
    """What global fits of one problem share.

    Attributes:
        library: the grid, scored for every toy.
        shape: of the grid.
        tables: of the signals.
    """

    library: Library
    shape: tuple[int, ...]
    tables: Tables


def make_finder(
    problem: Problem, data: Data, start: np.ndarray, points: tuple[int, int] = (101, 41)
) -> Finder:
    """Tabulate the grid and the signals.

    Args:
        problem: names of the free parameters; a model with a mediator mass.
        data: the experiments.
        start: nuisances near which the toys are, (n_nuisances,).
        points: along a coupling and along the mass; the valleys of interference are narrow across, not along.

    Raises:
        ValueError: the problem has constraints, which have no toys.
    """
    if problem.constraints:
        raise ValueError(
            f"constraints = {list(problem.constraints)}: expected none, toys are drawn for experiments only"
        )
    boxes = zip(problem.parameters, problem.box, strict=False)
    axes = [np.linspace(low, high, points[int(name == "mass")]) for name, (low, high) in boxes]
    mesh = np.meshgrid(*axes, indexing="ij")
    grid = np.stack([axis.ravel() for axis in mesh], axis=-1)
    box = problem.box[: len(problem.parameters)]
    tables = tuple(tabulate(e, problem.couplings, box, _mass_range(problem)) for e in data)
    library = tabulate_grid(problem, grid, start, data)
    return Finder(library, mesh[0].shape, tables)


def global_fits(problem: Problem, data: Data, toys: Toys, finder: Finder) -> Profiled:
    """Minimise -log L of every toy over the model parameters and the nuisances.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: counts and centres of the priors.
        finder: from `make_finder`.

    Returns:
        Profiled with x, model parameters first, in place of the nuisances, (n_toys, n_free).
    """
    values, starts = _starts(problem, toys, finder)
    tried = values < values[:, :1] + _MARGIN
    owner, which = np.nonzero(tried)
    found = _polish(problem, data, toys, finder, owner, starts[owner, which])
    nll = np.full(values.shape, np.inf)
    nll[owner, which] = found.nll
    best = np.argmin(nll, axis=1)
    lane = np.cumsum(tried, axis=None).reshape(tried.shape) - 1
    chosen = lane[np.arange(len(best)), best]
    return Profiled(*(leaf[chosen] for leaf in found))


def _mass_range(problem: Problem) -> tuple[float, float]:
    """Log10 of the lightest and heaviest mediator [MeV] of a problem."""
    if "mass" in problem.parameters:
        low, high = problem.box[problem.parameters.index("mass")]
        return float(low), float(high)
    held = dict(problem.fixed).get("mass", 0.0)
    return held, held


def _starts(problem: Problem, toys: Toys, finder: Finder) -> tuple[np.ndarray, np.ndarray]:
    """Lowest local minima of each toy's grid: values (n_toys, _STARTS) ascending and x (n_toys, _STARTS, n_free)."""
    n, each = len(toys.centres), len(finder.library.points) * (1 + len(problem.nuisances))
    size = int(max(_SCORE_NUMBERS // each, 1)) * device_count()
    size = min(size, -(-n // device_count()) * device_count())
    values = np.zeros((n, _STARTS))
    starts = np.zeros((n, _STARTS, len(problem.names)))
    for lanes in batches(np.arange(n), size):
        own = tuple(o[lanes] for o in toys.observed), toys.centres[lanes]
        values[lanes], starts[lanes] = jax.device_get(
            _pick(problem, finder.shape, own, finder.library)
        )
    return values, starts


@partial(jax.jit, static_argnums=(0, 1))
def _pick(
    problem: Problem,
    shape: tuple[int, ...],
    lanes: tuple[tuple[Array, ...], Array],
    library: Library,
) -> tuple[Array, Array]:
    return over_devices(partial(_pick_lanes, problem, shape))(lanes, library)


def _pick_lanes(
    problem: Problem,
    shape: tuple[int, ...],
    lanes: tuple[tuple[Array, ...], Array],
    library: Library,
) -> tuple[Array, Array]:
    values = score(problem, library, *lanes)
    grids = values.reshape(-1, *shape)
    # of all couplings at one mass the best: a valley in both is then one minimum, not one for each grid line
    lines, inner = (grids, None) if grids.ndim == 2 else (grids.min(axis=1), grids.argmin(axis=1))
    least, at = _smallest(jax.vmap(_local_minima)(lines), _STARTS)
    if inner is not None:
        at = jnp.take_along_axis(inner, at, axis=1) * shape[1] + at
    x = jnp.concatenate([library.points[at], stepped(problem, library, *lanes, at)], axis=-1)
    low, high = jnp.asarray(problem.box.T)
    return least, jnp.clip(x, low[None, None], high[None, None])


def _local_minima(line: Array) -> Array:
    """Values (n,) where they are not above either neighbour, infinity elsewhere; of a plateau its first edge."""
    padded = jnp.pad(line, 1, constant_values=jnp.inf)
    return jnp.where((line < padded[:-2]) & (line <= padded[2:]), line, jnp.inf)


def _smallest(values: Array, number: int) -> tuple[Array, Array]:
    """The smallest of each row (n, m) and where they are, (n, number) each."""
    least, at = jax.lax.top_k(-values, number)
    return -least, at.astype(int)


def _polish(
    problem: Problem,
    data: Data,
    toys: Toys,
    finder: Finder,
    owner: np.ndarray,
    starts: np.ndarray,
) -> Profiled:
    """Newton steps from each start (n_lanes, n_free) for the toy that owns it."""

    def advance(lanes: np.ndarray, state: State, limit: int) -> tuple[State, np.ndarray]:
        toy = owner[lanes]
        own = tuple(o[toy] for o in toys.observed), toys.centres[toy]
        found = jax.device_get(_advance(problem, (state, *own), data, finder.tables, limit))
        return found, found.at.decrement <= _TOLERANCE

    size = toy_batch(problem, data) * device_count()
    return summary(run(starts, advance, size, _FIRST_ROUND, silent), problem.box)


@QuickJit
def _advance(
    problem: Problem,
    lanes: tuple[State, tuple[Array, ...], Array],
    data: Data,
    tables: Tables,
    limit: int,
) -> State:
    return over_devices(partial(_advance_lanes, problem))(lanes, data, tables, limit)


def _advance_lanes(
    problem: Problem,
    lanes: tuple[State, tuple[Array, ...], Array],
    data: Data,
    tables: Tables,
    limit: Array,
) -> State:
    box = jnp.asarray(problem.box)

    def one(state: State, observed: tuple[Array, ...], centres: Array) -> State:
        expand = partial(
            joint_expansion, problem, with_counts(data, observed), tables, centres=centres
        )
        return minimise(expand, state, box, tolerance=_TOLERANCE, limit=limit)

    return jax.vmap(one)(*lanes)
