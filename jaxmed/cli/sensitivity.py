"""jaxmed sensitivity."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.sensitivities import SensitivityPlan, run_sensitivity
from jaxmed.cli import common
from jaxmed.cli.names import complete_experiment
from jaxmed.inference.regions.grid_scan import read_values
from jaxmed.inference.regions.limits import check_line
from jaxmed.models.model import other_values
from jaxmed.results.sensitivity import reasons, sensitivity_table


@common.one_sentence
def sensitivity(
    experiment: Annotated[
        str,
        typer.Argument(
            help="An experiment, or the folder of one of your own.",
            autocompletion=complete_experiment,
        ),
    ],
    mass: common.Masses,
    model: common.ModelName = "u1r",
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.9,
    sided: common.Sided = "two",
    set_: common.Settings = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Expected limit of an experiment, and how much a better one would lower it, property by property."""
    name, masses = common.one_experiment(experiment), read_values("mass", mass, log=True)
    chosen, _, _ = check_line(model, masses, cl, sided)
    plan = SensitivityPlan(
        name, chosen, masses, cl, other_values(chosen, common.settings(set_)), sided
    )
    common.set_up(cache)
    common.prepare(out, json)
    with common.progress(1.0, f"Sensitivity of {name}") as tick:
        content, found, files = run_sensitivity(plan, out, tick)
    common.print_table(common.printer(json), sensitivity_table(found, cl))
    for sentence in reasons(found):
        common.say(sentence)
    path = files[-1].with_suffix(".json")
    common.finish(content, json, path)
    common.say_written([*files, path])
