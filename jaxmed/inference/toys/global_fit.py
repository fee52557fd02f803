"""The global minimum of every toy: where a grid says it is, then Newton steps in all parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import Condensed, condense
from jaxmed.experiments.likelihood.signal_jet import signal_jet
from jaxmed.experiments.likelihood.templates import SignalTable, tabulate
from jaxmed.inference.engine.devices import on_all_devices, per_batch
from jaxmed.inference.engine.memory import numbers_at_once
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.expansion import expansion
from jaxmed.inference.profile.newton import Expansion
from jaxmed.inference.profile.profile import Profiled
from jaxmed.inference.toys.chunks import Chunk, Shared, counted, in_chunks, lane_count
from jaxmed.inference.toys.draw import Toys, refuse_constraints
from jaxmed.inference.toys.grid_likelihood import (
    GridLikelihood,
    first_order_profile,
    profiled_nuisances,
    tabulate_grid,
)
from jaxmed.inference.toys.parameter_grid import between, lowest_minima, mass_line, toy_grid
from jaxmed.inference.toys.ways import find_ways
from jaxmed.inference.toys.work_queue import Found, Task, minimise_all

_TOLERANCE = 1e-8  # on the expected further decrease of -log L, which the last step takes
_STARTS = 12
# -log L: a local minimum of the grid this far above the lowest may still turn out lower.
_MARGIN = 1.0
# Of the first step: with less of it Newton leaps from one valley into another, which may be higher.
_DAMPING = 1e-2
_ALONG_LINE = 101  # couplings at one mass
_SCORE_NUMBERS = 4_000_000  # grid points times (1 + nuisances) times toys, held at once on a CPU

Tables = tuple[tuple[SignalTable, ...], ...]
"""The tables of each experiment's signal."""


class GlobalFitter(NamedTuple):
    """What global fits of one problem share.

    Attributes:
        data: the experiments.
        likelihood: the grid, scored for every toy.
        points: of the grid, (..., n_parameters).
        tables: of the signals.
        box: where to look, (n_free, 2).
    """

    data: Sequence[Condensed]
    likelihood: GridLikelihood
    points: Array
    tables: Tables
    box: np.ndarray


def make_fitter(
    problem: Problem, data: Data, start: np.ndarray, density: tuple[int, int] = (41, 101)
) -> GlobalFitter:
    """Tabulate the grid and the signals.

    Args:
        problem: names of the free parameters; a model with a mediator mass.
        data: the experiments.
        start: nuisances near which the toys are, (n_nuisances,).
        density: points along a coupling and along the mass.

    Raises:
        ValueError: the problem has constraints.
    """
    refuse_constraints(problem.constraints)
    box = problem.box[: len(problem.parameters)]
    masses, condensed = _mass_range(problem), tuple(map(condense, data))
    tables = tuple(tabulate(each, problem.couplings, box, masses) for each in condensed)
    points = toy_grid(problem, condensed, start, density)
    return _fitter(problem, condensed, start, points, tables, problem.box)


def at_mass(
    fitter: GlobalFitter, problem: Problem, start: np.ndarray, log_mass: float
) -> GlobalFitter:
    """The fitter of minima in g at one mass: no other program than for the next mass.

    Args:
        fitter: from `make_fitter`, which has the tables for all masses.
        problem: free parameters g and mass.
        start: nuisances near which the toys are, (n_nuisances,).
        log_mass: log10 of the mass [MeV].
    """
    data = jax.device_get(fitter.data)
    points = mass_line(problem, data, start, log_mass, _ALONG_LINE)
    box = problem.box.copy()
    box[problem.parameters.index("mass")] = log_mass
    return _fitter(problem, data, start, points, fitter.tables, box)


def _fitter(
    problem: Problem,
    data: Sequence[Condensed],
    start: np.ndarray,
    points: np.ndarray,
    tables: Tables,
    box: np.ndarray,
) -> GlobalFitter:
    # by one device: a CPU that is several has them wait for each other's threads if all do it
    grid = jnp.asarray(points)
    likelihood = tabulate_grid(problem, grid.reshape(-1, grid.shape[-1]), start, data)
    return GlobalFitter(*on_all_devices((data, likelihood, grid, tables)), box)


