"""The benchmark as tables that a terminal shows and a page of Markdown takes as they are."""

import math
from typing import Any

from rich import box
from rich.table import Table

from jaxmed.bench.machine import machine_line
from jaxmed.bench.measure import OURS

EXPLANATION = (
    "allowed: the points of the scan that are not far above the standard model; iminuit: MIGRAD on the likelihood in "
    "plain NumPy, for one fit and global toys from each of 25 points or more all over what the data allow; missed: the "
    "share of its minima that are at least 0.01 too high; SciPy: L-BFGS-B with JAX's gradient; across kinks: the toy "
    "fits of all commands, which look for further minima"
)
_DASH = "-"
# Works and how they are shown: their title, and what of them.
_SPEEDS = (
    ("nll", "-log L /s", "per_second"),
    ("gradient", "gradient /s", "per_second"),
    ("fit", "one fit, s", "seconds"),
    ("scan", "scan, s", "seconds"),
    ("limits", "limits, s", "seconds"),
)
_TOYS = (("toys", "toys /s"), ("global_toys", "global toys /s"))
_OTHERS = (
    ("nll", "NumPy", "-log L"),
    ("gradient", "NumPy", "gradient"),
    ("fit", "iminuit", "one fit"),
    ("scan", "iminuit", "scan"),
    ("scan", "SciPy", "scan, SciPy"),
    ("allowed_scan", "iminuit", "allowed"),
    ("allowed_scan", "SciPy", "allowed, SciPy"),
)


def bench_tables(content: dict[str, Any]) -> list[Table]:
    """One row for each fit and kind of device, then one for each of those that fit the same likelihood."""
    every = [_speeds(content), _toys(content), _others(content), _same_likelihood(content)]
    return [table for table in every if table.row_count]


def _speeds(content: dict[str, Any]) -> Table:
    names = [title for _, title, _ in _SPEEDS]
    table = _table(machine_line(content["machine"]), ("fit", "device"), (*names, "compile, s"))
    for fit, device, works in _rows(content):
        found = [(works[work][OURS][device], key) for work, _, key in _SPEEDS]
        cells = [_number(of[key]) for of, key in found]
        table.add_row(fit, device, *cells, _number(sum(of["compile_seconds"] for of, _ in found)))
    return table


def _toys(content: dict[str, Any]) -> Table:
    names = [each for _, title in _TOYS for each in (title, "iminuit", "missed")]
    title = "Toys, and how many times slower iminuit fits them"
    table = _table(title, ("fit", "device"), (*names, "compile, s"))
    for fit, device, works in _rows(content):
        if "toys" not in works:
            continue
        cells, seconds = [], 0.0
        for work, _ in _TOYS:
            ours, minuit = works[work][OURS][device], works[work].get("iminuit", {})
            cells += [_number(ours["per_second"]), _faster(minuit, device), _missed(minuit)]
            seconds += ours["compile_seconds"]
        table.add_row(fit, device, *cells, _number(seconds))
    return table


def _others(content: dict[str, Any]) -> Table:
    title = "How many times slower others are: NumPy, iminuit unless SciPy is named"
    table = _table(title, ("fit", "device"), [name for _, _, name in _OTHERS])
    for fit, device, works in _rows(content):
        cells = [_faster(works[work].get(name, {}), device) for work, name, _ in _OTHERS]
        table.add_row(fit, device, *cells)
    return table


def _same_likelihood(content: dict[str, Any]) -> Table:
    title = "One likelihood for all, each toy from the same start"
    numbers = ("one fit, s", "toys /s", "jaxmed is faster", "minima above", "compile, s")
    table = _table(title, ("likelihood", "by", "device"), numbers)
    for found in content["likelihoods"].values():
        name = f"{found['n_bins']} bins, {found['n_free']} free"
        fit, toys = found["works"]["fit"], found["works"]["toys"]
        for by, devices in toys.items():
            for device, many in devices.items():
                one = fit[by][device]
                table.add_row(
                    name,
                    by,
                    device,
                    _number(one["seconds"]),
                    _number(many["per_second"]),
                    _faster_on_each(many),
                    _above(many),
                    _number(one["compile_seconds"] + many["compile_seconds"]),
                )
    return table


def _table(title: str, words: tuple[str, ...], numbers: Any) -> Table:
    table = Table(box=box.MARKDOWN, title=title, title_justify="left")
    for word in words:
        table.add_column(word)
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def _rows(content: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each fit on each kind of device: their names, and the works of the fit."""
    fits = content["fits"].items()
    return [(name, d, each["works"]) for name, each in fits for d in content["machine"]["devices"]]


def _number(value: float) -> str:
    """Three digits, thousands apart; a dash for nothing."""
    if value == 0:
        return _DASH
    digits = 2 - math.floor(math.log10(value))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def _faster(by: dict[str, Any], device: str) -> str:
    """How many times faster jaxmed is on a device than others, which are on the first one."""
    return next((f"{_number(of['faster'][device])}x" for of in by.values()), _DASH)


def _missed(by: dict[str, Any]) -> str:
    return next((f"{100 * of['missed']:.0f} %" for of in by.values()), _DASH)


def _faster_on_each(of: dict[str, Any]) -> str:
    ratios = {device: f"{_number(ratio)}x" for device, ratio in of.get("faster", {}).items()}
    if len(ratios) > 1:
        return ", ".join(f"{device} {ratio}" for device, ratio in ratios.items())
    return next(iter(ratios.values()), _DASH)


def _above(of: dict[str, Any]) -> str:
    return f"{of['lowest']:.0e} to {of['highest']:.0e}" if "lowest" in of else _DASH
