"""How many global fits of background-only toys end where a fine grid says that the minimum is.

    python tests/benchmarks/global_minima.py [EXPERIMENTS] [TOYS]

Without a mediator in the data its mass means nothing: the hardest case. At every point of a grid over all masses,
and over the couplings at which the data feel the mediator, all toys are fitted with g and the mass held.
"""

import sys
import time

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np

from jaxmed.experiments import load
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.inference.toys.global_fit import global_fits, make_fitter
from jaxmed.models.choose import get_model

MASSES, COUPLINGS = 67, 41
# Rise of -log L of the data over the standard model between which a coupling is of interest.
FELT, TOO_MUCH = 0.01, 25.0
BEYOND = 0.01  # of -log L
STEPS = 400


def fine_grid(problem: Problem, data: Data) -> np.ndarray:
    """Points (n, 2) in the fit's coordinate."""
    (low_g, high_g), (low, high) = problem.box[:2]
    log_g = np.linspace(low_g, high_g, STEPS)
    points = []
    for log_mass in np.linspace(low, high, MASSES):
        line = np.stack([log_g, np.full(STEPS, log_mass)], axis=1)
        nll = profile(problem, line, data).nll
        felt = np.flatnonzero(np.abs(nll - nll[0]) > FELT)
        allowed = np.flatnonzero(nll < nll.min() + TOO_MUCH)
        ends = log_g[[max(felt[0] - 1, 0), allowed[-1]]] if felt.size else log_g[[0, -1]]
        points.append(
            np.stack([np.linspace(*ends, COUPLINGS), np.full(COUPLINGS, log_mass)], axis=1)
        )
    return np.concatenate(points)


def lowest(problem: Problem, data: Data, toys: Toys, grid: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Least -log L of each toy on the grid, (n_toys,)."""
    least = np.full(len(toys.centres), np.inf)
    for point in grid:
        least = np.minimum(least, conditional_fits(problem, data, toys, point, x[2:]).nll)
    return least


def main(names: str, number: int) -> None:
    """Print the share of toys that no point of the grid undercuts."""
    data = tuple(map(load, names.split(",")))
    problem = make_problem(data, get_model("u1r"))
    nuisances = standard_start(problem, data).nuisances
    truth = np.concatenate([problem.model.standard, nuisances])
    toys = draw(problem, data, truth, 11, number)
    begin = time.perf_counter()
    found = global_fits(problem, toys, make_fitter(problem, data, nuisances))
    seconds = time.perf_counter() - begin
    grid = fine_grid(problem, data)
    above = found.nll - lowest(problem, data, toys, grid, truth)
    inside = np.count_nonzero(above < BEYOND)
    print(f"{names}: {number} toys fitted in {seconds:.1f} s, compilation included;")
    print(
        f"{inside} are within {BEYOND} of the lowest of {len(grid)} points or below: {inside / number:.2%}"
    )
    print(f"furthest above {above.max():.3f}, furthest below {above.min():.3f}")


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "xenon1t",
        int(sys.argv[2]) if len(sys.argv) > 2 else 2000,
    )