def global_fits(problem: Problem, toys: Toys, fitter: GlobalFitter) -> Profiled:
    """Minimise -log L of every toy over the model parameters and the nuisances.

    Args:
        problem: names of the free parameters.
        toys: counts and centres of the priors.
        fitter: from `make_fitter`.

    Returns:
        Profiled with x, model parameters first, in place of the nuisances, (n_toys, n_free).
    """
    each = len(fitter.likelihood.points) * (1 + len(problem.nuisances))
    at_once = 2 ** int(np.log2(max(numbers_at_once(_SCORE_NUMBERS) / each, 1)))
    static = problem, lane_count(fitter.data, len(problem.names)), at_once
    experiments = tuple(each.experiment for each in fitter.data)
    ways = find_ways(problem, experiments, len(problem.parameters))
    n, shared = len(toys.numbers), Shared(fitter.data, fitter.box, ways)
    grid = fitter.likelihood, fitter.points, fitter.tables
    return in_chunks(
        lambda chunk: _fitted(static, chunk, shared, *grid),
        toys,
        fitter.data,
        np.zeros((n, 0, len(problem.names))),
        fitter.box,
    )


def _mass_range(problem: Problem) -> tuple[float, float]:
    """Log10 of the lightest and heaviest mediator [MeV] of a problem."""
    if "mass" in problem.parameters:
        low, high = problem.box[problem.parameters.index("mass")]
        return float(low), float(high)
    anywhere = jnp.asarray(problem.box[: len(problem.parameters)].mean(axis=1))
    held = float(jnp.log10(problem.couplings(anywhere).mass))
    return held, held


@per_batch
def _fitted(
    static: tuple[Problem, int, int],
    chunk: Chunk,
    shared: Shared,
    likelihood: GridLikelihood,
    points: Array,
    tables: Tables,
) -> Found:
    problem, lanes, at_once = static
    starts, valid = _starts(problem, chunk, shared, likelihood, points, at_once)

    def one(toy: Array, x: Array) -> Expansion:
        theta = x[: len(problem.parameters)]
        pairs = zip(shared.data, tables, strict=True)
        jets = [signal_jet(each, table, problem.couplings, theta) for each, table in pairs]
        return expansion(problem, shared.data, jets, x, *counted(chunk, toy))

    box = jnp.asarray(shared.box)
    return minimise_all(
        jax.vmap(one),
        Task(starts, valid, box, chunk.real.sum()),
        shared.ways,
        lanes=lanes,
        tolerance=_TOLERANCE,
        damping=_DAMPING,
    )


def _starts(
    problem: Problem,
    chunk: Chunk,
    shared: Shared,
    likelihood: GridLikelihood,
    points: Array,
    at_once: int,
) -> tuple[Array, Array]:
    """Lowest local minima of each toy's grid, (n_toys, _STARTS, n_free), and which are low enough to try."""
    shape, (low, high) = points.shape[:-1], jnp.asarray(shared.box).T

    def lowest(elements: tuple[tuple[Array, ...], Array]) -> tuple[Array, Array]:
        """Of some toys."""
        scores = first_order_profile(problem, likelihood, shared.data, *elements)
        minima = lowest_minima(scores.reshape(-1, *shape), _STARTS)
        flat = jnp.ravel_multi_index(tuple(jnp.moveaxis(minima.at, -1, 0)), shape, mode="clip")
        nuisances = profiled_nuisances(problem, likelihood, shared.data, *elements, flat)
        x = jnp.concatenate([between(points, minima), nuisances], axis=-1)
        return minima.value, jnp.clip(x, low[None, None], high[None, None])

    def lowest_of_real(group: tuple[Array, tuple[tuple[Array, ...], Array]]) -> tuple[Array, Array]:
        real, elements = group
        nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(lowest, elements))
        return jax.lax.cond(real.any(), lowest, lambda _: nothing, elements)

    size = min(at_once, len(chunk.centres))
    groups = jax.tree.map(
        lambda leaf: leaf.reshape(len(leaf) // size, size, *leaf.shape[1:]),
        (chunk.real, (chunk.observed, chunk.centres)),
    )
    found = jax.lax.map(lowest_of_real, groups)
    values, starts = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), found)
    return starts, values < values[:, :1] + _MARGIN
