"""Curves of a user's detector: piecewise linear, with templates at +1 and -1 sigma."""

from typing import NamedTuple

import numpy as np

from jaxmed.experiments.folder.source import Source
from jaxmed.user_files.columns import Columns


class Curve(NamedTuple):
    """A piecewise-linear curve, constant outside: knots x, and values nominal, at +1 and at -1 sigma, (n,) each."""

    x: np.ndarray
    nominal: np.ndarray
    up: np.ndarray
    down: np.ndarray

    def at(self, z: float) -> np.ndarray:
        """Values at z standard deviations, linear on either side."""
        return self.nominal + z * (self.up - self.nominal if z > 0 else self.nominal - self.down)

    @property
    def varies(self) -> bool:
        """Whether it has an uncertainty."""
        return not (
            np.array_equal(self.up, self.nominal) and np.array_equal(self.down, self.nominal)
        )


def constant(value: float) -> Curve:
    """One value everywhere, without an uncertainty."""
    one = np.full(1, value)
    return Curve(np.zeros(1), one, one, one)


def read_curve(
    source: Source, key: str, file: str, name: str, highest: float
) -> tuple[Columns, Curve]:
    """A table energy_[E], <name> and if wanted <name>_up, <name>_down, and its curve.

    Args:
        source: the folder.
        key: the key that names the file.
        file: its name.
        name: the column.
        highest: the largest value that makes sense; the lowest is 0.

    Raises:
        ValueError: a mistake in the table; file and line are named.
    """
    ends = (f"{name}_up", f"{name}_down")
    rows = source.columns(key, file, ("energy_[E]", name), ends)
    rows.require_ascending("energy")
    rows.require(rows["energy"] >= 0, "an energy not below 0")
    if len({*ends} & rows.values.keys()) == 1:
        raise ValueError(f"{rows.path}: expected both columns {' and '.join(ends)}, or none")
    columns = [rows.values.get(f"{name}{end}", rows[name]) for end in ("", "_up", "_down")]
    for column in columns:
        rows.require((column >= 0) & (column <= highest), f"{name} from 0 to {highest:g}")
    if not np.any(columns[0] > 0):
        raise ValueError(f"{rows.path}: every {name} is zero, expected one that is not")
    x = rows["energy"]
    source.note(rows, f"{x.size} points from {x[0]:g} to {x[-1]:g} keV, up to {columns[0].max():g}")
    return rows, Curve(x, *columns)
