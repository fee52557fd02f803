"""Static charts of the report: spectra with residuals, pulls, and curves of one parameter."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxmed.results.page.svg import (
    Scale,
    drawing,
    frame,
    line,
    path,
    steps,
    text,
    x_axis,
    y_axis,
)
from jaxmed.results.page.tags import Html, join, tag
from jaxmed.results.saved import numbers

_WIDTH, _LEFT, _RIGHT = 420.0, 54.0, 410.0
_MAIN, _RESIDUALS = (14.0, 208.0), (220.0, 286.0)
_ROW = 17.0


def spectrum_chart(title: str, found: Mapping[str, Any]) -> Html:
    """Events per bin with their residuals below: data less the mediator's prediction, over the error.

    Args:
        title: for the label.
        found: as `Spectrum.as_json` writes it; `standard` in it adds the fit of the standard model.
    """
    bins = np.array(found["bins"], dtype=float)
    edges = np.append(bins[:, 0], bins[-1, 1])
    width = np.diff(edges)
    even = np.ptp(width) < 1e-9 * width[0]
    scale = np.ones_like(width) if even else width
    observed, error, total = (numbers(found[k]) / scale for k in ("observed", "error", "total"))
    standard = numbers(found["standard"]["total"]) if "standard" in found else _standard(found)
    per = f"{width[0]:g} {found['unit']}" if even else found["unit"]
    x = Scale(edges[0], edges[-1], _LEFT, _RIGHT)
    top = 1.08 * max(np.max(observed + error), np.max(total), np.max(standard / scale))
    y = Scale(0.0, float(top), _MAIN[1], _MAIN[0])
    background = steps(edges, numbers(found["background"]) / scale, x, y)
    ground = [(x(edges[0]), y(0)), *background, (x(edges[-1]), y(0))]
    pulls = (observed - total) / error
    reach = float(np.clip(np.ceil(np.max(np.abs(pulls)) + 0.2), 2, 9))
    below = Scale(-reach, reach, _RESIDUALS[1], _RESIDUALS[0])
    axis = found.get("axis", "energy")
    unit = "" if found["unit"] == "1" else f" [{found['unit']}]"
    return drawing(
        _WIDTH,
        322,
        f"Spectrum of {title}",
        x_axis(x, _MAIN[0], _MAIN[1], None),
        y_axis(y, _LEFT, _RIGHT, f"events / {per}"),
        path(ground, "background", close=True),
        path(steps(edges, standard / scale, x, y), "standard"),
        path(steps(edges, total, x, y), "best"),
        _data(edges, observed, error, x, y),
        frame(x, y),
        x_axis(x, _RESIDUALS[0], _RESIDUALS[1], f"{axis}{unit}"),
        y_axis(below, _LEFT, _RIGHT, "residual [σ]", 3),
        line(_LEFT, below(0), _RIGHT, below(0), "zero"),
        _data(edges, pulls, np.ones_like(pulls), x, below),
        frame(x, below),
        _hovers(edges, found, standard, x),
    )


def pulls_chart(title: str, nuisances: Mapping[str, Mapping[str, Any]]) -> Html:
    """Fitted nuisances with their errors, in standard deviations of their constraints."""
    values = numbers(e["value"] for e in nuisances.values())
    errors = np.nan_to_num(numbers(e["error"] for e in nuisances.values()))
    reach = float(np.ceil(max(2.2, np.max(np.abs(values) + errors))))
    top, bottom = 8.0, 8.0 + _ROW * len(nuisances)
    x = Scale(-reach, reach, 170.0, _RIGHT)
    rows = Scale(0, len(nuisances), top, bottom)
    bands = [
        tag("rect", x=x(-s), y=top, width=x(s) - x(-s), height=bottom - top, class_=f"band{s}")
        for s in (2, 1)
    ]
    marks = []
    for i, (name, value, error) in enumerate(zip(nuisances, values, errors, strict=True)):
        y = rows(i + 0.5)
        low, high = max(value - error, -reach), min(value + error, reach)
        words = f"{name}: {value:+.3f} ± {error:.3f}"
        marks += [
            text(162, y + 4, _short(name), "end"),
            line(x(low), y, x(high), y, "bar"),
            tag("circle", tag("title", words), cx=x(value), cy=y, r=3.5, class_="dot"),
        ]
    box = Scale(0, 1, bottom, top)
    axis = x_axis(x, top, bottom, "pull [σ]")
    return drawing(_WIDTH, bottom + 38, f"Pulls of {title}", bands, axis, marks, frame(x, box))


def curve_chart(title: str, label: str, x_values: np.ndarray, delta: np.ndarray, log: bool) -> Html:
    """-2 Delta log L along one parameter."""
    x = Scale(float(x_values[0]), float(x_values[-1]), _LEFT, _RIGHT, log)
    top = min(16.0, 1.05 * max(float(np.nanmax(delta)), 1.0))
    y = Scale(0.0, top, 240.0, 14.0)
    points = [(x(v), y(min(d, top))) for v, d in zip(x_values, delta, strict=True)]
    runs = np.ma.clump_unmasked(np.ma.masked_invalid(delta))  # a gap where the model is undefined
    return drawing(
        _WIDTH,
        278,
        title,
        x_axis(x, 14, 240, label),
        y_axis(y, _LEFT, _RIGHT, "−2 Δ log L"),
        *(path(points[run], "standard") for run in runs),
        frame(x, y),
    )


def _standard(found: Mapping[str, Any]) -> np.ndarray:
    return numbers(found["sm"]) + numbers(found["background"])


def _data(edges: np.ndarray, values: np.ndarray, errors: np.ndarray, x: Scale, y: Scale) -> Html:
    """Points with error bars, cut at the edges of the panel."""
    marks = []
    for centre, value, error in zip((edges[:-1] + edges[1:]) / 2, values, errors, strict=True):
        low, high = max(value - error, y.low), min(value + error, y.high)
        if low < high:
            marks.append(line(x(centre), y(low), x(centre), y(high), "bar"))
        if y.holds(value):
            marks.append(tag("circle", cx=x(centre), cy=y(value), r=2.4, class_="dot"))
    return join(marks)


def _hovers(edges: np.ndarray, found: Mapping[str, Any], standard: np.ndarray, x: Scale) -> Html:
    """An invisible rectangle for each bin that says its numbers."""
    top, height = _MAIN[0], _RESIDUALS[1] - _MAIN[0]
    rows = zip(edges[:-1], edges[1:], found["observed"], found["total"], standard, strict=True)
    return join(
        tag(
            "rect",
            tag(
                "title",
                f"{low:g} to {high:g} {found['unit']}: observed {n:.5g}, best fit {best:.5g}, "
                f"standard model {sm:.5g}",
            ),
            x=x(low),
            y=top,
            width=round(x(high) - x(low), 1),
            height=height,
            class_="hover",
        )
        for low, high, n, best, sm in rows
    )


def _short(name: str) -> str:
    return name if len(name) <= 25 else f"{name[:24]}…"
