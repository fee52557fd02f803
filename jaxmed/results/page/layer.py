"""One layer of the exclusion plot, as plane.js wants it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from contourpy import contour_generator

from jaxmed.results.limits import LimitsResult
from jaxmed.results.regions import Regions

_CONVERGED, _BOUND = 0, 3
Numbers = Sequence[float] | np.ndarray


@dataclass
class Layer:
    """What can be switched on and off together.

    Attributes:
        name: in the legend.
        owner: whose colour it has: experiments, or the name of a curve.
        lines: {x, y, style}: masses [MeV], couplings (null is a gap), 0 solid, 1 dashed, 2 dotted, 3 both.
        bars: {x, low, high}: vertical intervals.
        bands: {x, low, high}: areas between two curves.
        regions: {level, rings: [{x, y}]}: filled, the smallest first; inside is what an odd number of rings surround.
        stars: {x, y}: best fits.
        points: {x, y, delta, bound}: -2 Delta log L where it was computed; bound 1 says at least, 2 at most,
            3 one of the two.
        limit: {x, y, flag}: an upper limit to be read out.
        on: whether it is shown at first.
    """

    name: str
    owner: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)
    regions: list[dict[str, Any]] = field(default_factory=list)
    stars: list[dict[str, float | None]] = field(default_factory=list)
    points: dict[str, list[Any]] | None = None
    limit: dict[str, list[Any]] | None = None
    on: bool = True


def limit_layer(name: str, found: LimitsResult) -> Layer:
    """Upper limits and what they allow."""
    layer = Layer(name, owner(found), [line(found.mass_mev, found.g_upper, 0) | {"dots": True}])
    for mass, pairs in zip(found.mass_mev, found.intervals, strict=True):
        ends = [rounded([mass, *pair]) for pair in pairs]
        layer.bars += [{"x": x, "low": low, "high": high} for x, low, high in ends]
    layer.limit = readout(found.mass_mev, found.g_upper, found.flag)
    return layer


def contour_layer(name: str, whose: str, found: Regions) -> Layer:
    """Confidence contours of one fit, and where -2 Delta log L was computed on the way."""
    levels = ", ".join(f"{100 * level.cl:g}" for level in found.contours)
    layer = Layer(f"{name} at {levels} %", whose)
    for style, level in enumerate(found.contours):
        for edge in level.lines:
            again = slice(0, 1 if edge.closed else 0)
            mass, g = (np.append(each, each[again]) for each in (edge.mass_mev, edge.g))
            layer.lines.append(line(mass, g, style % 4))
    if found.prefers_mediator:
        x, y = rounded([found.best.mass_mev, found.best.g])
        layer.stars.append({"x": x, "y": y})
    bound = np.where(found.converged, _CONVERGED, _BOUND)
    layer.points = points(found.mass, found.g, found.delta, bound)
    return layer


def line(x: Numbers, y: Numbers, style: int) -> dict[str, Any]:
    """A curve: masses [MeV], couplings, and how it is drawn."""
    return {"x": rounded(x), "y": rounded(y), "style": style}


def edges(
    mass: np.ndarray, g: np.ndarray, values: np.ndarray, level: float, style: int
) -> Iterator[dict[str, Any]]:
    """Lines where values (n_g, n_mass) cross a level, linear in the logarithms."""
    known = np.ma.masked_invalid(values)
    for edge in contour_generator(x=np.log10(mass), y=np.log10(g), z=known).lines(level):
        x, y = 10 ** np.asarray(edge).T
        yield line(x, y, style)


def points(x: Numbers, y: Numbers, delta: Numbers, bound: np.ndarray) -> dict[str, list[Any]]:
    """Computed points: masses [MeV], couplings, -2 Delta log L, and whether that is a bound."""
    return {"x": rounded(x), "y": rounded(y), "delta": rounded(delta), "bound": bound.tolist()}


def readout(mass: np.ndarray, upper: np.ndarray, flag: Sequence[str]) -> dict[str, list[Any]]:
    """An upper limit that is said where one points."""
    return {"x": rounded(mass), "y": rounded(upper), "flag": list(flag)}


def rounded(values: Numbers) -> list[float | None]:
    """Six digits are enough for a plot; what is no number becomes null."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]


def owner(found: Any) -> str:
    """Whose colour a result has."""
    return "+".join(found.experiments)
