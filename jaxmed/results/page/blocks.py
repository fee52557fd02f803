"""What a section of the page is made of: words, tables, figures, and numbers for download."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

LABELS = {"g": "g′", "mass": "M_Z′", "sin2_theta_w": "sin²θ_W"}
UNITS = {"mass": "MeV"}


class Download(NamedTuple):
    """A text that a link saves, without a server: the name of its file, its kind and itself."""

    name: str
    media: str
    text: str

    @property
    def file(self) -> str:
        """The name, where what could not be in one becomes _."""
        return file_name(self.name)

    @property
    def href(self) -> str:
        """The text as an address; base64 would be a third longer than the digits that it mostly is."""
        return f"data:{self.media};charset=utf-8,{quote(self.text, safe=',:;/')}"


class Drawing(NamedTuple):
    """A figure: its title, its SVG and its numbers."""

    title: str
    svg: Markup
    downloads: Sequence[Download]


@dataclass
class Part:
    """A piece of a section, in the order in which it is shown; `head` and `rows` are one table.

    A cell of several lines is a list of them.
    """

    title: str = ""
    warnings: Sequence[str] = ()
    words: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    drawings: Sequence[Drawing] = ()
    downloads: Sequence[Download] = ()


class Section(NamedTuple):
    """A heading, its anchor and what there is to know before reading on."""

    title: str
    anchor: str
    note: str = ""


def numbers_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Download:
    """Rows as they were saved, with every digit; an empty cell where there is no number."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return Download(f"{name}.csv", "text/csv", file.getvalue())


def file_name(text: str) -> str:
    """A text as a name of a file or an element."""
    return re.sub(r"[^\w.+-]+", "_", text)


def label(name: str, unit: str | None = None) -> str:
    """A parameter as an axis or a table names it, with its unit in brackets."""
    unit = UNITS.get(name) if unit is None else unit
    return (
        f"{LABELS.get(name, name)} [{unit}]"
        if unit not in (None, "", "1")
        else LABELS.get(name, name)
    )


def quantity(name: str, value: float, unit: str | None = None) -> str:
    """A parameter's value in a sentence."""
    unit = UNITS.get(name, "1") if unit is None else unit
    return f"{LABELS.get(name, name)} = {value:.3g}{'' if unit == '1' else f' {unit}'}"


def digits(value: float | None, form: str = ".3g") -> str:
    """A number in a table or a sentence."""
    return "unknown" if value is None else f"{value:{form}}"
