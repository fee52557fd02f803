"""Allowed intervals of a model's only parameter: what is saved, its words, table and figure."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.colours import BLUE, GREEN, SERIES
from jaxmed.results.result import Array, Number, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import HepTable, axis_label
from jaxmed.results.smooth import smooth_line
from jaxmed.results.style import figure_of

_TOP = 4.0  # of the figure, in thresholds
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
        sided: "two" or "one".
        threshold: of -2 Delta log L at an end.
        parameter: its name.
        unit: its unit, "1" for none.
        log: whether it is fitted as a logarithm, and not negative.
        value: where -log L was profiled, 0 for the standard model of a logarithmic one, (n,).
        nll: profiled there, (n,).
        best: the value at the lowest of these.
        intervals: allowed, ascending.
        flag: "ok" or what to know.
    """

    kind: ClassVar = "interval"
    section: ClassVar = "Intervals"

    cl: float
    sided: str
    threshold: Number
    parameter: str
    unit: str
    log: bool
    value: Array
    nll: Array
    best: Number
    intervals: tuple[tuple[float, float], ...]
    flag: str

    @property
    def in_unit(self) -> str:
        """The unit behind a number."""
        return "" if self.unit == "1" else f" {self.unit}"

    @property
    def upper(self) -> float:
        """Outermost end of what is allowed, infinite if that is the box."""
        return np.inf if "edge" in self.flag else self.intervals[-1][1]

    def table(self) -> Rows:
        """One row."""
        title = f"Allowed at {100 * self.cl:g} % confidence level, {self.sided}-sided"
        pairs = "\n".join(f"{low:.3g} to {high:.3g}" for low, high in self.intervals)
        head = (f"{self.parameter} [{self.unit}]".replace(" [1]", ""), "best", "flag")
        return Rows(title, head, [[pairs, f"{self.best:.3g}", self.flag]])

    def answers(self) -> list[str]:
        """What is allowed, in a sentence, and what its flags mean."""
        notes = [f"{flag}: {why}" for flag, why in _FLAGS.items() if flag in self.flag.split(", ")]
        return [self._sentence(), *notes]

    def _sentence(self) -> str:
        level = f"at {100 * self.cl:g} % confidence level, {self.sided}-sided."
        if self.log and "edge" in self.flag:
            return f"There is no limit on {self.parameter} {level}"
        if self.log and len(self.intervals) == 1 and self.intervals[0][0] == 0:
            return f"{self.parameter} < {self.upper:.3g}{self.in_unit} {level}"
        ranges = " or ".join(f"from {low:.3g} to {high:.3g}" for low, high in self.intervals)
        return f"{self.parameter} {ranges}{self.in_unit} {level}"

    def hepdata(self) -> list[HepTable]:
        """One table."""
        ends = [("Lower end", 0), ("Upper end", 1)]
        own = {"CL": f"{100 * self.cl:g} %", "Parameter": f"{self.parameter}{self.in_unit}"}
        found = [((name, ""), [pair[i] for pair in self.intervals]) for name, i in ends]
        number = list(range(1, len(self.intervals) + 1))
        what = f"Allowed intervals of {self.parameter}, {self.sided}-sided."
        return [HepTable("", what, self.qualifiers | own, [(("Interval", ""), number)], found)]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """-2 Delta log L along the parameter, the level, and what is allowed.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the curve, such as color and label, and `title` over the panel.
        """
        panel = Figure(figsize=(6.4, 4.8), layout="constrained").subplots() if ax is None else ax
        title = style.pop("title", self.heading)
        at, delta = self.draw(panel, **{"color": BLUE, "label": "nuisances profiled"} | style)
        near = np.flatnonzero(delta < _TOP * self.threshold)
        level = f"{100 * self.cl:g} % CL, {self.sided}-sided"
        panel.axhline(self.threshold, color="#888888", lw=0.8, ls=":", label=level)
        label: str | None = "allowed"
        for low, high in self.intervals:
            panel.axvspan(max(low, at[0]), high, color=GREEN, alpha=0.2, lw=0, label=label)
            label = None
        if near.size:
            left, right = (
                float(at[i]) for i in (max(near[0] - 1, 0), min(near[-1] + 1, at.size - 1))
            )
            # below that nothing changes
            least = min((low for low, _ in self.intervals if low > 0), default=right)
            panel.set_xlim(max(left, least / _PLATEAU) if self.log else left, right)
        panel.set(xscale="log" if self.log else "linear", ylim=(0, _TOP * self.threshold))
        panel.set_xlabel(axis_label(self.parameter, self.unit))
        panel.set_ylabel(r"$-2\,\Delta\log L$ above the lowest point")
        panel.set_title(title)
        panel.grid(alpha=0.3)
        panel.legend(loc="upper left" if self.log else "upper center")
        return panel

    def draw(self, panel: Axes, **style: Any) -> tuple[np.ndarray, np.ndarray]:
        """The curve alone; its points, -2 Delta log L above the lowest."""
        shown = self.value > 0 if self.log else np.full(self.value.size, True)
        at, delta = self.value[shown], 2 * (self.nll - np.nanmin(self.nll))[shown]
        panel.plot(*smooth_line(at, delta, self.log), **style)
        return at, delta

    def columns(self) -> dict[str, Any]:
        """One row for each point."""
        return {self.parameter: self.value, "nll": self.nll}


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
