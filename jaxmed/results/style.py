"""Figures: spectra with data, and the -2 log L surface; each as PNG and PDF."""

import io
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

from jaxmed.inference.results import NO_MEDIATOR, Surface
from jaxmed.results.store import write_atomically

BLACK, ORANGE, BLUE, GREEN = "#000000", "#E69F00", "#0072B2", "#009E73"
PURPLE, RED, SKY = "#CC79A7", "#D55E00", "#56B4E9"
GREY, DARK_GREY = "#BBBBBB", "#767676"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK, DARK_GREY)
"""One for each curve, in this order."""
# 1, 2 and 3 standard deviations for two parameters.
_LEVELS = {2.30: ("1σ", "-"), 6.18: ("2σ", "--"), 11.83: ("3σ", ":")}
_FLOOR, _CEILING = 0.03, 100.0
_UNDEFINED = "white"


def save(figure: Figure, path: Path) -> list[Path]:
    """Write PNG and PDF beside each other; `path` without suffix."""
    written = []
    _plain_where_no_formula(figure)
    # what the font library has to say about the dates of matplotlib's own font helps nobody
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    for suffix in ("png", "pdf"):
        buffer = io.BytesIO()
        # text that stays text in a PDF, and can be searched and edited
        with rc_context({"pdf.fonttype": 42}):
            figure.savefig(buffer, format=suffix, dpi=150)
        written.append(path.with_name(f"{path.name}.{suffix}"))
        write_atomically(written[-1], buffer.getvalue())
    return written


def _plain_where_no_formula(figure: Figure) -> None:
    """A user's text with dollar signs that are no formula is drawn as it is."""
    parser = MathTextParser("path")
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        try:
            parser.parse(text.get_text())
        except ValueError:
            text.set_parse_math(False)


def surface_panel(
    panel: Axes,
    surface: Surface,
    lowest: float,
    best: tuple[float, float] | None,
    mark: str = "best fit",
) -> QuadMesh:
    """-2 Delta log L above `lowest` over (M_Z', g'), with contours and the point `best`; None wants no mediator."""
    image = mediator_plane(panel, surface, lowest, best, mark)
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
    for level, style in _LEVELS.values():
        panel.plot([], [], color="white", lw=1.1, ls=style, label=level)
    if best is None:
        panel.plot([], [], ls="", label=NO_MEDIATOR)
    if not np.isfinite(surface.nll).all():
        panel.plot([], [], "s", color=_UNDEFINED, mec="black", label="undefined")
    panel.legend(loc="upper left", fontsize=8, facecolor="#888888", labelcolor="white")
    return image


def colour_bar(
    figure: Figure, image: QuadMesh, panels: Iterable[Axes], lowest: str = "the best fit"
) -> None:
    """One scale for all surfaces of a figure."""
    bar = figure.colorbar(image, ax=list(panels), extend="max", shrink=0.8)
    bar.set_label(rf"$-2\,\Delta\log L$ above {lowest}")


def mediator_plane(
    panel: Axes, surface: Surface, lowest: float, best: tuple[float, float] | None, mark: str
) -> QuadMesh:
    """A surface over (M_Z', g') in a panel, with its levels and the best point."""
    delta = np.ma.masked_invalid(2 * (surface.nll - lowest))
    panel.set_facecolor(_UNDEFINED)
    mass, g = surface.axes["mass"], surface.axes["g"]
    shown = np.clip(delta, _FLOOR, _CEILING)
    norm = LogNorm(_FLOOR, _CEILING)
    image = panel.pcolormesh(mass, g, shown, norm=norm, cmap="viridis_r", rasterized=True)
    for level, (_, style) in _LEVELS.items():
        if delta.min() < level < delta.max():
            panel.contour(
                mass, g, delta, levels=[level], colors="white", linewidths=1.1, linestyles=style
            )
    if best is not None:
        star = {"color": ORANGE, "mec": "black", "ms": 12, "clip_on": False, "zorder": 5}
        panel.plot(*best, "*", label=mark, **star)
    panel.set(xscale="log", yscale="log")
    return image
