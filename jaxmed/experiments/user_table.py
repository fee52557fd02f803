"""Read a user's own recoil spectrum, line by line."""

import csv
from pathlib import Path

import numpy as np

_COLUMNS = ("bin_low_MeV", "bin_high_MeV", "rate", "rate_err")


def read_recoil_spectrum(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bin edges [MeV] (n + 1,), rate and its error [1/(kg day MeV)] (n,).

    Raises:
        ValueError: missing file, wrong columns, a cell that is no finite number, bins that do not join up, or a
            lower edge or an error that is not positive; the message names file and line.
    """
    if not path.is_file():
        raise ValueError(
            f"{path}: expected a CSV table with columns {', '.join(_COLUMNS)}, found no file"
        )
    lines = [(i, line) for i, line in enumerate(path.read_text().splitlines(), 1) if line.strip()]
    lines = [(i, line) for i, line in lines if not line.startswith("#")]
    rows = [(i, next(csv.reader([line]))) for i, line in lines]
    if not rows or tuple(cell.strip() for cell in rows[0][1]) != _COLUMNS:
        raise ValueError(f"{path}: expected the header {','.join(_COLUMNS)}")
    values = np.array([_numbers(path, i, cells) for i, cells in rows[1:]])
    if not len(values):
        raise ValueError(f"{path}: expected at least one row of numbers, found none")
    low, high, rate, error = values.T
    for (line, _), ok in zip(rows[1:], (high > low) & (low > 0) & (error > 0), strict=True):
        if not ok:
            raise ValueError(
                f"{path}, line {line}: expected bin_high_MeV > bin_low_MeV > 0 and rate_err > 0"
            )
    for (line, _), joined in zip(rows[2:], low[1:] == high[:-1], strict=True):
        if not joined:
            raise ValueError(
                f"{path}, line {line}: expected bin_low_MeV equal to the bin_high_MeV before"
            )
    return np.append(low, high[-1]), rate, error


def _numbers(path: Path, line: int, cells: list[str]) -> list[float]:
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        numbers = []
    if len(numbers) != len(_COLUMNS) or not np.all(np.isfinite(numbers)):
        raise ValueError(
            f"{path}, line {line}: expected four finite numbers, found {','.join(cells)}"
        )
    return numbers
