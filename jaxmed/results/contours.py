"""Contours: regions of (M_Z', g') allowed at each confidence level; what is saved, their words, table and figure."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jaxmed.colours import BLUE, DARK_GREY, SERIES
from jaxmed.inference.results import NO_MEDIATOR
from jaxmed.results.overlay import Overlay, SavedOverlay, draw_overlays
from jaxmed.results.regions import STYLES, Regions, level_name, vertices
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Columns, HepTable, edge_table
from jaxmed.results.style import figure_of, mediator_axes

_MARGIN = 0.5  # decades around contours that do not fill the plane


class ContoursResult(Regions, Result):
    """Edges of the regions that one fit allows (`inference.regions.contours`).

    Attributes:
        nll: -log(L/L_sat) + pulls at the best fit.
        nll_sm: of the standard model.
        undefined: where in the plane the model is undefined, in words.
        scan: couplings and masses [MeV] of the coarse grid by name, as far as they were given, (n,) each.
        overlays: other curves of the figure.
    """

    kind: ClassVar = "contours"
    section: ClassVar = "Contours"
    optional: ClassVar = frozenset({"overlays"})

    nll: float
    nll_sm: float
    undefined: str
    scan: dict[str, Array]
    overlays: list[SavedOverlay] | None = None

    def table(self) -> Rows:
        """One row per level."""
        head = ("best g'", "best M_Z' [MeV]", "SM - best", "CL", "edge of the region")
        best = (NO_MEDIATOR, "")
        if self.prefers_mediator:
            best = (f"{self.best.g:.3g}", f"{self.best.mass_mev:.3g}")
        rows, first = [], (*best, f"{self.delta_chi2_sm:.2f}")
        for level in self.contours:
            pieces = [
                f"{'closed' if e.closed else 'open'}, g' {e.g.min():.3g} to {e.g.max():.3g}, "
                f"M_Z' {e.mass_mev.min():.3g} to {e.mass_mev.max():.3g}"
                for e in level.lines
            ]
            edge = "\n".join(pieces) or f"none: {self.without_edge(level)}"
            rows.append([*first, level_name(level.cl), edge])
            first = ("", "", "")
        return Rows("Confidence regions of (M_Z', g')", head, rows)

    def notes(self) -> list[str]:
        """Where the model is undefined."""
        if not self.undefined:
            return []
        return [
            f"undefined for {self.undefined}: there nothing is excluded or allowed, and no edge is drawn"
        ]

    def answers(self) -> list[str]:
        """The best fit, and which regions hold the standard model."""
        where = f"g' = {self.best.g:.3g}; M_Z' = {self.best.mass_mev:.3g} MeV"
        worse = self.delta_chi2_sm
        beyond = [f"{100 * each.cl:g}" for each in self.contours if worse > each.threshold]
        side = f"outside the regions at {', '.join(beyond)} %" if beyond else "inside all regions"
        return [
            f"Best fit: {where if self.prefers_mediator else NO_MEDIATOR}.",
            f"The standard model, {worse:z.2f} units of -2 log L worse, is {side}.",
            *self.notes(),
        ]

    def numbers(self) -> dict[str, Columns]:
        """Columns of the vertices, and of all points that were profiled."""
        return {"lines": self.columns(), "points": dict(self.points)}

    def hepdata(self) -> list[HepTable]:
        """The edge at each level."""
        found = []
        for level in self.contours:
            words = "Edge of the allowed region, vertex by vertex, nuisances profiled."
            if not level.lines:
                words = f"The contour has no lines: {self.without_edge(level)}."
            found.append(edge_table("", words, self.qualifiers, ("CL", level.cl), level.lines))
        return found

    def columns(self) -> dict[str, Any]:
        """One row for each vertex: its level, the number of its line there, mass [MeV] and coupling."""
        return vertices({level.cl: level.lines for level in self.contours}, "cl")

    def plot(self, ax: Axes | None = None, overlays: Sequence[Overlay] = (), **style: Any) -> Axes:
        """Edges of the regions, a style for each level, and the best fit.

        Args:
            ax: to draw on; a new figure if None.
            overlays: other curves.
            **style: of all lines, such as color, and `title` over the panel.
        """
        expected = "expected regions" if self.expected_counts else "allowed regions"
        panel = mediator_axes(ax, style.pop("title", f"{self.heading}, {expected}"))
        look = {"color": BLUE, "lw": 2.0} | style
        self.draw(panel, **look)
        own = _frame(panel, [self], overlays)
        best = self.mark(panel, color=look["color"])
        panel.legend(handles=[*_levels([self], **look), best, *own], loc="lower right", fontsize=9)
        return panel


def contours_figure(
    results: Mapping[str, ContoursResult], overlays: Sequence[Overlay] = ()
) -> Figure:
    """Contours of one fit, or of several over one plane, best fits marked.

    Args:
        results: by name, all at the same levels; the first is drawn heaviest.
        overlays: other curves.
    """
    found = list(results.values())
    first = found[0]
    if len(found) == 1:
        return figure_of(first.plot(overlays=overlays))
    figure = Figure(figsize=(7.2, 6.0), layout="constrained")
    what = "Allowed and expected" if any(each.expected_counts for each in found) else "Allowed"
    name = ", ".join([first.model, *first.constraints])
    panel = mediator_axes(figure.subplots(), f"{what} regions, {name}")
    looks = [
        {"color": colour, "lw": 2.4 if each is first else 1.6}
        for colour, each in zip(cycle(SERIES), found, strict=False)
    ]
    for each, look in zip(found, looks, strict=True):
        each.draw(panel, **look)
    own = _frame(panel, found, overlays)
    fits, titles = [], [" + ".join(each.titles) for each in found]
    for (name, each), who, look in zip(results.items(), titles, looks, strict=True):
        handle = each.mark(panel, color=look["color"])
        nowhere = "" if any(each.lines) else f", {each.without_edge(each.contours[-1])}"
        # alternative options leave the titles as they are
        label = f"{who if titles.count(who) == 1 else name}: {handle.get_label()}{nowhere}"
        handle.set(label=label, ls="-", **look)
        fits.append(handle)
    levels = _levels(found, color=DARK_GREY, lw=1.6)
    panel.legend(handles=[*levels, *own], loc="lower right", fontsize=9)
    figure.legend(handles=fits, loc="outside upper center", fontsize=9)
    return figure


def _levels(results: Sequence[ContoursResult], **look: Any) -> list[Line2D]:
    """For a legend, what each level looks like, or why it has no edge; nothing if no level has one."""
    found = []
    for dashes, *same in zip(cycle(STYLES), *(each.contours for each in results), strict=False):
        label, drawn = level_name(same[0].cl), any(level.lines for level in same)
        if not drawn:
            words = (each.without_edge(level) for each, level in zip(results, same, strict=True))
            label = f"{label}: {', '.join(sorted({*words}))}"
        found.append(Line2D([], [], label=label, **look, ls=dashes if drawn else ""))
    return found if any(lines for each in results for lines in each.lines) else []


def _frame(
    panel: Axes, results: Sequence[ContoursResult], overlays: Sequence[Overlay]
) -> list[Line2D]:
    """Show the plane that was asked for, or where contours and best fits are, or say that there are none.

    Other curves, which are returned, do not stretch it.
    """
    edges = [edge for each in results for lines in each.lines for edge in lines]
    best = [each.best for each in results if each.prefers_mediator]
    own = draw_overlays(panel, overlays)
    for axis, name, key in ((panel.set_ylim, "g", "g"), (panel.set_xlim, "mass", "mass_mev")):
        given = [each.scan[name] for each in results if name in each.scan]
        runs = [*(getattr(edge, key) for edge in edges), [getattr(each, key) for each in best]]
        every = [getattr(each.points, key) for each in results]
        seen = np.concatenate(given or (runs if edges else every))
        margin = 1.0 if given or not edges else 10**_MARGIN
        axis(seen.min() / margin, seen.max() * margin)
    if not edges:
        said = {each.without_edge(each.contours[-1]) for each in results}
        middle = {"ha": "center", "va": "center", "transform": panel.transAxes}
        panel.text(0.5, 0.5, "\n".join(sorted(said)), **middle)
    return own
