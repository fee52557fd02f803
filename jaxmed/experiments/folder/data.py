"""The tables [data], [signal] and [[background]] of a user's experiment: bins, counts, templates, errors."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxmed.constants import SECONDS_PER_DAY
from jaxmed.experiments.folder.source import (
    Source,
    choice,
    errors,
    needed,
    positive,
    section,
    variations,
)
from jaxmed.user_files import keys
from jaxmed.user_files.columns import Columns, bin_edges

_RATES = {"1/(kg day keV)": 1.0, "1/(kg day MeV)": 1e-3, "1/(tonne year keV)": 1e-3 / 365.25}
UNITS = ("events", *_RATES)
"""Units of counts and rates; a rate is averaged over its bin."""
_LOWEST_TOP = 0.02  # [keV]: no detector ends below 20 eV

Pairs = dict[str, tuple[np.ndarray, np.ndarray]]


class ObservedBins(NamedTuple):
    """Bins and what was seen in them.

    Attributes:
        edges: [keV], (n + 1,).
        unit: energy unit of the file.
        observed: events, (n,), or None where the standard model's prediction stands for them.
        error: Gaussian standard deviations in events, (n,), or None for Poisson counts.
        table: the file.
    """

    edges: np.ndarray
    unit: str
    observed: np.ndarray | None
    error: np.ndarray | None
    table: Columns


class Signal(NamedTuple):
    """Fractional normalisation errors, and factors on the predicted signal at +1 and -1 sigma, by nuisance."""

    errors: dict[str, float]
    variations: Pairs


class Background(NamedTuple):
    """Events per bin, (n,), with normalisation errors and templates at +1 and -1 sigma by nuisance."""

    name: str
    events: np.ndarray
    errors: dict[str, float]
    variations: Pairs
    contains_standard_model: bool


def read_data(source: Source, content: Mapping[str, Any], exposure: float) -> ObservedBins:
    """Read [data] for an exposure [kg s].

    Raises:
        ValueError: a missing, unknown or wrong entry; the key, or the file and line, are named.
    """
    table = section(content, "data", ("bins", "counts", "likelihood", "unit"))
    asimov = choice(table, "data", "counts", ("observed", "asimov")) == "asimov"
    gaussian = choice(table, "data", "likelihood", ("poisson", "gaussian"), "poisson") == "gaussian"
    unit = choice(table, "data", "unit", UNITS, "events")
    if unit != "events" and not gaussian:
        raise ValueError(f"data.unit = '{unit}': expected 'events' for a Poisson likelihood")
    columns = [
        "low_[E]",
        "high_[E]",
        *([] if asimov else ["observed"]),
        *(["error"] if gaussian else []),
    ]
    rows = source.columns("data.bins", needed(table, "data", "bins"), columns)
    edges = bin_edges(rows)
    if edges[-1] < _LOWEST_TOP:
        raise ValueError(
            f"{rows.path}: the bins end at {edges[-1]:g} keV, expected more than {_LOWEST_TOP:g} keV: "
            "is the unit in the columns' names that of the numbers?"
        )
    factor = _events_per(unit, edges, exposure)
    observed = None if asimov else rows["observed"] * factor
    if observed is not None and not gaussian:
        rows.require(observed >= 0, "counts not below 0")
        rows.require(
            observed == np.round(observed), 'whole counts (counts = "asimov" for a prediction)'
        )
    error = rows["error"] * factor if gaussian else None
    if error is not None:
        rows.require(error > 0, "an error above 0")
    seen = (
        "counts of the standard model"
        if observed is None
        else f"{observed.sum():.6g} events observed"
    )
    source.note(rows, f"{edges.size - 1} bins from {edges[0]:g} to {edges[-1]:g} keV, {seen}")
    return ObservedBins(edges, rows.unit, observed, error, rows)


def read_signal(source: Source, content: Mapping[str, Any], data: ObservedBins) -> Signal:
    """Read [signal]: errors by nuisance, and a file of factors <nuisance>_up, <nuisance>_down for each bin."""
    table = section(content, "signal", ("errors", "variations"), required=False)
    pairs: Pairs = {}
    if "variations" in table:
        rows = source.columns(
            "signal.variations", table["variations"], ("low_[E]", "high_[E]"), with_pairs=True
        )
        _same_bins(rows, data)
        pairs = variations(rows, np.ones(data.edges.size - 1))
        rows.require(
            np.all([(up < 10) & (down < 10) for up, down in pairs.values()] or [True], axis=0),
            "factors on the signal, near 1",
        )
        source.note(rows, f"variations of the signal: {', '.join(pairs) or 'none'}")
    return Signal(_apart(errors(table, "signal"), pairs, "signal"), pairs)


def read_backgrounds(
    source: Source, content: Mapping[str, Any], data: ObservedBins, exposure: float
) -> tuple[Background, ...]:
    """Read every [[background]]."""
    found = content.get("background", [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError(f"background = {keys.short(found)}: expected tables [[background]]")
    names = [
        keys.identifier(f"background {i + 1}: name", b.get("name")) for i, b in enumerate(found)
    ]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"background '{name}' is there twice, expected each name once")
    return tuple(
        _background(source, b, n, data, exposure) for b, n in zip(found, names, strict=True)
    )


def _background(
    source: Source, table: Mapping[str, Any], name: str, data: ObservedBins, exposure: float
) -> Background:
    key = f"background '{name}'"
    keys.known(
        table,
        ("name", "file", "rate", "unit", "errors", "contains_standard_model"),
        f"key under {key}",
    )
    if len({"file", "rate"} & table.keys()) != 1:
        raise ValueError(
            f"{key}: expected either file, a table with one row for each bin, or rate, a number"
        )
    contains = keys.typed(table, "contains_standard_model", bool, default=False)
    if "rate" in table:
        unit = choice(table, key, "unit", UNITS[1:])
        events = positive(f"{key}: rate", table["rate"]) * _events_per(unit, data.edges, exposure)
        return Background(name, events, errors(table, key), {}, contains)
    unit = choice(table, key, "unit", UNITS, "events")
    rows = source.columns(
        f"{key}: file", table["file"], ("low_[E]", "high_[E]", "events"), with_pairs=True
    )
    _same_bins(rows, data)
    rows.require(rows["events"] >= 0, "events not below 0")
    factor = _events_per(unit, data.edges, exposure)
    pairs = variations(rows, rows["events"])
    events = rows["events"] * factor
    source.note(rows, f"{events.sum():.6g} events, variations: {', '.join(pairs) or 'none'}")
    scaled = {n: (up * factor, down * factor) for n, (up, down) in pairs.items()}
    return Background(name, events, _apart(errors(table, key), pairs, key), scaled, contains)


def _apart(scales: dict[str, float], pairs: Pairs, key: str) -> dict[str, float]:
    for name in scales:
        if name in pairs:
            raise ValueError(
                f"{key}: '{name}' is an error and a variation, expected one of the two"
            )
    return scales


def _events_per(unit: str, edges: np.ndarray, exposure: float) -> np.ndarray:
    """Events per bin (n,) for one unit of a rate, or 1 for events."""
    if unit == "events":
        return np.ones(edges.size - 1)
    return np.diff(edges) * exposure / SECONDS_PER_DAY * _RATES[unit]


def _same_bins(rows: Columns, data: ObservedBins) -> None:
    n = data.edges.size - 1
    if len(rows.lines) != n:
        raise ValueError(
            f"{rows.path}: got {len(rows.lines)} rows, expected {n}, one for each bin of {data.table.path.name}"
        )
    same = np.isclose(rows["low"], data.edges[:-1]) & np.isclose(rows["high"], data.edges[1:])
    rows.require(same, f"the bins of {data.table.path.name}")
