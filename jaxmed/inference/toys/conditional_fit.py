"""Fits of many toys at given model parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    Events,
    all_variants,
    condense,
    condensed_signal,
)
from jaxmed.experiments.likelihood.signal_jet import Jet
from jaxmed.experiments.model import Leaf
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.engine.devices import device_count, per_batch, per_element, sized
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.expansion import expansion, no_bend
from jaxmed.inference.profile.newton import FIRST_DAMPING, Expansion
from jaxmed.inference.profile.profile import Profiled, join_blocks
from jaxmed.inference.toys.chunks import Chunk, Shared, counted, in_chunks, lane_count
from jaxmed.inference.toys.draw import Toys, restrict_toys
from jaxmed.inference.toys.ways import find_ways
from jaxmed.inference.toys.work_queue import Found, Task, minimise_all

_TOLERANCE = 1e-6  # on the expected further decrease of -log L, which the last step takes
_AT_ONCE = 64, 1024  # signals worked out together, on a CPU and on an accelerator


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
    n = len(toys.numbers)
    points, which = np.unique(np.atleast_2d(point), axis=0, return_inverse=True)
    each = np.broadcast_to(which.ravel(), n) if len(points) > 1 else None

    def fit_block(block: Problem, own: Data, columns: np.ndarray) -> Profiled:
        few = restrict_toys(toys, problem, data, block, own)
        starts = np.broadcast_to(start[..., columns], (n, columns.size))
        condensed = tuple(map(condense, own))
        signals = signals_at(block, condensed, points)
        static = block, lane_count(condensed, len(block.nuisances))
        shared = Shared(condensed, block.box[len(block.parameters) :], find_ways(block, own, 0))
        same = signals if each is None else None
        return in_chunks(
            lambda chunk: _fitted(static, chunk, shared, same),
            few,
            condensed,
            starts[:, None],
            shared.box,
            signals,
            each,
        )

    return join_blocks(problem, data, n, fit_block)


class At(NamedTuple):
    """Model parameters (n_parameters,) and the signal of each experiment there; or of many, one row each."""

    point: Leaf
    signals: tuple[Events, ...]


def signals_at(problem: Problem, data: Sequence[Condensed], points: np.ndarray) -> At:
    """Signals of each experiment at points (n, n_parameters), one row each."""
    size = (sized(*_AT_ONCE) if len(points) > 1 else 1) * device_count()
    every = batches(np.arange(len(points)), size)
    parts = [jax.device_get(_signals(problem, points[elements], data)) for elements in every]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(points)], *parts)


@per_element
def _signals(problem: Problem, point: Array, data: Sequence[Condensed]) -> At:
    couplings = problem.couplings(point)
    return At(point, tuple(condensed_signal(each, couplings) for each in data))


@per_batch
def _fitted(static: tuple[Problem, int], chunk: Chunk, shared: Shared, every: At | None) -> Found:
    """Signals are those of all toys, unless a chunk has some for each toy."""
    problem, lanes = static
    same = jax.tree.map(lambda leaf: leaf[0], every)
    pairs = zip(shared.data, same.signals, strict=True) if same else ()
    variants = [all_variants(each.fillings, events) for each, events in pairs]

    def one(toy: Array, x: Array) -> Expansion:
        at = same or jax.tree.map(lambda leaf: leaf[toy], chunk.signals)
        own = variants or [Jet(e, (), no_bend) for e in at.signals]
        return expansion(problem, shared.data, own, x, *counted(chunk, toy), at.point)

    box = jnp.asarray(shared.box)
    valid = jnp.ones(chunk.starts.shape[:2], dtype=bool)
    task = Task(chunk.starts, valid, box, chunk.real.sum())
    return minimise_all(
        jax.vmap(one),
        task,
        shared.ways,
        lanes=lanes,
        tolerance=_TOLERANCE,
        damping=FIRST_DAMPING,
    )
