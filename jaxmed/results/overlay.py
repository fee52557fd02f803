"""Curves over the figures of limits, contours and scans: a user's own, from CSV, and those of `published`.

A file has two columns, any number of remarks that start with '#', and at least two rows, drawn in their order:

    # Smith et al., 90 % CL
    mass_MeV,g
    0.01,3.2e-6
    0.1,3.9e-6

What was drawn is kept with the result under the key `overlays`, so that a report shows it again.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, NotRequired

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from typing_extensions import TypedDict

from jaxmed.colours import DARK_GREY, PURPLE, RED, SKY
from jaxmed.user_files.columns import read_columns, read_table
from jaxmed.user_files.keys import is_there

_COLUMNS = ("mass_MeV", "g")
_UNIT = re.compile(r"([kMGT]?eV)\W*$", re.IGNORECASE)
_LARGEST = (4 * np.pi) ** 0.5  # a larger coupling is not perturbative
_COLOURS = (RED, PURPLE, SKY, DARK_GREY)
_DOTTED, _DASHED = (0, (1.5, 1)), (0, (5, 1.5, 1.5, 1.5))  # the second where the colours begin anew


class SavedOverlay(TypedDict):
    """An `Overlay` as it lies on disk."""

    label: str
    file: str
    mass_mev: list[float]
    g: list[float]
    cite: NotRequired[list[str]]


class Overlay(NamedTuple):
    """One curve: its label, its file, masses [MeV] and couplings, (n,) each, and whom to cite, by BibTeX key."""

    label: str
    file: str
    mass: np.ndarray
    g: np.ndarray
    cite: tuple[str, ...] = ()

    def as_json(self) -> SavedOverlay:
        """With the name of its file, and `cite` where somebody is to be cited."""
        mass, g = self.mass.tolist(), self.g.tolist()
        found = SavedOverlay(label=self.label, file=self.file, mass_mev=mass, g=g)
        if self.cite:
            found["cite"] = list(self.cite)
        return found


def read_overlays(texts: Iterable[str] | None) -> tuple[Overlay, ...]:
    """Curves from FILE.csv or FILE.csv:LABEL each; the label is the file's name if left out.

    Raises:
        ValueError: no such file, other columns than mass_MeV and g, masses in another unit, or a row that is no
            pair of positive numbers; file and line are named. Two curves of one label.
    """
    found = tuple(_read(text) for text in texts or ())
    labels = [overlay.label for overlay in found]
    if len(set(labels)) != len(labels):
        raise ValueError(f"--overlay: got labels {', '.join(labels)}, expected labels that differ")
    return found


def draw_overlays(panel: Axes, overlays: Sequence[Overlay]) -> list[Line2D]:
    """Draw the curves, dotted, with their labels; the lines drawn."""
    return [
        panel.plot(
            overlay.mass,
            overlay.g,
            color=_COLOURS[i % len(_COLOURS)],
            ls=_DOTTED if i // len(_COLOURS) % 2 == 0 else _DASHED,
            lw=2.2,
            label=overlay.label,
        )[0]
        for i, overlay in enumerate(overlays)
    ]


def draw_beside(panel: Axes, overlays: Sequence[Overlay]) -> list[Line2D]:
    """Draw the curves in a panel that keeps its masses and shows the couplings that they have there."""
    (left, right), couplings = panel.get_xlim(), panel.get_ylim()
    lines = draw_overlays(panel, overlays)
    seen = [np.array(couplings)]
    for overlay in overlays:
        # in logarithms along the curve, which may turn back or cross the panel between two of its points
        at = np.linspace(0, overlay.mass.size - 1, 50 * overlay.mass.size)
        along = np.arange(overlay.mass.size)
        mass, g = (np.exp(np.interp(at, along, np.log(x))) for x in (overlay.mass, overlay.g))
        seen.append(g[(left <= mass) & (mass <= right)])
    every = np.concatenate(seen)
    panel.set(xlim=(left, right), ylim=(every.min(), every.max()))
    return lines


def _read(text: str) -> Overlay:
    path, label = Path(text), ""
    if ":" in text and not is_there(path.is_file):
        name, _, label = text.rpartition(":")
        path = Path(name)
    _check_unit(path)
    table = read_columns(path, _COLUMNS)
    mass, g = table["mass_MeV"], table["g"]
    table.require((mass > 0) & (g > 0), "a mass [MeV] and a coupling above zero")
    table.require(g <= _LARGEST, f"couplings up to {_LARGEST:.3g}; are the columns exchanged?")
    if mass.size < 2:
        raise ValueError(f"{path}: got one row, expected at least two: a curve")
    label = label.strip() or path.stem
    if not label.isprintable():
        raise ValueError(f"--overlay: got the label {label!r}, expected one line of text")
    return Overlay(label, path.name, mass, g)


def _check_unit(path: Path) -> None:
    """ValueError if the header names masses in another unit than MeV; what else is wrong is found later."""
    lines = read_table(path).splitlines()
    rows = (pair for pair in enumerate(lines, 1) if pair[1].strip() and pair[1].lstrip()[0] != "#")
    number, header = next(rows, (0, ""))
    cells = [cell.strip() for cell in header.split(",")]
    for cell in cells:
        unit = _UNIT.search(cell)
        if unit is not None and unit[1].lower() != "mev":
            raise ValueError(
                f"{path}, line {number}: got column '{cell}', expected mass_MeV: convert the masses from "
                f"{unit[1]} to MeV"
            )
