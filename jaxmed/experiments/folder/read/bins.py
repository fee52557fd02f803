"""The table of the bins: axes, and what was observed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from jaxmed.constants import SECONDS_PER_DAY
from jaxmed.experiments.exposure import tonne_years_in_seconds
from jaxmed.experiments.folder.read.source import Pair, View
from jaxmed.experiments.folder.schema.run import RATES, STANDARD_MODEL, RunKeys
from jaxmed.experiments.folder.schema.target import TargetKeys
from jaxmed.experiments.model import Axis
from jaxmed.user_files import keys
from jaxmed.user_files.columns import ENERGY_UNITS, Columns, energy_unit

EXPOSURE_UNITS = {
    "kg day": SECONDS_PER_DAY,
    "kg year": tonne_years_in_seconds(1e-3),
    "tonne year": tonne_years_in_seconds(1.0),
}
"""Units of the exposure, in kg s."""

_LOW = re.compile(r"(?:([A-Za-z]\w*?)_)?low(?:_([A-Za-z]+))?")
_UNITS = (*ENERGY_UNITS, "PE", "us", "")
_LABELS = {"energy": "reconstructed energy"}
_LOWEST_TOP = 0.02  # [keV]: no detector ends below 20 eV


@dataclass(frozen=True)
class Bins:
    """The bins of one run; those of all runs are the same.

    Attributes:
        table: the file.
        names: of the axes, as in the names of the columns.
        axes: of them, the first that of the response.
        columns: all columns but the edges, (n_bins,) each.
    """

    table: Columns
    names: tuple[str, ...]
    axes: tuple[Axis, ...]
    columns: Mapping[str, np.ndarray]

    @property
    def n(self) -> int:
        """Number of bins."""
        return prod(axis.size for axis in self.axes)

    @property
    def first(self) -> np.ndarray:
        """Edges of the first axis, energies in keV, (n + 1,)."""
        return edges_in_keV(self.axes[0])

    def column(self, name: str, key: str) -> np.ndarray:
        """One column, (n_bins,); ValueError if it is missing, `key` says what asks for it."""
        if name not in self.columns:
            raise ValueError(
                f"{self.table.path}: column {name}{keys.hint(name, self.columns)} is missing, expected it for {key}"
            )
        return self.columns[name]

    def require_same(self, table: Columns, names: tuple[str, ...], found: tuple[Axis, ...]) -> None:
        """ValueError unless another table has these bins."""
        if names != self.names or len(table.lines) != self.n:
            raise ValueError(
                f"{table.path}: got {len(table.lines)} rows, expected {self.n}, one for each bin of "
                f"{self.table.path.name}"
            )
        same = all(
            np.allclose(edges_in_keV(a), edges_in_keV(b), rtol=1e-5, atol=1e-8)
            for a, b in zip(found, self.axes, strict=True)
        )
        if not same:
            raise ValueError(f"{table.path}: expected the bins of {self.table.path.name}")


def edges_in_keV(axis: Axis) -> np.ndarray:
    """Edges of an axis, energies in keV whatever the unit of the file."""
    return np.array(axis.edges) * ENERGY_UNITS.get(axis.unit, 1.0)


def read_bins(view: View) -> Bins:
    """The bins of a run.

    Raises:
        ValueError: columns that are missing or unknown, bins that form no grid, counts that are none.
    """
    data = view.keys.data
    table = view.rows(data.bins)
    names, axes, others = grid_of(table, data.labels)
    found = Bins(table, names, axes, others)
    needed = [
        *(["observed"] if data.counts == "observed" else []),
        *(["error"] if data.likelihood == "gaussian" else []),
    ]
    for name in needed:
        found.column(name, f"data.{'counts' if name == 'observed' else 'likelihood'}")
    _check_known(found, view.source.columns)
    if axes[0].unit in ENERGY_UNITS and found.first[-1] < _LOWEST_TOP:
        raise ValueError(
            f"{table.path}: the bins end at {found.first[-1]:g} keV, expected more than {_LOWEST_TOP:g} keV: is the "
            "unit in the columns' names that of the numbers?"
        )
    if "observed" in needed and data.likelihood != "gaussian":
        observed = others["observed"]
        table.require(observed >= 0, "counts not below 0")
        # auxiliary measurements of a HistFactory model are no whole numbers, nor are its Asimov data
        if not any(each.histfactory for each in view.keys.background):
            table.require(
                observed == np.round(observed), 'whole counts (counts = "asimov" for a prediction)'
            )
    if "error" in needed:
        table.require(others["error"] > 0, "an error above 0")
    seen = "counts of the standard model"
    if "observed" in needed:
        seen = f"{others['observed'].sum():.6g} {data.unit} observed"
    ends = f"from {axes[0].edges[0]:g} to {axes[0].edges[-1]:g} {axes[0].unit}".rstrip()
    view.note(table, f"{found.n} bins {ends}, {seen}")
    return found


def grid_of(
    table: Columns, labels: Mapping[str, str] | None = None
) -> tuple[tuple[str, ...], tuple[Axis, ...], dict[str, np.ndarray]]:
    """Names of the axes, the axes, and all other columns of a table with one row for each bin.

    Raises:
        ValueError: no edges, or rows that form no grid.
    """
    header = list(table.values)
    if "bin" in header:
        n = len(table.lines)
        table.require(table["bin"] == np.arange(1, n + 1), "bins numbered 1, 2, ...")
        label = (labels or {}).get("bin", "bin")
        axis = Axis(label, "1", tuple(np.arange(n + 1.0).tolist()))
        return ("bin",), (axis,), {k: v for k, v in table.values.items() if k != "bin"}
    names, axes, used = [], [], set()
    for column in header:
        found = _LOW.fullmatch(column)
        if found is None:
            continue
        name, unit = found[1] or "energy", found[2] or ""
        if unit not in _UNITS:
            raise ValueError(
                f"{table.path}: column {column}: expected a unit among {', '.join(u for u in _UNITS if u)}, or none"
            )
        high = column.replace("low", "high")
        if high not in header:
            raise ValueError(
                f"{table.path}: column {high}{keys.hint(high, header)} is missing beside {column}, expected both"
            )
        names.append(name)
        axes.append(
            _axis(table, column, high, (labels or {}).get(name, _LABELS.get(name, name)), unit)
        )
        used |= {column, high}
    if not axes:
        unit = energy_unit(header) or "keV"
        raise ValueError(
            f"{table.path}: column low_{unit}{keys.hint(f'low_{unit}', header)} is missing: got "
            f"{keys.short(','.join(header))}, expected the edges of the bins, such as low_{unit},high_{unit}"
        )
    _require_grid(table, axes, [c for c in header if c in used])
    return tuple(names), tuple(axes), {k: v for k, v in table.values.items() if k not in used}


def checked_pairs(
    table: Columns,
    columns: Mapping[str, np.ndarray],
    nominal: np.ndarray,
    *others: str,
    signed: bool = False,
) -> dict[str, Pair]:
    """The columns <nuisance>_up, <nuisance>_down of a table with one row for each bin.

    Args:
        table: the file.
        columns: all that are not edges.
        nominal: values without a variation, (n_bins,).
        others: columns that may be there as well.
        signed: whether values below 0 are none of the mistakes.

    Raises:
        ValueError: a column of another name or without its partner, values below 0, or a pair that changes nothing.
    """
    names = [name.removesuffix("_up") for name in columns if name.endswith("_up")]
    pairs = {n: (columns[f"{n}_up"], columns[f"{n}_down"]) for n in names if f"{n}_down" in columns}
    allowed = {*others, *(f"{name}{end}" for name in pairs for end in ("_up", "_down"))}
    for name in columns:
        if name not in allowed:
            raise ValueError(
                f"{table.path}: unknown column {keys.short(name)}: expected the edges of the bins, "
                f"{''.join(f'{each}, ' for each in others)}or pairs <nuisance>_up, <nuisance>_down"
            )
    for name, (up, down) in pairs.items():
        if not signed:
            table.require((up >= 0) & (down >= 0), f"{name}_up and {name}_down not below 0")
        if np.array_equal(up, nominal) and np.array_equal(down, nominal):
            raise ValueError(
                f"{table.path}: {name}_up and {name}_down change nothing, expected a variation"
            )
    return pairs


def events_per(run: RunKeys, unit: str, bins: Bins) -> np.ndarray:
    """Events per bin (n_bins,) for one unit of a rate, or 1 for events."""
    if unit not in RATES:
        return np.ones(bins.n)
    width = np.repeat(np.diff(bins.first), bins.n // bins.axes[0].size)
    return width * kg_days(run.target) * RATES[unit]


def kg_days(target: TargetKeys | None) -> float:
    """Exposure [kg day]."""
    return kg_seconds(target) / SECONDS_PER_DAY


def kg_seconds(target: TargetKeys | None) -> float:
    """Exposure [kg s], or the mass [kg] where the flux counts a whole exposure; 0 without a target."""
    if target is None:
        return 0.0
    if target.exposure is None:
        return target.mass_kg or 0.0
    return target.exposure * EXPOSURE_UNITS[target.exposure_unit or "kg day"]


def in_events(run: RunKeys, bins: Bins, name: str, standard: np.ndarray) -> np.ndarray:
    """The column 'observed' or 'error' in events, for a standard-model prediction (n_bins,)."""
    unit = run.data.unit
    factor = standard if unit == STANDARD_MODEL else events_per(run, unit, bins)
    return bins.columns[name] * factor


def _axis(table: Columns, low: str, high: str, label: str, unit: str) -> Axis:
    table.require(table[high] > table[low], f"the upper edge of a bin ({high}) above the lower one")
    if unit in ENERGY_UNITS or unit == "PE":
        table.require(table[low] >= 0, "energies that are not negative")
    # edges that agree to rounding are one
    edges = np.unique(np.concatenate([table[low], table[high]]))
    apart = np.append(True, np.diff(edges) > 1e-9 * np.abs(edges[1:]))
    return Axis(label, unit or "1", tuple(edges[apart].tolist()))


def _require_grid(table: Columns, axes: list[Axis], columns: list[str]) -> None:
    """ValueError unless the rows go through all bins, those of the last axis fastest."""
    shape = tuple(axis.size for axis in axes)
    places = np.indices(shape).reshape(len(axes), -1)
    n = len(table.lines)
    for axis, place, low, high in zip(axes, places, columns[::2], columns[1::2], strict=True):
        edges = np.array(axis.edges)
        index = np.resize(place, n)
        wanted_low, wanted_high = edges[index], edges[index + 1]
        joined = np.isclose(table[low], wanted_low, rtol=1e-9, atol=0) & np.isclose(
            table[high], wanted_high, rtol=1e-9, atol=0
        )
        table.require(
            joined,
            "bins in ascending order, each from where the one before ends"
            + ("" if len(axes) == 1 else ", those of the last axis fastest"),
        )
    if n != prod(shape):
        raise ValueError(f"{table.path}: got {n} rows, expected {prod(shape)}, one for each bin")


def _check_known(bins: Bins, columns: Collection[str]) -> None:
    """ValueError for a column that nothing asks for."""
    asked = {"observed", "error", *columns}
    for name in bins.columns:
        if name not in asked:
            raise ValueError(
                f"{bins.table.path}: unknown column {keys.short(name)}{keys.hint(name, asked)}: expected the edges of "
                "the bins, observed, error, or what a background names"
            )
