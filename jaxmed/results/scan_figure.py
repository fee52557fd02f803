"""The figure of a scan: a surface over (M_Z', g'), or a curve along one parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.inference.results import Surface
from jaxmed.results.overlay import Overlay, draw_overlays
from jaxmed.results.scans import best_point, surface_of
from jaxmed.results.store import Result
from jaxmed.results.style import BLUE, colour_bar, surface_panel

_LABELS = {"g": r"$g'$", "mass": r"$M_{Z'}$ [MeV]", "sin2_theta_w": r"$\sin^2\theta_W$"}
_TOP = 16.0
# 1, 2 and 3 standard deviations of one parameter.
_LEVELS = {1.0: "1σ", 4.0: "2σ", 9.0: "3σ"}


def scan_figure(result: Result, title: str, overlays: Sequence[Overlay] = ()) -> Figure | None:
    """-2 Delta log L above the lowest point of a scan, nuisances profiled.

    Args:
        result: the scan.
        title: over the panel.
        overlays: a user's own curves over a surface.

    Returns:
        A surface for a grid in g and mass, a curve where all axes but one have a single value, else None, also where
        the model is undefined at all points.
    """
    surface = surface_of(result)
    at = best_point(surface)
    wide = [name for name, values in surface.axes.items() if values.size > 1]
    if at is None:
        return None
    if wide == ["g", "mass"] and surface.nll.ndim == 2:
        return _surface(surface, at, title, overlays)
    if len(wide) == 1:
        described = {axis["name"]: axis for axis in result.header["axes"]}
        held = [_value(described[n], v[0]) for n, v in surface.axes.items() if n != wide[0]]
        return _curve(surface, at, wide[0], described[wide[0]]["log"], ", ".join([title, *held]))
    return None


def _surface(
    surface: Surface,
    at: tuple[int, ...],
    title: str,
    overlays: Sequence[Overlay],
) -> Figure:
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    panel = figure.subplots()
    best = (float(surface.axes["mass"][at[1]]), float(surface.axes["g"][at[0]]))
    image = surface_panel(panel, surface, float(surface.nll[at]), best, "lowest point")
    panel.set_title(title)
    if overlays:
        _own_curves(panel, overlays)
    colour_bar(figure, image, [panel], "the lowest point")
    return figure


def _own_curves(panel: Axes, overlays: Sequence[Overlay]) -> None:
    """Over the plane that was scanned, which they do not stretch; named beside its legend."""
    shown = panel.get_xlim(), panel.get_ylim()
    lines = draw_overlays(panel, overlays)
    panel.set(xlim=shown[0], ylim=shown[1])
    first = panel.get_legend()
    panel.legend(handles=lines, loc="lower right", fontsize=8)
    if first is not None:
        panel.add_artist(first)


def _curve(surface: Surface, at: tuple[int, ...], name: str, log: bool, title: str) -> Figure:
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    panel = figure.subplots()
    values, nll = surface.axes[name], surface.nll.ravel()
    delta = 2 * (nll - surface.nll[at])
    panel.plot(values, delta, color=BLUE)
    top = min(_TOP, 1.05 * max(float(np.nanmax(delta)), 1.0))
    for level, label in ((level, label) for level, label in _LEVELS.items() if level < top):
        panel.axhline(level, color="#888888", lw=0.8, ls=":")
        panel.annotate(label, (1.01, level), xycoords=("axes fraction", "data"), va="center")
    panel.set(xscale="log" if log else "linear", ylim=(0, top))
    panel.set_xlim(values[0], values[-1])
    panel.set_title(title)
    panel.set_xlabel(_LABELS.get(name, name))
    panel.set_ylabel(r"$-2\,\Delta\log L$ above the lowest point")
    panel.grid(alpha=0.3)
    return figure


def _value(axis: Mapping[str, Any], value: float) -> str:
    unit = "" if axis["unit"] == "1" else f" {axis['unit']}"
    return f"{axis['name']} = {value:g}{unit}"
