"""jaxmed model."""

from typing import Annotated

import typer

from jaxmed.cli.common import (
    Cache,
    Json,
    ModelName,
    Settings,
    finish,
    one_sentence,
    prepare,
    print_table,
    printer,
    say,
    set_up,
    settings,
)
from jaxmed.results.mediator import describe, model_tables


@one_sentence
def model(
    g: Annotated[float, typer.Option(help="Coupling g'.")],
    mass: Annotated[float, typer.Option(help="Mediator mass in MeV.")],
    model: ModelName = "u1r",
    set_: Settings = None,
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Masses, mixing, rho, couplings of Z and Z', anomalies and widths of one mediator."""
    set_up(cache)
    prepare(None, json)
    found = describe(model, g=g, mass=mass, **settings(set_))
    for table in model_tables(found):
        print_table(printer(json), table)
    if found["note"]:
        say(found["note"])
    finish(found, json)
