"""Layers of the exclusion plot: everything saved that lies in the plane of M_Z' and g'."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from contourpy import contour_generator

from jaxmed.report.bounds_figure import LIKELIHOOD
from jaxmed.report.html.downloads import Numbers
from jaxmed.report.saved import Saved, numbers, understanding

# 1, 2 and 3 standard deviations for two parameters, as in the figures.
_SIGMAS = {2.30: "1σ", 6.18: "2σ", 11.83: "3σ"}
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
    stars: list[dict[str, float]] = field(default_factory=list)
    points: dict[str, list[Any]] | None = None
    limit: dict[str, list[Any]] | None = None
    on: bool = True
    tables: list[Numbers] = field(default_factory=list)


def layers(results: Sequence[Saved], overlays: Sequence[dict[str, Any]] = ()) -> list[Layer]:
    """All layers; surfaces of fits and scans are hidden at first where there is anything finer.

    Args:
        results: what was saved.
        overlays: a user's own curves beside those saved with the results, {label, mass_mev, g}.

    Raises:
        ValueError: a file whose content jaxmed does not write.
    """
    found: list[Layer] = []
    coarse: list[Layer] = []
    for saved in results:
        read = _READERS.get(saved.kind)
        if read is not None:
            with understanding(saved):
                (coarse if saved.kind in ("surface", "scan") else found).extend(read(saved))
    for layer in coarse:
        layer.on = layer.on and not found
    return found + coarse + [_overlay_layer(each) for each in _overlays(results, overlays)]


def _contours(saved: Saved) -> list[Layer]:
    layers = []
    for name, content in saved.parts.items():
        layer = Layer(f"{_who(content)}: contours", _owner(content))
        rows = []
        for style, level in enumerate(content["contours"]):
            for i, edge in enumerate(level["lines"]):
                mass, g = list(edge["mass_mev"]), list(edge["g"])
                rows += [
                    (level["cl"], i, edge["closed"], m, c) for m, c in zip(mass, g, strict=True)
                ]
                end = slice(0, 1 if edge["closed"] else 0)
                layer.lines.append(_line(mass + mass[end], g + g[end], style % 4))
        best = content["best"]
        if best["mass_mev"]:
            layer.stars.append({"x": best["mass_mev"], "y": best["g"]})
        points = content["points"]
        bound = [_CONVERGED if ok else _BOUND for ok in points["converged"]]
        mass, g, delta = points["mass_mev"], points["g"], points["delta_chi2"]
        layer.points = _points(mass, g, delta, bound)
        stem = f"{saved.path.stem}_{name}"
        head = ("cl", "line", "closed", "mass_MeV", "g")
        layer.tables = [
            Numbers(f"{stem}_lines", head, rows),
            Numbers(
                f"{stem}_points",
                ("mass_MeV", "g", "delta_chi2", "converged"),
                list(zip(mass, g, delta, points["converged"], strict=True)),
            ),
        ]
        layers.append(layer)
    return layers


def _limit(saved: Saved) -> list[Layer]:
    content = saved.content
    layer = _limit_layer(
        f"{_who(content)}: {100 * content['cl']:g} % limit, {content['method']}", content
    )
    layer.tables = [limit_table(saved.path.stem, content)]
    layers = [layer]
    if "g_expected" in content:
        mass, bands = content["mass_mev"], content["g_expected"]
        expected = Layer(f"{_who(content)}: expected without a mediator", _owner(content))
        expected.bands = [
            {"x": mass, "low": _rounded(bands[f"-{n}"]), "high": _rounded(bands[f"{n}"])}
            for n in (2, 1)
        ]
        expected.lines = [_line(mass, bands["0"], 1)]
        layers.append(expected)
    return layers


def _bounds(saved: Saved) -> list[Layer]:
    content = saved.content
    mass = content["mass_mev"]
    owners = {name: _owner(each) for name, each in content["likelihood"].items()}
    quick = []
    for name, bound in content["quick"].items():
        layer = Layer(f"{LIKELIHOOD[name]}: quick bound", owners[name])
        layer.lines = [_line(mass, bound, 3)]
        layer.limit = {"x": mass, "y": _rounded(bound), "flag": [""] * len(mass)}
        rows = list(zip(mass, bound, strict=True))
        layer.tables = [Numbers(f"{saved.path.stem}_quick_{name}", ("mass_MeV", "g"), rows)]
        quick.append(layer)
    full = []
    for name, each in content["likelihood"].items():
        level = f"{100 * content['cl']:g} %"
        layer = _limit_layer(f"{LIKELIHOOD[name]}: {level} limit, Figure 5", each)
        layer.tables = [limit_table(f"{saved.path.stem}_likelihood_{name}", each)]
        full.append(layer)
    return full + quick


def _surface(saved: Saved) -> list[Layer]:
    """A fit's or a scan's grid; none where it is not a plane of g and mass."""
    header, arrays = saved.content, saved.arrays
    by_name = {axis["name"]: arrays[axis["array"]] for axis in header["axes"]}
    wide = [name for name, values in by_name.items() if values.size > 1]
    if list(by_name) != ["g", "mass"] or wide != ["g", "mass"]:
        return []
    g, mass = by_name["g"], by_name["mass"]
    lowest = header["nll"] if saved.kind == "surface" else float(arrays["nll"].min())
    delta = 2 * (arrays["nll"] - lowest)
    what = {"surface": "fit", "scan": "scan"}[saved.kind]
    zoomed = saved.path.stem.startswith("zoom_")
    layer = Layer(f"{_who(header)}: {what}{', close-up' if zoomed else ''}", _owner(header))
    trace = contour_generator(x=np.log10(mass), y=np.log10(g), z=delta)
    for style, level in enumerate(_SIGMAS):
        for edge in trace.lines(level):
            at = 10 ** np.asarray(edge)
            layer.lines.append(_line(at[:, 0].tolist(), at[:, 1].tolist(), style))
    at = np.unravel_index(np.argmin(arrays["nll"]), delta.shape)
    best = header.get("best", {"mass": float(mass[at[1]]), "g": float(g[at[0]])})
    layer.stars = [{"x": best["mass"], "y": best["g"]}]
    at_mass, at_g = np.tile(mass, g.size).tolist(), np.repeat(g, mass.size).tolist()
    nll, status = arrays["nll"].ravel().tolist(), arrays["status"].ravel().tolist()
    layer.points = _points(at_mass, at_g, delta.ravel().tolist(), status)
    layer.on = not zoomed
    rows = list(zip(at_mass, at_g, nll, status, strict=True))
    layer.tables = [Numbers(f"{saved.path.stem}_points", ("mass_MeV", "g", "nll", "status"), rows)]
    return [layer]


_READERS: dict[str, Callable[[Saved], list[Layer]]] = {
    "contours": _contours,
    "limit": _limit,
    "bounds": _bounds,
    "surface": _surface,
    "scan": _surface,
}


def _overlay_layer(overlay: dict[str, Any]) -> Layer:
    """A user's own curve: {label, mass_mev, g}."""
    layer = Layer(str(overlay["label"]), f"overlay {overlay['label']}")
    layer.lines = [_line(overlay["mass_mev"], overlay["g"], 2)]
    rows = list(zip(overlay["mass_mev"], overlay["g"], strict=True))
    layer.tables = [Numbers(f"overlay_{overlay['label']}", ("mass_MeV", "g"), rows)]
    return layer


