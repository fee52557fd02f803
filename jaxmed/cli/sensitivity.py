"""jaxmed sensitivity."""

import csv
import io
from typing import Any

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.progress import running
from jaxmed.analysis.sensitivities import check_sensitivity, find_sensitivity
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import describes
from jaxmed.results.sensitivity import SensitivityResult
from jaxmed.results.store import file_stem, write_atomically
from jaxmed.results.style import save


@describes(
    {"experiments": ["xenon1t"]},
    "masses model options fixed free constraints box cl sided device",
    config="An experiment, the folder of one of your own, or an analysis in TOML of one.",
)
def sensitivity(analysis: Analysis, to: common.Outputs) -> None:
    """Expected limit of an experiment, and how much a better one would lower it, property by property."""
    check_sensitivity(analysis)
    common.prepare(*to)
    with running(analysis, f"Sensitivity of {analysis.name}") as tick:
        found = find_sensitivity(analysis, tick)
    path = to.out / file_stem("sensitivity", found.model, found.experiment)
    table = path.with_name(f"{path.name}.csv")
    write_atomically(table, _csv(found).encode())
    deliver(
        {found.experiment: found},
        path.with_name(f"{path.name}.json"),
        to.json,
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
