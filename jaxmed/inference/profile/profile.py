"""-log L minimised over all nuisances at fixed model parameters, batched over points."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    condense,
    condensed_counts,
    condensed_signal,
)
from jaxmed.experiments.likelihood.signal_jet import Jet
from jaxmed.inference.engine.batches import CONVERGED_BELOW, TOLERANCE, batches, run
from jaxmed.inference.engine.devices import device_count, on_all_devices, per_element
from jaxmed.inference.engine.memory import LARGEST, fastest_batch
from jaxmed.inference.problem import Data, Problem, blocks, constraint_part
from jaxmed.inference.profile.expansion import Counts, expansion, no_bend
from jaxmed.inference.profile.floor import least_nll
from jaxmed.inference.profile.newton import Expansion, Walk, at_bound, begin, minimise, settle
from jaxmed.inference.results import CONVERGED, EXCLUDED, UNCONVERGED, UNDEFINED

_FIRST_ROUND = 3
_CONSTRAINED = 64  # points at a time
EXCLUDED_ABOVE = 500.0
"""-log L that is certain to lie this far above the standard model's is bounded, not minimised."""


class Start(NamedTuple):
    """Where the nuisances start and what to give up.

    Attributes:
        nuisances: (n_nuisances,), or (n_points, n_nuisances) with one start for each point.
        nll: points that are certain to lie far above this value are bounded, not minimised; infinity: none.
    """

    nuisances: np.ndarray
    nll: float


class Profiled(NamedTuple):
    """Profiled points.

    Attributes:
        nll: minimum over the nuisances, (n_points,).
        nuisances: where, (n_points, n_nuisances), in the order of the problem.
        status: index into results.STATUS, (n_points,). Converged: the expected further decrease is below 1e-6.
            Excluded: more than 500 above the standard model wherever the nuisances go, and `nll` is a lower bound.
            Unconverged: `nll` is an upper bound. Undefined: -log L is not a number, `nll` is NaN.
        gradient_norm: of -log L in the nuisances that are not held by their box, (n_points,).
    """

    nll: np.ndarray
    nuisances: np.ndarray
    status: np.ndarray
    gradient_norm: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """Where the minimum was found, (n_points,)."""
        return self.status == CONVERGED


def profile(
    problem: Problem,
    points: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
    start: Start | None = None,
    *,
    batch: int = LARGEST,
) -> Profiled:
    """Profile out all free nuisances at each point, in batches of one compiled size, on all local devices.

    Experiments that share no free nuisance are profiled apart: the minimum of the sum is the sum of the minima.

    Args:
        problem: what is free; its model parameters are taken from `points`.
        points: free model parameters in the fit's coordinate, (n_points, n_parameters).
        data: the experiments.
        tick: called with the number of points finished since the last call.
        start: of the nuisances at every point; by default where the standard model has them.
        batch: points at a time on each device, at most; results depend on it, and on the number of devices, by
            rounding.
    """
    start = start or standard_start(problem, data, batch)
    nuisances, floor = start
    share = partial(_share, tick, len(blocks(problem, data)))

    def profile_block(block: Problem, own: Data, columns: np.ndarray) -> Profiled:
        size = min(batch, fastest_batch(block, own)) * device_count()
        begun = Start(nuisances[..., columns], floor)
        condensed = on_all_devices(tuple(map(condense, own)))
        return _profile_block(block, points, condensed, begun, share, size)

    found = join_blocks(problem, data, len(points), profile_block)
    # the same for all values of the nuisances: added once, not in every block
    return _with_undefined(found._replace(nll=found.nll + constraint_values(problem, points)))


def join_blocks(
    problem: Problem, data: Data, n: int, fit: Callable[[Problem, Data, np.ndarray], Profiled]
) -> Profiled:
    """Fits of n points or toys, each the sum of its blocks.

    Args:
        problem: what is split into blocks.
        data: the experiments.
        n: how many points or toys.
        fit: (block, its data, numbers of its nuisances) -> its minima.
    """
    nuisances = np.zeros((n, len(problem.nuisances)))
    total, squares, status = np.zeros(n), np.zeros(n), np.zeros(n, dtype=np.int8)
    for block, own in blocks(problem, data):
        columns = np.array([problem.nuisances.index(name) for name in block.nuisances], dtype=int)
        found = fit(block, own, columns)
        total += found.nll
        squares += found.gradient_norm**2
        status = np.maximum(status, found.status)
        nuisances[:, columns] = found.nuisances
    return _with_undefined(Profiled(total, nuisances, status, np.sqrt(squares)))


