"""Searches of toys for minima in the nuisances, the model parameters held."""

from functools import partial

import jax
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import as_signal, components, signal_events
from jaxmed.experiments.likelihood.templates import signal_jet
from jaxmed.inference.engine.batches import TOLERANCE, batches
from jaxmed.inference.engine.devices import device_count, joined, over_devices, picked, sized
from jaxmed.inference.engine.jit import QuickJit
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.expansion import Parts, nuisance_expansion
from jaxmed.inference.profile.joint_expansion import Tables
from jaxmed.inference.profile.newton import State, minimise, settle
from jaxmed.inference.toys.draw import Toys, pick_toys, with_counts
from jaxmed.inference.toys.multistart import Advance, Search, batch_size

_FIRST_ROUND = 5
_AT_ONCE = 64, 1024  # signals of toys worked out together, on a CPU and on an accelerator

Signals = tuple[np.ndarray | Array, ...]
"""Events of every variant of each experiment, (n or more, n_variants, n_bins), `resident`."""
Lanes = tuple[State, tuple[Array, ...], Array, Array]
"""States, counts of each experiment, centres and boxes of all lanes."""


def search_at_point(problem: Problem, data: Data, toys: Toys, point: np.ndarray) -> Search:
    """At the same model parameters (n_parameters,) for all toys."""

    def advance(toy: np.ndarray, state: State, boxes: np.ndarray, limit: int) -> State:
        lanes = state, *pick_toys(toys, toy), boxes
        return jax.device_get(_at_point(problem, lanes, data, point, limit))

    return _search(problem, data, advance)


def search_at_each(
    problem: Problem, data: Data, toys: Toys, signals: Signals, which: np.ndarray
) -> Search:
    """At model parameters of each toy's own: toy i has signal number `which[i]` of `signals`."""

    def advance(toy: np.ndarray, state: State, boxes: np.ndarray, limit: int) -> State:
        lanes = picked(signals, which[toy]), (state, *pick_toys(toys, toy), boxes)
        return jax.device_get(_at_each(problem, lanes, data, limit))

    return _search(problem, data, advance)


def signals_at(
    problem: Problem, data: Data, theta: np.ndarray, tables: Tables | None = None
) -> Signals:
    """Signals at theta (n, n_parameters); from tables, if these are given, for many points in less time."""
    every = batches(np.arange(len(theta)), sized(*_AT_ONCE) * device_count())
    return joined([_signal_chunk(problem, theta[lanes], data, tables) for lanes in every])


@partial(jax.jit, static_argnums=0)
def _signal_chunk(
    problem: Problem, theta: Array, data: Data, tables: Tables | None
) -> tuple[Array, ...]:
    def one(x: Array, data: Data, tables: Tables | None) -> tuple[Array, ...]:
        if tables is None:
            return tuple(signal_events(e, problem.couplings(x)) for e in data)
        pairs = zip(data, tables, strict=True)
        return tuple(signal_jet(e, t, problem.couplings, x).value for e, t in pairs)

    return over_devices(jax.vmap(one, in_axes=(0, None, None)))(theta, data, tables)


def _search(problem: Problem, data: Data, advance: Advance) -> Search:
    each = sum(e.n_bins for e in data) * (1 + len(problem.names))
    size = batch_size(each) * device_count()
    return Search(advance, problem.box[len(problem.parameters) :], TOLERANCE, size, _FIRST_ROUND)


@QuickJit
def _at_point(problem: Problem, lanes: Lanes, data: Data, point: Array, limit: int) -> State:
    return over_devices(partial(_at_point_lanes, problem))(lanes, data, point, limit)


def _at_point_lanes(
    problem: Problem, lanes: Lanes, data: Data, point: Array, limit: Array
) -> State:
    couplings = problem.couplings(point)
    parts = [components(e, couplings) for e in data]
    return jax.vmap(partial(_advance, problem, data, limit, parts))(*lanes)


@QuickJit
def _at_each(
    problem: Problem, lanes: tuple[tuple[Array, ...], Lanes], data: Data, limit: int
) -> State:
    return over_devices(partial(_at_each_lanes, problem))(lanes, data, limit)


def _at_each_lanes(
    problem: Problem, lanes: tuple[tuple[Array, ...], Lanes], data: Data, limit: Array
) -> State:
    def one(signals: tuple[Array, ...], lane: Lanes) -> State:
        pairs = zip(data, signals, strict=True)
        parts = [(as_signal(e, variants), *e.background) for e, variants in pairs]
        return _advance(problem, data, limit, parts, *lane)

    return jax.vmap(one)(*lanes)


def _advance(
    problem: Problem,
    data: Data,
    limit: Array,
    parts: Parts,
    state: State,
    observed: tuple[Array, ...],
    centres: Array,
    box: Array,
) -> State:
    own = with_counts(data, observed)
    expand = partial(nuisance_expansion, problem, own, parts, centres=centres)
    end = minimise(expand, state, box, tolerance=TOLERANCE, limit=limit)
    return settle(end, box, TOLERANCE)
