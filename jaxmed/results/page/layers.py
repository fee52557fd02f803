"""Layers of the exclusion plot: everything saved that lies in the plane of M_Z' and g'."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator

from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.results import prefers_mediator
from jaxmed.results.bounds import LIKELIHOOD
from jaxmed.results.page.blocks import numbers_csv
from jaxmed.results.page.layer import (
    Layer,
    contour_layer,
    limit_layer,
    line,
    owner,
    points,
    rounded,
    vertices,
    who,
)
from jaxmed.results.saved import Saved, method_words, surfaces_of, understanding

# 1, 2 and 3 standard deviations for two parameters, as in the figures.
_SIGMAS = (2.30, 6.18, 11.83)


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
    own: list[Layer] = []
    for saved in (each for result in results for each in (result, *surfaces_of(result))):
        with understanding(saved):
            if saved.kind in _READERS:
                (coarse if saved.kind in _COARSE else found).extend(_READERS[saved.kind](saved))
            for part in saved.parts.values():
                own += map(_overlay, part.get("overlays", []))
    for layer in coarse:
        layer.on = layer.on and not (found and layer.points)
    own += map(_overlay, overlays)
    return found + coarse + [each for i, each in enumerate(own) if each not in own[:i]]


def stem(saved: Saved, name: str) -> str:
    """Of downloads: the file's name, with the result's where there are several."""
    return saved.path.stem if len(saved.parts) == 1 else f"{saved.path.stem}_{name}"


def _grid(saved: Saved) -> Iterator[Layer]:
    """A fit's or a scan's grid, and the region that toys accept; none where it is not a plane of g and mass."""
    header, arrays = saved.content, saved.arrays
    by_name = {axis["name"]: arrays[axis["array"]] for axis in header["axes"]}
    wide = [name for name, values in by_name.items() if values.size > 1]
    if list(by_name) != ["g", "mass"] or wide != ["g", "mass"]:
        return
    g, mass = by_name["g"], by_name["mass"]
    if not np.isfinite(arrays["nll"]).any():
        return
    lowest = header["nll"] if saved.kind == "surface" else float(np.nanmin(arrays["nll"]))
    delta = 2 * (arrays["nll"] - lowest)
    at = np.unravel_index(np.nanargmin(delta), delta.shape)
    best = header.get("best", {"mass": float(mass[at[1]]), "g": float(g[at[0]])})
    zoomed = saved.path.stem.startswith("zoom_")
    what = "scan" if saved.kind == "scan" else "fit"
    layer = Layer(f"{who(header)}: {what}{', close-up' if zoomed else ''}", owner(header))
    layer.on = not zoomed
    for style, level in enumerate(_SIGMAS):
        layer.lines += _edges(mass, g, delta, level, style)
    # the lowest point of a scan need not be a best fit
    if saved.kind == "scan" or prefers_mediator(by_name, 2 * (header["nll_sm"] - lowest)):
        layer.stars = [{"x": best["mass"], "y": best["g"]}]
    names = ["nll", "status", *(name for name in OF_EXCLUDED if name in arrays)]
    columns = [np.tile(mass, g.size), np.repeat(g, mass.size), *(arrays[n].ravel() for n in names)]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    status = arrays["status"].ravel().tolist()
    layer.points = points(columns[0].tolist(), columns[1].tolist(), delta.ravel().tolist(), status)
    layer.tables = [numbers_csv(f"{saved.path.stem}_points", ("mass_MeV", "g", *names), rows)]
    yield layer
    toys = header.get("toys")
    if toys:  # the edge of their region, the p-value interpolated between points
        region = f"{who(header)}: {100 * toys['cl']:g} % Feldman-Cousins region"
        edges = _edges(mass, g, arrays["p"], 1 - toys["cl"], 3)
        yield Layer(region, owner(header), lines=list(edges))


def _edges(
    mass: np.ndarray, g: np.ndarray, values: np.ndarray, level: float, style: int
) -> Iterator[dict[str, Any]]:
    """Lines where values (n_g, n_mass) cross a level, linear in the logarithms."""
    known = np.ma.masked_invalid(values)
    for edge in contour_generator(x=np.log10(mass), y=np.log10(g), z=known).lines(level):
        at = 10 ** np.asarray(edge)
        yield line(at[:, 0].tolist(), at[:, 1].tolist(), style)


def _contours(saved: Saved) -> Iterator[Layer]:
    for name, each in saved.parts.items():
        yield contour_layer(f"{saved.path.stem}_{name}", each)


def _limit(saved: Saved) -> Iterator[Layer]:
    content = saved.content
    name = f"{who(content)}: {100 * content['cl']:g} % limit, {method_words(content)}"
    yield limit_layer(name, content, saved.path.stem)
    if "g_expected" in content:
        mass, bands = content["mass_mev"], content["g_expected"]
        expected = Layer(f"{who(content)}: expected without a mediator", owner(content))
        expected.bands = [
            {"x": mass, "low": rounded(bands[f"-{n}"]), "high": rounded(bands[f"{n}"])}
            for n in (2, 1)
        ]
        expected.lines = [line(mass, bands["0"], 1)]
        head = ("mass_MeV", *(f"g_expected_{n}" for n in bands))
        rows = list(zip(mass, *bands.values(), strict=True))
        expected.tables = [numbers_csv(f"{saved.path.stem}_expected", head, rows)]
        yield expected


def _bounds(saved: Saved) -> Iterator[Layer]:
    content = saved.content
    mass, likelihood = content["mass_mev"], content["likelihood"]
    for name, each in likelihood.items():
        title = f"{LIKELIHOOD[name]}: {100 * content['cl']:g} % limit, Figure 5"
        yield limit_layer(title, each, f"{saved.path.stem}_likelihood_{name}")
    for name, bound in content["quick"].items():
        layer = Layer(f"{LIKELIHOOD[name]}: quick bound", owner(likelihood[name]))
        layer.lines = [line(mass, bound, 3)]
        layer.limit = {"x": mass, "y": rounded(bound), "flag": [""] * len(mass)}
        rows = list(zip(mass, bound, strict=True))
        layer.tables = [numbers_csv(f"{saved.path.stem}_quick_{name}", ("mass_MeV", "g"), rows)]
        yield layer


def _posterior(saved: Saved) -> Iterator[Layer]:
    """Credible regions and, as contours, the confidence regions beside them; none without a plane."""
    for name, each in saved.parts.items():
        if not each["credible"]:
            continue
        regions = sorted(each["credible"], key=lambda region: region["probability"])
        levels = ", ".join(f"{100 * region['probability']:g}" for region in each["credible"])
        layer = Layer(f"{who(each)}: credible regions at {levels} %", owner(each))
        layer.regions = [
            {
                "level": f"{100 * region['probability']:g} %",
                "rings": [
                    {"x": rounded(ring["mass_mev"]), "y": rounded(ring["g"])}
                    for ring in region["rings"]
                ],
            }
            for region in regions
        ]
        layer.tables = [vertices(f"{stem(saved, name)}_credible", "probability", each["credible"])]
        yield layer
        what = "confidence contours beside the posterior"
        yield contour_layer(f"{stem(saved, name)}_confidence", each | each["confidence"], what)


def _sensitivity(saved: Saved) -> Iterator[Layer]:
    """The expected limit."""
    content = saved.content
    mass, expected, flag = (content[key] for key in ("mass_mev", "g_expected", "flag"))
    layer = Layer(f"{who(content)}: expected {100 * content['cl']:g} % limit", owner(content))
    layer.lines = [line(mass, expected, 1) | {"dots": True}]
    layer.limit = {"x": mass, "y": rounded(expected), "flag": list(flag)}
    rows = list(zip(mass, expected, flag, strict=True))
    head = ("mass_MeV", "g_expected", "flag")
    layer.tables = [numbers_csv(f"{saved.path.stem}_limits", head, rows)]
    yield layer


_COARSE = ("surface", "scan")
_READERS: dict[str, Callable[[Saved], Iterator[Layer]]] = {
    "contours": _contours,
    "limit": _limit,
    "bounds": _bounds,
    "posterior": _posterior,
    "sensitivity": _sensitivity,
    "surface": _grid,
    "scan": _grid,
}


def _overlay(overlay: dict[str, Any]) -> Layer:
    """A user's own curve: {label, mass_mev, g}."""
    layer = Layer(str(overlay["label"]), f"overlay {overlay['label']}")
    layer.lines = [line(overlay["mass_mev"], overlay["g"], 2)]
    rows = list(zip(overlay["mass_mev"], overlay["g"], strict=True))
    layer.tables = [numbers_csv(f"overlay_{overlay['label']}", ("mass_MeV", "g"), rows)]
    return layer
