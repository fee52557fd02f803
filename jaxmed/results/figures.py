"""Figures: spectra with data, and the -2 log L surface; each as PNG and PDF."""

import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text
from matplotlib.ticker import NullFormatter

from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.expected_limits import Expected
from jaxmed.inference.regions.limits import Limits
from jaxmed.inference.results import NO_MEDIATOR, FitResult, Surface
from jaxmed.results.colours import BLUE, GREEN, GREY, ORANGE, RED, SKY
from jaxmed.results.overlay import Overlay, draw_overlays
from jaxmed.results.spectra import Spectrum
from jaxmed.results.store import write_atomically

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


def spectra_figure(
    experiments: Sequence[Experiment],
    standard: Sequence[Spectrum],
    best: Sequence[Spectrum] | None,
    label: str,
) -> Figure:
    """Data, standard model and a mediator, one panel for each experiment."""
    columns = min(len(experiments), 2)
    rows = -(-len(experiments) // columns)
    figure = Figure(figsize=(6.4 * columns, 4.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(experiments) :]:
        panel.remove()
    for i, (panel, experiment) in enumerate(zip(panels, experiments, strict=False)):
        _spectrum_panel(panel, experiment, standard[i], best[i] if best else None, label)
    return figure


def surface_figure(results: Mapping[str, FitResult], titles: Mapping[str, str]) -> Figure:
    """-2 Delta log L over (M_Z', g'), nuisances profiled, best fits marked; one panel for each fit."""
    columns = min(len(results), 3)
    rows = -(-len(results) // columns)
    figure = Figure(figsize=(4.6 * columns + 1, 4.0 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(results) :]:
        panel.remove()
    image = None
    for panel, (name, result) in zip(panels, results.items(), strict=False):
        best = None
        if result.prefers_mediator:
            best = (result.parameters["mass"].value, result.parameters["g"].value)
        image = surface_panel(panel, result.surface, result.nll, best)
        panel.set_title(titles[name])
        if result.zoom is not None:
            _inset(panel, result.zoom, result.nll, best)
    if image is not None:
        colour_bar(figure, image, panels[: len(results)])
    return figure


def surface_panel(
    panel: Axes,
    surface: Surface,
    lowest: float,
    best: tuple[float, float] | None,
    mark: str = "best fit",
) -> QuadMesh:
    """-2 Delta log L above `lowest` over (M_Z', g'), with contours and the point `best`; None wants no mediator."""
    image = _plane(panel, surface, lowest, best, mark)
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


def limits_figure(
    found: Limits,
    title: str,
    cl: float,
    expected: Expected | None = None,
    overlays: Sequence[Overlay] = (),
) -> Figure:
    """Upper limit on g' against mass, every allowed interval, what to expect without a mediator, own curves."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    panel = figure.subplots()
    # Feldman-Cousins sets may be empty
    highs = [b for p in found.intervals for _, b in p] or [1.0]
    floor = 10 ** np.floor(np.log10(np.nanmin(highs)) - 1)
    if expected is not None:
        _expected_bands(panel, expected)
    for i, (mass, pairs) in enumerate(zip(found.mass, found.intervals, strict=True)):
        for low, high in pairs:
            label = "allowed" if i == 0 and low == pairs[0][0] else None
            panel.plot(
                [mass, mass], [max(low, floor), high], color=GREEN, lw=3, alpha=0.35, label=label
            )
    label = f"{100 * cl:g} % CL upper limit (outermost), {found.convention}"
    panel.plot(found.mass, found.g_upper, color=BLUE, marker="o", ms=3, label=label)
    draw_overlays(panel, overlays)
    panel.set(xscale="log", yscale="log", title=title)
    panel.set_ylim(bottom=floor)
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
    panel.grid(alpha=0.3)
    panel.legend()
    return figure


def _expected_bands(panel: Axes, expected: Expected) -> None:
    """Median and 1 and 2 sigma bands; a single mass has bars instead."""
    least2, least, median, most, most2 = expected.g_upper
    wide = (least2, most2, ORANGE, "2σ expected"), (least, most, SKY, "1σ expected")
    for low, high, colour, label in wide:
        if expected.mass.size > 1:
            panel.fill_between(expected.mass, low, high, color=colour, alpha=0.6, lw=0, label=label)
        else:
            panel.vlines(expected.mass, low, high, color=colour, alpha=0.6, lw=12, label=label)
    panel.plot(expected.mass, median, color="black", ls="--", marker=".", label="median expected")


def _spectrum_panel(
    panel: Axes, experiment: Experiment, standard: Spectrum, best: Spectrum | None, label: str
) -> None:
    edges, width = standard.edges, np.diff(standard.edges)
    centre = (edges[:-1] + edges[1:]) / 2
    per = (
        f" / {standard.unit}"
        if np.ptp(width) > 1e-9 * width[0]
        else f" / {width[0]:g} {standard.unit}"
    )
    unit = width if np.ptp(width) > 1e-9 * width[0] else np.ones_like(width)
    panel.stairs(standard.background / unit, edges, fill=True, color=GREY, label="background")
    panel.stairs(
        standard.total / unit,
        edges,
        color=BLUE,
        lw=1.8,
        label="background + standard-model neutrinos",
    )
    if best is not None:
        panel.stairs(best.total / unit, edges, color=RED, lw=1.8, ls="--", label=label)
    panel.errorbar(
        centre,
        standard.observed / unit,
        standard.error / unit,
        fmt="ko",
        ms=3.5,
        lw=1,
        label="data",
    )
    panel.set_title(experiment.title)
    panel.set_xlabel(
        f"{standard.axis} [{standard.unit}]" if standard.unit != "1" else standard.axis
    )
    panel.set_ylabel(f"events{per}")
    top = max(np.max((standard.observed + standard.error) / unit), np.max(standard.total / unit))
    panel.set_ylim(0, 1.45 * top)
    panel.margins(x=0.02)
    panel.legend(fontsize=8, loc="upper right")


def _inset(panel: Axes, zoom: Surface, lowest: float, best: tuple[float, float] | None) -> None:
    """The neighbourhood of a best fit that the data determine."""
    inset = panel.inset_axes((0.55, 0.1, 0.42, 0.4))
    _plane(inset, zoom, lowest, best, "best fit")
    inset.tick_params(which="both", labelsize=6, colors="white", labelcolor="white", pad=1)
    inset.xaxis.set_minor_formatter(NullFormatter())
    inset.yaxis.set_minor_formatter(NullFormatter())
    inset.spines[:].set_color("white")
    panel.indicate_inset_zoom(inset, edgecolor="white")


def _plane(
    panel: Axes, surface: Surface, lowest: float, best: tuple[float, float] | None, mark: str
) -> QuadMesh:
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
