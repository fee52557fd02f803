"""Layers of the exclusion plot: everything saved that lies in the plane of M_Z' and g'."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator

from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.results import prefers_mediator
from jaxmed.results.bounds import LIKELIHOOD
from jaxmed.results.page.downloads import Numbers
from jaxmed.results.page.plot_layer import (
    Layer,
    contour_layer,
    expected_table,
    limit_table,
    line,
    owner,
    points,
    rounded,
    who,
)
from jaxmed.results.page.posteriors import posterior_layers
from jaxmed.results.page.sensitivities import sensitivity_layers
from jaxmed.results.saved import Saved, method_words, understanding

# 1, 2 and 3 standard deviations for two parameters, as in the figures.
_SIGMAS = (2.30, 6.18, 11.83)


def grid_layers(saved: Saved) -> list[Layer]:
    """A fit's or a scan's grid, and the region that toys accept; none where it is not a plane of g and mass."""
    header, arrays = saved.content, saved.arrays
    by_name = {axis["name"]: arrays[axis["array"]] for axis in header["axes"]}
    wide = [name for name, values in by_name.items() if values.size > 1]
    if list(by_name) != ["g", "mass"] or wide != ["g", "mass"]:
        return []
    g, mass = by_name["g"], by_name["mass"]
    if not np.isfinite(arrays["nll"]).any():
        return []
    lowest = header["nll"] if saved.kind == "surface" else float(np.nanmin(arrays["nll"]))
    delta = 2 * (arrays["nll"] - lowest)
    at = np.unravel_index(np.nanargmin(delta), delta.shape)
    best = header.get("best", {"mass": float(mass[at[1]]), "g": float(g[at[0]])})
    zoomed = saved.path.stem.startswith("zoom_")
    what = "scan" if saved.kind == "scan" else "fit"
    layer = Layer(f"{who(header)}: {what}{', close-up' if zoomed else ''}", owner(header))
    layer.on = not zoomed
    for style, level in enumerate(_SIGMAS):
        _add_edges(layer, mass, g, delta, level, style)
    # the lowest point of a scan need not be a best fit
    if saved.kind == "scan" or prefers_mediator(by_name, 2 * (header["nll_sm"] - lowest)):
        layer.stars = [{"x": best["mass"], "y": best["g"]}]
    names = ["nll", "status", *(name for name in OF_EXCLUDED if name in arrays)]
    columns = [np.tile(mass, g.size), np.repeat(g, mass.size), *(arrays[n].ravel() for n in names)]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    status = arrays["status"].ravel().tolist()
    layer.points = points(columns[0].tolist(), columns[1].tolist(), delta.ravel().tolist(), status)
    layer.tables = [Numbers(f"{saved.path.stem}_points", ("mass_MeV", "g", *names), rows)]
    return [layer, *_accepted(saved, mass, g)]


def _accepted(saved: Saved, mass: np.ndarray, g: np.ndarray) -> list[Layer]:
    """The edge of the Feldman-Cousins region of a scan with toys, the p-value interpolated between points."""
    toys = saved.content.get("toys")
    if not toys:
        return []
    name = f"{who(saved.content)}: {100 * toys['cl']:g} % Feldman-Cousins region"
    layer = Layer(name, owner(saved.content))
    _add_edges(layer, mass, g, saved.arrays["p"], 1 - toys["cl"], 3)
    return [layer]


def _add_edges(
    layer: Layer, mass: np.ndarray, g: np.ndarray, values: np.ndarray, level: float, style: int
) -> None:
    """Lines where values (n_g, n_mass) cross a level, linear in the logarithms."""
    known = np.ma.masked_invalid(values)
    for edge in contour_generator(x=np.log10(mass), y=np.log10(g), z=known).lines(level):
        at = 10 ** np.asarray(edge)
        layer.lines.append(line(at[:, 0].tolist(), at[:, 1].tolist(), style))


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
        layer.on = layer.on and not (found and layer.points)
    return found + coarse + _overlays(results, overlays)


def _contours(saved: Saved) -> list[Layer]:
    return [contour_layer(f"{saved.path.stem}_{name}", each) for name, each in saved.parts.items()]


def _limit(saved: Saved) -> list[Layer]:
    content = saved.content
    layer = _limit_layer(
        f"{who(content)}: {100 * content['cl']:g} % limit, {method_words(content)}", content
    )
    layer.tables = [limit_table(saved.path.stem, content)]
    layers = [layer]
    if "g_expected" in content:
        mass, bands = content["mass_mev"], content["g_expected"]
        expected = Layer(f"{who(content)}: expected without a mediator", owner(content))
        expected.bands = [
            {"x": mass, "low": rounded(bands[f"-{n}"]), "high": rounded(bands[f"{n}"])}
            for n in (2, 1)
        ]
        expected.lines = [line(mass, bands["0"], 1)]
        expected.tables = [expected_table(f"{saved.path.stem}_expected", content)]
        layers.append(expected)
    return layers


def _bounds(saved: Saved) -> list[Layer]:
    content = saved.content
    mass = content["mass_mev"]
    owners = {name: owner(each) for name, each in content["likelihood"].items()}
    quick = []
    for name, bound in content["quick"].items():
        layer = Layer(f"{LIKELIHOOD[name]}: quick bound", owners[name])
        layer.lines = [line(mass, bound, 3)]
        layer.limit = {"x": mass, "y": rounded(bound), "flag": [""] * len(mass)}
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


_READERS: dict[str, Callable[[Saved], list[Layer]]] = {
    "contours": _contours,
    "limit": _limit,
    "bounds": _bounds,
    "posterior": posterior_layers,
    "sensitivity": sensitivity_layers,
    "surface": grid_layers,
    "scan": grid_layers,
}


def _overlay_layer(overlay: dict[str, Any]) -> Layer:
    """A user's own curve: {label, mass_mev, g}."""
    layer = Layer(str(overlay["label"]), f"overlay {overlay['label']}")
    layer.lines = [line(overlay["mass_mev"], overlay["g"], 2)]
    rows = list(zip(overlay["mass_mev"], overlay["g"], strict=True))
    layer.tables = [Numbers(f"overlay_{overlay['label']}", ("mass_MeV", "g"), rows)]
    return layer


def _limit_layer(name: str, content: dict[str, Any]) -> Layer:
    mass, upper = content["mass_mev"], content["g_upper"]
    layer = Layer(name, owner(content))
    layer.lines = [line(mass, upper, 0) | {"dots": True}]
    pairs = zip(mass, content["intervals"], strict=True)
    layer.bars = [{"x": m, "low": low, "high": high} for m, each in pairs for low, high in each]
    layer.limit = {"x": mass, "y": rounded(upper), "flag": list(content["flag"])}
    return layer


def _overlays(results: Sequence[Saved], more: Sequence[dict[str, Any]]) -> list[Layer]:
    """A user's own curves, each once, from what was saved and from the command line."""
    found: list[Layer] = []
    for saved in results:
        with understanding(saved):
            for part in saved.parts.values():
                _add_new(found, part.get("overlays", []))
    _add_new(found, more)
    return found


def _add_new(found: list[Layer], overlays: Sequence[dict[str, Any]]) -> None:
    found += [layer for layer in map(_overlay_layer, overlays) if layer not in found]
