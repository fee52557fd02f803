"""Limits to expect without a mediator: what is saved, its words, table and figure."""

from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes

from jaxmed.results.limits import SIGMAS, draw_expected, limit_text
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.style import mediator_axes


class ExpectedResult(Result):
    """Distribution of asymptotic upper limits over background-only toys (`inference.hypothesis.expected_limits`).

    Attributes:
        cl: confidence level.
        sided: "two" or "one".
        number: of toys, the same at each mass.
        seed: of the toys.
        mass_mev: [MeV], (n,).
        g_expected: limits at SIGMAS standard deviations of the toys, NaN where most of them have none, (n,) each.
        toys: the limit of each toy, NaN where it lies outside of the couplings tested, (number, n).
        failed: toys with a fit that did not converge at each mass; they have no limit, (n,).
    """

    kind: ClassVar = "expected"
    section: ClassVar = "Expected limits"

    cl: float
    sided: str
    number: int
    seed: int
    mass_mev: Array
    g_expected: dict[str, Array]
    toys: Array
    failed: Array

    @property
    def mass(self) -> np.ndarray:
        """`mass_mev`."""
        return self.mass_mev

    @property
    def g_upper(self) -> np.ndarray:
        """`g_expected` as one array, (5, n)."""
        return np.stack([self.g_expected[s] for s in SIGMAS])

    def table(self) -> Rows:
        """One row for each mass."""
        title = (
            f"Expected limits at {100 * self.cl:g} % confidence level without a mediator, {self.sided}-sided, from "
            f"{self.number} toys"
        )
        head = ("M_Z' [MeV]", "g' <, median", "1 sigma", "2 sigma")
        return Rows(title, head, [self._row(i) for i in range(self.mass_mev.size)])

    def _row(self, i: int) -> list[str]:
        least2, least, median, most, most2 = (limit_text(self.g_expected[s][i]) for s in SIGMAS)
        mass = f"{self.mass_mev[i]:.4g}"
        return [mass, median, f"{least} to {most}", f"{least2} to {most2}"]

    def notes(self) -> list[str]:
        """At how many masses there is no limit, and how many toys failed."""
        n, none = self.mass_mev.size, np.count_nonzero(np.isnan(self.g_expected["0"]))
        found = []
        if none:
            found.append(
                f"no expected limit at {none} of {n} masses: most toys exclude no coupling there, or the model is "
                "undefined"
            )
        if self.failed.any():
            found.append(
                f"up to {self.failed.max()} toys of a mass did not converge, and have no limit"
            )
        return found

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Median limit against mass with its 1 and 2 sigma bands.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.
        """
        title = f"{self.heading}: expected, {100 * self.cl:g} % CL, {self.sided}-sided"
        panel = mediator_axes(ax, title)
        draw_expected(panel, self.mass_mev, self.g_expected)
        panel.legend(loc="upper left")
        panel.set(**style)
        return panel

    def columns(self) -> dict[str, Any]:
        """One row for each mass."""
        bands = {f"g_expected_{s}": values for s, values in self.g_expected.items()}
        return {"mass_mev": self.mass_mev, **bands, "failed": self.failed}
