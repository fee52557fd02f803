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


_AXES = {
    "g": r"$g'$",
    "mass": r"$M_{Z'}$ [MeV]",
    "sin2_theta_w": r"$\sin^2\theta_W$",
    "mu_nu": r"$\mu_\nu$ [$\mu_B$]",
    "r2_nu": r"$\langle r^2 \rangle$ [$10^{-32}$ cm$^2$]",
    "q_nu": r"$q_\nu$ [$10^{-12} e$]",
}


def axis_label(name: str, unit: str = "1") -> str:
    """Of a parameter, in a figure."""
    return _AXES.get(name, name if unit == "1" else f"{name} [{unit}]")


def unit_after(unit: str) -> str:
    """A unit as it stands behind a number, empty for "1"."""
    if unit == "1":
        return ""
    return f" x {unit}" if unit[0].isdigit() else f" {unit}"


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
