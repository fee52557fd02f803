"""Figures of the page, drawn from what was saved; the exclusion plot is plane.js's."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import LogFormatter, MaxNLocator

from jaxmed.inference.results import prefers_mediator
from jaxmed.results.page.blocks import LABELS, label
from jaxmed.results.saved import numbers
from jaxmed.results.style import BLACK, BLUE, DARK_GREY, GREY, ORANGE, RED

_WIDTH = 5.6  # [inch]
_TOP = 16.0  # of -2 Delta log L along one parameter
_SIGMAS = {1.0: "1σ", 4.0: "2σ", 9.0: "3σ"}
_DASHES = ("-", "--", ":", "-.")
_DECADES = 2.0  # of counts from which their axis is logarithmic
_SMALLEST = 0.005  # correlation that is drawn
_POWER = re.compile(r"(\d+)e([+−-]\d+)")


def spectrum_figure(found: Mapping[str, Any]) -> Figure:
    """Events per bin, and below them data less prediction over the error.

    Args:
        found: as `jaxmed spectrum` saves it; `standard` in it is the fit of the standard model.
    """
    bins = np.array(found["bins"], dtype=float)
    edges = np.append(bins[:, 0], bins[-1, 1])
    width = np.diff(edges)
    even = np.ptp(width) < 1e-9 * width[0]
    per = np.ones_like(width) if even else width
    observed, error, total, ground = (
        numbers(found[key]) / per for key in ("observed", "error", "total", "background")
    )
    standard = ground + numbers(found["sm"]) / per
    if "standard" in found:
        standard = numbers(found["standard"]["total"]) / per
    figure, (main, below) = _panels(4.2, 2, sharex=True, height_ratios=(3, 1))
    main.stairs(ground, edges, fill=True, color=GREY, label="background")
    main.stairs(standard, edges, baseline=None, color=BLUE, lw=1.6, label="standard model")
    main.stairs(total, edges, baseline=None, color=RED, lw=1.6, ls="--", label="with the mediator")
    centre = bins.mean(axis=1)
    points = {"fmt": "o", "color": BLACK, "ms": 3.2, "lw": 1.0}
    main.errorbar(centre, observed, error, label="data", **points)
    unit = "" if found["unit"] == "1" else f" {found['unit']}"
    main.set_ylabel(f"events / {width[0]:g}{unit}" if even else f"events /{unit or ' 1'}")
    top = max(np.max(observed + error), np.max(total), np.max(standard))
    low = np.min(np.minimum(total, standard))
    if low > 0 and np.log10(top / low) > _DECADES:
        main.set(yscale="log", ylim=(low / 3, 20 * top))
        _powers(main.yaxis)
    else:
        main.set_ylim(0, 1.35 * top)
    main.legend(ncols=2, loc="upper right")
    pulls = (observed - total) / error
    reach = float(np.clip(np.ceil(np.max(np.abs(pulls)) + 0.2), 2, 9))
    below.axhline(0, color=DARK_GREY, lw=0.8, ls="--")
    below.errorbar(centre, pulls, np.ones_like(pulls), **points)
    below.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    below.set(xlim=(edges[0], edges[-1]), ylim=(-reach, reach), ylabel="residual [σ]")
    figure.align_ylabels()
    below.set_xlabel(label(str(found.get("axis", "energy")), str(found["unit"])))
    return figure


def pulls_figure(nuisances: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Fitted nuisances with their errors, in standard deviations of their constraints."""
    values = numbers(e["value"] for e in nuisances.values())
    errors = np.nan_to_num(numbers(e["error"] for e in nuisances.values()))
    figure, (panel,) = _panels(0.7 + 0.2 * values.size)
    reach = max(2.2, float(np.max(np.abs(values) + errors)) + 0.2)
    for sigma in (2, 1):
        panel.axvspan(-sigma, sigma, color=GREY, alpha=0.35, lw=0)
    panel.errorbar(values, range(values.size), xerr=errors, fmt="o", color=BLACK, ms=4, lw=1.2)
    panel.set(xlabel="pull [σ]", xlim=(-reach, reach))
    _rows(panel, list(nuisances))
    return figure


