"""jaxmed bounds."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_bounds
from jaxmed.cli.common import (
    Cache,
    Json,
    Out,
    Sided,
    finish,
    one_sentence,
    prepare,
    print_table,
    printer,
    progress,
    say,
    say_written,
    set_up,
)
from jaxmed.inference.regions.limits import check_sided
from jaxmed.results.bounds import bounds_table


@one_sentence
def bounds(
    points: Annotated[
        int, typer.Option(help="Masses of the likelihood limits, from 1e-3 to 1e3 MeV.")
    ] = 13,
    sided: Sided = "two",
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Figure 5 of the paper: quick bounds on g' against M_Z', and likelihood limits over them."""
    if points < 2:
        raise ValueError(f"points = {points}: expected at least 2 masses")
    check_sided(sided)
    set_up(cache)
    prepare(out, json)
    with progress(1.0, "Limits from TEXONO, COHERENT and XENON1T") as tick:
        content, found, figures = run_bounds(points, out, tick, sided=sided)
    print_table(printer(json), bounds_table(found, content["cl"]))
    say(content["note"])
    finish(content, json, out / "bounds.json")
    say_written([out / "bounds.json", *figures])
