"""The global fit: a profiled scan for starts, optax L-BFGS from all of them at once, a Newton polish."""

from collections.abc import Sequence
from typing import Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.batches import ONE_SIZE
from jaxmed.inference.engine.jit import QuickJit
from jaxmed.inference.engine.timing import Clock, Tick, advance, clock
from jaxmed.inference.fit import lbfgs
from jaxmed.inference.fit.errors import Errors, FlatDirection, at_bounds, estimates, flat_directions
from jaxmed.inference.problem import Data, Problem, Settings, pose
from jaxmed.inference.profile.newton import Minimum
from jaxmed.inference.profile.polish import polish
from jaxmed.inference.profile.profile import Start, standard_start
from jaxmed.inference.regions.grid_scan import Scanned, grid_axes, scan_problem
from jaxmed.inference.results import BestFit, Surface
from jaxmed.models.model import Choice

_STARTS = 6
# Scans of a fit are small: most of the first one's time goes into compiling.
_BATCH = ONE_SIZE
_ZOOM_POINTS = 25
_LBFGS_STEPS = 300
_LBFGS_TOLERANCE = 1e-5  # gradient norm in the bounded coordinate
_ACCEPTED = 1e-7  # a larger expected decrease means not converged


def fit(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    grid: int = 41,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> BestFit:
    """Fit the model's parameters and every nuisance by gradients.

    Args:
        experiments: one data set or several; nuisances of the same name are shared.
        model: a preset name or whatever else makes a model (`get_model`).
        grid: points along each model parameter in the scan that gives the starting points.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Returns:
        BestFit; look at `status` before using it.

    Raises:
        ValueError: unknown names, values outside their box, a constraint on a model without charges, a model that is
            undefined on the whole grid, or JAX in 32-bit mode.
    """
    problem, group = pose(experiments, model, **settings)
    with clock() as time:
        standard = standard_start(problem, group, _BATCH)
        advance(tick, 0.1)
        size = max(grid ** len(problem.parameters), 1)
        scanned = scan_problem(
            problem,
            group,
            grid_axes(problem, grid),
            lambda points: advance(tick, 0.5 * points / size),
            standard,
            _BATCH,
        )
        starts = pick_starts(problem, scanned, _STARTS)
        ends, nlls = jax.device_get(_descend(problem, starts, group))
        nlls = np.where(np.isfinite(nlls), nlls, np.inf)
        advance(tick, 0.3)
        minimum = polish(problem, ends[np.argmin(nlls)], group)
        flat = flat_directions(problem, minimum.expansion.curvature, at_bounds(problem, minimum.x))
        errors = estimates(problem, minimum.x, *minimum.expansion[1:], set().union(*flat))
        zoom = _zoom(problem, group, minimum.x, errors, standard)
        advance(tick, 0.1)
    scans = (scanned.surface, zoom)
    return _result(problem, group, minimum, (errors, flat), nlls, scans, standard, time)


@QuickJit
def _descend(problem: Problem, starts: Array, data: Data) -> tuple[Array, Array]:
    """L-BFGS in the bounded coordinate from each start (n_starts, n_free): where it ends, and -log L.

    One after the other: a batch would wait for its slowest start, and takes longer to compile.
    """
    box = jnp.asarray(problem.box)

    @jax.jit  # its derivative is then that of one flat program: less to lower
    def objective(angle: Array) -> Array:
        return problem.nll(_from_angle(angle, box), data)

    def one(start: Array) -> tuple[Array, Array]:
        end = lbfgs.minimise(
            objective, _to_angle(start, box), tolerance=_LBFGS_TOLERANCE, limit=_LBFGS_STEPS
        )
        return _from_angle(end.x, box), end.value

    return jax.lax.map(one, starts)


def _zoom(
    problem: Problem, data: Data, x: np.ndarray, errors: Errors, standard: Start
) -> Surface | None:
    """Profiled -log L within 4 sigma of the best fit, if every model parameter has a sigma."""
    names = problem.parameters
    if not names or not set(names) <= set(errors.names):
        return None
    sigma = dict(zip(errors.names, np.sqrt(np.diag(errors.covariance)), strict=True))
    axes = {
        name: np.clip(x[i] + sigma[name] * np.linspace(-4, 4, _ZOOM_POINTS), *problem.box[i])
        for i, name in enumerate(names)
    }
    return scan_problem(problem, data, axes, start=standard, batch=_BATCH).surface


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
    determined: tuple[Errors, tuple[FlatDirection, ...]],
    ends: np.ndarray,
    scans: tuple[Surface, Surface | None],
    standard: Start,
    time: Clock,
) -> BestFit:
    errors, flat = determined
    value = minimum.expansion.value
    decrement = float(minimum.decrement)
    converged = bool(np.isfinite(value) and decrement < _ACCEPTED)
    names, split = problem.names, len(problem.parameters)
    return BestFit(
        model=problem.model.name,
        experiments=tuple(e.name for e in data),
        parameters={name: errors.by_name[name] for name in names[:split]},
        nuisances={name: errors.by_name[name] for name in names[split:]},
        nll=float(value),
        nll_sm=standard.nll,
        nuisances_sm=dict(zip(problem.nuisances, standard.nuisances.tolist(), strict=True)),
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
        surface=scans[0],
        zoom=scans[1],
        compile_seconds=time.compile_seconds,
        run_seconds=time.run_seconds,
        constraints=problem.constraints,
        flat_directions=flat,
        undefined=problem.model.undefined,
        floating=tuple(each for each in problem.floating if each.name in problem.nuisances),
    )


def pick_starts(problem: Problem, scanned: Scanned, number: int) -> np.ndarray:
    """The scan's `number` lowest local minima, topped up with its lowest points.

    Returns:
        (number, n_free): model parameters and the nuisances profiled there.

    Raises:
        ValueError: -log L is a number nowhere.
    """
    nll = np.where(np.isfinite(scanned.surface.nll), scanned.surface.nll, np.inf)
    flat = nll.ravel()
    if not np.isfinite(flat).any():
        raise ValueError(
            f"model '{problem.model.name}' is undefined at all points of the grid: expected a number at one of them"
        )
    minima = np.flatnonzero(_local_minima(nll))
    minima = minima[np.argsort(flat[minima])]
    defined = np.argsort(flat)[: np.count_nonzero(np.isfinite(flat))]
    others = np.setdiff1d(defined, minima, assume_unique=True)
    chosen = np.resize(np.concatenate([minima, others])[:number], number)
    low, high = problem.box.T
    rows = np.concatenate([scanned.points, scanned.nuisances], axis=1)[chosen]
    return np.clip(rows, low, high)


def _local_minima(nll: np.ndarray) -> np.ndarray:
    """Points not above any neighbour along each axis; plateaus count once, by a tie-break on position."""
    is_minimum = np.isfinite(nll)
    for axis in range(nll.ndim):
        padded = np.pad(
            nll, [(int(i == axis),) * 2 for i in range(nll.ndim)], constant_values=np.inf
        )
        before = np.take(padded, range(nll.shape[axis]), axis)
        after = np.take(padded, range(2, nll.shape[axis] + 2), axis)
        is_minimum &= (nll < before) & (nll <= after)
    return is_minimum
