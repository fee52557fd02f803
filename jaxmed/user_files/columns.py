"""Read a user's CSV table: every mistake is one sentence with the file and the line."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from jaxmed.user_files.files import read_text
from jaxmed.user_files.keys import hint, short

ENERGY_UNITS = {"eV": 1e-3, "keV": 1.0, "MeV": 1e3}
"""Units that the name of an energy column may end in, in keV."""

_MOST_ROWS = 20_000
_LARGEST_FILE = 20e6


@dataclass(frozen=True)
class Columns:
    """Numbers of a table.

    Attributes:
        path: the file.
        lines: line of the file that each row stands on, (n,).
        values: column name -> (n,); energies without their unit in the name, in keV.
        unit: of the energy columns in the file; empty without any.
    """

    path: Path
    lines: tuple[int, ...]
    values: dict[str, np.ndarray]
    unit: str = ""

    def __getitem__(self, name: str) -> np.ndarray:
        """One column."""
        return self.values[name]

    def require(self, ok: np.ndarray, expected: str) -> None:
        """ValueError with the first line where `ok` (n,) is False, and what is expected there."""
        if not np.all(ok):
            row = int(np.argmin(ok))
            cells = [f"{name} = {x[row]:g}" for name, x in self.values.items()]
            got = ", ".join([*cells[:6], *(["..."] if len(cells) > 6 else [])])
            unit = f" (energies in keV, in the file {self.unit})" if self.unit != "keV" else ""
            found = f"got {got}{unit if self.unit else ''}"
            raise ValueError(f"{self.path}, line {self.lines[row]}: {found}, expected {expected}")

    def require_ascending(self, name: str) -> None:
        """ValueError unless a column ascends strictly."""
        self.require(
            np.diff(self[name], prepend=-np.inf) > 0, f"{name} above that of the row before"
        )

    def pairs(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Columns <name>_up and <name>_down by name."""
        names = [name[:-3] for name in self.values if name.endswith("_up")]
        return {name: (self[f"{name}_up"], self[f"{name}_down"]) for name in names}


def read_columns(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    with_pairs: bool = False,
) -> Columns:
    """Read a table of numbers: '#' lines are remarks, the first other line names the columns.

    Args:
        path: the file.
        required: columns that must be there; `low_[E]` stands for low_eV, low_keV or low_MeV.
        optional: columns that may be there.
        with_pairs: whether pairs <name>_up, <name>_down of any name may be there.

    Raises:
        ValueError: a missing or unreadable file, a missing, repeated or unknown column, a row of another length, or a
            cell that is no finite number; file and line are named.
    """
    rows = _rows(path)
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    unit = _unit(header) if any("[E]" in name for name in required) else ""
    wanted = [name.replace("[E]", unit or "keV") for name in required]
    if not set(wanted) <= set(header):
        missing = next(name for name in wanted if name not in header)
        got = f"got {short(','.join(header))}, " if header else ""
        raise ValueError(
            f"{path}: column {missing}{hint(missing, header)} is missing: {got}expected the header {','.join(wanted)}"
        )
    _check_names(path, rows[0][0], header, [*wanted, *optional], with_pairs)
    if len(rows) == 1:
        raise ValueError(f"{path}: expected at least one row of numbers, found none")
    table = np.array([_numbers(path, line, cells, len(header)) for line, cells in rows[1:]])
    scale = ENERGY_UNITS.get(unit, 1.0)
    suffix = f"_{unit}"
    values = {
        name.removesuffix(suffix) if unit else name: column
        * (scale if unit and name.endswith(suffix) else 1)
        for name, column in zip(header, table.T, strict=True)
    }
    return Columns(path, tuple(line for line, _ in rows[1:]), values, unit)


def bin_edges(table: Columns) -> np.ndarray:
    """Edges (n + 1,) [keV] of the bins `low`, `high`; ValueError if they do not ascend and join up."""
    low, high = table["low"], table["high"]
    table.require(high > low, "the upper edge of a bin above the lower one")
    table.require(low >= 0, "energies that are not negative")
    joined = np.isclose(low[1:], high[:-1], rtol=1e-9, atol=0)
    table.require(
        np.append(True, joined), "bins in ascending order, each from where the one before ends"
    )
    return np.append(low, high[-1])


def read_table(path: Path) -> str:
    """The text of a CSV table; ValueError for a file that cannot be one."""
    return read_text(path, "a CSV table", _LARGEST_FILE)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every line that is neither empty nor a remark."""
    lines = [(i, line) for i, line in enumerate(read_table(path).splitlines(), 1) if line.strip()]
    lines = [(i, line) for i, line in lines if not line.lstrip().startswith("#")]
    if len(lines) > _MOST_ROWS:
        raise ValueError(f"{path}: got {len(lines)} rows, expected at most {_MOST_ROWS}")
    return [(i, _cells(path, i, line)) for i, line in lines]


def _cells(path: Path, line: int, text: str) -> list[str]:
    try:
        return next(csv.reader([text]))
    except csv.Error as problem:
        raise ValueError(
            f"{path}, line {line}: expected comma-separated cells, but {problem}"
        ) from None


def _unit(header: Sequence[str]) -> str:
    endings = {cell.rpartition("_")[2] for cell in header}
    return next((unit for unit in ENERGY_UNITS if unit in endings), "")


def _check_names(
    path: Path, line: int, header: list[str], allowed: list[str], with_pairs: bool
) -> None:
    for i, name in enumerate(header):
        if name in header[:i]:
            raise ValueError(f"{path}, line {line}: column '{name}' is there twice, expected once")
        if name in allowed or (with_pairs and _has_partner(name, header)):
            continue
        pairs = ", or pairs <name>_up, <name>_down" if with_pairs else ""
        raise ValueError(
            f"{path}, line {line}: unknown column {short(name)}{hint(name, allowed)}: expected "
            f"{', '.join(allowed)}{pairs}"
        )


def _has_partner(name: str, header: list[str]) -> bool:
    for one, other in (("_up", "_down"), ("_down", "_up")):
        if name.endswith(one) and name != one:
            return name.removesuffix(one) + other in header
    return False


def _numbers(path: Path, line: int, cells: list[str], columns: int) -> list[float]:
    if len(cells) != columns:
        fail(path, line, f"got {len(cells)} cells, expected {columns}, one for each column")
    found = [_number(cell) for cell in cells]
    for cell, number in zip(cells, found, strict=True):
        if not math.isfinite(number):
            fail(path, line, f"got {short(cell.strip())}, expected a finite number")
    return found


def _number(cell: str) -> float:
    """The number in a cell, NaN if there is none; Python's 1_000 and foreign digits are none."""
    try:
        return float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        return math.nan


def fail(path: Path, line: int, sentence: str) -> NoReturn:
    """ValueError for one line of a file."""
    raise ValueError(f"{path}, line {line}: {sentence}")
