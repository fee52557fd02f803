"""jaxmed bounds."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.bounds import check_bounds, find_bounds
from jaxmed.analysis.progress import bar
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.options import OPTIONS
from jaxmed.results.style import save


@common.one_sentence
def bounds(
    points: Annotated[
        int, typer.Option(help="Masses of the likelihood limits, from 1e-3 to 1e3 MeV.")
    ] = 13,
    cl: Annotated[str | None, typer.Option(help=OPTIONS["cl"].help)] = None,
    sided: Annotated[
        str | None,
        typer.Option(help=OPTIONS["sided"].help, autocompletion=OPTIONS["sided"].complete),
    ] = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Figure 5 of the paper: quick bounds on g' against M_Z', and likelihood limits over them."""
    analyses = check_bounds(points, cl, sided)
    common.set_up(cache)
    common.prepare(out, json)
    with bar("Limits from TEXONO, COHERENT and XENON1T") as tick:
        found = find_bounds(analyses, tick)
    path = out / "bounds.json"
    deliver({"bounds": found}, path, json, lambda: save(found.figure(), path.with_suffix("")))
