"""The host's side of a batched minimisation: rounds of steps, with unfinished elements packed together."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import jax
import numpy as np

from jaxmed.inference.engine.devices import device_count

State = TypeVar("State")

TOLERANCE = 1e-9
CONVERGED_BELOW = 1e-6
"""Expected further decrease of -log L: where elements stop, and what counts as converged."""
MOST_STEPS = 400
# Few elements, and the last ones of many, run in batches this much smaller: a second compiled size, far less idle work.
_SMALLER = 8
ONE_SIZE = 32
"""Elements of the largest batch that is so fast that none is smaller: half as much to compile."""

Round = Callable[[np.ndarray, State, int], tuple[State, np.ndarray]]
"""(element numbers, their states, limit of steps) -> new states, and which elements are over, (n,)."""


def run(
    state: State,
    advance: Round[State],
    size: int,
    first: int,
    tick: Callable[[int], None],
    most: int = MOST_STEPS,
) -> State:
    """Advance all elements until each is over or out of steps.

    Most elements need a few steps, a few dozens: after each round the unfinished ones are packed together, and after
    all rounds so far the next one is at least half as long as they were together.

    Args:
        state: of all elements, a pytree of NumPy arrays (n, ...); overwritten.
        advance: works on `size` elements at a time.
        size: of every batch, so that one program serves all; a multiple of the number of devices.
        first: steps of the first round, what most elements need.
        tick: called with the number of elements finished since the last call.
        most: steps of an element.
    """
    over = np.zeros(len(jax.tree.leaves(state)[0]), dtype=bool)
    limit, n_devices = first, device_count()
    while limit <= most and not over.all():
        going = np.flatnonzero(~over)
        small = min(max(size // n_devices // _SMALLER, ONE_SIZE) * n_devices, size)
        fitting = size if going.size > size // 2 else small
        for elements in batches(going, fitting):
            given = jax.tree.map(lambda leaf, elements=elements: leaf[elements], state)
            found, over[elements] = advance(elements, given, limit)
            jax.tree.map(
                lambda whole, part, elements=elements: put(whole, elements, part), state, found
            )
            # each element once: the last batch ends in copies of its last
            tick(int(over[elements[np.diff(elements, prepend=-1) > 0]].sum()))
        limit += max(first, limit // 2)
    tick(int((~over).sum()))
    return state


def put(whole: np.ndarray, elements: np.ndarray, part: np.ndarray) -> None:
    """Write some elements of a leaf."""
    whole[elements] = part


def batches(elements: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Element numbers in batches of one size; the last is filled up with its own last element."""
    padded = np.concatenate([elements, np.repeat(elements[-1:], -elements.size % size)])
    return iter(padded.reshape(-1, size))


def silent(number: Any) -> None:
    """A tick that nobody hears."""
    del number
