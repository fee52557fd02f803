"""Figures of posteriors: credible beside confidence regions, or marginal densities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from jaxmed.inference.bayes.samples import Posterior
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.results import Surface
from jaxmed.results.credible import Region

_SKY, _ORANGE, _BLACK = "#9BCDEB", "#E69F00", "#000000"
_FILLS = ("#4C9CCB", _SKY, "#DCEEF8")
_STYLES = ("-", "--", ":", "-.")
_LABELS = {"g": r"$g'$", "mass": r"$M_{Z'}$ [MeV]", "sin2_theta_w": r"$\sin^2\theta_W$"}
_BINS = 60


def plane_figure(
    found: Posterior, regions: Sequence[Region], confidence: Contours, title: str
) -> Figure:
    """Credible regions, filled, and edges of the confidence regions at the same levels.

    Args:
        found: the posterior.
        regions: of its g and mass, at most three, those that hold less first; none where the density is flat.
        confidence: at the same levels.
        title: over the panel.
    """
    figure = Figure(figsize=(7.2, 6.0), layout="constrained")
    panel = figure.subplots()
    g, mass = (10**axis for axis in found.density.axes)
    fills = _FILLS[: len(regions)]
    levels = np.array([*(region.level for region in regions[::-1]), 1.0])
    # on a plateau one region may be as large as the next
    distinct = np.append(np.diff(levels) > 0, True)
    if regions:
        colours = [colour for colour, own in zip(fills[::-1], distinct, strict=False) if own]
        panel.contourf(mass, g, found.density.log, levels=levels[distinct], colors=colours)
    else:
        said = {"ha": "center", "va": "center", "transform": panel.transAxes}
        panel.text(0.5, 0.5, "the data say nothing: the posterior is the prior", **said)
    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=f"{_percent(region.probability)} credible")
        for region, colour in zip(regions, fills, strict=True)
    ]
    for cl, lines, style in zip(confidence.cl, confidence.lines, _STYLES, strict=False):
        for line in lines:
            panel.plot(line.mass, line.g, color=_BLACK, lw=1.6, ls=style)
        label = f"{_percent(cl)} confidence"
        handles.append(Line2D([], [], color=_BLACK, lw=1.6, ls=style, label=label))
    if confidence.prefers_mediator:
        best = (confidence.mass_best, confidence.g_best)
        panel.plot(*best, "*", color=_ORANGE, mec=_BLACK, ms=14, zorder=5)
        star = {"marker": "*", "color": _ORANGE, "mec": _BLACK, "ms": 12, "ls": ""}
        handles.append(Line2D([], [], label="best fit", **star))
    panel.set(xscale="log", yscale="log", title=title)
    panel.set_xlim(mass[0], mass[-1])
    panel.set_ylim(g[0], g[-1])
    panel.set_xlabel(_LABELS["mass"])
    panel.set_ylabel(f"{_LABELS['g']} (dimensionless)")
    panel.grid(alpha=0.3)
    panel.legend(handles=handles, loc="upper left", fontsize=9)
    return figure


def marginals_figure(found: Posterior, curve: Surface | None, title: str) -> Figure:
    """Marginal posterior of every model parameter, of every nuisance where there is none.

    Args:
        found: the samples.
        curve: profile likelihood along the only parameter, drawn over its posterior; None for several.
        title: over the panels.
    """
    names = found.parameters or tuple(found.samples)
    columns = min(len(names), 4)
    rows = -(-len(names) // columns)
    size = (max(4.4 * columns, 6.4), 4.0 * rows + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(names) :]:
        panel.remove()
    for name, panel in zip(names, panels, strict=False):
        _marginal(panel, found, name)
    if curve is not None:
        _profile(panels[0], curve, found.priors[names[0]].log)
    figure.suptitle(title)
    return figure


def _marginal(panel: Axes, found: Posterior, name: str) -> None:
    values = found.samples[name].ravel()
    log = name in found.priors and found.priors[name].log
    x = np.log10(values) if log else values
    density, edges = np.histogram(x, bins=_BINS, density=True)
    shown = 10**edges if log else edges
    panel.stairs(density, shown, fill=True, color=_SKY, label="posterior")
    panel.set(xscale="log" if log else "linear", xlabel=_LABELS.get(name, name))
    panel.set_ylabel("probability per decade" if log else "probability density")
    panel.margins(x=0)
    panel.set_ylim(bottom=0)


def _profile(panel: Axes, curve: Surface, log: bool) -> None:
    """The likelihood, normalised as a density in the coordinate of the histogram."""
    (values,) = curve.axes.values()
    x = np.log10(values) if log else values
    height = np.exp(np.nan_to_num(np.nanmin(curve.nll) - curve.nll, nan=-np.inf))
    area = np.sum((height[1:] + height[:-1]) / 2 * np.diff(x))
    panel.plot(values, height / area, color=_BLACK, label="profile likelihood, same area")
    panel.legend(fontsize=9)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
