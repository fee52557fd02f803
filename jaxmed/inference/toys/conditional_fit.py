"""Fits of many toys at given model parameters."""

import numpy as np

from jaxmed.inference.engine.devices import on_all_devices
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Profiled, join_blocks, summary
from jaxmed.inference.toys.draw import Toys, resident_toys, restrict_toys
from jaxmed.inference.toys.local_minima import beyond_seams
from jaxmed.inference.toys.multistart import Search
from jaxmed.inference.toys.nuisance_search import search_at_each, search_at_point, signals_at


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
    found = beyond_seams(problem, data, search, found, at_points)
    return summary(found, problem.box[len(problem.parameters) :])
