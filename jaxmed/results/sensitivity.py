"""Expected limits and what would improve them, as JSON, CSV, table and figure."""

import csv
import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.markup import escape
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.inference.sensitivity import Sensitivity
from jaxmed.results.store import provenance

SHARE = 0.1
"""How much better each property is made."""
_MOST_BARS = 4  # masses side by side; more of them are curves
_MOST_COLUMNS = 5
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")


def ranked(found: Sensitivity) -> list[int]:
    """Knobs by what they gain on average over the masses with a limit, most first."""
    gains = found.gains(SHARE)
    known = np.isfinite(found.g_expected)
    mean = gains[:, known].mean(axis=1) if known.any() else np.zeros(len(found.knobs))
    return np.argsort(-mean, kind="stable").tolist()


def sensitivity_json(
    found: Sensitivity, model: str, experiment: Experiment, cl: float
) -> dict[str, Any]:
    """A sensitivity with the keys of the user documentation, knobs ranked."""
    gains = found.gains(SHARE)
    knobs = [
        {
            "name": found.knobs[i].name,
            "kind": found.knobs[i].kind,
            "now": found.knobs[i].now,
            "dlng_dlnx": found.slopes[i],
            "gain_10_percent": gains[i],
        }
        for i in ranked(found)
    ]
    return {
        "model": model,
        "experiment": experiment.name,
        "cl": cl,
        "sided": found.sided,
        "threshold": found.threshold,
        "mass_mev": found.mass,
        "g_expected": found.g_expected,
        "flag": list(found.flag),
        "knobs": knobs,
        "missing": dict(found.missing),
        "provenance": provenance([experiment]),
    }


def sensitivity_csv(found: Sensitivity) -> str:
    """One row for each mass and knob; empty cells where there is no limit."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["mass_MeV", "g_expected", "knob", "now", "dlng_dlnx", "gain_10_percent"])
    gains = found.gains(SHARE)
    for m, mass in enumerate(found.mass):
        for i in ranked(found):
            numbers = (found.g_expected[m], found.slopes[i, m], gains[i, m])
            g, slope, gain = (f"{x:.8g}" if np.isfinite(x) else "" for x in numbers)
            rows.writerow([f"{mass:.8g}", g, found.knobs[i].name, found.knobs[i].now, slope, gain])
    return text.getvalue()


def sensitivity_table(found: Sensitivity, cl: float) -> Table:
    """One row per knob, most useful first; one column per mass, five of them at most."""
    title = (
        f"Expected limit on g' at {100 * cl:g} % confidence level, {found.sided}-sided; "
        f"for each property x d ln g'/d ln x, and the change of the limit if x is {100 * SHARE:g} % better"
    )
    table = Table("x", "now", title=title, title_justify="left")
    shown = np.unique(np.linspace(0, found.mass.size - 1, _MOST_COLUMNS).round().astype(int))
    for m in shown:
        table.add_column(f"{found.mass[m]:.4g} MeV", justify="right", no_wrap=True)
    limits = [_limit(float(found.g_expected[m]), found.flag[m]) for m in shown]
    table.add_row("", "", *limits, end_section=True)
    gains = found.gains(SHARE)
    for i in ranked(found):
        cells = [_cell(found.slopes[i, m], gains[i, m]) for m in shown]
        table.add_row(escape(found.knobs[i].name), escape(found.knobs[i].now), *cells)
    for name, _ in found.missing:
        table.add_row(name, "-", *("-" for _ in shown))
    return table


def reasons(found: Sensitivity) -> list[str]:
    """One sentence for each reason why a property has no number."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in found.missing:
        by_reason.setdefault(reason, []).append(name)
    return [f"{' and '.join(names)}: -, {reason}" for reason, names in by_reason.items()]


def sensitivity_figure(found: Sensitivity, title: str) -> Figure:
    """What each knob gains: bars for a few masses, curves for more."""
    many = found.mass.size > _MOST_BARS
    height = 5.6 if many else 1.8 + 0.16 * len(found.knobs) * (1 + found.mass.size)
    figure = Figure(figsize=(7.2, height), layout="constrained")
    panel = figure.subplots()
    panel.set_axisbelow(True)
    panel.grid(alpha=0.3, axis="both" if many else "x")
    (_curves if many else _bars)(panel, found)
    figure.suptitle(title, fontsize="medium")
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _limit(g: float, flag: str) -> str:
    limit = f"g' < {g:.3g}" if np.isfinite(g) else "none"
    return limit if flag == "ok" else f"{limit} ({flag})"


def _cell(slope: float, gain: float) -> str:
    return f"{slope:+.4f} {-100 * gain:+6.2f} %" if np.isfinite(slope) else "-"


def _bars(panel: Axes, found: Sensitivity) -> None:
    order, gains, n = ranked(found), 100 * found.gains(SHARE), found.mass.size
    for m, mass in enumerate(found.mass):
        at = np.arange(len(order)) + (m - (n - 1) / 2) * 0.8 / n
        panel.barh(
            at, gains[order, m], height=0.8 / n, color=_COLOURS[m], label=_mass(mass, found, m)
        )
    panel.set_yticks(range(len(order)), [found.knobs[i].name for i in order])
    panel.invert_yaxis()
    panel.axvline(0, color="black", lw=0.8)
    panel.set_xlabel(f"fall of the expected limit on $g'$ if {100 * SHARE:g} % better [%]")


def _mass(mass: float, found: Sensitivity, m: int) -> str:
    g = found.g_expected[m]
    limit = f"$g'$ < {g:.3g}" if np.isfinite(g) else "no limit"
    return rf"$M_{{Z'}}$ = {mass:.4g} MeV: {limit}"


def _curves(panel: Axes, found: Sensitivity) -> None:
    gains = 100 * found.gains(SHARE)
    for rank, i in enumerate(ranked(found)):
        panel.plot(
            found.mass,
            gains[i],
            color=_COLOURS[rank % len(_COLOURS)],
            ls=("-", "--", ":")[rank // len(_COLOURS) % 3],
            label=found.knobs[i].name,
        )
    panel.axhline(0, color="black", lw=0.8)
    panel.set(xscale="log", xlabel=r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(f"fall of the expected limit on $g'$ if {100 * SHARE:g} % better [%]")
