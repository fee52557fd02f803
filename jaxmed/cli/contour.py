"""jaxmed contour."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.contours import run_contours
from jaxmed.analysis.run import plan_fits
from jaxmed.cli import common
from jaxmed.cli.analysis import chosen_analysis
from jaxmed.data_tables import packaged
from jaxmed.inference.regions.contours import check_contours
from jaxmed.inference.regions.grid_scan import read_values
from jaxmed.results.contours import contours_notes, contours_table
from jaxmed.results.overlay import read_overlays

_GRID = "Coarse grid: 1e-8,1e-7,1e-6 or low:high:number (logarithmic); the whole box if left out."


@common.one_sentence
def contour(
    config: Annotated[
        Path | None, typer.Argument(help="Analysis in TOML; XENON1T and XENONnT if left out.")
    ] = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    cl: Annotated[
        str, typer.Option(help="Confidence levels; 1, 2 and 3 sigma are 0.6827, 0.9545, 0.9973.")
    ] = "0.6827,0.9,0.9545",
    g: Annotated[str | None, typer.Option(help=_GRID)] = None,
    mass: Annotated[str | None, typer.Option(help=f"{_GRID} In MeV.")] = None,
    constraint: common.Constraint = None,
    overlay: common.Overlays = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Regions of (M_Z', g') allowed at each confidence level, refined where their edges run."""
    default = packaged("fits") / "xenon.toml"
    analysis = chosen_analysis(config or default, model, experiments, constraint)
    levels = tuple(read_values("cl", cl, log=True).tolist())
    plane = (
        read_values("g", g, log=True) if g else None,
        read_values("mass", mass, log=True) if mass else None,
    )
    check_contours(analysis.model, levels, *plane)
    curves = read_overlays(overlay)
    common.set_up(cache)
    planned = plan_fits(analysis)
    common.prepare(out, json)
    with common.progress(
        len(planned), f"Contours of {', '.join(job.name for job in planned)}"
    ) as tick:
        content, found, figures = run_contours(analysis, planned, levels, plane, out, tick, curves)
    common.print_table(common.printer(json), contours_table(found))
    for sentence in contours_notes(found):
        common.say(sentence)
    path = out / f"contour_{analysis.name}.json"
    common.finish(content, json, path)
    common.say_written([path, *figures])
