"""Fits of many toys at one point of the model parameters."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
from jax import Array

from jaxmed.experiments.forward import components
from jaxmed.experiments.model import Experiment
from jaxmed.inference.compiling import QuickJit
from jaxmed.inference.devices import device_count, over_devices
from jaxmed.inference.expansion import nuisance_expansion
from jaxmed.inference.lanes import TOLERANCE
from jaxmed.inference.newton import State, minimise, settle
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile import Profiled, summary
from jaxmed.inference.rivals import Search
from jaxmed.inference.seams import beyond_seams
from jaxmed.inference.toys import Toys

# Numbers in a batch (for a fit of nuisances, bins times nuisances times toys): it should stay in the cache.
_BATCH_NUMBERS = 200_000
_MOST = 2048
_FIRST_ROUND = 5


def conditional_fits(
    problem: Problem, data: Data, toys: Toys, point: np.ndarray, start: np.ndarray
) -> Profiled:
    """Minimise -log L of every toy over the nuisances.

    Experiments are fitted together, also where they share no nuisance: toys are many, and one program is enough.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: counts and centres of the priors.
        point: model parameters in the fit's coordinate, (n_parameters,), the same for all toys.
        start: of the nuisances, (n_nuisances,), such as the truth.
    """
    each = sum(e.n_bins for e in data) * (1 + len(problem.names))
    size = batch_size(each) * device_count()
    box = problem.box[len(problem.parameters) :]

    def advance(toy: np.ndarray, state: State, boxes: np.ndarray, limit: int) -> State:
        own = tuple(o[toy] for o in toys.observed), toys.centres[toy], boxes
        return jax.device_get(_advance(problem, (state, *own), data, point, limit))

    search = Search(advance, box, TOLERANCE, size, _FIRST_ROUND)
    n = len(toys.centres)
    found = search(np.arange(n), np.tile(start, (n, 1)), np.full(n, np.inf))
    return summary(beyond_seams(problem, data, search, found), box)


def batch_size(each: int) -> int:
    """Toys at a time on each device if one of them works on so many numbers: a power of two within the budget."""
    return int(2 ** np.clip(np.floor(np.log2(_BATCH_NUMBERS / each)), 3, np.log2(_MOST)))


def with_counts(data: Data, observed: tuple[Array, ...]) -> Data:
    """The experiments with other counts."""
    return tuple(_with(e, counts) for e, counts in zip(data, observed, strict=True))


def _with(experiment: Experiment, counts: Array) -> Experiment:
    return replace(experiment, observed=counts)


@QuickJit
def _advance(
    problem: Problem,
    lanes: tuple[State, tuple[Array, ...], Array, Array],
    data: Data,
    point: Array,
    limit: int,
) -> State:
    return over_devices(partial(_advance_lanes, problem))(lanes, data, point, limit)


def _advance_lanes(
    problem: Problem,
    lanes: tuple[State, tuple[Array, ...], Array, Array],
    data: Data,
    point: Array,
    limit: Array,
) -> State:
    couplings = problem.couplings(point)
    parts = [components(e, couplings) for e in data]

    def one(state: State, observed: tuple[Array, ...], centres: Array, box: Array) -> State:
        expand = partial(
            nuisance_expansion, problem, with_counts(data, observed), parts, centres=centres
        )
        end = minimise(expand, state, box, tolerance=TOLERANCE, limit=limit)
        return settle(end, box, TOLERANCE)

    return jax.vmap(one)(*lanes)
