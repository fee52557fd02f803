"""jaxmed scan."""

from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from jaxmed.analysis.analysis import DEFAULT, Analysis
from jaxmed.analysis.chunks import chunk_folder, read_job
from jaxmed.analysis.partners import partners
from jaxmed.analysis.resumable_scan import assemble, compute, missing, open_job
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import FITTED, describes
from jaxmed.cli.progress import Quiet, point_progress
from jaxmed.inference.engine.devices import on_device
from jaxmed.inference.engine.memory import default_memory, read_bytes
from jaxmed.inference.engine.processes import check_processes, join
from jaxmed.results.overlay import Overlay
from jaxmed.results.style import figure_of, save

_Coordinator = Annotated[
    str | None, typer.Option(help="HOST:PORT of process 0; srun and mpirun need no such options.")
]
_Number = Annotated[int | None, typer.Option("--num-processes", help="How many processes.")]
_Index = Annotated[int | None, typer.Option("--process-id", help="Which of them this is, from 0.")]


@describes(DEFAULT, f"{FITTED} scan.g scan.mass grid toys cl seed device")
def scan(
    analysis: Analysis,
    curves: tuple[Overlay, ...],
    to: common.Outputs,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the scan in --out.")] = False,
    quiet: Quiet = False,
    memory: Annotated[
        str | None, typer.Option(help="For results and batches; 60 % of what is free if left out.")
    ] = None,
    coordinator: _Coordinator = None,
    number: _Number = None,
    index: _Index = None,
    cache: common.Cache = True,
) -> None:
    """-2 log L on a grid of g' and M_Z', nuisances profiled, on all devices and processes."""
    size = read_bytes(memory) if memory is not None else None
    check_processes(coordinator, number, index)
    common.prepare(None, to.json)
    held = _held(to.out, resume)
    # nobody writes to the folder before all have joined, and so all have seen it as it was
    join(coordinator, number, index)
    common.set_up(cache)
    common.hold(on_device(analysis.device))
    index = jax.process_index()
    common.prepare(to.out if index == 0 else None, None)
    others = common.hold(partners(chunk_folder(to.out), index, jax.process_count(), common.give_up))
    job = open_job(analysis, to.out, held, size if size is not None else default_memory())
    others.complete = job.complete
    todo = missing(job, common.say)
    points = sum(len(job.plan.points[job.plan.chunks[i]]) for i in todo)
    with point_progress(points, f"Scanning {', '.join(analysis.names)}", quiet) as tick:
        compute(job, todo, tick)
    found = assemble(job, curves)
    if jax.process_index() > 0:
        return
    path = found.save(to.out / "scan.npz")
    job.chunks.tidy()

    def draw() -> list[Path]:
        return save(figure_of(found.plot(overlays=curves)), path.with_suffix(""))

    drawn = list if found.without_figure else draw
    deliver({analysis.name: found}, None, to.json, drawn, numbers=lambda: [path])


def _held(out: Path, resume: bool) -> dict[str, Any] | None:
    """The scan in a folder; ValueError if there is one that nobody asked to resume."""
    held = read_job(out)
    if held is not None and not resume:
        raise ValueError(
            f"{out} already holds a scan: add --resume to go on with it, or choose another --out"
        )
    return held
