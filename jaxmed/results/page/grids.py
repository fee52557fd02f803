"""Layers of surfaces of fits and of scans: edges of -2 Delta log L, and of what toys accept."""

import numpy as np
from contourpy import contour_generator

from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.results import prefers_mediator
from jaxmed.results.page.downloads import Numbers
from jaxmed.results.page.plot_layer import Layer, line, owner, points, who
from jaxmed.results.saved import Saved

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
