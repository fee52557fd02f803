"""Figure 5 of arXiv:2106.12364: single-energy bounds on g', and full-likelihood limits over them."""

import textwrap
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.colours import BLUE, GREEN, ORANGE, PURPLE
from jaxmed.results.limits import LimitsResult, limit_text, strongest
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Columns, HepTable
from jaxmed.results.style import mediator_axes

# An experiment keeps its colour in both layers.
_COLOURS = {"texono": BLUE, "xenon1t": ORANGE, "coherent": GREEN}
_QUICK = {
    "texono": r"elastic scattering, TEXONO (20 %, $T$ > 3 MeV)",
    "xenon1t": "the same continued to keV recoils (20 %, 1-7 keV)",
    "coherent": "COHERENT (10 % of the amplitude on Cs)",
}
LIKELIHOOD = {"texono": "TEXONO", "xenon1t": "XENON1T", "coherent": "COHERENT CsI + LAr"}
_READINGS = PURPLE
# Light-vector readings of the XENON1T excess in the literature, couplings as published.
READINGS_G = (3e-7, 1e-6)
READINGS_MASS = 0.1  # [MeV], from there downwards
NOTE = (
    "Quick bounds (solid) ask that the interference at one neutrino energy stays below a fixed fraction of the "
    "standard model. Likelihood limits (dashed) average over the flux, keep the square of the new amplitude, and "
    "use the measured counts with their errors. Where they differ: "
    "(1) In u1r the mediator interferes destructively with nu e scattering, so a coupling whose square makes up for "
    "the interference is allowed again: TEXONO's dashed line is the outer edge of that island, three times above the "
    "coupling where its first allowed interval ends (dotted). That end is 10 to 25 % above the quick bound: at 90 % "
    "the data allow 35 % less than the standard model, not 20 %. "
    "(2) 20 % of the solar neutrinos in 1-7 keV is 2 events of 232 expected: XENON1T's errors do not reach its quick "
    "curve. Below about 0.1 MeV it prefers the mediator and excludes zero. The band shows couplings as published, not "
    "rescaled to the charges of u1r. "
    "(3) On nuclei the interference is constructive and leaves no island. COHERENT's quick bound knows nuclei only; "
    "the likelihood counts electron recoils in CsI as well, which grow for a light mediator and make it stronger than "
    "TEXONO's outer edge below about 0.1 MeV."
)


class BoundsResult(Result):
    """Single-energy bounds on g' with likelihood limits over them, in the paper's model.

    Attributes:
        cl: confidence level of the limits.
        sided: their convention, "two" or "one".
        mass_mev: of the quick bounds [MeV], (n,).
        quick: upper bounds on g' by reaction, (n,) each.
        likelihood: limits by reaction.
        note: where and why the two differ.
    """

    kind: ClassVar = "bounds"
    section: ClassVar = "Bounds of arXiv:2106.12364"

    cl: float
    sided: str
    mass_mev: Array
    quick: dict[str, Array]
    likelihood: dict[str, LimitsResult]
    note: str = NOTE

    def table(self) -> Rows:
        """One row per mass, one column per reaction."""
        first = next(iter(self.likelihood.values()))
        title = (
            f"Likelihood limits on g' at {100 * self.cl:g} % confidence level, {first.convention}"
        )
        rows = [
            [f"{mass:.4g}", *(_limit(each, i) for each in self.likelihood.values())]
            for i, mass in enumerate(first.mass_mev)
        ]
        return Rows(title, ("M_Z' [MeV]", *self.likelihood), rows)

    def notes(self) -> list[str]:
        """Where and why quick bounds and limits differ."""
        return [self.note]

    def columns(self) -> dict[str, Any]:
        """One row for each mass of the quick bounds."""
        return {"mass_mev": self.mass_mev, **self.quick}

    def answers(self) -> list[str]:
        """The limit of each reaction."""
        return [
            f"{LIKELIHOOD[name]}: {strongest(each.mass_mev, each.g_upper)}"
            for name, each in self.likelihood.items()
        ]

    def numbers(self) -> dict[str, Columns]:
        """Columns of the quick bounds, and of the limits of each reaction."""
        limits = {f"likelihood_{name}": each.columns() for name, each in self.likelihood.items()}
        return {"quick": self.columns()} | limits

    def hepdata(self) -> list[HepTable]:
        """The limits of each reaction."""
        return [
            table._replace(name=name)
            for name, each in self.likelihood.items()
            for table in each.hepdata()
        ]

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw g' against M_Z': quick bounds solid, limits dashed, published readings of the excess as a band.

        Args:
            ax: to draw on; a new figure, with the note below, if None.
            **style: of the Axes, such as title.
        """
        panel = ax
        if panel is None:
            figure = Figure(figsize=(8.4, 7.6), layout="constrained")
            panel = figure.subplots()
            figure.supxlabel(textwrap.fill(self.note, 150), fontsize=7.5, ha="left", x=0.02)
        mediator_axes(panel, r"Upper bounds on $g'$ in the U(1)$_R$ model (u1r)")
        panel.fill_between(
            [self.mass_mev[0], READINGS_MASS],
            *READINGS_G,
            color=_READINGS,
            alpha=0.35,
            lw=0,
            label="XENON1T excess: published light-vector readings",
        )
        for name, bound in self.quick.items():
            panel.plot(self.mass_mev, bound, color=_COLOURS[name], lw=2, label=_QUICK[name])
        for name, found in self.likelihood.items():
            label = f"{LIKELIHOOD[name]}, likelihood, {100 * self.cl:g} % CL, {found.convention}"
            dashes = {"color": _COLOURS[name], "lw": 1.6, "ms": 3.5, "label": label}
            panel.plot(found.mass_mev, found.g_upper, "--o", **dashes)
            _first_interval(panel, name, found)
        panel.set_xlim(0.8 * self.mass_mev[0], 1.25 * self.mass_mev[-1])
        panel.set(**style)
        panel.legend(loc="upper left", fontsize=8.5)
        return panel


def _first_interval(panel: Axes, name: str, found: LimitsResult) -> None:
    """Where the interval that holds the standard model ends, at masses with a further island."""
    pairs = zip(found.flag, found.intervals, strict=True)
    inner = [p[0][1] if "islands" in flag and p[0][0] == 0 else np.nan for flag, p in pairs]
    if np.isfinite(inner).any():
        label = f"{LIKELIHOOD[name]}, likelihood, end of the first allowed interval"
        panel.plot(found.mass_mev, inner, ":o", color=_COLOURS[name], lw=1.2, ms=2.5, label=label)


def _limit(found: LimitsResult, i: int) -> str:
    limit, flag = limit_text(found.g_upper[i]), found.flag[i]
    return limit if flag == "ok" else f"{limit} ({flag})"
