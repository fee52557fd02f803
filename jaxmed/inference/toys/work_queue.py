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
        left: searches of this generation that are not over.
        generation: number of this one.
        evaluations: so far.
    """

    known: _Lowest
    lowest: _Lowest
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


class _Search(NamedTuple):
    """What stays the same from turn to turn."""

    evaluate: Evaluate
    task: Task
    ways: Ways
    tolerance: float
    damping: float

    @property
    def n_starts(self) -> int:
        return self.task.starts.shape[1]

    @property
    def n_ways(self) -> int:
        """Numbers of ways: starts, then those across kinks."""
        return self.n_starts + len(self.ways.which)


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
    search = _Search(evaluate, task, ways, tolerance, damping)
    n_toys, _, n_free = task.starts.shape
    lanes = min(lanes, n_toys)
    walk = jax.tree.map(jnp.asarray, begin(np.zeros((lanes, n_free))))
    nobody = jnp.full(lanes, n_toys), jnp.zeros(lanes, dtype=int), jnp.zeros(lanes, dtype=bool)
    # what waits at most: each lane may end the generation of a toy, and each of these has all ways
    queue, zero = jnp.zeros(2 * lanes * search.n_ways + 1, dtype=int), jnp.zeros((), dtype=int)
    empty = _State(_Lanes(*nobody, walk), _unknown(n_toys, n_free), queue, zero, zero, zero)

    def going(s: _State) -> Array:
        return s.lanes.active.any() | (s.fresh < task.number)

    # the first turn evaluates nobody, and gives every lane a toy
    state = jax.lax.while_loop(going, partial(_turn, search), empty)
    found = jax.tree.map(lambda leaf: leaf[:-1], state.toys)
    lowest = found.lowest
    return Found(lowest.value, lowest.x, lowest.gradient, lowest.converged, found.evaluations)


def _turn(search: _Search, s: _State) -> _State:
    """One evaluation on every lane, and what follows from it."""
    walk, found, over, good = _advanced(search, s)
    toys = _noted(s.toys, s.lanes, found, good, over)
    toys, wanted = _next_generation(search, toys, s.lanes.toy, over)
    lanes = s.lanes._replace(walk=walk, active=s.lanes.active & ~over)
    return _refilled(search, _queued(search, s._replace(lanes=lanes, toys=toys), wanted))


def _advanced(search: _Search, s: _State) -> tuple[Walk, _Lowest, Array, Array]:
    """The walks one step on, where they would end, which of them are over, and which of these with a result."""
    task, ways, n_starts, tolerance = search.task, search.ways, search.n_starts, search.tolerance
    now, walks = s.lanes, s.lanes.walk
    toy = jnp.minimum(now.toy, len(task.starts) - 1)
    hope = _HOPE * walks.decrement
    walk = jax.vmap(partial(advance, box=task.box))(walks, search.evaluate(toy, walks.trial))
    end = jax.vmap(partial(settle, tolerance=tolerance))(walk)
    done = jnp.abs(walk.decrement) <= tolerance
    value = jnp.where(done, end.expansion.value, walk.expansion.value)
    known, first = s.toys.known.value[toy], s.toys.generation[toy] == 0
    hopeless = ~first & (walk.steps > 1) & (value - hope > known - LOWER)
    if search.n_ways > n_starts:
        k, origin = jnp.maximum(now.way - n_starts, 0), s.toys.known.x[toy]
        dropped = stays_behind(ways, k, origin, walk, hope, known)
        hopeless = jnp.where(now.way >= n_starts, dropped, hopeless)
    over = now.active & (done | hopeless | (walk.steps >= MOST_STEPS))
    good = over & (first | (done & (value < known - LOWER)))
    return walk, _Lowest(value, end.x, *end.expansion[1:], done), over, good


def _queued(search: _Search, s: _State, wanted: Array) -> _State:
    """The searches that are `wanted` (n_lanes, n_ways) of the toys on the lanes wait as well: the queue is a ring."""
    flat, length, ways = wanted.reshape(-1), s.queue.size - 1, jnp.arange(search.n_ways)
    place = jnp.where(flat, (s.tail + jnp.cumsum(flat) - 1) % length, length)
    items = s.lanes.toy[:, None] * ways.size + ways[None]
    return s._replace(queue=s.queue.at[place].set(items.reshape(-1)), tail=s.tail + flat.sum())


def _refilled(search: _Search, s: _State) -> _State:
    """Free lanes take what waits, then new toys."""
    task, n_toys, length = search.task, len(search.task.starts), s.queue.size - 1
    free, waiting = ~s.lanes.active, s.tail - s.head
    rank = jnp.cumsum(free) - 1
    taken, number = free & (rank < waiting), s.fresh + rank - waiting
    fresh = free & ~taken & (number < task.number)
    item = s.queue[(s.head + rank) % length]
    toy = jnp.where(taken, item // search.n_ways, jnp.where(fresh, number, n_toys))
    way = jnp.where(taken, item % search.n_ways, 0)
    started = _started(search, s.toys.known, jnp.minimum(toy, n_toys - 1), way)
    new = taken | fresh
    walk = jax.tree.map(
        lambda a, b: jnp.where(new.reshape(-1, *(1,) * (a.ndim - 1)), a, b), started, s.lanes.walk
    )
    toy, way = jnp.where(free, toy, s.lanes.toy), jnp.where(free, way, s.lanes.way)
    return s._replace(
        lanes=_Lanes(toy, way, ~free | new, walk),
        head=s.head + jnp.minimum(waiting, free.sum()),
        fresh=s.fresh + fresh.sum(),
    )


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
    return _Toys(nothing, nothing, zero + 1, zero, zero)


def _noted(toys: _Toys, lanes: _Lanes, found: _Lowest, good: Array, over: Array) -> _Toys:
    """What the searches that are over have found; of equal ones that of the first way."""
    nobody = toys.left.size - 1
    least = jnp.where(good, found.value, jnp.inf)
    value = toys.lowest.value.at[lanes.toy].min(least)
    lower = good & (found.value == value[lanes.toy]) & (value < toys.lowest.value)[lanes.toy]
    at = jnp.where(lower, lanes.toy, nobody)
    first = jnp.full_like(toys.left, jnp.iinfo(toys.left.dtype).max).at[at].min(lanes.way)
    wins = jnp.where(lower & (lanes.way == first[lanes.toy]), lanes.toy, nobody)
    return toys._replace(
        lowest=jax.tree.map(lambda old, new: old.at[wins].set(new), toys.lowest, found),
        left=toys.left.at[jnp.where(over, lanes.toy, nobody)].add(-1),
        evaluations=toys.evaluations.at[jnp.where(lanes.active, lanes.toy, nobody)].add(1),
    )


def _next_generation(search: _Search, toys: _Toys, toy: Array, over: Array) -> tuple[_Toys, Array]:
    """The searches (n_lanes, n_ways) of those toys whose last search of a generation is over."""
    task, ways, nobody = search.task, search.ways, toys.left.size - 1
    fixed = task.box[:, 0] == task.box[:, 1]
    numbers = jnp.arange(toy.size)
    last = jnp.full(nobody + 1, -1).at[jnp.where(over, toy, nobody)].max(numbers)
    ready = over & (last[toy] == numbers) & (toys.left[toy] == 0)
    generation, lowest = toys.generation[toy], jax.tree.map(lambda leaf: leaf[toy], toys.lowest)
    more = (jnp.arange(search.n_starts) > 0)[None] & (generation == 0)[:, None]
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


def _started(search: _Search, known: _Lowest, toy: Array, way: Array) -> Walk:
    """Searches before their first evaluation, at a start of a toy or across one of its kinks."""
    task, ways = search.task, search.ways
    n_starts, n_free = task.starts.shape[1:]
    across = way >= n_starts
    x = task.starts[toy, jnp.minimum(way, n_starts - 1)]
    if len(ways.which):
        k = jnp.maximum(way - n_starts, 0)
        x = jnp.where(across[:, None], beyond(ways, k, known.x[toy], known.curvature[toy]), x)
    low, high = task.box.T
    x = jnp.clip(x, low[None], high[None])
    walk = jax.tree.map(jnp.asarray, begin(np.zeros((len(toy), n_free))))
    return walk._replace(x=x, trial=x, damping=jnp.where(across, _ACROSS_DAMPING, search.damping))
