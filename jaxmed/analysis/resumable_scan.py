"""A scan that may take long: computed in chunks that survive anything, put together, and written.

Several processes share the work through the folder alone: each computes every n-th chunk, and all wait until all
chunks are there. So nothing is sent between devices, where libraries, networks and time limits for slow partners
differ from cluster to cluster, and what a killed run leaves is what the next one needs, on any number of
processes. The price is a folder that all of them see, which resuming asks for anyway.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.chunks import Chunks, fingerprint, read_job, same_job, write_job
from jaxmed.analysis.scan_plan import Found, ScanPlan, computer, plan_scan, result_of
from jaxmed.inference.engine.memory import needed
from jaxmed.inference.engine.timing import Tick
from jaxmed.results.overlay import Overlay
from jaxmed.results.scans import ScanResult
from jaxmed.results.store import prepare_folder

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = (
    60.0  # for a file that another process has written to appear on a network file system
)


class Job(NamedTuple):
    """A scan in a folder: the plan, and its finished chunks."""

    plan: ScanPlan
    chunks: Chunks

    def share(self) -> range:
        """The chunks of this process, finished or not."""
        return range(jax.process_index(), len(self.plan.chunks), jax.process_count())

    def complete(self) -> bool:
        """Whether all chunks are there, whole or not."""
        return all(self.chunks.path(i).exists() for i in range(len(self.plan.chunks)))


def open_job(analysis: Analysis, out: Path, held: dict[str, Any] | None, memory: float) -> Job:
    """Load the data, check everything, and fix what the numbers depend on.

    Args:
        analysis: what is asked.
        out: folder of the scan.
        held: what `read_job` found there before any process of this run could have written to it.
        memory: for results and batches [bytes].

    Raises:
        ValueError: as `plan_scan`, another computation in the folder, or too little memory.
    """
    plan = plan_scan(analysis)
    who = plan.identity()
    if held is None:
        sizes = _agree(out, who, plan.in_memory(memory).sizes)
    else:
        same_job(out, held, who)
        sizes = held["plan"]
        least = needed(plan.problem, analysis.data, sizes["batch"], len(plan.points))
        if least > memory:
            raise ValueError(
                f"memory = {memory / 1e6:.3g} MB: expected at least {least / 1e6:.3g} MB to resume the scan in {out}, "
                f"whose batches have {sizes['batch']} points"
            )
    return Job(replace(plan, **sizes), Chunks(out, fingerprint(who, sizes)))


def _agree(out: Path, who: dict[str, Any], sizes: dict[str, int]) -> dict[str, int]:
    """Process 0 writes the job down, the others take its sizes from there."""
    if jax.process_index() == 0:
        prepare_folder(out)
        if read_job(out) is not None:
            raise ValueError(f"{out} has just been given another scan: choose another folder")
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


def missing(job: Job, note: Callable[[str], None]) -> list[int]:
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


def compute(job: Job, todo: list[int], tick: Tick = None) -> None:
    """Compute chunks, each kept once it is finished; `tick` hears of every finished point."""
    job.chunks.prepare()
    if todo:
        work = computer(job.plan)
        for i in todo:
            job.chunks.write(i, work(job.plan.chunks[i], tick))


def _wait(job: Job, i: int) -> Found:
    """A chunk, once its process has finished it."""
    while True:
        try:
            return job.chunks.read(i)
        except ValueError:
            if i in job.share():
                raise
        time.sleep(_POLL_SECONDS)


def assemble(job: Job, overlays: Sequence[Overlay] = ()) -> ScanResult:
    """The finished scan, `overlays` kept with it; waits for the chunks of other processes."""
    done = [_wait(job, i) for i in range(len(job.plan.chunks))]
    found = {name: np.concatenate([arrays[name] for arrays in done]) for name in done[0]}
    return result_of(job.plan, found, overlays=[o.as_json() for o in overlays] or None)
