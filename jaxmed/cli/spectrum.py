"""jaxmed spectrum."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_spectrum
from jaxmed.cli.common import (
    Cache,
    Json,
    ModelName,
    Out,
    Settings,
    finish,
    one_experiment,
    one_sentence,
    prepare,
    print_table,
    printer,
    say_written,
    set_up,
    settings,
)
from jaxmed.cli.names import complete_experiment
from jaxmed.models.choose import couplings, get_model
from jaxmed.results.spectra import spectrum_table


@one_sentence
def spectrum(
    experiment: Annotated[
        str, typer.Option(help="One experiment.", autocompletion=complete_experiment)
    ],
    g: Annotated[float, typer.Option(help="Coupling g'.")],
    mass: Annotated[float, typer.Option(help="Mediator mass in MeV.")],
    model: ModelName = "u1r",
    set_: Settings = None,
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    name = one_experiment(experiment)
    set_up(cache)
    chosen = get_model(model)
    mediator = couplings(chosen, g=g, mass=mass, **settings(set_))
    prepare(out, json)
    label = f"{chosen.name}, g' = {g:g}, M_Z' = {mass:g} MeV"
    content, found, figures = run_spectrum(name, mediator, label, out)
    print_table(printer(json), spectrum_table(name, found))
    say_written(figures)
    finish(content, json, figures[0].with_suffix(".json"))
