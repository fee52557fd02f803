"""Profiled -log L on lines of constant mass as a step of Fisher scoring promises it."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    Events,
    condense,
    condensed_counts,
    condensed_signal,
)
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.engine.devices import device_count, on_all_devices, per_element
from jaxmed.inference.engine.memory import fastest_batch
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Data, Problem, blocks
from jaxmed.inference.profile.expansion import Counts
from jaxmed.inference.profile.profile import constraint_values
from jaxmed.inference.profile.scoring import Scored, score
from jaxmed.inference.regions.mixtures import Mixtures

_PIECE = 64  # points of a line that are scored together
# A profile decreases by what a step promises to within a tenth near a level, and by up to 1.6 times that much wherever
# the nuisances stay inside their box; where they do not, by less.
_UNSURE = 0.5


class Estimates(NamedTuple):
    """What profiles are to be expected at n points.

    Attributes:
        nll: -log L, infinity where it is certain to be large, NaN without an estimate, (n,).
        error: by how much it may be wrong, (n,).
        nuisances: after the step, (n, n_nuisances).
    """

    nll: np.ndarray
    error: np.ndarray
    nuisances: np.ndarray


def estimates(
    problem: Problem,
    line: np.ndarray,
    points: np.ndarray,
    signals: Sequence[Mixtures],
    nuisances: np.ndarray,
    data: Data,
    excluded_above: float,
    tick: Tick = None,
) -> Estimates:
    """One step from the nuisances of each point.

    Args:
        problem: free parameters g and mass.
        line: of each point, ascending, (n,).
        points: in the fit's coordinate, (n, 2).
        signals: of each experiment at the points.
        nuisances: free ones, (n, n_nuisances).
        data: the experiments.
        excluded_above: -log L that is large: nothing more is worked out of points above it.
        tick: called with the share of the work done since the last call.
    """
    value, decrease = constraint_values(problem, points), np.zeros(line.size)
    moved, parts = nuisances.copy(), blocks(problem, data)
    of = dict(zip([e.name for e in data], signals, strict=True))
    # small ones first: no part of -log L is negative, and each may say that the sum is large
    for block, own in sorted(parts, key=lambda part: sum(e.n_bins for e in part[1])):
        going = np.flatnonzero(~(value - (1 + _UNSURE) * decrease > excluded_above))
        shared = on_all_devices(tuple(map(condense, own)))
        ours = [of[e.name] for e in own]
        columns = np.array([problem.nuisances.index(name) for name in block.nuisances], dtype=int)
        pieces = going[_pieces(line[going])]
        size = max(fastest_batch(block, own) // _PIECE, 1) * device_count()
        before = value.copy(), decrease.copy()
        chunks = list(batches(np.arange(len(pieces)), size))
        for rows in (pieces[numbers] for numbers in chunks):
            basis = tuple(mixed.basis[line[rows[:, 0]]] for mixed in ours)
            weights = tuple(mixed.weights[rows] for mixed in ours)
            element = basis, weights, nuisances[rows[..., None], columns]
            found = jax.device_get(_score(block, element, shared))
            # from what was there before: the last row of a line is there more than once
            value[rows] = before[0][rows] + found.nll
            decrease[rows] = before[1][rows] + found.decrease
            moved[rows[..., None], columns] = found.nuisances
            advance(tick, 1 / len(chunks) / len(parts))
        advance(tick, 0.0 if chunks else 1 / len(parts))
    excluded = value - (1 + _UNSURE) * decrease > excluded_above
    nll = np.where(excluded, np.inf, value - decrease)
    return Estimates(nll, np.where(excluded, 0.0, _UNSURE * decrease), moved)


def _pieces(line: np.ndarray) -> np.ndarray:
    """Numbers of points, (n_pieces, _PIECE) of one line each; the last of a line ends in copies of its last."""
    first = np.flatnonzero(np.diff(line, prepend=-1))
    lengths = np.diff(first, append=line.size)
    number = -(-lengths // _PIECE)
    before = np.cumsum(number) - number
    start = np.repeat(first, number) + _PIECE * (
        np.arange(number.sum()) - np.repeat(before, number)
    )
    last = np.repeat(first + lengths - 1, number)
    return np.minimum(start[:, None] + np.arange(_PIECE)[None], last[:, None])


_Piece = tuple[tuple[Array, ...], tuple[Array, ...], Array]


@per_element
def _score(problem: Problem, element: _Piece, data: Sequence[Condensed]) -> Scored:
    """A piece of a line: points of the basis and weights for each experiment, and nuisances."""
    basis, weights, nuisances = element
    counted = [Counts(*condensed_counts(e, jnp.asarray(e.experiment.observed))) for e in data]

    def events_at(condensed: Condensed, points: Array) -> Events:
        return jax.vmap(lambda x: condensed_signal(condensed, problem.couplings(x)))(points)

    events = [events_at(e, points) for e, points in zip(data, basis, strict=True)]

    def one(mixed: tuple[Array, ...], z: Array) -> Scored:
        signals = [
            tuple(jnp.tensordot(w, leaf, 1) for leaf in each)
            for w, each in zip(mixed, events, strict=True)
        ]
        return score(problem, data, signals, counted, z)

    return jax.vmap(one)(weights, nuisances)
