"""jaxmed sensitivity."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.sensitivities import SensitivityPlan, run_sensitivity
from jaxmed.cli.common import (
    Cache,
    Json,
    ModelName,
    Out,
    Settings,
    Sided,
    finish,
    one_experiment,
    one_sentence,
    prepare,
    print_table,
    printer,
    progress,
    say,
    say_written,
    set_up,
    settings,
)
from jaxmed.cli.names import complete_experiment
from jaxmed.inference.regions.grid_scan import read_values
from jaxmed.inference.regions.limits import check_line
from jaxmed.models.model import other_values
from jaxmed.results.sensitivity import reasons, sensitivity_table


@one_sentence
def sensitivity(
    experiment: Annotated[
        str,
        typer.Argument(
            help="An experiment, or the folder of one of your own.",
            autocompletion=complete_experiment,
        ),
    ],
    mass: Annotated[
        str, typer.Option(help="Masses in MeV: 0.01,1,10 or low:high:number (logarithmic).")
    ],
    model: ModelName = "u1r",
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.9,
    sided: Sided = "two",
    set_: Settings = None,
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Expected limit of an experiment, and how much a better one would lower it, property by property."""
    name, masses = one_experiment(experiment), read_values("mass", mass, log=True)
    chosen, _, _ = check_line(model, masses, cl, sided)
    plan = SensitivityPlan(name, chosen, masses, cl, other_values(chosen, settings(set_)), sided)
    set_up(cache)
    prepare(out, json)
    with progress(1.0, f"Sensitivity of {name}") as tick:
        content, found, files = run_sensitivity(plan, out, tick)
    print_table(printer(json), sensitivity_table(found, cl))
    for sentence in reasons(found):
        say(sentence)
    path = files[-1].with_suffix(".json")
    finish(content, json, path)
    say_written([*files, path])
