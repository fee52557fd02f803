"""Tables for the terminal."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.table import Table

from jaxmed.inference.regions.limits import Limits
from jaxmed.inference.results import NO_MEDIATOR, Estimate, FitResult
from jaxmed.results.fit_in_words import LABELS, explain
from jaxmed.results.spectra import Spectrum

_UNITS = {"mass": "MeV"}
_FLAGS = {
    "edge": "allowed up to the largest coupling that was tried, so there is no limit",
    "islands": "more than one interval is allowed, and g' < is the end of the last",
    "excludes zero": "the standard model is excluded at this level",
    "unconverged": "a fit at the edge did not converge, do not trust it",
    "undefined": "the model gives no number there, so that nothing is excluded or allowed",
    "partly undefined": "the model gives no number at some couplings: what is allowed ends where they begin",
}


def fit_table(results: Mapping[str, FitResult]) -> Table:
    """One row per fit."""
    table = Table(title="Best fits, 1 sigma intervals in brackets", title_justify="left")
    table.add_column("fit", no_wrap=True)
    table.add_column("best fit", no_wrap=True)
    for heading in ("-2logL", "SM - fit"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("pulls beyond 1", no_wrap=True)
    table.add_column("status")
    for name, result in results.items():
        table.add_row(
            name,
            "\n".join(_fitted(result)) or "none",
            f"{2 * result.nll:.2f}",
            f"{result.delta_chi2_sm:.2f}",
            "\n".join(_moved(result)) or "none",
            result.status,
        )
    return table


def explanations(results: Mapping[str, FitResult]) -> list[str]:
    """One line for each fit that ends at a bound or in a flat direction, wants no mediator or is partly undefined."""
    found = {name: explain(result) for name, result in results.items()}
    return [f"{name}: {' '.join(sentences)}" for name, sentences in found.items() if sentences]


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
        table.add_row(f"{mass:.4g}", _number(upper), *band, _number(best), pairs, flag)
    return table


def _number(limit: float) -> str:
    return f"{limit:.3g}" if limit == limit else "none"


def _band(low: float, median: float, high: float) -> str:
    return f"{_number(median)} ({_number(low)} to {_number(high)})"


def limit_notes(found: Limits) -> list[str]:
    """One sentence for each flag that occurs: what it means, and at how many masses."""
    notes = []
    for flag, meaning in _FLAGS.items():
        number = sum(flag in each.split(", ") for each in found.flag)
        if number:
            notes.append(f"{flag} at {number} of {len(found.flag)} masses: {meaning}")
    return notes


def bounds_table(found: Mapping[str, Limits], cl: float) -> Table:
    """One row per mass, one column per group of experiments."""
    first = next(iter(found.values()))
    title = f"Likelihood limits on g' at {100 * cl:g} % confidence level, {first.convention}"
    table = Table("M_Z' [MeV]", *found, title=title, title_justify="left")
    for i, mass in enumerate(first.mass):
        table.add_row(f"{mass:.4g}", *(_limit(each, i) for each in found.values()))
    return table


def _limit(found: Limits, i: int) -> str:
    limit, flag = _number(found.g_upper[i]), found.flag[i]
    return limit if flag == "ok" else f"{limit} ({flag})"


def scan_table(content: Mapping[str, Any]) -> Table:
    """The lowest point of a scan, and how much of it can be trusted."""
    table = Table(title="Scan, nuisances profiled", title_justify="left")
    counts = ("points", "converged", "excluded", "undefined")
    for heading in (*counts, "lowest point", "-2logL", "SM - lowest"):
        table.add_column(heading, no_wrap=True)
    best, gain = content["best"], content["delta_chi2_sm"]
    units = {name: f" {unit}" for name, unit in _UNITS.items()}
    where = [f"{LABELS.get(n, n)} {v:.3g}{units.get(n, '')}" for n, v in best["parameters"].items()]
    table.add_row(
        *(str(content[f"n_{name}"]) for name in counts),
        "\n".join(where) or "none",
        "" if best["nll"] is None else f"{2 * best['nll']:.2f}",
        "" if gain is None else f"{gain:.2f}",
    )
    return table


def scan_notes(content: Mapping[str, Any]) -> list[str]:
    """One sentence about points where the model is undefined, if there are any."""
    if not content["undefined"]:
        return []
    return [f"undefined for {content['undefined']}: there nothing is excluded or allowed"]


def spectrum_table(name: str, found: Spectrum) -> Table:
    """One row per bin."""
    table = Table(title=f"{name}: events per bin", title_justify="left")
    for heading in (
        f"{found.axis} [{found.unit}]",
        "standard model",
        "mediator",
        "background",
        "total",
        "observed",
    ):
        table.add_column(heading, justify="right")
    columns = (found.sm, found.signal, found.background, found.total, found.observed)
    for low, high, *values in zip(found.edges[:-1], found.edges[1:], *columns, strict=True):
        table.add_row(f"{low:g} - {high:g}", *(f"{v:.2f}" for v in values))
    return table


def _fitted(result: FitResult) -> list[str]:
    """Parameters, or words if they mean nothing, and normalisations without a prior."""
    words = [] if result.prefers_mediator else [NO_MEDIATOR]
    found = {each.name: result.nuisances[each.name] for each in result.floating}
    units = _UNITS | {each.name: each.unit for each in result.floating if each.unit != "1"}
    if result.prefers_mediator:
        found = result.parameters | found
    return [*words, *(_parameter(n, e, units.get(n, "")) for n, e in found.items())]


def _parameter(name: str, estimate: Estimate, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    label = LABELS.get(name, name)
    if estimate.interval:
        low, high = estimate.interval
        return f"{label} {estimate.value:.3g}{unit} ({low:.3g}, {high:.3g})"
    why = "at edge" if estimate.at_bound else "flat"
    return f"{label} {estimate.value:.3g}{unit} ({why})"


def _moved(result: FitResult) -> list[str]:
    return [f"{n} {e.value:+.2f}" for n, e in result.pulls.items() if abs(e.value) > 1]
