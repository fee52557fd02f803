"""Pieces of the figures of a coverage: rows of points, and maps over M_Z' and g'."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from jaxmed.colours import BLACK, BLUE, DARK_GREY, ORANGE
from jaxmed.results.style import figure_of, mediator_axes

_COLOURS = "RdBu"
_HALF = 0.05  # of the range of colours: what is further off has the last one
# The standard model stands this much below the lowest coupling, and limits below it in this share of the height.
_BELOW, _ROOM = 1.4, 0.12
_MARK: dict[str, Any] = {"mfc": "white", "mec": BLACK, "mew": 0.8, "ms": 5.5}
_MARKS = {1: ("^", "covers more than asked for"), -1: ("v", "covers less")}


class TestedPlane(NamedTuple):
    """Points, (n,) each: masses [MeV], couplings, and the limit to expect there if couplings were chosen by it."""

    mass: np.ndarray
    g: np.ndarray
    g_expected: np.ndarray | None


class Shares(NamedTuple):
    """Coverage of one kind of sets: its name, and (n,) each the coverage, its error and where it is off (-1, 0, 1)."""

    name: str
    value: np.ndarray
    error: np.ndarray
    off: np.ndarray


def draw_rows(ax: Axes | None, names: Sequence[str], shares: Sequence[Shares], cl: float) -> Axes:
    """A row for each point, on a figure of their own unless given."""
    n, panel = len(names), ax
    if panel is None:
        panel = Figure(figsize=(6.4, 2.0 + 0.5 * n), layout="constrained").subplots()
    panel.axvline(100 * cl, color=DARK_GREY, lw=1, label=f"{100 * cl:g} % asked for")
    looks: tuple[dict[str, Any], ...] = (
        {"fmt": "D", "color": ORANGE, "mfc": "none"},
        {"fmt": "o", "color": BLUE},
    )
    for (name, value, error, _), look, way in zip(shares, looks, (0.1, -0.1), strict=True):
        at = np.arange(n) + way
        panel.errorbar(100 * value, at, xerr=100 * error, label=name, **look)
    panel.set_yticks(range(n), names)
    panel.set(ylim=(n - 0.5, -0.5), xlabel="toys whose set contains the truth [%]")
    panel.grid(alpha=0.3, axis="x")
    if ax is None:
        figure_of(panel).legend(loc="outside lower center", ncols=3, fontsize="small")
    else:
        panel.legend(loc="lower right", fontsize="small")
    return panel


def maps(plane: TestedPlane, shares: Sequence[Shares], cl: float, title: str) -> Figure:
    """A map of each kind of sets, one scale for all."""
    figure = Figure(figsize=(4.4 * len(shares) + 1.2, 5.2), layout="constrained")
    panels = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
    for panel, each in zip(panels, shares, strict=True):
        _map(panel, plane, each, cl)
        panel.set_title(each.name)
        panel.label_outer()
    _scale(figure, panels, cl)
    figure.legend(handles=_marks(), loc="outside lower center", ncols=3, fontsize="small")
    figure.suptitle(title, fontsize="medium")
    return figure


def draw_map(ax: Axes | None, plane: TestedPlane, shares: Shares, cl: float) -> Axes:
    """One map, on a figure of its own unless given."""
    panel = mediator_axes(ax, "")
    _map(panel, plane, shares, cl)
    if ax is None:
        figure = figure_of(panel)
        figure.legend(handles=_marks(), loc="outside lower center", ncols=3, fontsize="small")
        _scale(figure, [panel], cl)
    else:
        panel.legend(handles=_marks(), fontsize="small")
    return panel


def _map(panel: Axes, plane: TestedPlane, shares: Shares, cl: float) -> None:
    """Points by their mass and coupling: relative to the limit to expect, if that is known, which is written below."""
    mediator_axes(panel, "")
    mass, none = plane.mass, plane.g == 0
    g = plane.g / (1.0 if plane.g_expected is None else plane.g_expected)
    g = np.where(none, g[~none].min() / _BELOW, g)
    for which, marker in ((~none, "o"), (none, "s")):
        look = {"c": 100 * shares.value[which], "norm": _norm(cl), "cmap": _COLOURS}
        panel.scatter(
            mass[which], g[which], s=110, marker=marker, ec=BLACK, lw=0.5, zorder=2, **look
        )
    for sign, (marker, _) in _MARKS.items():
        off = shares.off == sign
        panel.plot(mass[off], g[off], marker, **_MARK)
    panel.margins(0.08)
    if plane.g_expected is not None:
        _write_limits(panel, plane.mass, plane.g_expected)


def _write_limits(panel: Axes, mass: np.ndarray, limit: np.ndarray) -> None:
    """Axes relative to the limit, and its value at every mass along the lower edge."""
    panel.axhline(1.0, color=DARK_GREY, lw=1, zorder=1)
    panel.set_ylabel("$g'$ / limit to expect at this mass")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
    low, high = panel.get_ylim()
    panel.set_ylim(low * (low / high) ** _ROOM, high)
    each, first = np.unique(mass, return_index=True)
    for x, g in zip(each, limit[first], strict=True):
        where = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
        panel.annotate(f"{g:.2g}", (x, 0.015), rotation=90, fontsize=7, **where)


def _norm(cl: float) -> CenteredNorm:
    return CenteredNorm(100 * cl, 100 * _HALF)


def _scale(figure: Figure, panels: Sequence[Axes], cl: float) -> None:
    colours = ScalarMappable(_norm(cl), _COLOURS)
    bar = figure.colorbar(colours, ax=list(panels), extend="both", shrink=0.9)
    bar.set_label(f"sets that contain the truth [%], {100 * cl:g} asked for")


def _marks() -> list[Line2D]:
    look: dict[str, Any] = {"ls": "", "marker": "s", "color": BLACK, "mfc": "none", "ms": 9}
    square = Line2D([], [], label="standard model, $g'$ = 0", **look)
    marks = (Line2D([], [], ls="", marker=m, label=words, **_MARK) for m, words in _MARKS.values())
    return [square, *marks]
