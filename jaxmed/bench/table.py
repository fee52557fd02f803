"""The benchmark as a table that a terminal shows and a README takes as it is."""

import math
from typing import Any

from rich import box
from rich.table import Table

from jaxmed.bench.machine import machine_line

EXPLANATION = (
    "NumPy, iminuit and SciPy: how many times faster than the same with plain NumPy (gradients by central "
    "differences), MIGRAD on plain NumPy, and L-BFGS-B with JAX's gradient, timed on a sample in this run; of global "
    "toys MIGRAD starts where jaxmed's grid suggests, or at points all over what the data allow"
)
_DASH = "-"


def bench_table(content: dict[str, Any]) -> Table:
    """One row for each fit; ratios say how many times faster than a referee in the same run."""
    table = Table(box=box.MARKDOWN, title=machine_line(content["machine"]))
    table.add_column("fit")
    for name in (
        "-log L /s",
        "NumPy",
        "gradient /s",
        "NumPy",
        "scan, s",
        "points /s",
        "iminuit",
        "SciPy",
        "allowed points /s",
        "iminuit",
        "SciPy",
        "toys /s",
        "iminuit",
        "global toys /s",
        "iminuit",
        "own starts",
        "compile, s",
    ):
        table.add_column(name, justify="right")
    for name, found in content["fits"].items():
        table.add_row(name, *_cells(found))
    return table


def _cells(found: dict[str, Any]) -> list[str]:
    cells = []
    for part in (found["evaluations"]["nll"], found["evaluations"]["gradient"]):
        cells += [_number(part["per_second"]), _ratio(part, "numpy")]
    cells.append(f"{found['scan']['seconds']:.2g}")
    for part in (found["scan"], found["allowed_scan"]):
        cells += [_number(part["per_second"]), _ratio(part, "iminuit"), _ratio(part, "scipy")]
    cells += _toy_cells(found.get("toys", {}))
    return [*cells, f"{found['scan']['compile_seconds']:.2g}"]


def _toy_cells(toys: dict[str, Any]) -> list[str]:
    if not toys:
        return [_DASH] * 5
    cells = []
    for part in (toys["conditional"], toys["global"]):
        cells += [_number(part["per_second"]), _ratio(part, "iminuit")]
    return [*cells, _ratio(toys["global"].get("iminuit_alone", {}), "iminuit")]


def _number(value: float) -> str:
    """Three digits, thousands apart."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def _ratio(found: dict[str, Any], name: str) -> str:
    ratio = found.get(f"{name}_ratio")
    return _DASH if ratio is None else f"{_number(ratio)}x"