def intervals_figure(nuisances: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Medians of a posterior with 68 % intervals, thick, and 90 %, thin."""
    quantiles = [e["quantiles"] for e in nuisances.values()]
    low, inner_low, median, inner_high, high = (
        numbers(q[name] for q in quantiles) for name in ("0.05", "0.16", "0.5", "0.84", "0.95")
    )
    figure, (panel,) = _panels(0.7 + 0.2 * median.size)
    at = np.arange(median.size)
    panel.hlines(at, low, high, color=BLUE, lw=1.2)
    panel.hlines(at, inner_low, inner_high, color=BLUE, lw=3.5)
    panel.plot(median, at, "o", color=BLACK, ms=4)
    panel.set_xlabel("nuisance [σ]: median, 68 % and 90 %")
    _rows(panel, list(nuisances))
    return figure


def correlation_figure(names: Sequence[str], matrix: np.ndarray) -> Figure:
    """Correlations (n, n): orange-red positive, blue negative, as strong as they are."""
    n = len(names)
    figure, (panel,) = _panels(1.7 + min(3.7, (0.45 if n <= 8 else 0.3) * n))
    rows, columns = np.nonzero(np.tril(np.nan_to_num(np.abs(matrix))) >= _SMALLEST)
    for row, column in zip(rows, columns, strict=True):
        value = float(matrix[row, column])
        colour = RED if value > 0 else BLUE
        alpha = round(min(abs(value), 1), 2)
        panel.add_patch(
            Rectangle((float(column), float(row)), 1, 1, color=colour, alpha=alpha, lw=0)
        )
        if n <= 8:
            panel.text(column + 0.5, row + 0.5, f"{value:+.2f}", ha="center", va="center", size=8)
    shown = [_short(LABELS.get(name, name)) for name in names]
    small = 10 if n < 12 else 8
    panel.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    panel.set_xticks(np.arange(n) + 0.5, shown, rotation=90, size=small)
    panel.set_yticks(np.arange(n) + 0.5, shown, size=small)
    panel.tick_params(length=0)
    panel.grid(False)
    return figure


def curve_figure(axis: Mapping[str, Any], values: np.ndarray, delta: np.ndarray) -> Figure:
    """-2 Delta log L (n,) along one parameter (n,); `axis` is its entry in the header of a scan."""
    figure, (panel,) = _panels(3.8)
    top = min(_TOP, 1.05 * max(float(np.nanmax(delta)), 1.0))
    panel.plot(values, delta, color=BLUE)
    for level, words in ((level, words) for level, words in _SIGMAS.items() if level < top):
        panel.axhline(level, color=DARK_GREY, lw=0.8, ls=":")
        panel.annotate(words, (1.01, level), xycoords=("axes fraction", "data"), va="center")
    if axis["log"]:
        panel.set_xscale("log")
        _powers(panel.xaxis)
    panel.set(xlim=(values[0], values[-1]), ylim=(0, top), ylabel="−2 Δ log L")
    panel.set_xlabel(label(axis["name"], axis["unit"]))
    return figure


def plane_figure(found: Mapping[str, Any]) -> Figure:
    """Credible regions of a posterior, filled, and edges of confidence regions beside them."""
    figure, (panel,) = _panels(4.6)
    regions = sorted(found["credible"], key=lambda each: -each["probability"])
    for region, alpha in zip(regions, np.linspace(0.25, 0.7, len(regions)), strict=True):
        rings = [_vertices(ring) for ring in region["rings"]]
        shape = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings if len(ring)))
        words = f"{100 * region['probability']:g} % credible"
        panel.add_patch(PathPatch(shape, color=BLUE, alpha=alpha, lw=0, label=words))
    beside = found["confidence"]
    for level, dashes in zip(beside["contours"], np.resize(_DASHES, 99), strict=False):
        words = f"{100 * level['cl']:g} % confidence"
        panel.plot([], [], color=BLACK, lw=1.2, ls=dashes, label=words)
        for edge in level["lines"]:
            line = _vertices(edge)
            line = np.append(line, line[: int(edge["closed"])], axis=0)
            panel.plot(*line.T, color=BLACK, lw=1.2, ls=dashes)
    best = beside["best"]
    if best["mass_mev"] and prefers_mediator(("g", "mass"), beside["delta_chi2_sm"]):
        panel.plot(best["mass_mev"], best["g"], "*", color=ORANGE, ms=11, label="best fit")
    _mediator(panel)
    return figure


def toys_figure(q: np.ndarray, q0: float) -> Figure:
    """Likelihood ratios of toys without a mediator, (n_toys,), and that of the data."""
    figure, (panel,) = _panels(3.6)
    known = q[np.isfinite(q)]
    top = 1.1 * max(float(np.max(known, initial=0.0)), q0, 1.0)
    counts, edges = np.histogram(known, bins=min(40, 4 + int(np.sqrt(known.size))), range=(0, top))
    panel.stairs(counts, edges, fill=True, color=GREY, label=f"{q.size} toys without a mediator")
    panel.axvline(q0, color=RED, lw=1.6, label=f"data: {q0:.2f}")
    panel.set(yscale="log", ylim=(0.5, 4 * max(1, int(counts.max()))), xlim=(0, top))
    panel.set(xlabel="q₀ = −2 log L of the standard model less best fit", ylabel="toys")
    _powers(panel.yaxis)
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def ranking_figure(effects: Mapping[str, float]) -> Figure:
    """Relative change of a limit if a nuisance's auxiliary measurement were one standard deviation higher."""
    figure, (panel,) = _panels(0.7 + 0.2 * len(effects))
    change = np.array(list(effects.values()))
    panel.barh(range(change.size), 100 * change, color=np.where(change > 0, RED, BLUE), height=0.6)
    panel.axvline(0, color=DARK_GREY, lw=0.8)
    panel.set_xlabel("change of the limit on g′ [%]")
    _rows(panel, list(effects))
    return figure


def _panels(height: float, rows: int = 1, **kw: Any) -> tuple[Figure, list[Axes]]:
    """A figure with panels over one another."""
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    panels = list(figure.subplots(rows, 1, squeeze=False, **kw).ravel())
    for panel in panels:
        panel.grid()
    return figure, panels


def _rows(panel: Axes, names: Sequence[str]) -> None:
    """One row for each name, the first on top."""
    panel.set_yticks(range(len(names)), [_short(name) for name in names])
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.grid(False, axis="y")


def _mediator(panel: Axes) -> None:
    """Mass and coupling, both logarithmic, with what is drawn inside."""
    panel.set(xscale="log", yscale="log")
    panel.set(xlabel=label("mass"), ylabel=f"{label('g')} (dimensionless)")
    panel.autoscale_view()
    for axis in (panel.xaxis, panel.yaxis):
        _powers(axis)
    panel.legend(loc="best")


def _powers(axis: Axis) -> None:
    """Powers of ten without formulas, which this look leaves as they are written."""
    axis.set_major_formatter(_Powers())
    axis.set_minor_formatter(_Powers(labelOnlyBase=False))


class _Powers(LogFormatter):
    def __call__(self, x: float, pos: int | None = None) -> str:
        return _POWER.sub(_power, super().__call__(x, pos))


def _power(found: re.Match[str]) -> str:
    raised = str(int(found[2].replace("−", "-"))).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )
    return f"10{raised}" if found[1] == "1" else f"{found[1]}·10{raised}"


def _vertices(line: Mapping[str, Any]) -> np.ndarray:
    return np.column_stack([numbers(line["mass_mev"]), numbers(line["g"])])


def _short(name: str) -> str:
    return name if len(name) <= 25 else f"{name[:24]}…"
