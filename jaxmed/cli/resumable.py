"""Commands whose work survives a kill, and that several processes may share."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import jax
import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.chunks import chunk_folder, read_job
from jaxmed.analysis.partners import partners
from jaxmed.analysis.resumable import Pieces, assemble, compute, missing, open_job, pieces
from jaxmed.cli import common
from jaxmed.cli.progress import point_progress
from jaxmed.inference.engine.devices import on_device
from jaxmed.inference.engine.processes import check_processes, join
from jaxmed.results.result import Result

Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with what an earlier run left in --out.")
]
Coordinator = Annotated[
    str | None, typer.Option(help="HOST:PORT of process 0; srun and mpirun need no such options.")
]
Number = Annotated[int | None, typer.Option("--num-processes", help="How many processes.")]
Index = Annotated[int | None, typer.Option("--process-id", help="Which of them this is, from 0.")]
R = TypeVar("R", bound=Result)
Held = dict[str, Any] | None
"""What a folder says about the computation in it; None if it holds none."""


class Manner(NamedTuple):
    """How it is computed: resumed or not, bar or lines, programs kept or not, and by which of the processes."""

    resume: bool
    quiet: bool
    cache: bool
    coordinator: str | None
    processes: int | None
    process: int | None


def carry_out(
    analysis: Analysis,
    make_plan: Callable[[Held], Pieces[R]],
    to: common.Outputs,
    folder: Path,
    way: Manner,
    what: str,
    **own: Any,
) -> R | None:
    """Compute a plan in a folder, or what is missing there.

    Args:
        analysis: what is asked.
        make_plan: the plan, once 64-bit floats are set up; ValueError for what cannot be.
        to: where the results will go.
        folder: of job and chunks: `to.out` or below.
        way: how.
        what: is being done, for the bar, such as "Scanning".
        **own: fields that are kept with the result.

    Returns:
        The result; None in all processes but the first.

    Raises:
        ValueError: as `make_plan`, or the folder holds a computation that is another one or not to be resumed.
    """
    check_processes(*way[-3:])
    common.prepare(None, to.json)
    held = _held(folder, way.resume)
    # nobody writes to the folder before all have joined, and so all have seen it as it was
    join(*way[-3:])
    common.set_up(way.cache)
    common.hold(on_device(analysis.device))
    index = jax.process_index()
    common.prepare(to.out if index == 0 else None, None)
    plan = make_plan(held)
    others = common.hold(partners(chunk_folder(folder), index, jax.process_count(), common.give_up))
    job = open_job(plan, folder, held)
    others.complete = job.complete
    todo, where = missing(job, common.say), pieces(job.plan)
    left, names = sum(where[i].stop - where[i].start for i in todo), ", ".join(analysis.names)
    with point_progress(left, f"{what} {names}", way.quiet) as tick:
        compute(job, todo, tick)
    found = assemble(job, **own)
    if index > 0:
        return None
    job.chunks.tidy()
    return found


def _held(out: Path, resume: bool) -> Held:
    """The computation in a folder; ValueError if there is one that nobody asked to resume."""
    held = read_job(out)
    if held is not None and not resume:
        raise ValueError(
            f"{out} already holds a job: add --resume to go on with it, or choose another --out"
        )
    return held
