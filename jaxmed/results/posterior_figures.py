"""Pieces of a posterior's figures: regions, edges beside them, and a profile likelihood over a histogram."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from jaxmed.colours import BLACK, ORANGE
from jaxmed.results.regions import STYLES, Regions, level_name


def fill_region(panel: Axes, rings: list[tuple[np.ndarray, np.ndarray]], colour: str) -> None:
    """A region with its holes, whose rings turn the other way."""
    outlines = [Outline(np.stack(ring, axis=1), closed=True) for ring in rings]
    if outlines:
        panel.add_patch(PathPatch(Outline.make_compound_path(*outlines), facecolor=colour, lw=0))


def draw_confidence(panel: Axes, found: Regions) -> list[Line2D]:
    """Edges of the confidence regions and the best fit, between the edges of the priors; what a legend says of them."""
    found.draw(panel, color=BLACK)
    panel.set_xlim(found.mass.min(), found.mass.max())
    panel.set_ylim(found.g.min(), found.g.max())
    levels = [
        Line2D([], [], color=BLACK, lw=1.6, ls=dashes, label=f"{level_name(level.cl)} confidence")
        for level, dashes in zip(found.contours, STYLES, strict=False)
        if level.lines
    ]
    best = found.mark(panel, color=ORANGE, mec=BLACK)
    if best.get_marker() == "*":
        best.set_label("best fit")
    return [*levels, best]


def draw_profile(panel: Axes, values: np.ndarray, nll: np.ndarray, log: bool) -> None:
    """The likelihood, normalised as a density in the coordinate of the histogram."""
    x = np.log10(values) if log else values
    height = np.exp(np.nan_to_num(np.nanmin(nll) - nll, nan=-np.inf))
    area = np.sum((height[1:] + height[:-1]) / 2 * np.diff(x))
    panel.plot(values, height / area, color=BLACK, label="profile likelihood, same area")
    panel.legend(loc="upper right", fontsize=9)
