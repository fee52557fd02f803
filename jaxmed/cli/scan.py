"""jaxmed scan."""

from pathlib import Path
from typing import Annotated, Any

import jax
import typer

from jaxmed.analysis.analysis import default_analysis
from jaxmed.analysis.chunks import read_job
from jaxmed.analysis.resumable_scan import assemble, compute, missing, save_scan
from jaxmed.analysis.scan_plan import ToysAsked, plan_scan
from jaxmed.cli import common
from jaxmed.cli.analysis import chosen_analysis, on_grid
from jaxmed.cli.progress import point_progress
from jaxmed.inference.engine.memory import default_memory, read_bytes
from jaxmed.inference.engine.processes import check_processes, join
from jaxmed.results.overlay import read_overlays
from jaxmed.results.scans import scan_json, scan_notes, scan_table, toys_sentence

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
    g: Annotated[str | None, typer.Option(help=_GRID)] = None,
    mass: Annotated[str | None, typer.Option(help=f"{_GRID} In MeV.")] = None,
    constraint: common.Constraint = None,
    overlay: common.Overlays = None,
    out: common.Out = Path("results"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the scan in --out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")] = False,
    memory: Annotated[
        str | None, typer.Option(help="For results and batches; 60 % of what is free if left out.")
    ] = None,
    toys: Annotated[
        int | None, typer.Option(help="Feldman-Cousins: at most so many toys at each point.")
    ] = None,
    cl: Annotated[float, typer.Option(help="Confidence level, with --toys.")] = 0.9,
    seed: common.Seed = 1,
    coordinator: _Coordinator = None,
    number: _Number = None,
    index: _Index = None,
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """-2 log L on a grid of g' and M_Z', nuisances profiled, on all devices and processes."""
    asked = chosen_analysis(config or default_analysis(), model, experiments, constraint)
    analysis = on_grid(asked, g=g, mass=mass)
    size = read_bytes(memory) if memory is not None else None
    curves = read_overlays(overlay)
    check_processes(coordinator, number, index)
    common.prepare(None, json)
    held = _held(out, resume)
    # nobody writes to the folder before all have joined, and so all have seen it as it was
    join(coordinator, number, index)
    common.set_up(cache)
    with_toys = None if toys is None else ToysAsked(toys, cl, seed)
    plan = plan_scan(analysis, out, held, size if size is not None else default_memory(), with_toys)
    todo = missing(plan, common.say)
    points = sum(len(plan.points[plan.chunks.points(i)]) for i in todo)
    with point_progress(points, f"Scanning {', '.join(analysis.experiments)}", quiet) as tick:
        compute(plan, todo, tick)
    result = assemble(plan)
    if jax.process_index() > 0:
        return
    content = scan_json(result)
    common.print_table(common.printer(json), scan_table(content))
    for sentence in scan_notes(content):
        common.say(sentence)
    if content["toys"]:
        common.say(toys_sentence(content["toys"], content["n_points"]))
    common.say_written(save_scan(plan, result, curves))
    common.finish(content, json)


def _held(out: Path, resume: bool) -> dict[str, Any] | None:
    """The scan in a folder; ValueError if there is one that nobody asked to resume."""
    held = read_job(out)
    if held is not None and not resume:
        raise ValueError(
            f"{out} already holds a scan: add --resume to go on with it, or choose another --out"
        )
    return held
