"""Several starts for the minimum of each toy: those that cannot come out lowest are given up on the way."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from jaxmed.inference.lanes import MOST_STEPS, run, silent
from jaxmed.inference.newton import FIRST_DAMPING, Minimum, State

LOWER = 1e-3
"""Of -log L: what is lower by less is not lower."""
# Times the decrease that the last step expected: along a slope that levels off there are many more to come.
_HOPE = 10.0


class Search(NamedTuple):
    """How the minima of toys are searched for.

    Attributes:
        advance: (numbers of toys (n,), their states, boxes (n, n_free, 2), limit of steps) -> new states.
        box: (n_free, 2).
        tolerance: on the expected further decrease of -log L.
        batch: lanes at a time.
        first: steps of the first round.
        damping: of the first step.
    """

    advance: Callable[[np.ndarray, State, np.ndarray, int], State]
    box: np.ndarray
    tolerance: float
    batch: int
    first: int
    damping: float = FIRST_DAMPING

    def __call__(
        self,
        owner: np.ndarray,
        starts: np.ndarray,
        known: np.ndarray,
        hold: int = 0,
        most: int = MOST_STEPS,
    ) -> Minimum:
        """Where the starts end.

        Args:
            owner: number of the toy, (n_starts,).
            starts: x, (n_starts, n_free).
            known: lowest value known of each toy, (n_toys,).
            hold: how many of the first parameters stay where they start.
            most: steps.
        """
        lowest, leader = known.copy(), np.full(len(known), -1)

        def advance(lanes: np.ndarray, state: State, limit: int) -> tuple[State, np.ndarray]:
            toy = owner[lanes]
            boxes = np.repeat(self.box[None], len(lanes), axis=0)
            boxes[:, :hold] = state.at.x[:, :hold, None]
            found = self.advance(toy, state, boxes, limit)
            value, decrement = found.at.expansion.value, found.at.decrement
            np.minimum.at(lowest, toy, value)
            leads = value == lowest[toy]
            leader[toy[leads]] = lanes[leads]
            beaten = (value - _HOPE * decrement > lowest[toy] - LOWER) & (leader[toy] != lanes)
            return found, beaten | (decrement <= self.tolerance)

        first = min(self.first, most)
        return run(starts, advance, self.batch, first, silent, self.damping, most).at


def lowest_of(owner: np.ndarray, found: Minimum) -> Minimum:
    """Of several minima of each toy, whose number is in `owner`, the lowest; toys in ascending order."""
    order = np.lexsort((found.expansion.value, owner))
    return rows(found, order[np.unique(owner[order], return_index=True)[1]])


def rows(found: Minimum, numbers: np.ndarray) -> Minimum:
    """Some of many minima."""
    return jax.tree.map(lambda leaf: leaf[numbers], found)


def joined(first: Minimum, second: Minimum) -> Minimum:
    """Two sets of minima as one."""
    return jax.tree.map(lambda a, b: np.concatenate([a, b]), first, second)