def limit_table(name: str, content: dict[str, Any]) -> Numbers:
    """Limits as they were saved, the allowed intervals as 'low to high; ...'."""
    pairs = ["; ".join(f"{low!r} to {high!r}" for low, high in p) for p in content["intervals"]]
    columns = (content["mass_mev"], content["g_upper"], content["g_best"], content["flag"], pairs)
    head = ("mass_MeV", "g_upper", "g_best", "flag", "allowed")
    return Numbers(name, head, list(zip(*columns, strict=True)))


def _limit_layer(name: str, content: dict[str, Any]) -> Layer:
    mass, upper = content["mass_mev"], content["g_upper"]
    layer = Layer(name, _owner(content))
    layer.lines = [_line(mass, upper, 0) | {"dots": True}]
    pairs = zip(mass, content["intervals"], strict=True)
    layer.bars = [{"x": m, "low": low, "high": high} for m, each in pairs for low, high in each]
    layer.limit = {"x": mass, "y": _rounded(upper), "flag": list(content["flag"])}
    return layer


def _overlays(results: Sequence[Saved], more: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A user's own curves, each once, from what was saved and from the command line."""
    found = []
    for saved in results:
        with understanding(saved):
            for part in saved.parts.values():
                found += [each for each in part.get("overlays", []) if each not in found]
    return found + [each for each in more if each not in found]


def _who(content: dict[str, Any]) -> str:
    """Experiments by their titles, and the model."""
    titles = content.get("provenance", {}).get("titles", {})
    names = [str(titles.get(name, name)) for name in content["experiments"]]
    extra = "".join(f" + {name}" for name in content.get("constraints", []))
    return f"{' + '.join(names)}{extra} ({content['model']})"


def _owner(content: dict[str, Any]) -> str:
    return "+".join(content["experiments"])


def _line(x: Sequence[float], y: Sequence[float | None], style: int) -> dict[str, Any]:
    return {"x": _rounded(x), "y": _rounded(y), "style": style}


def _points(
    x: Sequence[float], y: Sequence[float], delta: Sequence[float], bound: Sequence[int]
) -> dict[str, list[Any]]:
    return {"x": _rounded(x), "y": _rounded(y), "delta": _rounded(delta), "bound": list(bound)}


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    """Six digits are enough for a plot; what is no number becomes null."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in numbers(values)]
