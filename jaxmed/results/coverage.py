"""How often Feldman-Cousins sets contain the truth: what is saved, its words, table and figure."""

from typing import Annotated, Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import AfterValidator

from jaxmed.colours import BLUE, DARK_GREY, ORANGE
from jaxmed.results.fit_in_words import LABELS, UNITS
from jaxmed.results.result import ASYMPTOTIC, UNIFIED, Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Drawing
from jaxmed.results.style import figure_of

# infinite where too many toys failed, for which JSON has null
Critical = Annotated[Array, AfterValidator(lambda x: np.where(np.isnan(x), np.inf, x))]


class CoverageResult(Result):
    """Coverage at some points, (n,) each (`inference.hypothesis.coverage`).

    Attributes:
        points: the truths, all free model parameters by name in their own unit; g = 0 is the standard model.
        nuisances: the truth of some nuisances in standard deviations; the data prefer those of all others.
        cl: confidence level.
        number: of toys at each point.
        seed: of the toys.
        value: fraction of toys whose Feldman-Cousins set contains the truth.
        error: binomial, with that of the critical value, which comes from as many independent toys.
        asymptotic: fraction whose asymptotic set does, chi^2 with one degree of freedom for each free parameter.
        critical: the critical values of q, infinite where too many toys failed.
        failed: toys with a fit that did not converge; they count as not covered.
    """

    kind: ClassVar = "coverage"
    section: ClassVar = "Coverage"

    points: list[dict[str, float]]
    nuisances: dict[str, float]
    cl: float
    number: int
    seed: int
    value: Array
    error: Array
    asymptotic: Array
    critical: Critical
    failed: Array

    def table(self) -> Rows:
        """One row for each point."""
        title = f"Share of {self.number} toys whose {100 * self.cl:g} % set contains the truth"
        head = ("truth", "Feldman-Cousins", "error", "asymptotic", "critical value")
        numbers = (100 * self.value, 100 * self.error, 100 * self.asymptotic, self.critical)
        rows = [
            [_words(point), f"{value:.1f} %", f"{error:.1f} %", f"{asymptotic:.1f} %", f"{q:.3g}"]
            for point, value, error, asymptotic, q in zip(self.points, *numbers, strict=True)
        ]
        return Rows(title, head, rows, (1, 2, 3, 4))

    def notes(self) -> list[str]:
        """How many toys failed."""
        pairs = zip(self.points, self.failed.tolist(), strict=True)
        return [
            f"{_words(point)}: {failed} toys did not converge and count as not covered"
            for point, failed in pairs
            if failed
        ]

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {UNIFIED, ASYMPTOTIC}

    def drawings(self) -> list[Drawing]:
        """The figure."""
        return [Drawing("coverage", self.figure)]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Coverage of each point beside the confidence level.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.
        """
        n = len(self.points)
        panel = ax
        if panel is None:
            panel = Figure(figsize=(6.4, 2.0 + 0.5 * n), layout="constrained").subplots()
        at, level = np.arange(n), 100 * self.cl
        panel.axvline(level, color=DARK_GREY, lw=1, label=f"{level:g} % asked for")
        panel.errorbar(
            100 * self.value,
            at,
            xerr=100 * self.error,
            fmt="o",
            color=BLUE,
            label="Feldman-Cousins",
        )
        panel.plot(100 * self.asymptotic, at, "D", color=ORANGE, mfc="none", label="asymptotic")
        panel.set_yticks(at, [_words(point) for point in self.points])
        panel.set(ylim=(n - 0.5, -0.5), xlabel="toys whose set contains the truth [%]")
        panel.grid(alpha=0.3, axis="x")
        if ax is None:
            figure_of(panel).legend(loc="outside lower center", ncols=3, fontsize="small")
        else:
            panel.legend(loc="lower right", fontsize="small")
        panel.set(**{"title": self.heading} | style)
        return panel

    def columns(self) -> dict[str, Any]:
        """One row for each point."""
        found = {name: [point[name] for point in self.points] for name in self.points[0]}
        names = ("value", "error", "asymptotic", "critical", "failed")
        return found | {name: getattr(self, name) for name in names}


def _words(point: dict[str, float]) -> str:
    if point.get("g") == 0:
        return "standard model"
    return ", ".join(
        f"{LABELS.get(name, name)} {x:.3g} {UNITS.get(name, '')}".strip()
        for name, x in point.items()
    )
