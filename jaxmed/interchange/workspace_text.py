"""Names and texts of the files of an imported experiment."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxmed.experiments.model import STRENGTH

_RESERVED = (STRENGTH, "g", "mass")
_LONGEST = 45


class Names:
    """Names that files, backgrounds and nuisances can have, by what they are called elsewhere."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def of(self, kind: str, name: str) -> str:
        """The name of something of a kind: the same each time, and that of nothing else."""
        if (kind, name) not in self._known:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", name)[:_LONGEST]
            plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
            taken = {own for (other, _), own in self._known.items() if other == kind}
            taken |= set(_RESERVED)
            found, number = plain, 2
            while found in taken:
                found, number = f"{plain}__{number}", number + 1
            self._known[kind, name] = found
        return self._known[kind, name]


def csv_text(columns: Mapping[str, np.ndarray], n_bins: int) -> str:
    """A table of numbered bins, columns filled up with zeros."""
    rows = [",".join(["bin", *columns])]
    filled = [np.pad(values, (0, n_bins - values.size)).tolist() for values in columns.values()]
    rows += [
        ",".join([str(i + 1), *map(repr, row)]) for i, row in enumerate(zip(*filled, strict=True))
    ]
    return "\n".join([*rows, ""])


def toml_text(value: Any) -> str:
    """A value in TOML: text, a number, true or false, a list, or a table in one line."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key} = {toml_text(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, str):
        # control characters, which TOML has not, become blanks
        return json.dumps(re.sub(r"[\x00-\x1f\x7f]", " ", value), ensure_ascii=False)
    return json.dumps(value)


def table(header: str, content: Mapping[str, Any]) -> list[str]:
    """Lines of a table, without keys that say nothing, and a blank one before it."""
    said = {key: value for key, value in content.items() if value not in ({}, [], "")}
    return ["", header, *(f"{key} = {toml_text(value)}" for key, value in said.items())]
