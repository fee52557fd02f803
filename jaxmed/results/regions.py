"""Regions of (M_Z', g') that one fit allows, as contours and posteriors show them."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pydantic import BaseModel, ConfigDict

from jaxmed.inference.results import NO_MEDIATOR, prefers_mediator
from jaxmed.results.edges import smooth_edge
from jaxmed.results.result import Array, Number
from jaxmed.results.shown import Columns

STYLES = ("-", "--", ":", "-.")
"""Of the levels, in their order."""
_SIGMAS = {0.6827: "1σ", 0.9545: "2σ", 0.9973: "3σ"}


class Schema(BaseModel):
    """A part of a result."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Edge(Schema):
    """A piece of the edge of a region, vertex by vertex.

    Attributes:
        closed: whether it is a loop; else it ends at the border of the plane.
        mass_mev: [MeV], (n,).
        g: coupling, (n,).
        exact: whether every vertex is on its level to 1e-3.
    """

    closed: bool
    mass_mev: Array
    g: Array
    exact: bool

    @property
    def mass(self) -> np.ndarray:
        """`mass_mev`."""
        return self.mass_mev


class Level(Schema):
    """A confidence level.

    Attributes:
        cl: itself.
        threshold: of -2 Delta log L at the edge.
        lines: the edge of the region, none where it has no edge in the plane.
    """

    cl: float
    threshold: float
    lines: list[Edge]


class Points(Schema):
    """All profiled points: mass [MeV], coupling, -2 Delta log L (NaN where undefined), whether converged, (n,) each."""

    mass_mev: Array
    g: Array
    delta_chi2: Array
    converged: Array


class BestPoint(Schema):
    """The best fit; g = 0 and NaN for the mass [MeV] where nothing beats the standard model."""

    g: float
    mass_mev: Number


class Regions(Schema):
    """Regions of (M_Z', g') that one fit allows (`inference.regions.contours`).

    Attributes:
        best: the best fit.
        delta_chi2_sm: its improvement over the standard model in -2 log L.
        contours: the edge at each level.
        points: all that was profiled.
    """

    best: BestPoint
    delta_chi2_sm: float
    contours: list[Level]
    points: Points

    @property
    def cl(self) -> tuple[float, ...]:
        """Confidence levels."""
        return tuple(level.cl for level in self.contours)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Of -2 Delta log L, one for each level."""
        return tuple(level.threshold for level in self.contours)

    @property
    def lines(self) -> tuple[list[Edge], ...]:
        """Pieces of the edge at each level."""
        return tuple(level.lines for level in self.contours)

    @property
    def g_best(self) -> float:
        """Coupling of the best fit, 0 for the standard model."""
        return self.best.g

    @property
    def mass_best(self) -> float:
        """Mass of the best fit [MeV], NaN for the standard model."""
        return self.best.mass_mev

    @property
    def g(self) -> np.ndarray:
        """Couplings of all points, (n,)."""
        return self.points.g

    @property
    def mass(self) -> np.ndarray:
        """Masses of all points [MeV], (n,)."""
        return self.points.mass_mev

    @property
    def delta(self) -> np.ndarray:
        """-2 Delta log L at all points, NaN where the model is undefined, (n,)."""
        return self.points.delta_chi2

    @property
    def converged(self) -> np.ndarray:
        """Whether all points converged; elsewhere `delta` is a bound or NaN, (n,)."""
        return self.points.converged

    @property
    def prefers_mediator(self) -> bool:
        """Whether the best fit is so much better than the standard model that its coordinates mean anything."""
        return self.best.g > 0 and prefers_mediator("g", self.delta_chi2_sm)

    def without_edge(self, level: Level) -> str:
        """What a level without an edge says about the plane."""
        return without_edge(self.points.delta_chi2, level.threshold)

    def draw(self, panel: Axes, **style: Any) -> None:
        """The edges of the regions, a style for each level, on axes of mass and coupling."""
        for level, dashes in zip(self.contours, cycle(STYLES), strict=False):
            for edge in level.lines:
                mass, g = smooth_edge(edge.mass_mev, edge.g, edge.closed)
                panel.plot(mass, g, **{"lw": 1.6, "ls": dashes} | style)

    def mark(self, panel: Axes, **look: Any) -> Line2D:
        """A star at the best fit on axes that have their limits; for a legend, words in any case."""
        if not self.prefers_mediator:
            return Line2D([], [], ls="", label=NO_MEDIATOR)
        g, mass = self.best.g, self.best.mass_mev
        where = f"$g'$ = {g:.2g}, $M_{{Z'}}$ = {mass:.2g} MeV"
        words = f"best at {where}, $\\Delta\\chi^2$ = {self.delta_chi2_sm:.1f} below the SM"
        (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
        if not (left <= mass <= right and low <= g <= high):
            return Line2D([], [], ls="", label=f"{words},\noutside of what is shown")
        star: dict[str, Any] = {"marker": "*", "ls": "", "ms": 14, "mec": "white"} | look
        panel.plot(mass, g, clip_on=False, zorder=5, **star)
        return Line2D([], [], label=words, **star)


def vertices(lines: Mapping[float, Sequence[Any]], level: str) -> Columns:
    """One row for each vertex of the lines of each level: the level, the number of the line, mass [MeV], coupling."""
    edges = [(x, i, edge) for x, group in lines.items() for i, edge in enumerate(group)]
    return {
        level: [x for x, _, edge in edges for _ in edge.g],
        "line": [i for _, i, edge in edges for _ in edge.g],
        "mass_mev": np.concatenate([np.zeros(0), *(edge.mass_mev for *_, edge in edges)]),
        "g": np.concatenate([np.zeros(0), *(edge.g for *_, edge in edges)]),
    }


def without_edge(delta: np.ndarray, threshold: float) -> str:
    """What a level without an edge says about a plane, from -2 Delta log L at its points, NaN where undefined."""
    known = delta[np.isfinite(delta)]
    plane = "the plane" if known.size == delta.size else "the plane where the model is defined"
    if (known <= threshold).all():
        return f"everything in {plane} is allowed"
    if (known > threshold).all():
        return f"nothing in {plane} is allowed"
    return "the region is too small to be seen"


def level_name(cl: float) -> str:
    """A confidence level in words."""
    return _SIGMAS.get(round(cl, 4), f"{100 * cl:g} %")
