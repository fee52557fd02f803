"""jaxmed sensitivity."""

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from jaxmed.analysis.progress import bar
from jaxmed.analysis.sensitivities import check_sensitivity, find_sensitivity
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.cli.names import complete_experiment
from jaxmed.results.sensitivity import SensitivityResult
from jaxmed.results.store import file_stem, write_atomically
from jaxmed.results.style import save


@common.one_sentence
def sensitivity(
    experiment: Annotated[
        str,
        typer.Argument(
            help="An experiment, the folder of one of your own, or an analysis in TOML of one.",
            autocompletion=complete_experiment,
        ),
    ],
    mass: common.Masses = None,
    model: common.OtherModel = None,
    option: common.Options = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    cl: common.Level = None,
    sided: common.Sided = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Expected limit of an experiment, and how much a better one would lower it, property by property."""
    config = Path(experiment) if experiment.endswith(".toml") else None
    analysis = described(
        config,
        {"experiments": ["xenon1t"]},
        experiments=None if config else experiment,
        masses=mass,
        model=model,
        options=option,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        cl=cl,
        sided=sided,
    )
    common.set_up(cache)
    check_sensitivity(analysis)
    common.prepare(out, json)
    with bar(f"Sensitivity of {analysis.name}") as tick:
        found = find_sensitivity(analysis, tick)
    path = out / file_stem("sensitivity", found.model, found.experiment)
    table = path.with_name(f"{path.name}.csv")
    write_atomically(table, _csv(found).encode())
    deliver(
        {found.experiment: found},
        path.with_name(f"{path.name}.json"),
        json,
        lambda: [table, *save(found.figure(), path)],
    )


def _csv(found: SensitivityResult) -> str:
    """One row for each mass and knob; empty cells where there is no limit."""
    text, columns = io.StringIO(), found.columns()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        rows.writerow(map(_cell, row))
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return f"{value:.8g}" if value == value else ""
