"""jaxmed bounds."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_bounds
from jaxmed.cli import common
from jaxmed.inference.regions.limits import check_sided
from jaxmed.results.bounds import bounds_table


@common.one_sentence
def bounds(
    points: Annotated[
        int, typer.Option(help="Masses of the likelihood limits, from 1e-3 to 1e3 MeV.")
    ] = 13,
    sided: common.Sided = "two",
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Figure 5 of the paper: quick bounds on g' against M_Z', and likelihood limits over them."""
    if points < 2:
        raise ValueError(f"points = {points}: expected at least 2 masses")
    check_sided(sided)
    common.set_up(cache)
    common.prepare(out, json)
    with common.progress(1.0, "Limits from TEXONO, COHERENT and XENON1T") as tick:
        content, found, figures = run_bounds(points, out, tick, sided=sided)
    common.print_table(common.printer(json), bounds_table(found, content["cl"]))
    common.say(content["note"])
    common.finish(content, json, out / "bounds.json")
    common.say_written([out / "bounds.json", *figures])
