"""jaxmed spectrum."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_spectrum
from jaxmed.cli import common
from jaxmed.cli.names import complete_experiment
from jaxmed.models.choose import couplings, get_model
from jaxmed.results.spectra import spectrum_table


@common.one_sentence
def spectrum(
    experiment: Annotated[
        str, typer.Option(help="One experiment.", autocompletion=complete_experiment)
    ],
    g: Annotated[float, typer.Option(help="Coupling g'.")],
    mass: Annotated[float, typer.Option(help="Mediator mass in MeV.")],
    model: common.ModelName = "u1r",
    set_: common.Settings = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    name = common.one_experiment(experiment)
    common.set_up(cache)
    chosen = get_model(model)
    mediator = couplings(chosen, g=g, mass=mass, **common.settings(set_))
    common.prepare(out, json)
    label = f"{chosen.name}, g' = {g:g}, M_Z' = {mass:g} MeV"
    content, found, figures = run_spectrum(name, mediator, label, out)
    common.print_table(common.printer(json), spectrum_table(name, found))
    common.say_written(figures)
    common.finish(content, json, figures[0].with_suffix(".json"))
