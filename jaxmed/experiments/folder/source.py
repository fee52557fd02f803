"""The folder of a user's experiment while it is read: its files, and notes on what was found in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.experiments.model import STRENGTH
from jaxmed.user_files import keys
from jaxmed.user_files.columns import Columns, read_columns

MAIN = "experiment.toml"
_LARGEST = 1e20


class Source:
    """Reads the files of one folder and keeps a note on each for `jaxmed check`.

    Attributes:
        folder: the folder.
        notes: (file, what was found in it).
    """

    def __init__(self, folder: Path) -> None:
        """Start with no notes."""
        self.folder = folder
        self.notes: list[tuple[str, str]] = []

    def columns(
        self,
        key: str,
        name: Any,
        required: Sequence[str],
        optional: Sequence[str] = (),
        **options: bool,
    ) -> Columns:
        """The table that a key names; ValueError as `read_columns`, or for a name outside the folder."""
        if not isinstance(name, str) or not name.endswith(".csv") or Path(name).name != name:
            raise ValueError(
                f"{key} = {keys.short(name)}: expected the name of a .csv file in the folder"
            )
        return read_columns(self.folder / name, required, optional, **options)

    def note(self, table: Columns, sentence: str) -> None:
        """Say what was found in a table."""
        self.notes.append((table.path.name, sentence))


def section(
    content: Mapping[str, Any], key: str, allowed: Sequence[str], *, required: bool = True
) -> dict[str, Any]:
    """A table of experiment.toml with none but the allowed keys."""
    name = key.rpartition(".")[2]
    if name not in content and not required:
        return {}
    if name not in content:
        raise ValueError(f"table [{key}] is missing: expected one with {', '.join(allowed)}")
    found = content[name]
    if not isinstance(found, dict):
        raise ValueError(f"{key} = {keys.short(found)}: expected a table")
    keys.known(found, allowed, f"key under {key}")
    return found


def positive(key: str, value: Any) -> float:
    """A number above zero, and none that could only be a slip."""
    number = keys.number(key, value)
    if number <= 0:
        raise ValueError(f"{key} = {number:g}: expected a number above 0")
    if number > _LARGEST:
        raise ValueError(f"{key} = {number:g}: expected a number up to {_LARGEST:g}")
    return number


def needed(table: Mapping[str, Any], key: str, name: str) -> Any:
    """The value of a key that must be there; `key` is that of the table."""
    if name not in table:
        raise ValueError(f"key '{name}' under {key} is missing")
    return table[name]


def choice(
    table: Mapping[str, Any],
    key: str,
    name: str,
    allowed: Sequence[str],
    default: str | None = None,
) -> str:
    """One of a few words."""
    value = needed(table, key, name) if default is None else table.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        close = keys.hint(value, allowed) if isinstance(value, str) else ""
        raise ValueError(
            f"{key}.{name} = {keys.short(value)}{close}: expected {keys.one_of(allowed)}"
        )
    return value


def errors(table: Mapping[str, Any], key: str) -> dict[str, float]:
    """Normalisation errors by nuisance: fractions, above 0 and up to 1."""
    found = {}
    for name, value in keys.typed(table, "errors", dict, default={}).items():
        nuisance(f"{key}.errors", name)
        found[name] = positive(f"{key}.errors.{name}", value)
        if found[name] > 1:
            raise ValueError(
                f"{key}.errors.{name} = {found[name]:g}: expected a fraction up to 1, such as 0.05 for 5 %"
            )
    return found


def nuisance(key: str, name: str) -> str:
    """A name that a nuisance can have."""
    if (
        name in (STRENGTH, "g", "mass")
        or not name.replace("-", "_").isidentifier()
        or not name.isascii()
    ):
        raise ValueError(
            f"{key}: got the nuisance {name!r}, expected a name of letters, digits and _ of its own"
        )
    return name


def variations(table: Columns, nominal: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The pairs of columns <nuisance>_up, <nuisance>_down, which must not be negative or both nominal."""
    pairs = table.pairs()
    for name, (up, down) in pairs.items():
        nuisance(str(table.path), name)
        table.require((up >= 0) & (down >= 0), f"{name}_up and {name}_down not below 0")
        if np.array_equal(up, nominal) and np.array_equal(down, nominal):
            raise ValueError(
                f"{table.path}: {name}_up and {name}_down change nothing, expected a variation"
            )
    return pairs
