"""Read a user's CSV table: every mistake is one sentence with the file and the line."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from jaxmed.user_files.files import read_text
from jaxmed.user_files.keys import hint, short

ENERGY_UNITS = {"eV": 1e-3, "keV": 1.0, "keVee": 1.0, "MeV": 1e3}
"""Units that the name of an energy column may end in, in keV; the `ee` of electron equivalents is a matter of words."""

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
            numbers = {name: x[row] for name, x in self.values.items() if x.dtype.kind == "f"}
            cells = [f"{name} = {value:g}" for name, value in numbers.items()]
            got = ", ".join([*cells[:6], *(["..."] if len(cells) > 6 else [])])
            unit = f" (energies in keV, in the file {self.unit})" if self.unit != "keV" else ""
            found = f"got {got}{unit if self.unit else ''}"
            raise ValueError(f"{self.path}, line {self.lines[row]}: {found}, expected {expected}")

    def require_ascending(self, name: str) -> None:
        """ValueError unless a column ascends strictly."""
        self.require(
            np.diff(self[name], prepend=-np.inf) > 0, f"{name} above that of the row before"
        )

    def rows(self, keep: np.ndarray) -> "Columns":
        """The rows where `keep` (n,) is True."""
        lines = tuple(line for line, kept in zip(self.lines, keep, strict=True) if kept)
        return replace(self, lines=lines, values={name: x[keep] for name, x in self.values.items()})


def read_columns(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Columns:
    """Read a table of numbers: '#' lines are remarks, the first other line names the columns.

    Args:
        path: the file.
        required: columns that must be there; `low_[E]` stands for low_eV, low_keV or low_MeV.
        optional: columns that may be there.

    Raises:
        ValueError: a missing or unreadable file, a missing, repeated or unknown column, a row of another length, or a
            cell that is no finite number; file and line are named.
    """
    if not _rows(path):
        wanted = [name.replace("[E]", "keV") for name in required]
        raise ValueError(
            f"{path}: column {wanted[0]} is missing: expected the header {','.join(wanted)}"
        )
    return chosen(read_any(path), required, optional)


def read_any(path: Path, texts: Sequence[str] = ()) -> Columns:
    """Read a table with whatever columns it has, named as in the file; `texts` are those that hold no numbers.

    Raises:
        ValueError: as `read_columns`, but for columns that are missing or unknown.
    """
    rows = _rows(path)
    if not rows:
        raise ValueError(f"{path}: expected a line with the names of columns, found none")
    line, header = rows[0][0], [cell.strip() for cell in rows[0][1]]
    for i, name in enumerate(header):
        if name in header[:i]:
            raise ValueError(f"{path}, line {line}: column '{name}' is there twice, expected once")
    if len(rows) == 1:
        raise ValueError(f"{path}: expected at least one row of numbers, found none")
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            fail(path, line, f"got {len(cells)} cells, expected {len(header)}, one for each column")
    lines = tuple(line for line, _ in rows[1:])
    values = {
        name: np.array([cells[i].strip() for _, cells in rows[1:]])
        if name in texts
        else _column(path, lines, [cells[i] for _, cells in rows[1:]])
        for i, name in enumerate(header)
    }
    return Columns(path, lines, values)


def chosen(table: Columns, required: Sequence[str], optional: Sequence[str] = ()) -> Columns:
    """The columns of a table from `read_any`, those of energies in keV and without their unit; as `read_columns`."""
    header, path = list(table.values), table.path
    unit = energy_unit(header) if any("[E]" in name for name in required) else ""
    wanted = [name.replace("[E]", unit or "keV") for name in required]
    if not set(wanted) <= set(header):
        missing = next(name for name in wanted if name not in header)
        raise ValueError(
            f"{path}: column {missing}{hint(missing, header)} is missing: got {short(','.join(header))}, expected the "
            f"header {','.join(wanted)}"
        )
    for name in header:
        if name in wanted or name in optional:
            continue
        allowed = [*wanted, *optional]
        raise ValueError(
            f"{path}: unknown column {short(name)}{hint(name, allowed)}: expected "
            f"{', '.join(allowed)}"
        )
    scale, suffix = ENERGY_UNITS.get(unit, 1.0), f"_{unit}"
    values = {
        name.removesuffix(suffix) if unit else name: column
        * (scale if unit and name.endswith(suffix) else 1)
        for name, column in table.values.items()
    }
    return Columns(path, table.lines, values, unit)


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


def energy_unit(header: Iterable[str]) -> str:
    """The unit in which the names of energy columns end; empty without any."""
    endings = {cell.rpartition("_")[2] for cell in header}
    return next((unit for unit in ENERGY_UNITS if unit in endings), "")


def _column(path: Path, lines: Sequence[int], cells: Sequence[str]) -> np.ndarray:
    found = np.array([_number(cell) for cell in cells])
    for line, cell, finite in zip(lines, cells, np.isfinite(found), strict=True):
        if not finite:
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
