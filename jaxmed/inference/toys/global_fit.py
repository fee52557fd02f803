"""The global minimum of every toy: where a grid says it is, then Newton steps in all parameters."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.templates import stencil_numbers, tabulate
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.engine.devices import device_count, on_all_devices, per_batch, power_of_two
from jaxmed.inference.engine.memory import numbers_at_once
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.joint_expansion import Tables
from jaxmed.inference.profile.newton import NewtonState
from jaxmed.inference.profile.profile import Profiled, summary
from jaxmed.inference.toys.conditional_fit import search_at_each, signals_at
from jaxmed.inference.toys.draw import (
    Toys,
    pick_toys,
    refuse_constraints,
    resident_toys,
    restrict_toys,
)
from jaxmed.inference.toys.grid_likelihood import (
    GridLikelihood,
    first_order_profile,
    profiled_nuisances,
    tabulate_grid,
)
from jaxmed.inference.toys.local_minima import across_kinks
from jaxmed.inference.toys.multistart import Search, batch_size, lowest_of
from jaxmed.inference.toys.parameter_grid import between, lowest_minima, mass_line, toy_grid
from jaxmed.inference.toys.toy import ANYWHERE_TOLERANCE, fitted_anywhere

_STARTS = 12
# -log L: a local minimum of the grid this far above the lowest may still turn out lower.
_MARGIN = 1.0
# Of the first step: with less of it Newton leaps from one valley into another, which may be higher.
_DAMPING = 1e-2
_FIRST_ROUND = 2
# Measured: a number of a table, which toys of about the same mass share, slows a batch as an eighth of a toy's own.
_STENCILS = 8
_ALONG_LINE = 101  # couplings at one mass
_SCORE_NUMBERS = 16_000_000  # grid points times (1 + nuisances) times toys, held at once on a CPU
_FEWEST = 32  # toys scored together


class GlobalFitter(NamedTuple):
    """What global fits of one problem share.

    Attributes:
        likelihood: the grid, scored for every toy.
        points: of the grid, (..., n_parameters).
        tables: of the signals.
        box: where to look, (n_free, 2).
    """

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
    masses = _mass_range(problem)
    tables = on_all_devices(tuple(tabulate(e, problem.couplings, box, masses) for e in data))
    points = toy_grid(problem, data, start, density)
    return GlobalFitter(*_tabulated(problem, data, start, points), tables, problem.box)


def at_mass(
    fitter: GlobalFitter, problem: Problem, data: Data, start: np.ndarray, log_mass: float
) -> GlobalFitter:
    """The fitter of minima in g at one mass: no other program than for the next mass.

    Args:
        fitter: from `make_fitter`, which has the tables for all masses.
        problem: free parameters g and mass.
        data: the experiments.
        start: nuisances near which the toys are, (n_nuisances,).
        log_mass: log10 of the mass [MeV].
    """
    points = mass_line(problem, data, start, log_mass, _ALONG_LINE)
    box = problem.box.copy()
    box[problem.parameters.index("mass")] = log_mass
    return GlobalFitter(*_tabulated(problem, data, start, points), fitter.tables, box)


def _tabulated(
    problem: Problem, data: Data, start: np.ndarray, points: np.ndarray
) -> tuple[GridLikelihood, Array]:
    grid = jnp.asarray(points)
    return tabulate_grid(problem, grid.reshape(-1, grid.shape[-1]), start, data), grid


def global_fits(problem: Problem, data: Data, toys: Toys, fitter: GlobalFitter) -> Profiled:
    """Minimise -log L of every toy over the model parameters and the nuisances.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: counts and centres of the priors.
        fitter: from `make_fitter`.

    Returns:
        Profiled with x, model parameters first, in place of the nuisances, (n_toys, n_free).
    """
    data, toys = on_all_devices(data), resident_toys(toys)
    owner, starts = candidates(problem, data, toys, fitter)
    search = _search(problem, data, toys, fitter)
    found = lowest_of(owner, search(owner, starts, np.full(len(toys.numbers), np.inf)))

    def at_each(part: Problem, own: Data, numbers: np.ndarray, theta: np.ndarray) -> Search:
        few = restrict_toys(toys, problem, data, part, own)
        names = {e.name for e in own}
        tables = [t for t, e in zip(fitter.tables, data, strict=True) if e.name in names]
        which = np.zeros(len(toys.numbers), dtype=int)
        which[numbers] = np.arange(len(numbers))
        signals = signals_at(part, own, theta, tables)
        return search_at_each(part, own, few, signals, which).among(numbers)

    return summary(across_kinks(problem, data, search, found, at_each), fitter.box)


def candidates(
    problem: Problem, data: Data, toys: Toys, fitter: GlobalFitter
) -> tuple[np.ndarray, np.ndarray]:
    """Where the global minimum of each toy may be: number of the toy (n,), ascending, and x (n, n_free)."""
    values, starts = _starts(problem, data, toys, fitter)
    owner, which = np.nonzero(values < values[:, :1] + _MARGIN)
    return owner, starts[owner, which]


def _mass_range(problem: Problem) -> tuple[float, float]:
    """Log10 of the lightest and heaviest mediator [MeV] of a problem."""
    if "mass" in problem.parameters:
        low, high = problem.box[problem.parameters.index("mass")]
        return float(low), float(high)
    held = dict(problem.fixed).get("mass", 0.0)
    return held, held


def _starts(
    problem: Problem, data: Data, toys: Toys, fitter: GlobalFitter
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest local minima of each toy's grid: values (n_toys, _STARTS) ascending and x (n_toys, _STARTS, n_free)."""
    n, each = len(toys.numbers), len(fitter.likelihood.points) * (1 + len(problem.nuisances))
    # powers of two: one program for many numbers of toys
    fitting = max(_FEWEST, power_of_two(-(-n // device_count())))
    size = min(max(numbers_at_once(_SCORE_NUMBERS) // each, 1), fitting) * device_count()
    values = np.zeros((n, _STARTS))
    starts = np.zeros((n, _STARTS, len(problem.names)))
    for elements in batches(np.arange(n), size):
        own = pick_toys(toys, elements)
        values[elements], starts[elements] = jax.device_get(
            _lowest(problem, own, fitter.likelihood, data, fitter.points, fitter.box)
        )
    return values, starts


@per_batch
def _lowest(
    problem: Problem,
    elements: tuple[tuple[Array, ...], Array],
    likelihood: GridLikelihood,
    data: Data,
    points: Array,
    box: Array,
) -> tuple[Array, Array]:
    shape = points.shape[:-1]
    minima = lowest_minima(
        first_order_profile(problem, likelihood, data, *elements).reshape(-1, *shape), _STARTS
    )
    flat = jnp.ravel_multi_index(tuple(jnp.moveaxis(minima.at, -1, 0)), shape, mode="clip")
    theta = between(points, minima)
    x = jnp.concatenate(
        [theta, profiled_nuisances(problem, likelihood, data, *elements, flat)], axis=-1
    )
    low, high = box.T
    return minima.value, jnp.clip(x, low[None, None], high[None, None])


def _search(problem: Problem, data: Data, toys: Toys, fitter: GlobalFitter) -> Search:
    """Newton steps in all parameters."""

    def advance(toy: np.ndarray, state: NewtonState, boxes: np.ndarray, limit: int) -> NewtonState:
        searches = state, *pick_toys(toys, toy), boxes
        return jax.device_get(fitted_anywhere(problem, searches, data, fitter.tables, limit))

    each = sum(e.n_bins for e in data) * (1 + len(problem.names))
    size = batch_size(each + stencil_numbers(fitter.tables) // _STENCILS) * device_count()
    return Search(advance, fitter.box, ANYWHERE_TOLERANCE, size, _FIRST_ROUND, _DAMPING)
