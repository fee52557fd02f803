"""Layers of the exclusion plot: everything saved that lies in the plane of M_Z' and g'."""

from collections.abc import Callable, Sequence
from typing import Any

from jaxmed.results.bounds import LIKELIHOOD
from jaxmed.results.page.downloads import Numbers
from jaxmed.results.page.grids import grid_layers
from jaxmed.results.page.plot_layer import (
    Layer,
    contour_layer,
    expected_table,
    limit_table,
    line,
    owner,
    rounded,
    who,
)
from jaxmed.results.page.posteriors import posterior_layers
from jaxmed.results.page.sensitivities import sensitivity_layers
from jaxmed.results.saved import Saved, method_words, understanding


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
