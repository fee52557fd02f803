"""A computation that may take long: done in chunks that survive anything, and put together.

Several processes share the work through the folder alone: each computes every n-th chunk, and all wait until all
chunks are there. So nothing is sent between devices, where libraries, networks and time limits for slow partners
differ from cluster to cluster, and what a killed run leaves is what the next one needs, on any number of
processes. The price is a folder that all of them see, which resuming asks for anyway.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import jax
import numpy as np

from jaxmed.analysis.chunks import Chunks, fingerprint, read_job, same_job, write_job
from jaxmed.analysis.progress import Share
from jaxmed.inference.engine.timing import Tick
from jaxmed.results.result import Result
from jaxmed.results.store import prepare_folder

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = (
    60.0  # for a file that another process has written to appear on a network file system
)

Found = dict[str, np.ndarray]
"""What some pieces of work gave, by name, (n, ...) each."""
R = TypeVar("R", bound=Result, covariant=True)


class Pieces(Protocol[R]):
    """A checked computation of many alike pieces, such as the points of a scan."""

    @property
    def sizes(self) -> dict[str, int]:
        """What the numbers depend on by rounding, `chunk` among it: pieces computed, and kept, together."""
        ...

    @property
    def number(self) -> int:
        """Pieces in all."""
        ...

    def with_sizes(self, sizes: Mapping[str, int]) -> Self:
        """The same with the sizes that an earlier run has chosen."""
        ...

    def identity(self) -> dict[str, Any]:
        """Everything but the sizes that the numbers depend on."""
        ...

    def computer(self) -> Callable[[slice, Tick], Found]:
        """What computes some pieces; its tick hears of every finished one."""
        ...

    def result(self, found: Found, **own: Any) -> R:
        """The result from what all pieces gave; `own` fields are kept with it."""
        ...


@dataclass(frozen=True, kw_only=True)
class OneByOne:
    """Sizes of pieces that are computed one by one.

    Attributes:
        chunk: pieces computed, and kept, together.
    """

    chunk: int = 1

    @property
    def sizes(self) -> dict[str, int]:
        """See `Pieces`."""
        return {"chunk": self.chunk}

    def with_sizes(self, sizes: Mapping[str, int]) -> Self:
        """See `Pieces`."""
        return replace(self, **sizes)


def pieces(plan: Pieces[Result]) -> list[slice]:
    """Those of each chunk; the last one may be smaller."""
    n, chunk = plan.number, plan.sizes["chunk"]
    return [slice(i, min(i + chunk, n)) for i in range(0, n, chunk)]


def find(plan: Pieces[R], tick: Share) -> R:
    """Compute all chunks at once, and so to the same bits as a `Job` does."""
    compute = plan.computer()
    found = [compute(where, lambda done: tick(done / plan.number)) for where in pieces(plan)]
    return plan.result(_joined(found))


class Job(NamedTuple, Generic[R]):
    """A computation in a folder: the plan, and its finished chunks."""

    plan: Pieces[R]
    chunks: Chunks

    def share(self) -> range:
        """The chunks of this process, finished or not."""
        return range(jax.process_index(), len(pieces(self.plan)), jax.process_count())

    def complete(self) -> bool:
        """Whether all chunks are there, whole or not."""
        return all(self.chunks.path(i).exists() for i in range(len(pieces(self.plan))))


def open_job(plan: Pieces[R], out: Path, held: dict[str, Any] | None) -> Job[R]:
    """Fix what the numbers depend on.

    Args:
        plan: what is asked; its sizes are those of a new computation.
        out: folder of the computation.
        held: what `read_job` found there before any process of this run could have written to it.

    Raises:
        ValueError: another computation in the folder.
    """
    who = plan.identity()
    if held is None:
        sizes = _agree(out, who, plan.sizes)
    else:
        same_job(out, held, who)
        sizes = held["plan"]
    return Job(plan.with_sizes(sizes), Chunks(out, fingerprint(who, sizes)))


def _agree(out: Path, who: dict[str, Any], sizes: dict[str, int]) -> dict[str, int]:
    """Process 0 writes the job down, the others take its sizes from there."""
    if jax.process_index() == 0:
        prepare_folder(out)
        if read_job(out) is not None:
            raise ValueError(f"{out} has just been given another job: choose another folder")
        write_job(out, who, sizes)
        return sizes
    end = time.monotonic() + _PATIENCE_SECONDS
    while (job := read_job(out)) is None:
        if time.monotonic() > end:
            raise ValueError(
                f"process {jax.process_index()} does not see in {out} what process 0 has written there: "
                "expected a folder that all processes share"
            )
        time.sleep(_POLL_SECONDS)
    same_job(out, job, who)
    return job["plan"]


def missing(job: Job[Result], note: Callable[[str], None]) -> list[int]:
    """Those chunks of this process that are still to be computed; `note` hears of damaged ones."""
    todo = []
    for i in job.share():
        try:
            job.chunks.read(i)
        except ValueError as problem:
            if job.chunks.path(i).exists():
                note(f"{problem}; computing it again")
                job.chunks.path(i).unlink()
            todo.append(i)
    return todo


def compute(job: Job[Result], todo: list[int], tick: Tick = None) -> None:
    """Compute chunks, each kept once it is finished; `tick` hears of every finished piece."""
    job.chunks.prepare()
    if todo:
        work, where = job.plan.computer(), pieces(job.plan)
        for i in todo:
            job.chunks.write(i, work(where[i], tick))


def _wait(job: Job[Result], i: int) -> Found:
    """A chunk, once its process has finished it."""
    while True:
        try:
            return job.chunks.read(i)
        except ValueError:
            if i in job.share():
                raise
        time.sleep(_POLL_SECONDS)


def assemble(job: Job[R], **own: Any) -> R:
    """The finished result with `own` fields; waits for the chunks of other processes."""
    return job.plan.result(_joined([_wait(job, i) for i in range(len(pieces(job.plan)))]), **own)


def _joined(done: list[Found]) -> Found:
    return {name: np.concatenate([arrays[name] for arrays in done]) for name in done[0]}
