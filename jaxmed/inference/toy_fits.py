"""Fits of many toys at one point of the model parameters."""

import numpy as np

from jaxmed.inference.devices import on_all_devices
from jaxmed.inference.nuisance_search import search_at_point
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile import Profiled, join_blocks, summary
from jaxmed.inference.rivals import Search
from jaxmed.inference.seams import beyond_seams
from jaxmed.inference.toys import Toys, restrict_toys


def conditional_fits(
    problem: Problem, data: Data, toys: Toys, point: np.ndarray, start: np.ndarray
) -> Profiled:
    """Minimise -log L of every toy over the nuisances.

    Experiments that share no free nuisance are fitted apart.

    Args:
        problem: names of the free parameters.
        data: everything about the experiments but their counts.
        toys: counts and centres of the priors.
        point: model parameters in the fit's coordinate, (n_parameters,), the same for all toys.
        start: of the nuisances, (n_nuisances,), such as the truth.
    """

    def fit_block(block: Problem, own: Data, columns: np.ndarray) -> Profiled:
        few = restrict_toys(toys, problem, data, block, own)
        return _fit_block(block, own, few, point, start[columns])

    return join_blocks(problem, on_all_devices(data), len(toys.centres), fit_block)


def _fit_block(
    problem: Problem, data: Data, toys: Toys, point: np.ndarray, start: np.ndarray
) -> Profiled:
    def at_point(part: Problem, own: Data, numbers: np.ndarray, theta: np.ndarray) -> Search:
        del theta
        few = restrict_toys(toys, problem, data, part, own, numbers)
        return search_at_point(part, own, few, point)

    search = search_at_point(problem, data, toys, point)
    n = len(toys.centres)
    found = search(np.arange(n), np.tile(start, (n, 1)), np.full(n, np.inf))
    found = beyond_seams(problem, data, search, found, at_point)
    return summary(found, problem.box[len(problem.parameters) :])
