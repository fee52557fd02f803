"""Fits of many toys at given model parameters."""

import jax
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import signal_events
from jaxmed.experiments.likelihood.templates import signal_jet
from jaxmed.inference.engine.batches import TOLERANCE, batches
from jaxmed.inference.engine.devices import (
    device_count,
    joined,
    on_all_devices,
    per_element,
    picked,
    sized,
)
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.joint_expansion import Tables
from jaxmed.inference.profile.newton import NewtonState
from jaxmed.inference.profile.profile import Profiled, join_blocks, summary
from jaxmed.inference.toys.draw import Toys, pick_toys, resident_toys, restrict_toys
from jaxmed.inference.toys.local_minima import across_kinks
from jaxmed.inference.toys.multistart import Advance, Search, batch_size
from jaxmed.inference.toys.toy import fitted_at_point, fitted_at_signals


def conditional_fits(
    problem: Problem, data: Data, toys: Toys, point: np.ndarray, start: np.ndarray
) -> Profiled:
    """Minimise -log L of every toy over the nuisances.

    Experiments that share no free nuisance are fitted apart.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: counts and centres of the priors.
        point: model parameters in the fit's coordinate, (n_parameters,) for all toys, or (n_toys, n_parameters).
        start: of the nuisances, such as the truth, (n_nuisances,) or (n_toys, n_nuisances).
    """
    n, toys = len(toys.numbers), resident_toys(toys)

    def fit_block(block: Problem, own: Data, columns: np.ndarray) -> Profiled:
        few = restrict_toys(toys, problem, data, block, own)
        starts = np.broadcast_to(start[..., columns], (n, columns.size))
        return _fit_block(block, own, few, point, starts)

    return join_blocks(problem, on_all_devices(data), n, fit_block)


def _fit_block(
    problem: Problem, data: Data, toys: Toys, point: np.ndarray, starts: np.ndarray
) -> Profiled:
    points, which = np.unique(np.atleast_2d(point), axis=0, return_inverse=True)
    signals = signals_at(problem, data, points) if point.ndim == 2 else ()

    def search_of(part: Problem, own: Data) -> Search:
        few, names = restrict_toys(toys, problem, data, part, own), {e.name for e in own}
        if point.ndim == 1:
            return search_at_point(part, own, few, point)
        seen = tuple(s for s, e in zip(signals, data, strict=True) if e.name in names)
        return search_at_each(part, own, few, seen, which.ravel())

    def at_points(part: Problem, own: Data, numbers: np.ndarray, theta: np.ndarray) -> Search:
        del theta
        return search_of(part, own).among(numbers)

    search, every = search_of(problem, data), np.arange(len(starts))
    found = search(every, starts, np.full(len(starts), np.inf))
    found = across_kinks(problem, data, search, found, at_points)
    return summary(found, problem.box[len(problem.parameters) :])


_FIRST_ROUND = 5
_AT_ONCE = 64, 1024  # signals of toys worked out together, on a CPU and on an accelerator
Signals = tuple[np.ndarray | Array, ...]
"""Events of every variant of each experiment, (n or more, n_variants, n_bins), `resident`."""


def search_at_point(problem: Problem, data: Data, toys: Toys, point: np.ndarray) -> Search:
    """At the same model parameters (n_parameters,) for all toys."""

    def advance(toy: np.ndarray, state: NewtonState, boxes: np.ndarray, limit: int) -> NewtonState:
        searches = state, *pick_toys(toys, toy), boxes
        return jax.device_get(fitted_at_point(problem, searches, data, point, limit))

    return _search(problem, data, advance)


def search_at_each(
    problem: Problem, data: Data, toys: Toys, signals: Signals, which: np.ndarray
) -> Search:
    """At model parameters of each toy's own: toy i has signal number `which[i]` of `signals`."""

    def advance(toy: np.ndarray, state: NewtonState, boxes: np.ndarray, limit: int) -> NewtonState:
        searches = picked(signals, which[toy]), (state, *pick_toys(toys, toy), boxes)
        return jax.device_get(fitted_at_signals(problem, searches, data, limit))

    return _search(problem, data, advance)


def signals_at(
    problem: Problem, data: Data, theta: np.ndarray, tables: Tables | None = None
) -> Signals:
    """Signals at theta (n, n_parameters); from tables, if these are given, for many points in less time."""
    every = batches(np.arange(len(theta)), sized(*_AT_ONCE) * device_count())
    return joined([_signals(problem, theta[elements], data, tables) for elements in every])


@per_element
def _signals(
    problem: Problem, theta: Array, data: Data, tables: Tables | None
) -> tuple[Array, ...]:
    if tables is None:
        return tuple(signal_events(e, problem.couplings(theta)) for e in data)
    pairs = zip(data, tables, strict=True)
    return tuple(signal_jet(e, t, problem.couplings, theta).value for e, t in pairs)


def _search(problem: Problem, data: Data, advance: Advance) -> Search:
    each = sum(e.n_bins for e in data) * (1 + len(problem.names))
    size = batch_size(each) * device_count()
    return Search(advance, problem.box[len(problem.parameters) :], TOLERANCE, size, _FIRST_ROUND)
