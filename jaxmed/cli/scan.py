"""jaxmed scan."""

from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from jaxmed.analysis.analysis import DEFAULT
from jaxmed.analysis.chunks import chunk_folder, read_job
from jaxmed.analysis.partners import partners
from jaxmed.analysis.resumable_scan import assemble, compute, missing, open_job
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.cli.progress import point_progress
from jaxmed.inference.engine.memory import default_memory, read_bytes
from jaxmed.inference.engine.processes import check_processes, join
from jaxmed.results.overlay import read_overlays
from jaxmed.results.published import read_published
from jaxmed.results.style import figure_of, save

_GRID = "Values: 1e-8,1e-7,1e-6 or low:high:number (logarithmic); if left out the file's or the whole box."
_Coordinator = Annotated[
    str | None, typer.Option(help="HOST:PORT of process 0; srun and mpirun need no such options.")
]
_Number = Annotated[int | None, typer.Option("--num-processes", help="How many processes.")]
_Index = Annotated[int | None, typer.Option("--process-id", help="Which of them this is, from 0.")]


@common.one_sentence
def scan(
    config: common.Config = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    g: Annotated[str | None, typer.Option(help=_GRID)] = None,
    mass: Annotated[str | None, typer.Option(help=f"{_GRID} In MeV.")] = None,
    grid: common.Grid = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    toys: Annotated[
        int | None, typer.Option(help="Feldman-Cousins: at most so many toys at each point.")
    ] = None,
    cl: common.Level = None,
    seed: common.Seed = None,
    overlay: common.Overlays = None,
    published: common.Published = None,
    out: common.Out = Path("results"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the scan in --out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")] = False,
    memory: Annotated[
        str | None, typer.Option(help="For results and batches; 60 % of what is free if left out.")
    ] = None,
    coordinator: _Coordinator = None,
    number: _Number = None,
    index: _Index = None,
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """-2 log L on a grid of g' and M_Z', nuisances profiled, on all devices and processes."""
    analysis = described(
        config,
        DEFAULT,
        model=model,
        experiments=experiments,
        options=option,
        scan={name: text for name, text in (("g", g), ("mass", mass)) if text is not None},
        grid=grid,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        toys=toys,
        cl=cl,
        seed=seed,
    )
    size = read_bytes(memory) if memory is not None else None
    curves = (*read_overlays(overlay), *read_published(published, analysis.model.name))
    check_processes(coordinator, number, index)
    common.prepare(None, json)
    held = _held(out, resume)
    # nobody writes to the folder before all have joined, and so all have seen it as it was
    join(coordinator, number, index)
    common.set_up(cache)
    index = jax.process_index()
    common.prepare(out if index == 0 else None, None)
    others = common.hold(partners(chunk_folder(out), index, jax.process_count(), common.give_up))
    job = open_job(analysis, out, held, size if size is not None else default_memory())
    others.complete = job.complete
    todo = missing(job, common.say)
    points = sum(len(job.plan.points[job.plan.chunks[i]]) for i in todo)
    with point_progress(points, f"Scanning {', '.join(analysis.names)}", quiet) as tick:
        compute(job, todo, tick)
    found = assemble(job, curves)
    if jax.process_index() > 0:
        return
    path = found.save(out / "scan.npz")
    job.chunks.tidy()

    def draw() -> list[Path]:
        return save(figure_of(found.plot(overlays=curves)), path.with_suffix(""))

    drawn = list if found.without_figure else draw
    deliver({analysis.name: found}, None, json, drawn, numbers=lambda: [path])


def _held(out: Path, resume: bool) -> dict[str, Any] | None:
    """The scan in a folder; ValueError if there is one that nobody asked to resume."""
    held = read_job(out)
    if held is not None and not resume:
        raise ValueError(
            f"{out} already holds a scan: add --resume to go on with it, or choose another --out"
        )
    return held
