"""Toys in chunks of one size, so that one program fits any number of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import Condensed, condensed_counts
from jaxmed.experiments.model import Leaf
from jaxmed.inference.engine.devices import device_count, on_cpu, sized, usable_cores
from jaxmed.inference.profile.expansion import Counts
from jaxmed.inference.profile.newton import Expansion
from jaxmed.inference.profile.profile import Profiled, summary
from jaxmed.inference.toys.draw import Toys
from jaxmed.inference.toys.ways import Ways
from jaxmed.inference.toys.work_queue import Found

T = TypeVar("T")

# Toys of a chunk on each device, if there are few of them and if there are many, on a CPU and on an accelerator.
_ON_CPU, _ON_ACCELERATOR = (32, 1024), (1024, 16_384)
# Numbers that all lanes work on at a time: on a CPU its cache holds them.
_LANE_NUMBERS = 600_000, 100_000_000
_FEWEST, _MOST = (32, 512), (512, 8192)


class Chunk(NamedTuple):
    """Toys, filled up with copies of the last one.

    Attributes:
        observed: counts of each experiment in the bins of `Condensed`, (n_toys, n_bins) each.
        constant: of their data terms, (n_toys,) each.
        centres: of the priors, (n_toys, n_nuisances).
        starts: (n_toys, n_starts, n_free).
        signals: of each experiment at a toy's own model parameters, and these, if they are given, (n_toys, ...).
        real: which of them are no copies, (n_toys,).
    """

    observed: tuple[Leaf, ...]
    constant: tuple[Leaf, ...]
    centres: Leaf
    starts: Leaf
    signals: Any
    real: Leaf


class Shared(NamedTuple):
    """What all toys share: the experiments, the box of what is free, (n_free, 2), and the ways across its kinks."""

    data: Sequence[Condensed]
    box: Leaf
    ways: Ways


def counted(chunk: Chunk, toy: Array) -> tuple[list[Counts], Array]:
    """Of one toy what the experiments counted, and the centres of its priors."""
    pairs = zip(chunk.observed, chunk.constant, strict=True)
    counts = [Counts(observed[toy], constant[toy]) for observed, constant in pairs]
    return counts, chunk.centres[toy]


def in_chunks(
    fit: Callable[[Chunk], Found],
    toys: Toys,
    data: Sequence[Condensed],
    starts: np.ndarray,
    box: np.ndarray,
    signals: Any = (),
    which: np.ndarray | None = None,
) -> Profiled:
    """Fit all toys; with signals of their own the number of each is in `which`, (n_toys,)."""
    n, devices = len(toys.numbers), device_count()
    few, many = (each * devices for each in (_ON_CPU if on_cpu() else _ON_ACCELERATOR))
    size = few if n <= few else many
    # a processor that is one device for JAX has its cores work on a chunk each
    workers = usable_cores() if devices == 1 and on_cpu() and n > few else 1
    parts = np.array_split(np.arange(n), max(-(-n // size), workers))

    def fitted(own: np.ndarray) -> Found:
        rows = np.concatenate([own, np.repeat(own[-1:], size - own.size)])
        pairs = [
            condensed_counts(each, o[rows]) for each, o in zip(data, toys.observed, strict=True)
        ]
        observed, constant = zip(*pairs, strict=True)
        real = np.arange(size) < own.size
        own_signals = () if which is None else _rows(signals, which[rows])
        chunk = Chunk(observed, constant, toys.centres[rows], starts[rows], own_signals, real)
        return jax.tree.map(lambda leaf: leaf[: own.size], jax.device_get(fit(chunk)))

    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(fitted, parts))
    found = jax.tree.map(lambda *leaves: np.concatenate(leaves), *done)
    at = Expansion(found.value, found.gradient, np.zeros(0))
    return summary(found.x, at, found.converged, box)


def _rows(tree: T, numbers: np.ndarray) -> T:
    return jax.tree.map(lambda leaf: leaf[numbers], tree)


def lane_count(data: Sequence[Condensed], n_free: int) -> int:
    """Lanes on each device: a power of two."""
    each = sum(e.error.size for e in data) * (1 + n_free)
    fitting = 2 ** int(np.log2(max(sized(*_LANE_NUMBERS) / each, 1)))
    return int(np.clip(fitting, sized(*_FEWEST), sized(*_MOST)))
