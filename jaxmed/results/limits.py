"""Upper limits on g' along a line of masses: what is saved, its words, table and figure."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.colours import BLUE, GREEN, ORANGE, SERIES, SKY
from jaxmed.results.nuisance_figures import ranking_figure
from jaxmed.results.overlay import Overlay, SavedOverlay, draw_beside, draw_overlays
from jaxmed.results.result import ASYMPTOTIC, UNIFIED, Array, Number, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import COUPLING, MASS, Drawing, HepTable
from jaxmed.results.style import figure_of, mediator_axes

SIGMAS = ("-2", "-1", "0", "1", "2")
"""Names of the expected limits, in standard deviations."""
_MOST_RANKED = 20
_FAR = 1e6
_FLAGS = {
    "edge": "allowed up to the largest coupling that was tried, so there is no limit",
    "islands": "more than one interval is allowed, and g' < is the end of the last",
    "excludes zero": "the standard model is excluded at this level",
    "unconverged": "a fit at the edge did not converge, do not trust it",
    "undefined": "the model gives no number there, so that nothing is excluded or allowed",
    "partly undefined": "the model gives no number at some couplings: what is allowed ends where they begin",
}


class LimitsResult(Result):
    """Limits along a line of masses (`inference.regions.limits`, `inference.hypothesis.feldman_cousins_limits`).

    Attributes:
        cl: confidence level.
        method: "asymptotic" or "fc".
        sided: "two" or "one"; None for "fc".
        threshold: of -2 Delta log L at a limit; NaN for "fc".
        mass_mev: [MeV], (n,).
        g_upper: outermost edge of what is allowed, NaN where there is none, (n,).
        g_best: of the best fit at each mass, 0 for the standard model, (n,).
        flag: "ok" or what to know, (n,).
        intervals: allowed intervals of g at each mass, ascending.
        toys: at each coupling at most, with "fc".
        seed: of the toys, if there are any.
        g_expected: limits expected without a mediator at SIGMAS standard deviations, (n,) each.
        expected: how many toys these come from, and how many failed at each mass.
        ranking: by nuisance what a shift of its auxiliary measurement by one sigma does to ln g_upper, (n,) each, the
            largest first (`inference.regions.nuisance_effects`); asymptotic limits only.
        overlays: other curves of the figure.
    """

    kind: ClassVar = "limit"
    section: ClassVar = "Limits"
    about: ClassVar = (
        "A ranking shows how the limit on g' at one mass changes if the auxiliary measurement of a nuisance were one "
        "standard deviation higher."
    )
    optional: ClassVar = frozenset(
        {"toys", "seed", "g_expected", "expected", "ranking", "overlays"}
    )

    cl: float
    method: str
    sided: str | None
    threshold: Number
    mass_mev: Array
    g_upper: Array
    g_best: Array
    flag: tuple[str, ...]
    intervals: tuple[tuple[tuple[float, float], ...], ...]
    toys: int | None = None
    seed: int | None = None
    g_expected: dict[str, Array] | None = None
    expected: dict[str, Any] | None = None
    ranking: dict[str, Array] | None = None
    overlays: list[SavedOverlay] | None = None

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        found = {UNIFIED} if self.method == "fc" else {ASYMPTOTIC}
        return found | ({ASYMPTOTIC} if self.g_expected else set())

    @property
    def mass(self) -> np.ndarray:
        """`mass_mev`."""
        return self.mass_mev

    @property
    def convention(self) -> str:
        """What kind of limit, in words."""
        return f"{self.sided}-sided" if self.sided else "Feldman-Cousins"

    def table(self) -> Rows:
        """One row for each mass."""
        title = f"Upper limits at {100 * self.cl:g} % confidence level, {self.convention}"
        without = ["expected without a mediator"] if self.g_expected else []
        head = ("M_Z' [MeV]", "g' <", *without, "best g'", "allowed g'", "flag")
        return Rows(title, head, [self._row(i) for i in range(self.mass_mev.size)])

    def _row(self, i: int) -> list[str]:
        pairs = "\n".join(f"{low:.3g} to {high:.3g}" for low, high in self.intervals[i])
        band = []
        if self.g_expected:
            low, median, high = (limit_text(self.g_expected[s][i]) for s in ("-1", "0", "1"))
            band = [f"{median} ({low} to {high})"]
        upper, best = limit_text(self.g_upper[i]), limit_text(self.g_best[i])
        return [f"{self.mass_mev[i]:.4g}", upper, *band, best, pairs, self.flag[i]]

    def notes(self) -> list[str]:
        """One sentence for each flag that occurs: what it means, and at how many masses."""
        found = []
        for flag, meaning in _FLAGS.items():
            number = sum(flag in each.split(", ") for each in self.flag)
            if number:
                found.append(f"{flag} at {number} of {len(self.flag)} masses: {meaning}")
        return found

    def answers(self) -> list[str]:
        """The limit where it is strongest and at both ends, and what its flags mean."""
        return [strongest(self.mass_mev, self.g_upper), *self.notes()]

    def drawings(self) -> list[Drawing]:
        """Nuisances by their effect on the limit where it is strongest."""
        if not self.ranking or not np.isfinite(self.g_upper).any():
            return []
        at = int(np.nanargmin(self.g_upper))
        change = {name: float(np.expm1(effect[at])) for name, effect in self.ranking.items()}
        known = sorted(
            (name for name in change if np.isfinite(change[name])), key=lambda n: -abs(change[n])
        )
        shown = {name: change[name] for name in known[:_MOST_RANKED]}
        title = f"what moves the limit at {self.mass_mev[at]:.3g} MeV"
        columns = {"mass_mev": self.mass_mev, **self.ranking}
        return [Drawing(title, partial(ranking_figure, shown), columns)]

    def hepdata(self) -> list[HepTable]:
        """One table."""
        how = ", ".join(filter(None, [self.method, self.sided and f"{self.sided}-sided"]))
        description = (
            f"Upper limit on the coupling, {how}, outermost if there are several intervals."
        )
        bands = [
            ((f"$g'$ expected without a mediator, {int(n):+d} sigma", ""), values.tolist())
            for n, values in (self.g_expected or {}).items()
        ]
        found = [(COUPLING, self.g_upper.tolist()), (("Remark", ""), list(self.flag)), *bands]
        asked = self.qualifiers | {"CL": f"{100 * self.cl:g} %"}
        return [HepTable("", description, asked, [(MASS, self.mass_mev.tolist())], found)]

    def plot(self, ax: Axes | None = None, overlays: Sequence[Overlay] = (), **style: Any) -> Axes:
        """Limit against mass with the excluded side shaded, allowed islands, what to expect, other curves.

        Args:
            ax: to draw on; a new figure if None.
            overlays: other curves.
            **style: of the limit's line, such as color and label, and `title` over the panel.
        """
        panel = mediator_axes(ax, style.pop("title", self.heading))
        highs = [high for pairs in self.intervals for _, high in pairs]
        # Feldman-Cousins sets may be empty
        floor = 10 ** np.floor(np.log10(min(highs, default=1.0)) - 1)
        if self.g_expected:
            draw_expected(panel, self.mass_mev, self.g_expected)
        label = f"{100 * self.cl:g} % CL upper limit (outermost), {self.convention}"
        asked = {"color": BLUE, "marker": "o", "ms": 3, "label": label} | style
        (line,) = panel.plot(self.mass_mev, self.g_upper, **asked)
        self._draw_allowed(panel, floor)
        panel.set_ylim(bottom=floor)
        # a single mass has no width to keep
        (draw_beside if self.mass_mev.size > 1 else draw_overlays)(panel, overlays)
        top = panel.get_ylim()[1]
        # beyond what is shown: other curves may make it higher
        above, look = _FAR * top, {"color": line.get_color(), "alpha": 0.12, "lw": 0}
        panel.fill_between(self.mass_mev, self.g_upper, above, **look)
        panel.set_ylim(top=top)
        panel.legend(loc="lower right")
        return panel

    def _draw_allowed(self, panel: Axes, floor: float) -> None:
        """Every allowed interval, where it is not simply all below the limit."""
        label: str | None = "allowed"
        for mass, pairs in zip(self.mass_mev, self.intervals, strict=True):
            for low, high in pairs if len(pairs) > 1 or (pairs and pairs[0][0] > 0) else ():
                ends = [max(low, floor), high]
                panel.plot([mass, mass], ends, color=GREEN, lw=3, alpha=0.35, label=label)
                label = None

    def columns(self) -> dict[str, Any]:
        """One row for each mass."""
        found = {"mass_mev": self.mass_mev, "g_upper": self.g_upper, "g_best": self.g_best}
        bands = {f"g_expected_{s}": v for s, v in (self.g_expected or {}).items()}
        allowed = ["; ".join(f"{a!r} to {b!r}" for a, b in pairs) for pairs in self.intervals]
        return found | bands | {"flag": self.flag, "allowed": allowed}


def strongest(mass: np.ndarray, upper: np.ndarray) -> str:
    """A limit where it is strongest and at both ends, in a sentence."""
    known = np.flatnonzero(np.isfinite(upper))
    if not known.size:
        return "There is no limit."
    shown = dict.fromkeys([known[0], known[np.argmin(upper[known])], known[-1]])
    return ", ".join(f"g' < {upper[i]:.3g} at {mass[i]:.4g} MeV" for i in shown) + "."


def draw_expected(panel: Axes, mass: np.ndarray, bands: Mapping[str, np.ndarray]) -> None:
    """Median and 1 and 2 sigma bands of limits to expect, by SIGMAS; a single mass has bars instead."""
    least2, least, median, most, most2 = (bands[s] for s in SIGMAS)
    wide = (least2, most2, ORANGE, "2σ expected"), (least, most, SKY, "1σ expected")
    alone = median.size == 1
    ends = mass * np.array([0.94, 1.06]) if alone else mass
    for low, high, colour, label in wide:
        lower, upper = (np.repeat(edge, 2) if alone else edge for edge in (low, high))
        panel.fill_between(ends, lower, upper, color=colour, alpha=0.6, lw=0, label=label)
    if alone:
        panel.set_xlim(mass[0] / 3, 3 * mass[0])
    panel.plot(mass, median, color="black", ls="--", marker=".", label="median expected")


def limits_figure(results: Mapping[str, LimitsResult], overlays: Sequence[Overlay] = ()) -> Figure:
    """One set of limits, or several over one another with what each excludes, and other curves."""
    first = next(iter(results.values()))
    if len(results) == 1:
        return figure_of(first.plot(overlays=overlays))
    panel = mediator_axes(None, f"{first.model}: {100 * first.cl:g} % CL, {first.convention}")
    for colour, each in zip(cycle(SERIES), results.values(), strict=False):
        # what is expected of each would hide what all found
        shown = each if each is first else each.model_copy(update={"g_expected": None})
        shown.plot(panel, color=colour, label=" + ".join(each.titles))
    for line in (draw_beside if first.mass_mev.size > 1 else draw_overlays)(panel, overlays):
        line.set_zorder(3)
    panel.set_title(f"{first.model}: upper limits, {100 * first.cl:g} % CL, {first.convention}")
    legend = panel.get_legend()
    assert legend is not None
    legend.remove()
    joint = " + ".join(first.titles)
    handles, labels = panel.get_legend_handles_labels()
    own = [f"{name}, {joint}" if name.endswith("expected") else name for name in labels]
    entries, figure = dict(zip(own, handles, strict=True)), figure_of(panel)
    where: dict[str, Any] = {"loc": "outside upper center", "ncols": 2, "fontsize": 8}
    figure.legend(entries.values(), entries.keys(), **where)
    return figure


def limit_text(limit: float) -> str:
    """A limit with three digits, or that there is none."""
    return f"{limit:.3g}" if limit == limit else "none"
