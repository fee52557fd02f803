"""What every result has: what was asked, what was found, and how to save, read, print and draw it.

A result is a schema (pydantic). Its fields are the keys of the JSON that a command writes, so that what Python holds,
what is on disk and what a report reads are the same; numbers that are not finite are null there.
"""

from abc import abstractmethod
from html import escape
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from jaxmed.results.provenance import Provenance
from jaxmed.results.rows import Rows
from jaxmed.results.schema import NUMBER, NUMBERS, OnDisk
from jaxmed.results.shown import Columns, Drawing, HepTable
from jaxmed.results.store import FORMAT, to_json, write_atomically, write_npz
from jaxmed.results.style import figure_of
from jaxmed.user_files.sentences import first_sentence

ASYMPTOTIC, UNIFIED = "Wilks:1938dza", "Feldman:1997qc"
"""Keys of the papers of the two kinds of intervals."""


def _array(value: Any) -> np.ndarray:
    """Numbers of any shape; null is NaN."""
    try:
        found = np.array(value)
        found = found.astype(float) if found.dtype == object else found
    except (ValueError, TypeError, OverflowError):
        found = np.array("no numbers")
    if found.dtype.kind not in "biuf":
        raise PydanticCustomError("array", "an array of numbers")
    return found


Array = Annotated[
    np.ndarray,
    BeforeValidator(_array),
    WithJsonSchema(NUMBERS),
]
"""Numbers (n,) or of the shape that its field says."""
Number = Annotated[
    float,
    BeforeValidator(lambda x: float("nan") if x is None else x),
    WithJsonSchema(NUMBER),
]
"""A number that may be NaN, null on disk."""


def _as_json(value: Any) -> Any:
    """Schemas and named tuples as tables of their fields, arrays as they are."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()  # type: ignore[attr-defined]
    if isinstance(value, BaseModel | dict):
        return {key: _as_json(each) for key, each in dict(value).items()}
    return [_as_json(each) for each in value] if isinstance(value, list | tuple) else value


def apart(content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What goes into the header of a .npz, and its arrays: those of a table are called name.key."""
    header: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, value in content.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif (
            isinstance(value, dict)
            and value
            and all(isinstance(v, np.ndarray) for v in value.values())
        ):
            arrays |= {f"{name}.{key}": each for key, each in value.items()}
        else:
            header[name] = value
    return header, arrays


