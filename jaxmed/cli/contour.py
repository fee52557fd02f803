"""jaxmed contour."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.contours import check_regions, find_contours
from jaxmed.analysis.progress import bar, part
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.results.contours import contours_figure
from jaxmed.results.overlay import read_overlays
from jaxmed.results.published import read_published
from jaxmed.results.store import file_stem
from jaxmed.results.style import save

_GRID = "Coarse grid: 1e-8,1e-7,1e-6 or low:high:number (logarithmic); the whole box if left out."


@common.one_sentence
def contour(
    config: Annotated[
        Path | None, typer.Argument(help="Analysis in TOML; XENON1T and XENONnT if left out.")
    ] = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    alone: common.Alone = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    cl: Annotated[
        str | None,
        typer.Option(
            help="Confidence levels, 1 and 2 sigma and 90 % by default: 0.6827,0.9,0.9545.",
        ),
    ] = None,
    g: Annotated[str | None, typer.Option(help=_GRID)] = None,
    mass: Annotated[str | None, typer.Option(help=f"{_GRID} In MeV.")] = None,
    overlay: common.Overlays = None,
    published: common.Published = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Regions of (M_Z', g') allowed at each confidence level, refined where their edges run."""
    plane = {name: text for name, text in (("g", g), ("mass", mass)) if text is not None}
    analysis = described(
        config,
        "xenon.toml",
        model=model,
        experiments=experiments,
        options=option,
        alone=alone,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        cl=cl,
        scan=plane,
    )
    curves = (*read_overlays(overlay), *read_published(published, analysis.model.name))
    common.set_up(cache)
    parts = analysis.parts()
    for each in parts.values():
        check_regions(each)
    common.prepare(out, json)
    with bar(f"Contours of {', '.join(parts)}") as tick:
        share = part(tick, 1 / len(parts))
        found = {name: find_contours(each, share, curves) for name, each in parts.items()}
    path = out / f"{file_stem('contour', analysis.name)}.json"
    deliver(
        found,
        path,
        json,
        lambda: save(contours_figure(found, curves), path.with_suffix("")),
        by_name=True,
    )