def _with_undefined(found: Profiled) -> Profiled:
    """The same, where -log L is not a number with the status that says so."""
    undefined = ~np.isfinite(found.nll)
    return found._replace(
        nll=np.where(undefined, np.nan, found.nll),
        status=np.where(undefined, UNDEFINED, found.status).astype(np.int8),
        gradient_norm=np.where(undefined, np.nan, found.gradient_norm),
    )


def standard_start(problem: Problem, data: Data, batch: int = LARGEST) -> Start:
    """The standard model's nuisances and -log L."""
    by_name = dict(
        zip([p.name for p in problem.model.parameters], problem.model.standard, strict=True)
    )
    point = np.array([[by_name[name] for name in problem.parameters]])
    cold = Start(np.zeros(len(problem.nuisances)), np.inf)
    found = profile(problem, point, data, start=cold, batch=batch)
    return Start(found.nuisances[0], float(found.nll[0]))


def _share(tick: Callable[[float], None] | None, parts: int, points: int) -> None:
    if tick:
        tick(points / parts)


def _profile_block(
    problem: Problem,
    points: np.ndarray,
    data: Sequence[Condensed],
    start: Start,
    tick: Callable[[int], None],
    size: int,
) -> Profiled:
    """Rounds of steps; those points that are not done go into the next one, packed together."""
    excluded_above, floor = start.nll + EXCLUDED_ABOVE, np.zeros(len(points))

    def advance(elements: np.ndarray, walk: Walk, limit: int) -> tuple[Walk, np.ndarray]:
        found, least = jax.device_get(
            _advance(problem, (points[elements], walk), data, limit, excluded_above)
        )
        floor[elements] = least
        return found, ~(np.abs(found.decrement) > TOLERANCE) | ~(least <= excluded_above)

    starts = np.broadcast_to(start.nuisances, (len(points), len(problem.nuisances)))
    walk = run(begin(starts), advance, size, _FIRST_ROUND, tick)
    return _summary(problem, walk, floor, floor > excluded_above)


def _summary(problem: Problem, walk: Walk, floor: np.ndarray, excluded: np.ndarray) -> Profiled:
    box = problem.box[len(problem.parameters) :]
    found = summary(walk.x, walk.expansion, np.abs(walk.decrement) < CONVERGED_BELOW, box)
    return Profiled(
        nll=np.where(excluded, floor, found.nll),
        nuisances=found.nuisances,
        status=np.where(excluded, EXCLUDED, found.status).astype(np.int8),
        gradient_norm=np.where(excluded, np.nan, found.gradient_norm),
    )


def summary(
    x: np.ndarray, expansion: Expansion, converged: np.ndarray, box: np.ndarray
) -> Profiled:
    """What finished elements found at x (n, n_free), none of them excluded; `box` (n_free, 2)."""
    free = np.where(at_bound(expansion.gradient, x, box), 0.0, expansion.gradient)
    status = np.where(converged, CONVERGED, UNCONVERGED).astype(np.int8)
    return Profiled(expansion.value, x, status, np.linalg.norm(free, axis=-1))


@per_element
def _advance(
    problem: Problem,
    element: tuple[Array, Walk],
    data: Sequence[Condensed],
    limit: Array,
    excluded_above: Array,
) -> tuple[Walk, Array]:
    """Steps at a point (n_parameters,) from where they are, and the floor that -log L cannot fall below ()."""
    point, walk = element
    box = jnp.asarray(problem.box[len(problem.parameters) :])
    couplings = problem.couplings(point)
    signals = [condensed_signal(each, couplings) for each in data]
    counted = [Counts(*condensed_counts(e, jnp.asarray(e.experiment.observed))) for e in data]
    floor = least_nll(problem, data, signals, counted, point)
    jets = [Jet(events, (), no_bend) for events in signals]
    centres = jnp.zeros(len(problem.nuisances))
    expand = partial(expansion, problem, data, jets, counted=counted, centres=centres, point=point)
    worth = jnp.where(floor <= excluded_above, limit, 0)
    end = minimise(expand, walk, box, tolerance=TOLERANCE, limit=worth)
    return settle(end, TOLERANCE), floor


def constraint_values(problem: Problem, points: np.ndarray) -> np.ndarray:
    """What the constraints add to -log L at each point, (n_points,), in batches of one compiled size."""
    values = np.zeros(len(points))
    if problem.constraints:
        alone = constraint_part(problem)
        for elements in batches(np.arange(len(points)), _CONSTRAINED):
            values[elements] = jax.device_get(_constraint_chunk(alone, points[elements]))
    return values


@partial(jax.jit, static_argnums=0)
def _constraint_chunk(problem: Problem, points: Array) -> Array:
    return jax.vmap(problem.constraint)(points)
