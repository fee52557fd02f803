"""Layers of the exclusion plot: everything saved that lies in the plane of M_Z' and g'."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from jaxmed.inference.regions.fine_surface import filled_in
from jaxmed.inference.results import CONVERGED, Surface
from jaxmed.results.bounds import LIKELIHOOD, BoundsResult
from jaxmed.results.contours import ContoursResult
from jaxmed.results.expected import ExpectedResult
from jaxmed.results.fits import BetweenPoints, FitResult
from jaxmed.results.limits import LimitsResult
from jaxmed.results.overlay import SavedOverlay
from jaxmed.results.page.layer import (
    Layer,
    contour_layer,
    edges,
    limit_layer,
    line,
    owner,
    points,
    readout,
    rounded,
)
from jaxmed.results.posteriors import PosteriorResult
from jaxmed.results.saved import Saved
from jaxmed.results.scans import ScanResult
from jaxmed.results.sensitivity import SensitivityResult
from jaxmed.results.style import LEVELS


def layers(results: Sequence[Saved], overlays: Sequence[SavedOverlay] = ()) -> list[Layer]:
    """All layers; surfaces of fits and scans are hidden at first where there is anything finer.

    Args:
        results: what was saved.
        overlays: curves beside those saved with the results.

    Raises:
        ValueError: a damaged file.
    """
    found: list[Layer] = []
    coarse: list[Layer] = []
    own: list[Layer] = []
    for saved in results:
        with saved.understood() as result:
            made = _READERS[result.kind](result) if result.kind in _READERS else ()
            (coarse if isinstance(result, FitResult | ScanResult) else found).extend(made)
            own += map(_overlay, getattr(result, "overlays", None) or ())
    for layer in coarse:
        layer.on = layer.on and not (found and layer.points)
    own += map(_overlay, overlays)
    return found + coarse + [each for i, each in enumerate(own) if each not in own[:i]]


def _fit(found: FitResult) -> Iterator[Layer]:
    """The scan behind it, and that around its best fit; none where they are no plane of g and mass."""
    for surface, what in ((found.surface, "fit"), (found.zoom, "fit, close-up")):
        if surface is not None and _is_plane(surface):
            between = found.between if surface is found.surface else None
            name = f"{found.heading}: {what}"
            layer = _plane(name, owner(found), surface, found.nll, between)
            layer.on = surface is found.surface
            layer.stars = [{"x": x, "y": y} for x, y in filter(None, [found.best])]
            yield layer


def _scan(found: ScanResult) -> Iterator[Layer]:
    """The grid, and the region that toys accept; none where it is not a plane of g and mass."""
    if found.lowest is None or not _is_plane(found.surface):
        return
    best = found.best
    layer = _plane(f"{found.heading}: scan", owner(found), found.surface, best["nll"])
    layer.stars = [{"x": best["parameters"]["mass"], "y": best["parameters"]["g"]}]
    yield layer
    if found.toys is not None:  # the edge of their region, the p-value interpolated between points
        region = f"{found.heading}: {100 * found.toys.cl:g} % Feldman-Cousins region"
        mass, g = found.axes["mass"], found.axes["g"]
        lines = list(edges(mass, g, found.p, 1 - found.toys.cl, 3))
        yield Layer(region, owner(found), lines=lines)


def _is_plane(surface: Surface) -> bool:
    wide = [name for name, values in surface.axes.items() if values.size > 1]
    return wide == list(surface.axes) == ["g", "mass"] and bool(np.isfinite(surface.nll).any())


def _plane(
    name: str, whose: str, surface: Surface, lowest: float, between: BetweenPoints | None = None
) -> Layer:
    g, mass = surface.axes["g"], surface.axes["mass"]
    each = [np.tile(mass, g.size), np.repeat(g, mass.size), surface.nll.ravel()]
    layer, nll, bound = Layer(name, whose), surface.nll, surface.status.ravel()
    if between is not None:
        new = between.mass_mev, between.g, between.nll
        each = [np.append(known, more) for known, more in zip(each, new, strict=True)]
        bound = np.append(bound, np.full(between.g.size, CONVERGED))
        log_g, log_mass, nll = filled_in(np.log10(g), np.log10(mass), nll, between.logarithmic)
        g, mass = 10**log_g, 10**log_mass
    for style, level in enumerate(LEVELS):
        layer.lines += edges(mass, g, 2 * (nll - lowest), level, style)
    layer.points = points(each[0], each[1], 2 * (each[2] - lowest), bound)
    return layer


def _contours(found: ContoursResult) -> Iterator[Layer]:
    yield contour_layer(f"{found.heading}: contours", owner(found), found)


def _limit(found: LimitsResult) -> Iterator[Layer]:
    name = f"{found.heading}: {100 * found.cl:g} % limit, {found.convention}"
    yield limit_layer(name, found)
    if found.g_expected:
        yield _expected_band(found, found.g_expected)


def _expected(found: ExpectedResult) -> Iterator[Layer]:
    yield _expected_band(found, found.g_expected)


def _expected_band(found: LimitsResult | ExpectedResult, bands: dict[str, np.ndarray]) -> Layer:
    mass = rounded(found.mass_mev)
    layer = Layer(f"{found.heading}: expected without a mediator", owner(found))
    layer.bands = [
        {"x": mass, "low": rounded(bands[f"-{n}"]), "high": rounded(bands[f"{n}"])} for n in (2, 1)
    ]
    layer.lines = [line(found.mass_mev, bands["0"], 1)]
    return layer


def _bounds(found: BoundsResult) -> Iterator[Layer]:
    for name, each in found.likelihood.items():
        yield limit_layer(f"{LIKELIHOOD[name]}: {100 * found.cl:g} % limit, Figure 5", each)
    for name, bound in found.quick.items():
        layer = Layer(f"{LIKELIHOOD[name]}: quick bound", owner(found.likelihood[name]))
        layer.lines = [line(found.mass_mev, bound, 3)]
        layer.limit = readout(found.mass_mev, bound, [""] * bound.size)
        yield layer


def _posterior(found: PosteriorResult) -> Iterator[Layer]:
    """Credible regions and, as contours, the confidence regions beside them; none without a plane."""
    if not found.credible:
        return
    levels = ", ".join(f"{100 * region.probability:g}" for region in found.credible)
    layer = Layer(f"{found.heading}: credible regions at {levels} %", owner(found))
    layer.regions = [
        {
            "level": f"{100 * region.probability:g} %",
            "rings": [{"x": rounded(r.mass_mev), "y": rounded(r.g)} for r in region.rings],
        }
        for region in sorted(found.credible, key=lambda region: region.probability)
    ]
    yield layer
    if found.confidence is not None:
        name = f"{found.heading}: confidence contours beside the posterior"
        yield contour_layer(name, owner(found), found.confidence)


def _sensitivity(found: SensitivityResult) -> Iterator[Layer]:
    """The expected limit, none where it is not on g at masses."""
    if not np.isfinite(found.mass_mev).all():
        return
    layer = Layer(f"{found.heading}: expected {100 * found.cl:g} % limit", owner(found))
    layer.lines = [line(found.mass_mev, found.g_expected, 1) | {"dots": True}]
    layer.limit = readout(found.mass_mev, found.g_expected, found.flag)
    yield layer


def _overlay(overlay: SavedOverlay) -> Layer:
    """A curve of others: {label, mass_mev, g}."""
    layer = Layer(str(overlay["label"]), f"overlay {overlay['label']}")
    layer.lines = [line(overlay["mass_mev"], overlay["g"], 2)]
    return layer


_READERS: dict[str, Callable[[Any], Iterator[Layer]]] = {
    "fit": _fit,
    "scan": _scan,
    "contours": _contours,
    "limit": _limit,
    "expected": _expected,
    "bounds": _bounds,
    "posterior": _posterior,
    "sensitivity": _sensitivity,
}
