"""What a result shows elsewhere: figures of a page, and tables for HEPData."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

Columns = dict[str, Any]
"""Columns (n,) by name."""
HepColumn = tuple[tuple[str, str], Sequence[Any]]
"""Name and unit, and the values."""
MASS, COUPLING = ("$M_{Z'}$", "MeV"), ("$g'$", "")
"""Of such columns."""


class Drawing(NamedTuple):
    """A figure of a page.

    Attributes:
        title: over it.
        draw: makes the figure.
        columns: its numbers, where they are not among those of the result.
    """

    title: str
    draw: Callable[[], Figure]
    columns: Columns | None = None


class HepTable(NamedTuple):
    """A table for HEPData.

    Attributes:
        name: of the table, behind that of the result.
        description: what it says.
        qualifiers: of its numbers.
        independent: the columns one chooses.
        dependent: those that follow.
        source: file of the result.
    """

    name: str
    description: str
    qualifiers: Mapping[str, str]
    independent: Sequence[HepColumn]
    dependent: Sequence[HepColumn]
    source: str = ""


def edge_table(
    name: str, description: str, qualifiers: Mapping[str, str], share: tuple[str, float], lines: Any
) -> HepTable:
    """The lines (with `mass_mev` and `g`, (n,) each) around one region, an empty one if there are none.

    Args:
        name: of the table; the share ends it.
        description: what it says.
        qualifiers: beside the share.
        share: what the region holds: the word for it, and the number.
        lines: pieces of the edge.
    """
    number = [i for i, line in enumerate(lines, 1) for _ in line.g] or [1]
    mass, g = ([v for line in lines for v in getattr(line, key)] for key in ("mass_mev", "g"))
    independent = [(("Line", ""), number), (MASS, mass or [None])]
    words = f"{100 * share[1]:g}"
    return HepTable(
        f"{name} {words} percent".lstrip(),
        description,
        {**qualifiers, share[0]: f"{words} %"},
        independent,
        [(COUPLING, g or [None])],
    )
