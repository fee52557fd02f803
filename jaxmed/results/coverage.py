"""How often sets contain the truth: what is saved, its words, table and figure."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import AfterValidator

from jaxmed.results.coverage_figures import Shares, TestedPlane, draw_map, draw_rows, maps
from jaxmed.results.fit_in_words import LABELS, UNITS
from jaxmed.results.result import ASYMPTOTIC, UNIFIED, Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Drawing

# infinite where too many toys failed, for which JSON has null
Critical = Annotated[Array, AfterValidator(lambda x: np.where(np.isnan(x), np.inf, x))]
# A coverage is what was asked for if it is no further off than this, or than so many of its errors.
_CLOSE, _ERRORS = 0.01, 3


class CoverageResult(Result):
    """Coverage at some points, (n,) each (`inference.hypothesis.coverage`).

    Attributes:
        points: the truths, all free model parameters by name in their own unit; g = 0 is the standard model.
        nuisances: the truth of some nuisances in standard deviations; the data prefer those of all others.
        sets: "limit", couplings at the mass of the truth, or "region", of all free parameters together.
        cl: confidence level.
        threshold: of q in asymptotic sets, a quantile of chi^2 with one degree of freedom for each parameter of a set.
        number: of toys that are tested at each point, and as many for its critical value.
        seed: of the toys.
        value: fraction of toys whose Feldman-Cousins set contains the truth.
        error: binomial, with that of the critical value, which comes from as many independent toys.
        asymptotic: fraction whose asymptotic set does.
        asymptotic_error: binomial.
        critical: the critical values of q, infinite where too many toys failed.
        failed: toys with a fit that did not converge; they count as not covered.
        exact: whether it is a sum over all counts instead of toys; its errors are what the sum leaves out.
        g_expected: limit to expect without a mediator at the mass of each point, where couplings were chosen by it.
    """

    kind: ClassVar = "coverage"
    section: ClassVar = "Coverage"
    optional: ClassVar = frozenset({"g_expected"})

    points: list[dict[str, float]]
    nuisances: dict[str, float]
    sets: Literal["limit", "region"]
    cl: float
    threshold: float
    number: int
    seed: int
    value: Array
    error: Array
    asymptotic: Array
    asymptotic_error: Array
    critical: Critical
    failed: Array
    exact: Array
    g_expected: Array | None = None

    @property
    def off(self) -> np.ndarray:
        """Where asymptotic sets cover less (-1) or more (1) than asked for, by more than 1 % and three errors, (n,)."""
        return self._off(self.asymptotic, self.asymptotic_error)

    @property
    def shares(self) -> tuple[Shares, Shares]:
        """Of both kinds of sets: name, coverage, error, and where it is off."""
        return (
            Shares("asymptotic", self.asymptotic, self.asymptotic_error, self.off),
            Shares("Feldman-Cousins", self.value, self.error, self._off(self.value, self.error)),
        )

    def _off(self, value: np.ndarray, error: np.ndarray) -> np.ndarray:
        away = value - self.cl
        return np.sign(away) * (np.abs(away) > np.maximum(_CLOSE, _ERRORS * error))

    @property
    def is_map(self) -> bool:
        """Whether there are several masses, with several couplings each."""
        masses = [point.get("mass") for point in self.points if "g" in point]
        return len({*masses}) > 1 and all(masses.count(mass) > 1 for mass in masses)

    @property
    def plane(self) -> TestedPlane:
        """Masses [MeV], couplings, and the limit to expect, (n,) each."""
        mass, g = (np.array([point[name] for point in self.points]) for name in ("mass", "g"))
        return TestedPlane(mass, g, self.g_expected)

    @property
    def _title(self) -> str:
        what = "limit" if self.sets == "limit" else "set"
        return f"Share of {self.number} toys whose {100 * self.cl:g} % {what} contains the truth"

    def table(self) -> Rows:
        """One row for each point, or for each mass of many."""
        if self.is_map:
            head = ("M_Z' [MeV]", "g'", "asymptotic", "Feldman-Cousins", "asymptotic too low at")
            return Rows(self._title, (*head, "too high at"), [*self._masses()], (1, 2, 3, 4, 5))
        head = ("truth", "Feldman-Cousins", "error", "asymptotic", "critical value")
        numbers = (100 * self.value, 100 * self.error, 100 * self.asymptotic, self.critical)
        rows = [
            [self._words(i), f"{value:.1f} %", f"{error:.1f} %", f"{asymptotic:.1f} %", f"{q:.3g}"]
            for i, (value, error, asymptotic, q) in enumerate(zip(*numbers, strict=True))
        ]
        return Rows(self._title, head, rows, (1, 2, 3, 4))

    def _masses(self) -> Iterator[list[str]]:
        mass, g, _ = self.plane
        for each in np.unique(mass):
            own = mass == each
            shares = (f"{_range(100 * share[own], '.1f')} %" for _, share, *_ in self.shares)
            ends = (f"{np.count_nonzero(self.off[own] == sign)} of {own.sum()}" for sign in (-1, 1))
            yield [f"{each:.3g}", _range(g[own], ".3g"), *shares, *ends]

    def notes(self) -> list[str]:
        """How far both kinds of sets can be trusted, how many toys failed, and what needed none."""
        found = [self._trust(shares) for shares in self.shares]
        if self.failed.any():
            found.append(
                f"{self.failed.sum()} toys did not converge and count as not covered, the most "
                f"{self.failed.max()} at {self._words(int(np.argmax(self.failed)))}"
            )
        if self.exact.any():
            found.append(f"{self.exact.sum()} points are sums over all counts, without toys")
        return found

    def _trust(self, shares: Shares) -> str:
        """At how many points sets cover what was asked for, and where they are furthest off."""
        right, n = np.count_nonzero(shares.off == 0), len(self.points)
        sets = f"{shares.name} {self.sets}s cover {100 * self.cl:g} % of the toys at {right} of {n} points"
        words = [f"{sets}, within 1 % or three errors"]
        for sign, more in ((-1, "less"), (1, "more")):
            off = np.flatnonzero(shares.off == sign)
            if off.size:
                at = off[np.argmax(sign * shares.value[off])]
                value = f"{100 * shares.value[at]:.1f} %"
                words.append(f"{more} at {off.size}, {value} at {self._words(int(at))}")
        return "; ".join(words)

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {UNIFIED, ASYMPTOTIC}

    def drawings(self) -> list[Drawing]:
        """The figure."""
        return [Drawing("coverage", self.figure)]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Coverage of each point beside the confidence level; of many over M_Z' and g', of asymptotic sets.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.
        """
        if self.is_map:
            panel = draw_map(ax, self.plane, self.shares[0], self.cl)
        else:
            names = [self._words(i) for i in range(len(self.points))]
            panel = draw_rows(ax, names, self.shares, self.cl)
        panel.set(**{"title": self.heading} | style)
        return panel

    def figure(self) -> Figure:
        """Both kinds of sets beside each other."""
        if not self.is_map:
            return super().figure()
        about = f"{100 * self.cl:g} % {self.sets}s, {self.number} toys at each point"
        if self.g_expected is not None:
            about += "; below each mass the limit to expect there"
        return maps(self.plane, self.shares, self.cl, f"{self.heading}: {about}")

    def columns(self) -> dict[str, Any]:
        """One row for each point."""
        found = {name: [point[name] for point in self.points] for name in self.points[0]}
        names = ("value", "error", "asymptotic", "asymptotic_error", "critical", "failed", "exact")
        return found | {name: getattr(self, name) for name in names}

    def _words(self, i: int) -> str:
        """A point; of the standard model its mass where that means anything."""
        shown = dict(self.points[i])
        words = []
        if shown.get("g") == 0:
            words, shown = ["standard model"], {n: x for n, x in shown.items() if n == "mass"}
            if self.sets == "region":
                shown = {}
        pairs = ((LABELS.get(n, n), x, UNITS.get(n, "")) for n, x in shown.items())
        return ", ".join([*words, *(f"{n} {x:.3g} {unit}".strip() for n, x, unit in pairs)])


def _range(values: np.ndarray, digits: str) -> str:
    return f"{values.min():{digits}} to {values.max():{digits}}"