class Result(BaseModel):
    """One result of one kind.

    Attributes:
        model: name of the model.
        experiments: names of the data sets.
        constraints: measurements added to the likelihood, by name.
        fixed: what was held fixed, by name.
        free: what was freed beyond the default.
        options: of the experiments, by name.
        box: of parameters that were kept within a narrower one than the model's.
        provenance: command, date, device, versions, SHA-256 of the data when they were loaded, titles, what to cite.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: ClassVar[str]
    """What it is, such as "limit": with `format`, the version of the schema, the first of its keys on disk."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out where they are None."""
    bulky: ClassVar[frozenset[str]] = frozenset()
    """Of these, those that a .npz holds and a JSON does not."""
    section: ClassVar[str]
    """Heading on a page, over all results of this kind."""
    about: ClassVar[str] = ""
    """What to know before reading on there."""

    model: str
    experiments: list[str]
    constraints: list[str] = []
    fixed: dict[str, float] = {}
    free: list[str] = []
    options: dict[str, dict[str, Any]] = {}
    box: dict[str, tuple[float, float]] = {}
    provenance: Provenance

    @property
    def titles(self) -> list[str]:
        """Of the experiments, for figures."""
        return list(self.provenance["titles"].values())

    @property
    def heading(self) -> str:
        """Model, experiments and constraints in one line."""
        return f"{self.model}: {', '.join([*self.titles, *self.constraints])}"

    @property
    def expected_counts(self) -> bool:
        """Whether an experiment is a projection: what is found is what to expect, and no measurement."""
        return any(title.endswith("(projection)") for title in self.titles)

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {ASYMPTOTIC}

    @property
    def cited(self) -> set[str]:
        """Keys of what to cite: data, flux, statistics, and published curves over its figure."""
        curves = getattr(self, "overlays", None) or ()
        over = {str(key) for curve in curves for key in curve.get("cite", ())}
        return {*self.provenance["cite"], *self.methods, *over}

    @property
    def qualifiers(self) -> dict[str, str]:
        """What was asked, as HEPData says it of every column."""
        found = {
            "Model": self.model,
            "Experiments": ", ".join(self.experiments),
            "Constraints": ", ".join(self.constraints),
        }
        return {name: text for name, text in found.items() if text}

    def content(self, bulky: bool = False) -> dict[str, Any]:
        """The keys of the JSON, arrays as arrays; with those of a .npz as well if `bulky`."""
        found = _as_json(dict(self))
        there = {
            name: value
            for name, value in found.items()
            if not (value is None and name in self.optional)
            if bulky or name not in self.bulky
        }
        return {"kind": self.kind, "format": FORMAT} | there

    def save(self, path: Path | str) -> Path:
        """Write the result whole or not at all, as .npz or else as JSON; ValueError if it cannot be written."""
        written = Path(path)
        if written.suffix == ".npz":
            header, arrays = apart(self.content(bulky=True))
            write_npz(written, self.kind, header, arrays)
        else:
            write_atomically(written, to_json(self.content()).encode())
        return written

    @classmethod
    def from_npz(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """The result from what `save` wrote to a .npz; ValueError, in one sentence, for anything else."""
        content: dict[str, Any] = {k: v for k, v in header.items() if k != "sha256"}
        tables: dict[str, dict[str, np.ndarray]] = {}
        for place, array in arrays.items():
            name, dot, key = place.partition(".")
            if dot:
                tables.setdefault(name, {})[key] = array
            else:
                content[name] = array
        return cls.read(content | tables)

    @abstractmethod
    def table(self) -> Rows:
        """What was found, in a few rows."""

    def tables(self) -> list[Rows]:
        """All of them; most results have one."""
        return [self.table()]

    def notes(self) -> list[str]:
        """What the table cannot say, one sentence each."""
        return []

    def answers(self) -> list[str]:
        """What the data say, in a few sentences."""
        return self.notes()

    def drawings(self) -> list[Drawing]:
        """Figures of a page, beside its plane of M_Z' and g'."""
        return []

    def numbers(self) -> dict[str, Columns]:
        """Columns that a page offers, by what they are; empty for the rows of the result."""
        return {"": self.columns()}

    def hepdata(self) -> list[HepTable]:
        """Tables for HEPData."""
        return []

    def __str__(self) -> str:
        return "\n".join([*map(str, self.tables()), *self.notes()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes())
        return "".join(table.html() for table in self.tables()) + notes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return to_json(self.content(bulky=True)) == to_json(other.content(bulky=True))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the result on `ax`, or on a new figure's; the Axes."""
        raise ValueError(f"a result of kind '{self.kind}' has no figure")

    def figure(self) -> Figure:
        """The figure that the command saves; ValueError where there is nothing to draw."""
        return figure_of(self.plot())

    def columns(self) -> dict[str, Any]:
        """Columns (n,) by name, where rows make sense."""
        raise ValueError(f"a result of kind '{self.kind}' has no rows")

    def to_dataframe(self) -> Any:
        """The rows as a pandas DataFrame; ValueError without rows, or if pandas is missing."""
        try:
            import pandas
        except ImportError:
            raise ValueError("to_dataframe needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.columns())

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of what `content` gives."""
        found = cls.model_json_schema(schema_generator=OnDisk)
        own = {"kind": {"const": cls.kind}, "format": {"const": FORMAT}}
        always = [name for name in cls.model_fields if name not in cls.optional]
        whole = {"properties": own | found["properties"], "required": [*own, *always]}
        return {"$schema": OnDisk.schema_dialect} | found | whole

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """The result from what `content` gave; ValueError, in one sentence, for anything else."""
        try:
            return cls.model_validate(
                {k: v for k, v in content.items() if k not in ("kind", "format")}
            )
        except ValidationError as problem:
            raise ValueError(first_sentence(problem, cls)) from None
