"""One layer of the exclusion plot, as plane.js wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxmed.inference.results import prefers_mediator
from jaxmed.results.page.blocks import Download, numbers_csv
from jaxmed.results.saved import numbers

_CONVERGED, _BOUND = 0, 3


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
        tables: numbers for download.
    """

    name: str
    owner: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)
    regions: list[dict[str, Any]] = field(default_factory=list)
    stars: list[dict[str, float]] = field(default_factory=list)
    points: dict[str, list[Any]] | None = None
    limit: dict[str, list[Any]] | None = None
    on: bool = True
    tables: list[Download] = field(default_factory=list)


def limit_layer(name: str, content: dict[str, Any], stem: str) -> Layer:
    """Upper limits and what they allow."""
    mass, upper = content["mass_mev"], content["g_upper"]
    layer = Layer(name, owner(content), lines=[line(mass, upper, 0) | {"dots": True}])
    pairs = zip(mass, content["intervals"], strict=True)
    layer.bars = [{"x": m, "low": low, "high": high} for m, each in pairs for low, high in each]
    layer.limit = {"x": mass, "y": rounded(upper), "flag": list(content["flag"])}
    allowed = ["; ".join(f"{low!r} to {high!r}" for low, high in p) for p in content["intervals"]]
    columns = (mass, upper, content["g_best"], content["flag"], allowed)
    head = ("mass_MeV", "g_upper", "g_best", "flag", "allowed")
    layer.tables = [numbers_csv(stem, head, list(zip(*columns, strict=True)))]
    return layer


def contour_layer(stem: str, content: dict[str, Any], what: str = "contours") -> Layer:
    """Confidence contours of one fit, and where -2 Delta log L was computed on the way."""
    levels = ", ".join(f"{100 * level['cl']:g}" for level in content["contours"])
    layer = Layer(f"{who(content)}: {what} at {levels} %", owner(content))
    for style, level in enumerate(content["contours"]):
        for edge in level["lines"]:
            again = slice(0, 1 if edge["closed"] else 0)
            mass, g = (edge[key] + edge[key][again] for key in ("mass_mev", "g"))
            layer.lines.append(line(mass, g, style % 4))
    best = content["best"]
    if best["mass_mev"] and prefers_mediator(("g", "mass"), content["delta_chi2_sm"]):
        layer.stars.append({"x": best["mass_mev"], "y": best["g"]})
    found = content["points"]
    columns = found["mass_mev"], found["g"], found["delta_chi2"]
    layer.points = points(*columns, [_CONVERGED if ok else _BOUND for ok in found["converged"]])
    head = ("mass_MeV", "g", "delta_chi2", "converged")
    rows = list(zip(*columns, found["converged"], strict=True))
    layer.tables = [
        vertices(f"{stem}_lines", "cl", content["contours"]),
        numbers_csv(f"{stem}_points", head, rows),
    ]
    return layer


def vertices(name: str, level: str, regions: Sequence[dict[str, Any]]) -> Download:
    """Vertices of every line of every region, each with its level, which is saved by that name."""
    rows = [
        (region[level], i, edge["closed"], mass, g)
        for region in regions
        for i, edge in enumerate(region["lines"])
        for mass, g in zip(edge["mass_mev"], edge["g"], strict=True)
    ]
    return numbers_csv(name, (level, "line", "closed", "mass_MeV", "g"), rows)


def line(x: Sequence[float], y: Sequence[float | None], style: int) -> dict[str, Any]:
    """A curve: masses [MeV], couplings, and how it is drawn."""
    return {"x": rounded(x), "y": rounded(y), "style": style}


def points(
    x: Sequence[float], y: Sequence[float], delta: Sequence[float], bound: Sequence[int]
) -> dict[str, list[Any]]:
    """Computed points: masses [MeV], couplings, -2 Delta log L, and whether that is a bound."""
    return {"x": rounded(x), "y": rounded(y), "delta": rounded(delta), "bound": list(bound)}


def rounded(values: Sequence[float | None]) -> list[float | None]:
    """Six digits are enough for a plot; what is no number becomes null."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in numbers(values)]


def who(content: dict[str, Any]) -> str:
    """Experiments by their titles, and the model."""
    titles = content.get("provenance", {}).get("titles", {})
    names = [str(titles.get(name, name)) for name in experiments(content)]
    extra = "".join(f" + {name}" for name in content.get("constraints", []))
    return f"{' + '.join(names)}{extra} ({content['model']})"


def owner(content: dict[str, Any]) -> str:
    """Whose colour a result has."""
    return "+".join(experiments(content))


def experiments(content: dict[str, Any]) -> list[str]:
    """Names of the experiments of a result, of which a sensitivity has one."""
    return content["experiments"] if "experiments" in content else [content["experiment"]]
