"""Drawing in SVG: scales, ticks and the frame of a panel."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from jaxmed.results.page.tags import Html, join, tag


class Scale(NamedTuple):
    """From data to pixels: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value lies, to a tenth of a pixel."""
        low, high, x = (
            np.log10([self.low, self.high, value]) if self.log else (self.low, self.high, value)
        )
        return round(float(self.start + (x - low) / (high - low) * (self.end - self.start)), 1)

    def ticks(self, number: int = 5) -> list[float]:
        """Round values within the scale."""
        linear = MaxNLocator(number, steps=[1, 2, 5, 10])
        locator = LogLocator(numticks=number + 1) if self.log else linear
        return [float(t) for t in locator.tick_values(self.low, self.high) if self.holds(t)]

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def drawing(width: float, height: float, label: str, *content: object) -> Html:
    """An image with a name for those who cannot see it."""
    return tag(
        "svg",
        *content,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=label,
        class_="chart",
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, what: object, anchor: str = "middle", **attributes: object) -> Html:
    """A text, centred unless said otherwise."""
    return tag("text", what, x=x, y=y, text_anchor=anchor, **attributes)


def path(points: Sequence[tuple[float, float]], class_: str, close: bool = False) -> Html:
    """A line through points."""
    steps = " L".join(f"{x:g} {y:g}" for x, y in points)
    return tag("path", d=f"M{steps}{'Z' if close else ''}", class_=class_)


def x_axis(scale: Scale, top: float, bottom: float, label: str | None) -> Html:
    """Ticks and grid; numbers below and the label only if there is one."""
    marks = [
        (
            line(scale(t), top, scale(t), bottom, "grid"),
            text(scale(t), bottom + 14, f"{t:g}") if label else None,
        )
        for t in scale.ticks()
    ]
    middle = (scale.start + scale.end) / 2
    return join([marks, text(middle, bottom + 31, label, class_="label") if label else None])


def y_axis(scale: Scale, left: float, right: float, label: str, number: int = 5) -> Html:
    """Ticks, grid, numbers and label on the left."""
    marks = [
        (
            line(left, scale(t), right, scale(t), "grid"),
            text(left - 6, scale(t) + 4, f"{t:g}", "end"),
        )
        for t in scale.ticks(number)
    ]
    middle = (scale.start + scale.end) / 2
    turned = text(14, middle, label, class_="label", transform=f"rotate(-90 14 {middle:g})")
    return join([marks, turned])


def frame(x: Scale, y: Scale) -> Html:
    """The box around a panel."""
    return tag(
        "rect", x=x.start, y=y.end, width=x.end - x.start, height=y.start - y.end, class_="frame"
    )


def steps(edges: np.ndarray, heights: np.ndarray, x: Scale, y: Scale) -> list[tuple[float, float]]:
    """Corners of a histogram's outline, from the left to the right."""
    up: Callable[[float], float] = lambda value: y(min(max(value, y.low), y.high))  # noqa: E731
    pairs = zip(edges[:-1], edges[1:], heights, strict=True)
    return [(x(at), up(height)) for low, high, height in pairs for at in (low, high)]
