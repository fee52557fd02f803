"""Several starts for the minimum of each toy: those that cannot come out lowest are given up on the way."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import jax
import numpy as np

from jaxmed.inference.engine.batches import CONVERGED_BELOW, MOST_STEPS, run, silent
from jaxmed.inference.engine.devices import sized
from jaxmed.inference.engine.memory import numbers_at_once
from jaxmed.inference.profile.newton import FIRST_DAMPING, Minimum, NewtonState, initial_state

LOWER = 1e-3
"""Of -log L: what is lower by less is not lower."""
# Times the decrease that the last step expected: along a slope that levels off there are many more to come.
_HOPE = 3.0


T = TypeVar("T")

Advance = Callable[[np.ndarray, NewtonState, np.ndarray, int], NewtonState]
"""(numbers of toys (n,), their states, boxes (n, n_free, 2), limit of steps) -> new states."""
# Numbers in a batch (for a fit of nuisances, bins times nuisances times toys): it should stay in a CPU's cache.
_BATCH_NUMBERS = 400_000
# Toys in a batch, on a CPU and on an accelerator.
_MOST = 2048, 8192


class Search(NamedTuple):
    """How the minima of toys are searched for.

    Attributes:
        advance: takes the steps.
        box: (n_free, 2).
        tolerance: on the expected further decrease of -log L.
        batch: elements at a time.
        first: steps of the first round.
        damping: of the first step.
    """

    advance: Advance
    box: np.ndarray
    tolerance: float
    batch: int
    first: int
    damping: float = FIRST_DAMPING

    def __call__(self, owner: np.ndarray, starts: np.ndarray, known: np.ndarray) -> Minimum:
        """Where starts x (n_starts, n_free) end; `owner` and `known` as for `go_on`."""
        return self.go_on(owner, initial_state(starts, self.damping), known).at

    def go_on(
        self,
        owner: np.ndarray,
        state: NewtonState,
        known: np.ndarray,
        hold: Sequence[int] | np.ndarray = (),
        most: int = MOST_STEPS,
    ) -> NewtonState:
        """Take up searches from their states, which are overwritten.

        Args:
            owner: number of the toy, (n_starts,).
            state: of each start.
            known: lowest value known of each toy, (n_toys,).
            hold: numbers of the parameters that stay where they are.
            most: steps, earlier ones included.
        """
        held = np.asarray(hold, dtype=int)
        lowest, leader = known.copy(), np.full(len(known), -1)

        def advance(
            elements: np.ndarray, state: NewtonState, limit: int
        ) -> tuple[NewtonState, np.ndarray]:
            toy = owner[elements]
            boxes = np.repeat(self.box[None], len(elements), axis=0)
            boxes[:, held] = state.at.x[:, held, None]
            found = self.advance(toy, state, boxes, limit)
            value, decrement = found.at.expansion.value, found.at.decrement
            np.minimum.at(lowest, toy, value)
            leads = value == lowest[toy]
            leader[toy[leads]] = elements[leads]
            beaten = (value - _HOPE * decrement > lowest[toy] - LOWER) & (leader[toy] != elements)
            return found, beaten | (decrement <= self.tolerance)

        first = min(self.first, most)
        return run(state, advance, self.batch, first, silent, most)

    def among(self, toys: np.ndarray) -> "Search":
        """The same for some toys only, which are numbered anew from 0."""

        def advance(
            toy: np.ndarray, state: NewtonState, boxes: np.ndarray, limit: int
        ) -> NewtonState:
            return self.advance(toys[toy], state, boxes, limit)

        return self._replace(advance=advance)


def batch_size(each: int) -> int:
    """Toys at a time on each device if one of them works on so many numbers: a power of two within the budget."""
    fitting = np.floor(np.log2(numbers_at_once(_BATCH_NUMBERS) / each))
    return int(2 ** np.clip(fitting, 3, np.log2(sized(*_MOST))))


def lowest_of(owner: np.ndarray, found: Minimum) -> Minimum:
    """Of several minima of each toy, whose number is in `owner`, the lowest; toys in ascending order.

    A search that was given up next to a finished one at the same minimum may be lower by what the last step leaves.
    """
    unfinished = np.where(found.decrement < CONVERGED_BELOW, 0.0, CONVERGED_BELOW)
    order = np.lexsort((found.expansion.value + unfinished, owner))
    return rows(found, order[np.unique(owner[order], return_index=True)[1]])


def rows(found: T, numbers: np.ndarray) -> T:
    """Some of many minima, or of their searches' states."""
    return jax.tree.map(lambda leaf: leaf[numbers], found)


def joined(first: Minimum, second: Minimum) -> Minimum:
    """Two sets of minima as one."""
    return jax.tree.map(lambda a, b: np.concatenate([a, b]), first, second)
