"""The last steps of a fit: Newton with the exact Hessian."""

import numpy as np

from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile import newton
from jaxmed.inference.profile.hessian import expand
from jaxmed.inference.profile.newton import Minimum

# Usually a handful; rho with a Z' just above the Z is a curved valley, where each step is short.
_STEPS = 300
_TOLERANCE = 1e-9  # decrement of nll; round-off is 1e-10 of a thousand bins


def polish(problem: Problem, start: np.ndarray, data: Data) -> Minimum:
    """Newton steps with the exact Hessian from one point (n_free,); NumPy in and out."""
    x, expansion = start, expand(problem, start, data)
    damping, decrement, steps = np.float64(newton.FIRST_DAMPING), np.inf, 0
    while decrement > _TOLERANCE and steps < _STEPS:
        with np.errstate(all="ignore"):  # as inside JAX: a step of NaN is refused below
            proposed, expected = newton.step(expansion, x, damping, problem.box)
        decrement = abs(expected) if np.isfinite(expected) else np.inf
        there = expand(problem, proposed, data) if np.isfinite(proposed).all() else None
        better = there is not None and there.value < expansion.value
        if there is not None and better:
            x, expansion = proposed, there
        damping, steps = newton.next_damping(damping, better), steps + 1
    return Minimum(x, expansion, decrement, steps)
