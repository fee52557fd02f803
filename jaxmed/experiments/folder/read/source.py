"""The folder of an experiment while it is read: its tables, and notes on what was found in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from jaxmed.experiments.folder.schema.run import RunKeys
from jaxmed.user_files.columns import Columns, chosen, read_any, read_table

MAIN = "experiment.toml"
_CITATION = "# citation:"
Pair = tuple[np.ndarray, np.ndarray]


@dataclass
class Source:
    """The files of one folder, each read once, and what was made of them.

    Attributes:
        folder: the folder.
        nuisances: names declared in experiment.toml; a column of such a name holds its pulls.
        columns: that the table of the bins may have, whatever options are chosen.
        notes: file -> what was found in it, for `jaxmed check`.
        tables: file -> its columns as they stand.
        responses: by all that they depend on.
    """

    folder: Path
    nuisances: Collection[str] = ()
    columns: Collection[str] = ()
    notes: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Columns] = field(default_factory=dict)
    responses: dict[Any, Any] = field(default_factory=dict)

    def table(self, name: str) -> Columns:
        """A table; ValueError if it cannot be read."""
        if name not in self.tables:
            self.tables[name] = read_any(self.folder / name, texts=("run",))
        return self.tables[name]

    def cited(self) -> set[str]:
        """BibTeX keys in the lines '# citation: ' of the tables that were read."""
        texts = (read_table(table.path) for table in self.tables.values())
        lines = (line for text in texts for line in text.splitlines() if line.startswith(_CITATION))
        return {key for line in lines for key in line.removeprefix(_CITATION).split()}

    def moved_by(self, files: Collection[str]) -> set[str]:
        """Nuisances that tables hold variations of."""
        columns = {name for file in files for name in self.table(file).values}
        pairs = {name.removesuffix("_up") for name in columns if name.endswith("_up")}
        return pairs | (columns & set(self.nuisances))


@dataclass(frozen=True)
class View:
    """One run of an experiment with its nuisances at given pulls.

    Attributes:
        source: the folder.
        run: name of the run, empty for an experiment of one.
        keys: what experiment.toml says of it, with the numbers that the nuisances move.
        pulls: of the nuisances that are not at 0 [sigma].
    """

    source: Source
    run: str
    keys: RunKeys
    pulls: Mapping[str, float]

    def columns(self, file: str, required: Sequence[str], optional: Sequence[str] = ()) -> Columns:
        """The rows of a table that are for this run and these pulls; ValueError for a mistake in it."""
        return chosen(self.rows(file), required, optional)

    def rows(self, file: str) -> Columns:
        """The same with whatever columns there are."""
        table = self.source.table(file)
        if "run" in table.values:
            keep = table["run"] == self.run
            if not np.any(keep):
                raise ValueError(
                    f"{table.path}: column run has no row with {self.run or 'an empty name'!r}, expected one"
                )
            table = table.rows(keep)
        for name in self.source.nuisances:
            if name in table.values:
                keep = np.isclose(table[name], self.pulls.get(name, 0.0))
                if not np.any(keep):
                    raise ValueError(
                        f"{table.path}: column {name} has no row with {self.pulls.get(name, 0.0):g}, expected one for "
                        f"each of nuisances.{name}.nodes"
                    )
                table = table.rows(keep)
        hidden = {"run", *self.source.nuisances}
        return replace(table, values={k: v for k, v in table.values.items() if k not in hidden})

    def moved(self, nominal: np.ndarray, pairs: Mapping[str, Pair]) -> np.ndarray:
        """A column with the nuisances of its (up, down) columns at their pulls: linear on either side of 0."""
        found = nominal
        for name, (up, down) in pairs.items():
            z = self.pulls.get(name, 0.0)
            found = found + abs(z) * ((up if z > 0 else down) - nominal) if z else found
        return found

    def note(self, table: Columns, sentence: str) -> None:
        """Say what was found in a table."""
        if not self.pulls:
            self.source.notes.setdefault(table.path.name, sentence)

    def key(self, *parts: BaseModel | None, own: Sequence[str] = ()) -> tuple[Any, ...]:
        """Equal for two views in which these tables of experiment.toml say the same.

        Args:
            parts: the tables.
            own: nuisances that are asked for by name where they are read.
        """
        files = sorted({name for part in parts if part for name in _files(part.model_dump())})
        moving = {*own, *self.source.moved_by(files)}
        runs = [self.run] if any("run" in self.source.table(file).values for file in files) else []
        texts = [part.model_dump_json() if part else "" for part in parts]
        pulls = [(name, z) for name, z in self.pulls.items() if name in moving]
        return (*texts, *files, *runs, *pulls)


def _files(content: Any) -> list[str]:
    """Names of all tables in a part of experiment.toml."""
    if isinstance(content, dict):
        return [name for value in content.values() for name in _files(value)]
    if isinstance(content, list):
        return [name for value in content for name in _files(value)]
    return [content] if isinstance(content, str) and content.endswith(".csv") else []
