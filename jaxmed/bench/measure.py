"""Time a computation: the first call apart, which compiles, then the fastest of several."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxmed.inference.engine.timing import clock


class Timing(NamedTuple):
    """What a computation takes [s].

    Attributes:
        compile_seconds: tracing and compiling in the first call.
        first_seconds: the whole first call.
        seconds: the fastest of the later calls.
    """

    compile_seconds: float
    first_seconds: float
    seconds: float


def timed(work: Callable[[], Any], repeats: int) -> Timing:
    """Time `work` once cold and `repeats` times warm, waiting for the device each time."""
    with clock() as first:
        jax.block_until_ready(work())
    return Timing(first.compile_seconds, first.total_seconds, fastest(work, repeats))


def fastest(work: Callable[[], Any], repeats: int) -> float:
    """The shortest of `repeats` calls [s]: other processes can only slow one down."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(work())
        taken.append(time.perf_counter() - start)
    return min(taken)
