"""Read the tables of data/, each verified against the SHA256 manifest before a number of it is used."""

import csv
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

MANIFEST = "MANIFEST.sha256"


@dataclass(frozen=True)
class Sources:
    """What something was made from.

    Attributes:
        citations: BibTeX keys.
        tables: file below data/ -> SHA256.
    """

    citations: set[str] = field(default_factory=set)
    tables: dict[str, str] = field(default_factory=dict)


_SOURCES: ContextVar[Sources | None] = ContextVar("sources", default=None)


@dataclass(frozen=True)
class Table:
    """One CSV table.

    Attributes:
        name: path below data/ without the suffix, such as ``xenon1t/er_spectrum``.
        columns: column name -> array (n_rows,), float64 where every cell is a number, else str.
        citation: BibTeX keys of data/citations.bib.
    """

    name: str
    columns: dict[str, np.ndarray]
    citation: tuple[str, ...]

    def __getitem__(self, column: str) -> np.ndarray:
        """The array of one column; KeyError if there is none of that name."""
        return self.columns[column]

    def where(self, **values: str) -> dict[str, float]:
        """The first row whose text columns have the given values: its numeric cells by name."""
        hits = np.all([self.columns[key] == value for key, value in values.items()], axis=0)
        row = int(np.argmax(hits))
        if not hits[row]:
            raise ValueError(f"data/{self.name}.csv has no row with {values}")
        return {k: float(v[row]) for k, v in self.columns.items() if v.dtype.kind == "f"}


def packaged(name: str) -> Path:
    """Folder `name` (data or fits): inside an installed wheel, else beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name


def read_table(name: str, root: Path | None = None) -> Table:
    """Read ``data/<name>.csv`` after checking it against the manifest.

    Args:
        name: path below data/ without the suffix.
        root: the data folder; the project's own by default.

    Raises:
        ValueError: the file is missing, not listed, or its checksum differs (file, expected, found).
    """
    place = root or packaged("data")
    table = _read(name, place)
    cite(*table.citation)
    if (sources := _SOURCES.get()) is not None:
        sources.tables[f"{name}.csv"] = _manifest(place)[f"{name}.csv"]
    return table


def verify_folder(name: str, root: Path | None = None) -> None:
    """ValueError unless every file of ``data/<name>/`` is as the manifest has it."""
    place = root or packaged("data")
    for path in sorted((place / name).iterdir()):
        _verified(place, f"{name}/{path.name}")


def cite(*keys: str) -> None:
    """Say whose work is being used, by BibTeX key."""
    if (sources := _SOURCES.get()) is not None:
        sources.citations.update(keys)


@contextmanager
def collecting() -> Generator[Sources]:
    """Collect whose work is used inside, and which tables are read."""
    sources = Sources()
    token = _SOURCES.set(sources)
    try:
        yield sources
    finally:
        _SOURCES.reset(token)


def read_constants(name: str, root: Path | None = None) -> dict[str, float]:
    """The scalars of a table with the columns name and value, by name; arguments and errors as `read_table`."""
    table = read_table(name, root)
    return dict(zip(table["name"].tolist(), table["value"].tolist(), strict=True))


@lru_cache(maxsize=256)
def _read(name: str, root: Path) -> Table:
    lines = _verified(root, f"{name}.csv").decode().splitlines()
    header = [line[2:].partition(": ") for line in lines if line.startswith("# ")]
    citation = next((text for key, _, text in header if key == "citation"), "")
    names, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    cells = zip(*rows, strict=True)
    columns = {key: _column(values) for key, values in zip(names, cells, strict=True)}
    return Table(name, columns, tuple(citation.split()))


def _column(cells: tuple[str, ...]) -> np.ndarray:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)


@lru_cache(maxsize=8)
def _manifest(root: Path) -> dict[str, str]:
    path = root / MANIFEST
    if not path.is_file():
        raise ValueError(
            f"data manifest is missing: expected {MANIFEST} in the folder {root.name}/"
        )
    pairs = (line.split(maxsplit=1) for line in path.read_text().splitlines() if line)
    return {name.strip(): digest for digest, name in pairs}


def _verified(root: Path, name: str) -> bytes:
    expected = _manifest(root).get(name)
    if expected is None:
        raise ValueError(f"data/{name}: expected an entry in {MANIFEST}, found none")
    path = root / name
    if not path.is_file():
        raise ValueError(f"data/{name}: expected a table with SHA256 {expected}, found no file")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"data/{name} is damaged: expected SHA256 {expected}, found {found}")
    return content
