"""Figures with a row for each nuisance: pulls, intervals, correlations, and effects on a limit."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jaxmed.colours import BLACK, BLUE, DARK_GREY, GREY, RED
from jaxmed.inference.results import Estimate

_WIDTH = 5.6  # [inch]
_SMALLEST = 0.005  # correlation that is drawn
_WRITTEN = 8  # correlations at most in a row that are also written


def pulls_figure(pulls: Mapping[str, Estimate]) -> Figure:
    """Fitted nuisances with their errors, in standard deviations of their constraints."""
    values = np.array([each.value for each in pulls.values()])
    errors = np.array([each.error or 0.0 for each in pulls.values()])
    figure, panel = _rows(list(pulls))
    reach = max(2.2, float(np.max(np.abs(values) + errors)) + 0.2)
    for sigma in (2, 1):
        panel.axvspan(-sigma, sigma, color=GREY, alpha=0.35, lw=0)
    panel.errorbar(values, range(values.size), xerr=errors, fmt="o", color=BLACK, ms=4, lw=1.2)
    panel.set(xlabel="pull [σ]", xlim=(-reach, reach))
    return figure


def intervals_figure(quantiles: Mapping[str, Mapping[str, float]]) -> Figure:
    """Medians of nuisances by name with 68 % intervals, thick, and 90 %, thin, from quantiles by probability."""
    low, inner_low, median, inner_high, high = (
        [each[q] for each in quantiles.values()] for q in ("0.05", "0.16", "0.5", "0.84", "0.95")
    )
    figure, panel = _rows(list(quantiles))
    at = np.arange(len(median))
    panel.hlines(at, low, high, color=BLUE, lw=1.2)
    panel.hlines(at, inner_low, inner_high, color=BLUE, lw=3.5)
    panel.plot(median, at, "o", color=BLACK, ms=4)
    panel.set_xlabel("nuisance [σ]: median, 68 % and 90 %")
    return figure


def ranking_figure(effects: Mapping[str, float]) -> Figure:
    """Relative change of a limit if a nuisance's auxiliary measurement were one standard deviation higher."""
    figure, panel = _rows(list(effects))
    change = np.array(list(effects.values()))
    panel.barh(range(change.size), 100 * change, color=np.where(change > 0, RED, BLUE), height=0.6)
    panel.axvline(0, color=DARK_GREY, lw=0.8)
    panel.set_xlabel("change of the limit on $g'$ [%]")
    return figure


def correlation_figure(names: Sequence[str], matrix: np.ndarray) -> Figure:
    """Correlations (n, n): orange-red positive, blue negative, as strong as they are."""
    n = len(names)
    height = 1.7 + min(3.7, (0.45 if n <= _WRITTEN else 0.3) * n)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    panel = figure.subplots()
    rows, columns = np.nonzero(np.tril(np.nan_to_num(np.abs(matrix))) >= _SMALLEST)
    for row, column in zip(rows, columns, strict=True):
        value = float(matrix[row, column])
        look = {"color": RED if value > 0 else BLUE, "alpha": round(min(abs(value), 1), 2)}
        panel.add_patch(Rectangle((float(column), float(row)), 1, 1, lw=0, **look))
        if n <= _WRITTEN:
            panel.text(column + 0.5, row + 0.5, f"{value:+.2f}", ha="center", va="center", size=8)
    shown, small = [_short(name) for name in names], 10 if n < 12 else 8
    panel.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    panel.set_xticks(np.arange(n) + 0.5, shown, rotation=90, size=small)
    panel.set_yticks(np.arange(n) + 0.5, shown, size=small)
    panel.tick_params(length=0)
    return figure


def _rows(names: Sequence[str]) -> tuple[Figure, Axes]:
    """A figure with one row for each name, the first on top."""
    figure = Figure(figsize=(_WIDTH, 0.7 + 0.2 * len(names)), layout="constrained")
    panel = figure.subplots()
    panel.grid(axis="x")
    panel.set_yticks(range(len(names)), [_short(name) for name in names])
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    return figure, panel


def _short(name: str) -> str:
    return name if len(name) <= 25 else f"{name[:24]}…"
