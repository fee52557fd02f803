"""Allowed intervals of a model's only parameter: what is saved, its words, table and figure."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.colours import BLUE, GREEN, ORANGE, SERIES, SKY
from jaxmed.results.limits import SIGMAS, limit_text
from jaxmed.results.result import ASYMPTOTIC, UNIFIED, Array, Number, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import HepTable, axis_label, unit_after
from jaxmed.results.smooth import smooth_line
from jaxmed.results.style import figure_of

_TOP = 4.0  # of the figure, in thresholds
_STRIP = 0.05  # of its height, for what is expected
_PLATEAU, _BEYOND = 30.0, 1.1  # how far from the ends of what is allowed a figure goes
_FLAGS = {
    "edge": "allowed up to an end of the box",
    "islands": "more than one interval is allowed",
    "excludes zero": "the standard model is excluded at this level",
    "unconverged": "a fit at an end did not converge, do not trust it",
    "partly undefined": "the model gives no number at some values: what is allowed ends where they begin",
}


class IntervalResult(Result):
    """Values of one parameter that are allowed at a confidence level (`inference.regions.intervals`).

    Attributes:
        cl: confidence level.
        method: "asymptotic" or "fc" (`inference.hypothesis.feldman_cousins_limits.fc_interval`).
        sided: "two" or "one"; None for "fc".
        threshold: of -2 Delta log L at an end; NaN for "fc".
        parameter: its name.
        unit: its unit, "1" for none.
        log: whether it is fitted as a logarithm, and not negative.
        value: where -log L was profiled, or toys were drawn, 0 for the standard model of a logarithmic one, (n,).
        best: the value at the lowest of these, or at the minimum for "fc".
        intervals: allowed, ascending.
        flag: "ok" or what to know.
        nll: profiled, (n,); not with "fc".
        p: share of toys at least as extreme as the data, (n,), with "fc".
        p_error: its statistical error, (n,).
        toys: at each value at most, with "fc".
        seed: of the toys, if there are any.
        ends_expected: the upper end expected without the parameter, or the lower and the upper one if it has a sign, at
            SIGMAS standard deviations, (n_ends,) each.
        expected: how many toys these come from, and how many failed.
    """

    kind: ClassVar = "interval"
    section: ClassVar = "Intervals"
    optional: ClassVar = frozenset(
        {"nll", "p", "p_error", "toys", "seed", "ends_expected", "expected"}
    )

    cl: float
    method: str = "asymptotic"
    sided: str | None
    threshold: Number
    parameter: str
    unit: str
    log: bool
    value: Array
    best: Number
    intervals: tuple[tuple[float, float], ...]
    flag: str
    nll: Array | None = None
    p: Array | None = None
    p_error: Array | None = None
    toys: int | None = None
    seed: int | None = None
    ends_expected: dict[str, Array] | None = None
    expected: dict[str, Any] | None = None

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        found = {UNIFIED} if self.method == "fc" else {ASYMPTOTIC}
        return found | ({ASYMPTOTIC} if self.ends_expected else set())

    @property
    def convention(self) -> str:
        """What kind of limit, in words."""
        return f"{self.sided}-sided" if self.sided else "Feldman-Cousins"

    @property
    def quantity(self) -> str:
        """The parameter with its unit."""
        return f"{self.parameter} [{self.unit}]".replace(" [1]", "")

    @property
    def upper(self) -> float:
        """Outermost end of what is allowed, infinite if that is the box."""
        return np.inf if "edge" in self.flag else self.intervals[-1][1]

    def table(self) -> Rows:
        """One row."""
        title = f"Allowed at {100 * self.cl:g} % confidence level, {self.convention}"
        pairs = "\n".join(f"{low:.3g} to {high:.3g}" for low, high in self.intervals)
        without = ["expected without it"] if self.ends_expected else []
        band = ["\n".join(self._bands())] if self.ends_expected else []
        head = (self.quantity, *without, "best", "flag")
        return Rows(title, head, [[pairs, *band, f"{self.best:.3g}", self.flag]])

    def _bands(self) -> list[str]:
        """The ends expected, each with its median and in brackets where 1 sigma of the toys have it."""
        rows = np.stack([(self.ends_expected or {})[s] for s in ("0", "-1", "1")], axis=1)
        names = ["<"] if self.log else [">", "<"]
        texts = [(name, *map(limit_text, row)) for name, row in zip(names, rows, strict=True)]
        return [f"{name} {median} ({low} to {high})" for name, median, low, high in texts]

    def answers(self) -> list[str]:
        """What is allowed, in a sentence, and what its flags mean."""
        notes = [f"{flag}: {why}" for flag, why in _FLAGS.items() if flag in self.flag.split(", ")]
        return [self._sentence(), *notes]

    def _sentence(self) -> str:
        level = f"at {100 * self.cl:g} % confidence level, {self.convention}."
        if not self.intervals:
            return f"No value of {self.parameter} is allowed {level}"
        if self.log and "edge" in self.flag:
            return f"There is no limit on {self.parameter} {level}"
        if self.log and len(self.intervals) == 1 and self.intervals[0][0] == 0:
            return f"{self.parameter} < {self.upper:.3g}{unit_after(self.unit)} {level}"
        ranges = " or ".join(f"from {low:.3g} to {high:.3g}" for low, high in self.intervals)
        return f"{self.parameter} {ranges}{unit_after(self.unit)} {level}"

    def hepdata(self) -> list[HepTable]:
        """One table."""
        ends = [("Lower end", 0), ("Upper end", 1)]
        own = {"CL": f"{100 * self.cl:g} %", "Parameter": self.quantity}
        found = [((name, ""), [pair[i] for pair in self.intervals]) for name, i in ends]
        number = list(range(1, len(self.intervals) + 1))
        what = f"Allowed intervals of {self.parameter}, {self.convention}."
        return [HepTable("", what, self.qualifiers | own, [(("Interval", ""), number)], found)]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """-2 Delta log L along the parameter, or the toys' p-value, the level, and what is allowed and expected.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the curve, such as color and label, and `title` over the panel.
        """
        panel = Figure(figsize=(6.4, 4.8), layout="constrained").subplots() if ax is None else ax
        title = style.pop("title", self.heading)
        at, curve = self.draw(panel, **{"color": BLUE, "label": "nuisances profiled"} | style)
        near = (
            np.flatnonzero(curve < _TOP * self.threshold) if self.p is None else np.arange(at.size)
        )
        level = 1 - self.cl if self.p is not None else self.threshold
        words = f"{100 * self.cl:g} % CL, {self.convention}"
        panel.axhline(level, color="#888888", lw=0.8, ls=":", label=words)
        label: str | None = "allowed"
        for low, high in self.intervals:
            panel.axvspan(max(low, at[0]), high, color=GREEN, alpha=0.2, lw=0, label=label)
            label = None
        self._draw_expected(panel)
        if near.size:
            left, right = (
                float(at[i]) for i in (max(near[0] - 1, 0), min(near[-1] + 1, at.size - 1))
            )
            # below that nothing changes
            least = min((low for low, _ in self.intervals if low > 0), default=right)
            panel.set_xlim(max(left, least / _PLATEAU) if self.log else left, right)
        panel.set(
            xscale="log" if self.log else "linear", xlabel=axis_label(self.parameter, self.unit)
        )
        if self.p is None:
            panel.set(ylim=(0, _TOP * self.threshold))
            panel.set_ylabel(r"$-2\,\Delta\log L$ above the lowest point")
        else:
            panel.set(
                ylim=(0, 1.02), ylabel="p-value: share of toys at least as extreme as the data"
            )
        panel.set_title(title)
        panel.grid(alpha=0.3)
        panel.legend(loc="upper left" if self.log else "upper center")
        return panel

    def draw(self, panel: Axes, **style: Any) -> tuple[np.ndarray, np.ndarray]:
        """The curve alone; its points, -2 Delta log L above the lowest or the p-value."""
        shown = self.value > 0 if self.log else np.full(self.value.size, True)
        at = self.value[shown]
        if self.nll is None:
            assert self.p is not None and self.p_error is not None
            p, error = self.p[shown], self.p_error[shown]
            panel.errorbar(at, p, error, **{"lw": 1, "marker": ".", "elinewidth": 0.8} | style)
            return at, p
        delta = 2 * (self.nll - np.nanmin(self.nll))[shown]
        panel.plot(*smooth_line(at, delta, self.log), **style)
        return at, delta

    def _draw_expected(self, panel: Axes) -> None:
        """In a strip at the bottom, where the toys have their ends."""
        if self.ends_expected is None:
            return
        least2, least, median, most, most2 = (self.ends_expected[s] for s in SIGMAS)
        ends = "upper end" if self.log else "ends"
        for i, middle in enumerate(median):
            label = f"{ends} expected without it, 1σ and 2σ" if i == 0 else None
            panel.axvspan(least2[i], most2[i], ymax=_STRIP, color=ORANGE, lw=0)
            panel.axvspan(least[i], most[i], ymax=_STRIP, color=SKY, lw=0, label=label)
            panel.axvline(middle, ymax=_STRIP, color="black", lw=1.2)

    def columns(self) -> dict[str, Any]:
        """One row for each point."""
        found = {"nll": self.nll, "p": self.p, "p_error": self.p_error}
        return {self.parameter: self.value} | {k: v for k, v in found.items() if v is not None}


def intervals_figure(results: Mapping[str, IntervalResult]) -> Figure:
    """One interval, or the curves of several over one another, the first with what it allows."""
    first, *others = results.values()
    if not others:
        return figure_of(first.plot())
    panel = first.plot(
        label=" + ".join(first.titles), title=f"{first.model}: {100 * first.cl:g} % CL"
    )
    for colour, each in zip(cycle(SERIES[1:]), others, strict=False):
        left, right = panel.get_xlim()
        at, _ = each.draw(panel, color=colour, label=" + ".join(each.titles))
        ends = [end for pair in each.intervals for end in pair if at[0] < end < at[-1]]
        panel.set_xlim(min([left, *ends]), max([right, *(_BEYOND * end for end in ends)]))
    panel.legend(loc="upper left" if first.log else "upper center", fontsize=8)
    return figure_of(panel)
