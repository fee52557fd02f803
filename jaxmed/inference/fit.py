"""The global fit: a profiled scan for starts, optax L-BFGS from all of them at once, a Newton polish."""

from collections.abc import Mapping, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import Experiment
from jaxmed.inference import lbfgs, newton
from jaxmed.inference.errors import estimates
from jaxmed.inference.hessian import expand
from jaxmed.inference.newton import Minimum
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.results import FitResult, Surface
from jaxmed.inference.scan import grid_axes, scan_problem
from jaxmed.inference.starts import pick_starts
from jaxmed.inference.timing import Clock, clock
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import Epsilon
from jaxmed.theory.models import Model, get_model

_STARTS = 6
_LBFGS_STEPS = 300
_LBFGS_TOLERANCE = 1e-5  # gradient norm in the bounded coordinate
_POLISH_STEPS = 60
_POLISH_TOLERANCE = 1e-11  # decrement of nll
_ACCEPTED = 1e-7  # a larger expected decrease means not converged


def fit(
    experiments: Experiment | Sequence[Experiment],
    model: str | Model | Charges | Epsilon = "u1r",
    *,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
    grid: int = 41,
) -> FitResult:
    """Fit the model's parameters and every nuisance by gradients.

    Args:
        experiments: one data set or several; nuisances of the same name are shared.
        model: a preset name, Charges, Epsilon or Model.
        fixed: name -> value held fixed: model parameters in their own unit, nuisances in sigma.
        free: names freed beyond the default, such as 'signal_strength'.
        grid: points along each model parameter in the scan that gives the starting points.

    Returns:
        FitResult; look at `status` before using it.

    Raises:
        ValueError: unknown names, values outside their box, or JAX in 32-bit mode.
    """
    group = (experiments,) if isinstance(experiments, Experiment) else tuple(experiments)
    problem = make_problem(group, get_model(model), fixed, free)
    with clock() as time:
        scanned = scan_problem(problem, group, grid_axes(problem, grid))
        starts = pick_starts(problem, scanned, _STARTS)
        ends, nlls = jax.device_get(_descend(problem, jnp.asarray(starts), group))
        nlls = np.where(np.isfinite(nlls), nlls, np.inf)
        minimum = jax.device_get(_polish(problem, ends[np.argmin(nlls)], group))
        nll_sm = _standard_model(problem, group)
    return _result(problem, group, minimum, nlls, scanned.surface, nll_sm, time)


def _standard_model(problem: Problem, data: Data) -> float:
    """Profiled nll of the standard model."""
    by_name = dict(
        zip([p.name for p in problem.model.parameters], problem.model.standard, strict=True)
    )
    point = {name: np.array([by_name[name]]) for name in problem.parameters}
    return float(scan_problem(problem, data, point).surface.nll.ravel()[0])


@partial(jax.jit, static_argnums=0)
def _descend(problem: Problem, starts: Array, data: Data) -> tuple[Array, Array]:
    """L-BFGS in the bounded coordinate from each start (n_starts, n_free): where it ends, and -log L."""
    box = jnp.asarray(problem.box)

    def objective(angle: Array) -> Array:
        return problem.nll(_from_angle(angle, box), data)

    def one(start: Array) -> tuple[Array, Array]:
        end = lbfgs.minimise(
            objective, _to_angle(start, box), tolerance=_LBFGS_TOLERANCE, limit=_LBFGS_STEPS
        )
        return _from_angle(end.x, box), end.value

    return jax.vmap(one)(starts)


def _polish(problem: Problem, start: np.ndarray, data: Data) -> Minimum:
    """Newton steps with the exact Hessian from one point."""
    box = jnp.asarray(problem.box)
    x, expansion = jnp.asarray(start), expand(problem, start, data)
    damping, decrement, steps = jnp.asarray(newton.FIRST_DAMPING), jnp.asarray(jnp.inf), 0
    while decrement > _POLISH_TOLERANCE and steps < _POLISH_STEPS:
        proposed, decrement = newton.step(expansion, x, damping, box)
        there = expand(problem, proposed, data)
        better = there.value < expansion.value
        if better:
            x, expansion = proposed, there
        damping, steps = newton.next_damping(damping, better), steps + 1
        decrement = jnp.where(jnp.isfinite(decrement), jnp.abs(decrement), jnp.inf)
    return Minimum(x, expansion, decrement, jnp.asarray(steps))


def _from_angle(u: Array, box: Array) -> Array:
    """X = middle + half-width sin u: stays inside, and reaches the edges at finite u."""
    low, high = box.T
    return (low + high) / 2 + (high - low) / 2 * jnp.sin(u)


def _to_angle(x: Array, box: Array) -> Array:
    """The inverse, off the very edge, where the gradient with respect to u vanishes."""
    low, high = box.T
    return jnp.arcsin(jnp.clip((2 * x - low - high) / (high - low), -0.999, 0.999))


def _result(
    problem: Problem,
    data: Data,
    minimum: Minimum,
    ends: np.ndarray,
    surface: Surface,
    nll_sm: float,
    time: Clock,
) -> FitResult:
    value, gradient, hessian = minimum.expansion
    decrement = float(minimum.decrement)
    converged = bool(np.isfinite(value) and decrement < _ACCEPTED)
    errors = estimates(problem, *(np.asarray(a) for a in (minimum.x, gradient, hessian)))
    names, split = problem.names, len(problem.parameters)
    return FitResult(
        model=problem.model.name,
        experiments=tuple(e.name for e in data),
        parameters={name: errors.by_name[name] for name in names[:split]},
        nuisances={name: errors.by_name[name] for name in names[split:]},
        nll=float(value),
        nll_sm=nll_sm,
        status="converged"
        if converged
        else f"not converged: -log L may still fall by {decrement:.1g}",
        converged=converged,
        n_bins=sum(e.n_bins for e in data),
        n_free=len(names),
        gradient_norm=float(np.linalg.norm(errors.free_gradient)),
        minima=tuple(np.sort(ends).tolist()),
        covariance=errors.covariance,
        covariance_names=errors.names,
        surface=surface,
        compile_seconds=time.compile_seconds,
        run_seconds=time.run_seconds,
    )
