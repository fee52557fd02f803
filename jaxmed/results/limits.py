"""Limits as JSON, as a table and as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.expected_limits import Expected
from jaxmed.inference.regions.limits import Limits
from jaxmed.results.overlay import Overlay, draw_overlays
from jaxmed.results.store import provenance
from jaxmed.results.style import BLUE, GREEN, ORANGE, SKY


def limits_figure(
    found: Limits,
    title: str,
    cl: float,
    expected: Expected | None = None,
    overlays: Sequence[Overlay] = (),
) -> Figure:
    """Upper limit on g' against mass, every allowed interval, what to expect without a mediator, own curves."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    panel = figure.subplots()
    # Feldman-Cousins sets may be empty
    highs = [b for p in found.intervals for _, b in p] or [1.0]
    floor = 10 ** np.floor(np.log10(np.nanmin(highs)) - 1)
    if expected is not None:
        _expected_bands(panel, expected)
    for i, (mass, pairs) in enumerate(zip(found.mass, found.intervals, strict=True)):
        for low, high in pairs:
            label = "allowed" if i == 0 and low == pairs[0][0] else None
            panel.plot(
                [mass, mass], [max(low, floor), high], color=GREEN, lw=3, alpha=0.35, label=label
            )
    label = f"{100 * cl:g} % CL upper limit (outermost), {found.convention}"
    panel.plot(found.mass, found.g_upper, color=BLUE, marker="o", ms=3, label=label)
    draw_overlays(panel, overlays)
    panel.set(xscale="log", yscale="log", title=title)
    panel.set_ylim(bottom=floor)
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
    panel.grid(alpha=0.3)
    panel.legend()
    return figure


def _expected_bands(panel: Axes, expected: Expected) -> None:
    """Median and 1 and 2 sigma bands; a single mass has bars instead."""
    least2, least, median, most, most2 = expected.g_upper
    wide = (least2, most2, ORANGE, "2σ expected"), (least, most, SKY, "1σ expected")
    for low, high, colour, label in wide:
        if expected.mass.size > 1:
            panel.fill_between(expected.mass, low, high, color=colour, alpha=0.6, lw=0, label=label)
        else:
            panel.vlines(expected.mass, low, high, color=colour, alpha=0.6, lw=12, label=label)
    panel.plot(expected.mass, median, color="black", ls="--", marker=".", label="median expected")


def limits_json(
    found: Limits,
    model: str,
    experiments: Sequence[Experiment],
    cl: float,
    constraints: Sequence[str] = (),
) -> dict[str, Any]:
    """Limits with the keys of the user documentation."""
    return {
        "model": model,
        "experiments": [e.name for e in experiments],
        "constraints": list(constraints),
        "cl": cl,
        "method": "asymptotic",
        "sided": found.sided,
        "threshold": found.threshold,
        "mass_mev": found.mass,
        "g_upper": found.g_upper,
        "g_best": found.g_best,
        "flag": list(found.flag),
        "intervals": [[list(pair) for pair in pairs] for pairs in found.intervals],
        "provenance": provenance(experiments),
    }


_FLAGS = {
    "edge": "allowed up to the largest coupling that was tried, so there is no limit",
    "islands": "more than one interval is allowed, and g' < is the end of the last",
    "excludes zero": "the standard model is excluded at this level",
    "unconverged": "a fit at the edge did not converge, do not trust it",
    "undefined": "the model gives no number there, so that nothing is excluded or allowed",
    "partly undefined": "the model gives no number at some couplings: what is allowed ends where they begin",
}


def limit_table(
    found: Limits, cl: float, expected: Mapping[str, np.ndarray] | None = None
) -> Table:
    """One row per mass; `expected`: limits without a mediator at "-1", "0" and "1" sigma, (n,) each."""
    title = f"Upper limits at {100 * cl:g} % confidence level, {found.convention}"
    table = Table(title=title, title_justify="left")
    without = ["expected without a mediator"] if expected else []
    for heading in ("M_Z' [MeV]", "g' <", *without, "best g'", "allowed g'", "flag"):
        table.add_column(heading, overflow="fold")
    rows = zip(found.mass, found.g_upper, found.g_best, found.intervals, found.flag, strict=True)
    for i, (mass, upper, best, intervals, flag) in enumerate(rows):
        pairs = "\n".join(f"{low:.3g} to {high:.3g}" for low, high in intervals)
        band = [_band(*(expected[sigma][i] for sigma in ("-1", "0", "1")))] if expected else []
        table.add_row(f"{mass:.4g}", limit_text(upper), *band, limit_text(best), pairs, flag)
    return table


def limit_text(limit: float) -> str:
    """A limit with three digits, or that there is none."""
    return f"{limit:.3g}" if limit == limit else "none"


def _band(low: float, median: float, high: float) -> str:
    return f"{limit_text(median)} ({limit_text(low)} to {limit_text(high)})"


def limit_notes(found: Limits) -> list[str]:
    """One sentence for each flag that occurs: what it means, and at how many masses."""
    notes = []
    for flag, meaning in _FLAGS.items():
        number = sum(flag in each.split(", ") for each in found.flag)
        if number:
            notes.append(f"{flag} at {number} of {len(found.flag)} masses: {meaning}")
    return notes
