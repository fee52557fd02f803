"""Minima of many toys in one program: searches take turns on lanes, and a lane whose search is over takes the next.

A toy goes through generations, each of which waits for all searches of the one before: its first start, its other
starts, and then, as long as that finds something lower, the ways across its kinks (`ways`). What a search does depends
on nothing but its toy and the generations before, so results do not depend on the order of the work, nor on how many
toys or devices there are.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.inference.engine.batches import MOST_STEPS
from jaxmed.inference.profile.newton import Expansion, Walk, advance, begin, settle
from jaxmed.inference.toys.ways import (
    LOWER,
    MOST_CROSSINGS,
    Ways,
    beyond,
    in_reach,
    stays_behind,
)

# Times the decrease that the last step expected: along a slope that levels off there are many more to come.
_HOPE = 3.0
# Of the first step of a search across a kink: with less of it, far from any minimum, one step after the other is
# refused.
_ACROSS_DAMPING = 0.3
Evaluate = Callable[[Array, Array], Expansion]
"""(numbers of toys (n,), x (n, n_free)) -> expansions of their objectives there."""


class Task(NamedTuple):
    """What is to be minimised.

    Attributes:
        starts: of each toy, the most promising one first, (n_toys, n_starts, n_free).
        valid: which of them are worth it, (n_toys, n_starts).
        box: (n_free, 2).
        number: of toys; those after it are there to fill up.
    """

    starts: Array
    valid: Array
    box: Array
    number: Array


class Found(NamedTuple):
    """The lowest minimum of each toy.

    Attributes:
        value: (n_toys,).
        x: (n_toys, n_free).
        gradient: (n_toys, n_free).
        converged: whether its search was over, (n_toys,).
        evaluations: of all searches of a toy, (n_toys,).
    """

    value: Array
    x: Array
    gradient: Array
    converged: Array
    evaluations: Array


class _Lowest(NamedTuple):
    """The lowest point of each toy that some searches have found; the last row belongs to no toy."""

    value: Array
    x: Array
    gradient: Array
    curvature: Array
    converged: Array


class _Toys(NamedTuple):
    """What is known of each toy.

    Attributes:
        known: before this generation.
        lowest: so far.
        way: that led there.
        left: searches of this generation that are not over.
        generation: number of this one.
        evaluations: so far.
    """

    known: _Lowest
    lowest: _Lowest
    way: Array
    left: Array
    generation: Array
    evaluations: Array


class _Lanes(NamedTuple):
    toy: Array
    way: Array
    active: Array
    walk: Walk


class _State(NamedTuple):
    lanes: _Lanes
    toys: _Toys
    queue: Array
    head: Array
    tail: Array
    fresh: Array  # number of the next toy


def minimise_all(
    evaluate: Evaluate, task: Task, ways: Ways, *, lanes: int, tolerance: float, damping: float
) -> Found:
    """Minimise every toy.

    Args:
        evaluate: the objectives.
        task: where to start.
        ways: across kinks.
        lanes: evaluated together.
        tolerance: on the expected further decrease.
        damping: of the first step of a start.
    """
    n_toys, n_starts, n_free = task.starts.shape
    lanes = min(lanes, n_toys)
    n_ways = n_starts + len(ways.which)
    length = 2 * lanes * n_ways
    fixed = task.box[:, 0] == task.box[:, 1]

    def turn(s: _State) -> _State:
        now, walks = s.lanes, s.lanes.walk
        toy = jnp.minimum(now.toy, n_toys - 1)
        expected = walks.decrement
        walk = jax.vmap(partial(advance, box=task.box))(walks, evaluate(toy, walks.trial))
        end = jax.vmap(partial(settle, tolerance=tolerance))(walk)
        done = jnp.abs(walk.decrement) <= tolerance
        value = jnp.where(done, end.expansion.value, walk.expansion.value)
        known, first = s.toys.known.value[toy], s.toys.generation[toy] == 0
        beaten = (walk.steps > 1) & (value - _HOPE * expected > known - LOWER)
        hopeless = beaten & ~first
        if n_ways > n_starts:
            k, origin = jnp.maximum(now.way - n_starts, 0), s.toys.known.x[toy]
            dropped = stays_behind(ways, k, origin, walk, _HOPE * expected, known)
            hopeless = jnp.where(now.way >= n_starts, dropped, hopeless)
        over = now.active & (done | hopeless | (walk.steps >= MOST_STEPS))
        good = over & (first | (done & (value < known - LOWER)))
        found = _Lowest(value, end.x, *end.expansion[1:], done)
        toys = _noted(s.toys, now, found, good, over)
        toys, wanted = _next_generation(task, ways, toys, now.toy, over, fixed)
        # the queue is a ring
        flat = wanted.reshape(-1)
        place = jnp.where(flat, (s.tail + jnp.cumsum(flat) - 1) % length, length)
        items = (now.toy[:, None] * n_ways + jnp.arange(n_ways)[None]).reshape(-1)
        queue, tail = s.queue.at[place].set(items), s.tail + flat.sum()
        # free lanes take what waits, then new toys
        free = ~now.active | over
        rank = jnp.cumsum(free) - 1
        waiting = tail - s.head
        taken = free & (rank < waiting)
        number = s.fresh + rank - waiting
        fresh = free & ~taken & (number < task.number)
        item = queue[(s.head + rank) % length]
        toy = jnp.where(taken, item // n_ways, jnp.where(fresh, number, n_toys))
        way = jnp.where(taken, item % n_ways, 0)
        new = taken | fresh
        started = _started(task, ways, toys.known, jnp.minimum(toy, n_toys - 1), way, damping)
        walk = jax.tree.map(
            lambda a, b: jnp.where(new.reshape(-1, *(1,) * (a.ndim - 1)), a, b), started, walk
        )
        kept = _Lanes(
            jnp.where(free, toy, now.toy), jnp.where(free, way, now.way), ~free | new, walk
        )
        head = s.head + jnp.minimum(waiting, free.sum())
        return _State(kept, toys, queue, head, tail, s.fresh + fresh.sum())

    walk = jax.tree.map(jnp.asarray, begin(np.zeros((lanes, n_free))))
    nobody = jnp.full(lanes, n_toys), jnp.zeros(lanes, dtype=int), jnp.zeros(lanes, dtype=bool)
    zero = jnp.zeros((), dtype=int)
    empty = _State(
        _Lanes(*nobody, walk),
        _unknown(n_toys, n_free),
        jnp.zeros(length + 1, dtype=int),
        *[zero] * 3,
    )

    def going(s: _State) -> Array:
        return s.lanes.active.any() | (s.fresh < task.number)

    # the first turn evaluates nobody, and gives every lane a toy
    state = jax.lax.while_loop(going, turn, empty)
    found = jax.tree.map(lambda leaf: leaf[:-1], state.toys)
    lowest = found.lowest
    return Found(lowest.value, lowest.x, lowest.gradient, lowest.converged, found.evaluations)


def _unknown(n_toys: int, n_free: int) -> _Toys:
    n = n_toys + 1
    nothing = _Lowest(
        value=jnp.full(n, jnp.inf),
        x=jnp.zeros((n, n_free)),
        gradient=jnp.zeros((n, n_free)),
        curvature=jnp.broadcast_to(jnp.eye(n_free), (n, n_free, n_free)),
        converged=jnp.zeros(n, dtype=bool),
    )
    zero = jnp.zeros(n, dtype=int)
    return _Toys(nothing, nothing, zero, zero + 1, zero, zero)


def _noted(toys: _Toys, lanes: _Lanes, found: _Lowest, good: Array, over: Array) -> _Toys:
    """What the searches that are over have found; of equal ones that of the first way."""
    nobody = toys.way.size - 1
    least = jnp.where(good, found.value, jnp.inf)
    value = toys.lowest.value.at[lanes.toy].min(least)
    lower = good & (found.value == value[lanes.toy]) & (value < toys.lowest.value)[lanes.toy]
    at = jnp.where(lower, lanes.toy, nobody)
    first = jnp.full_like(toys.way, jnp.iinfo(toys.way.dtype).max).at[at].min(lanes.way)
    wins = jnp.where(lower & (lanes.way == first[lanes.toy]), lanes.toy, nobody)
    return toys._replace(
        lowest=jax.tree.map(lambda old, new: old.at[wins].set(new), toys.lowest, found),
        way=toys.way.at[wins].set(lanes.way),
        left=toys.left.at[jnp.where(over, lanes.toy, nobody)].add(-1),
        evaluations=toys.evaluations.at[jnp.where(lanes.active, lanes.toy, nobody)].add(1),
    )


def _next_generation(
    task: Task, ways: Ways, toys: _Toys, toy: Array, over: Array, fixed: Array
) -> tuple[_Toys, Array]:
    """The searches (n_lanes, n_ways) of those toys whose last search of a generation is over."""
    nobody, n_starts = toys.way.size - 1, task.starts.shape[1]
    numbers = jnp.arange(toy.size)
    last = jnp.full(nobody + 1, -1).at[jnp.where(over, toy, nobody)].max(numbers)
    ready = over & (last[toy] == numbers) & (toys.left[toy] == 0)
    generation, lowest = toys.generation[toy], jax.tree.map(lambda leaf: leaf[toy], toys.lowest)
    more = (jnp.arange(n_starts) > 0)[None] & (generation == 0)[:, None]
    others = task.valid[jnp.minimum(toy, nobody - 1)] & more
    # without other starts the first crossings come at once
    at_once = (generation == 0) & ~others.any(axis=1)
    improved = lowest.value < toys.known.value[toy] - LOWER
    cross = at_once | (generation == 1) | ((generation > 1) & improved)
    cross &= generation <= MOST_CROSSINGS
    wanted = jnp.concatenate([others, in_reach(ways, lowest.x, fixed) & cross[:, None]], axis=1)
    wanted &= ready[:, None]
    at = jnp.where(ready, toy, nobody)
    return toys._replace(
        known=jax.tree.map(lambda old, new: old.at[at].set(new), toys.known, lowest),
        left=toys.left.at[at].set(wanted.sum(axis=1)),
        generation=toys.generation.at[at].add(jnp.where(at_once, 2, 1)),
    ), wanted


def _started(
    task: Task, ways: Ways, known: _Lowest, toy: Array, way: Array, damping: float
) -> Walk:
    """Searches before their first evaluation, at a start of a toy or across one of its kinks."""
    n_starts, n_free = task.starts.shape[1:]
    across = way >= n_starts
    x = task.starts[toy, jnp.minimum(way, n_starts - 1)]
    if len(ways.which):
        k = jnp.maximum(way - n_starts, 0)
        x = jnp.where(across[:, None], beyond(ways, k, known.x[toy], known.curvature[toy]), x)
    low, high = task.box.T
    x = jnp.clip(x, low[None], high[None])
    walk = jax.tree.map(jnp.asarray, begin(np.zeros((len(toy), n_free))))
    return walk._replace(x=x, trial=x, damping=jnp.where(across, _ACROSS_DAMPING, damping))
