"""The host's side of a batched minimisation: rounds of steps, with unfinished lanes packed together."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from jaxmed.inference.engine.devices import device_count
from jaxmed.inference.profile.newton import State

TOLERANCE = 1e-9
CONVERGED_BELOW = 1e-6
"""Expected further decrease of -log L: where lanes stop, and what counts as converged."""
MOST_STEPS = 400
# Few lanes, and the last ones of many, run in batches this much smaller: a second compiled size, far less idle work.
_SMALLER = 8
ONE_SIZE = 32
"""Lanes of the largest batch that is so fast that none is smaller: half as much to compile."""

Advance = Callable[[np.ndarray, State, int], tuple[State, np.ndarray]]
"""(lane numbers, their states, limit of steps) -> new states, and which lanes are over, (n_lanes,)."""


def run(
    state: State,
    advance: Advance,
    size: int,
    first: int,
    tick: Callable[[int], None],
    most: int = MOST_STEPS,
) -> State:
    """Advance all lanes until each is over or out of steps.

    Most lanes need a few steps, a few dozens: after each round the unfinished ones are packed together, and after
    all rounds so far the next one is at least half as long as they were together.

    Args:
        state: of all lanes, from `newton.begin`; overwritten.
        advance: works on `size` lanes at a time.
        size: of every batch, so that one program serves all; a multiple of the number of devices.
        first: steps of the first round, what most lanes need.
        tick: called with the number of lanes finished since the last call.
        most: steps of a lane.
    """
    over = np.zeros(len(state.at.x), dtype=bool)
    limit, n_devices = first, device_count()
    while limit <= most and not over.all():
        going = np.flatnonzero(~over)
        small = min(max(size // n_devices // _SMALLER, ONE_SIZE) * n_devices, size)
        fitting = size if going.size > size // 2 else small
        for lanes in batches(going, fitting):
            given = jax.tree.map(lambda leaf, lanes=lanes: leaf[lanes], state)
            found, over[lanes] = advance(lanes, given, limit)
            jax.tree.map(lambda whole, part, lanes=lanes: put(whole, lanes, part), state, found)
            # each lane once: the last batch ends in copies of its last
            tick(int(over[lanes[np.diff(lanes, prepend=-1) > 0]].sum()))
        limit += max(first, limit // 2)
    tick(int((~over).sum()))
    return state


def put(whole: np.ndarray, lanes: np.ndarray, part: np.ndarray) -> None:
    """Write some lanes of a leaf."""
    whole[lanes] = part


def batches(lanes: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Lane numbers in batches of one size; the last is filled up with its own last element."""
    padded = np.concatenate([lanes, np.repeat(lanes[-1:], -lanes.size % size)])
    return iter(padded.reshape(-1, size))


def silent(number: Any) -> None:
    """A tick that nobody hears."""
    del number
