"""jaxmed model."""

from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.results.mediator import describe, model_tables


@common.one_sentence
def model(
    g: Annotated[float, typer.Option(help="Coupling g'.")],
    mass: Annotated[float, typer.Option(help="Mediator mass in MeV.")],
    model: common.ModelName = "u1r",
    set_: common.Settings = None,
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Masses, mixing, rho, couplings of Z and Z', anomalies and widths of one mediator."""
    common.set_up(cache)
    common.prepare(None, json)
    found = describe(model, g=g, mass=mass, **common.settings(set_))
    for table in model_tables(found):
        common.print_table(common.printer(json), table)
    if found["note"]:
        common.say(found["note"])
    common.finish(found, json)
