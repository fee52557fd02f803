"""jaxmed limit."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.limits import LimitPlan, run_limit
from jaxmed.cli import common
from jaxmed.cli.names import complete_method
from jaxmed.inference.problem import check_constraints
from jaxmed.inference.regions.grid_scan import read_values
from jaxmed.inference.regions.limits import check_line
from jaxmed.models.model import other_values
from jaxmed.results.limits import limit_notes, limit_table
from jaxmed.results.overlay import read_overlays


@common.one_sentence
def limit(
    mass: common.Masses,
    model: common.ModelName = "u1r",
    experiments: common.Experiments = "texono",
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.9,
    sided: common.Sided = "two",
    constraint: common.Constraint = None,
    set_: common.Settings = None,
    method: Annotated[
        str,
        typer.Option(
            help="asymptotic, or fc: Feldman-Cousins, from toys.", autocompletion=complete_method
        ),
    ] = "asymptotic",
    toys: Annotated[int, typer.Option(help="Toys at each coupling at most, for fc.")] = 1000,
    expected: Annotated[
        int | None,
        typer.Option(help="Add limits expected without a mediator, from this many toys."),
    ] = None,
    seed: common.Seed = 1,
    overlay: common.Overlays = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Upper limit on g' at each mass, nuisances profiled, the whole line scanned for islands."""
    names, masses = common.experiment_names(experiments), read_values("mass", mass, log=True)
    chosen, _, _ = check_line(model, masses, cl, sided)
    others = other_values(chosen, common.settings(set_))
    constraints = check_constraints(constraint or (), chosen)
    curves = read_overlays(overlay)
    plan = LimitPlan(
        names, chosen, masses, cl, constraints, method, toys, expected, seed, others, curves, sided
    )
    plan.check()
    common.set_up(cache)
    common.prepare(out, json)
    with common.progress(1.0, f"Limits from {', '.join(names)}") as tick:
        content, found, figures = run_limit(plan, out, tick)
    common.print_table(common.printer(json), limit_table(found, cl, content.get("g_expected")))
    for sentence in limit_notes(found):
        common.say(sentence)
    common.say_written(figures)
    common.finish(content, json, figures[0].with_suffix(".json"))
    if any("unconverged" in flag for flag in found.flag):
        raise typer.Exit(1)
