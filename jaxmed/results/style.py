"""Figures: spectra with data, and the -2 log L surface; each as PNG and PDF."""

import io
import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.style import context
from matplotlib.text import Text

from jaxmed.colours import ORANGE
from jaxmed.inference.regions.fine_surface import filled_in
from jaxmed.inference.results import NO_MEDIATOR, Surface
from jaxmed.results.smooth import Plane
from jaxmed.results.store import write_atomically

# 1, 2 and 3 standard deviations for two parameters.
LEVELS = {2.30: ("1σ", "-"), 6.18: ("2σ", "--"), 11.83: ("3σ", ":")}
"""-2 Delta log L of a surface's edges, with their names and dashes."""
_OWN = {
    "savefig.dpi": 300,
    # text that stays text in a PDF, and can be searched and edited
    "pdf.fonttype": 42,
}
_FLOOR, _CEILING = 0.03, 100.0
_UNDEFINED = "white"


@contextmanager
def own_style() -> Generator[None]:
    """Draw with Matplotlib's defaults and jaxmed's settings, whatever the user's matplotlibrc says."""
    with context(_OWN, after_reset=True):
        yield


def save(figure: Figure, path: Path) -> list[Path]:
    """Write PNG and PDF beside each other; `path` without suffix."""
    written = []
    _plain_where_no_formula(figure)
    # what the font library has to say about the dates of matplotlib's own font helps nobody
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    for suffix in ("png", "pdf"):
        buffer = io.BytesIO()
        with own_style():
            figure.savefig(buffer, format=suffix)
        written.append(path.with_name(f"{path.name}.{suffix}"))
        write_atomically(written[-1], buffer.getvalue())
    return written


def figure_of(panel: Axes) -> Figure:
    """The figure that axes belong to."""
    figure = panel.get_figure(root=True)
    assert figure is not None
    return figure


def mediator_axes(ax: Axes | None, title: str) -> Axes:
    """Axes of M_Z' and g', both logarithmic, on a figure of their own unless given."""
    panel = ax
    if panel is None:
        panel = Figure(figsize=(6.4, 4.8), layout="constrained").subplots()
    panel.set(xscale="log", yscale="log", title=title)
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
    panel.grid(alpha=0.3)
    return panel


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
    between: Sequence[np.ndarray] | None = None,
) -> QuadMesh:
    """-2 Delta log L above `lowest` over (M_Z', g'), with contours and the point `best`; None wants no mediator.

    `between` are log10 g, log10 mass and -log L, (n,) each, of points between those of the surface.
    """
    image = mediator_plane(panel, surface, lowest, best, mark, between)
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
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
    panel: Axes,
    surface: Surface,
    lowest: float,
    best: tuple[float, float] | None,
    mark: str,
    between: Sequence[np.ndarray] | None = None,
) -> QuadMesh:
    """A surface over (M_Z', g') in a panel as for `surface_panel`, smooth between its points, with its levels."""
    panel.set_facecolor(_UNDEFINED)

    # far above the lowest point -2 log L is a high power of g: its logarithm bends less
    def bent(nll: np.ndarray) -> np.ndarray:
        return np.log1p(np.maximum(2 * (nll - lowest), 0))

    x, y, z = np.log10(surface.axes["g"]), np.log10(surface.axes["mass"]), bent(surface.nll)
    if between is not None:
        x, y, z = filled_in(x, y, z, (*between[:2], bent(between[2])))
    plane = Plane.between(x, y, z)
    mass, g, delta = 10**plane.y, 10**plane.x, np.expm1(plane.z)
    shown = np.clip(np.ma.masked_invalid(delta), _FLOOR, _CEILING)
    norm = LogNorm(_FLOOR, _CEILING)
    image = panel.pcolormesh(mass, g, shown, norm=norm, cmap="viridis_r", rasterized=True)
    for level, (name, style) in LEVELS.items():
        if not np.nanmin(delta) < level < np.nanmax(delta):
            continue
        edge = plane.seen(np.log1p(level))
        if edge is None:
            panel.plot([], [], ls="", label=f"{name}: narrower than the grid")
            continue
        line = {"colors": "white", "linewidths": 1.1, "linestyles": style}
        panel.contour(mass, g, edge, levels=[np.log1p(level)], **line)
        panel.plot([], [], color="white", lw=1.1, ls=style, label=name)
    if best is not None:
        star = {"color": ORANGE, "mec": "black", "ms": 12, "clip_on": False, "zorder": 5}
        panel.plot(*best, "*", label=mark, **star)
    panel.set(xscale="log", yscale="log")
    return image
