"""Expected limits and what would improve them: what is saved, its words, table and figure."""

from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import BaseModel, ConfigDict

from jaxmed.colours import SERIES
from jaxmed.inference.sensitivity import SHARE
from jaxmed.results.limits import strongest
from jaxmed.results.result import Array, Number, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Drawing
from jaxmed.results.style import figure_of

_MOST_BARS = 4  # masses side by side; more of them are curves
_MOST_COLUMNS = 5


class KnobSlope(BaseModel):
    """One property of the experiment, and how the expected limit depends on it.

    Attributes:
        name: such as "exposure", "background flat" or "systematic sns_flux".
        kind: the first word of it.
        now: its present value in words.
        better: +1 if more of it is better, else -1.
        dlng_dlnx: d ln g_expected / d ln x, (n,); NaN without a limit.
        gain_10_percent: fraction by which the limit falls if it is 10 % better, (n,).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: str
    kind: str
    now: str
    better: int
    dlng_dlnx: Array
    gain_10_percent: Array


class SensitivityResult(Result):
    """Expected limits along a line of masses, and what would improve them (`inference.sensitivity`).

    Attributes:
        experiment: its name.
        cl: confidence level.
        sided: "two" or "one".
        threshold: of -2 Delta log L at a limit.
        mass_mev: [MeV], (n,).
        g_expected: on the expected counts, NaN without a limit, (n,).
        flag: "ok" or what to know, (n,).
        knobs: what can be changed, most useful first.
        missing: what cannot, and why.
    """

    kind: ClassVar = "sensitivity"
    section: ClassVar = "What would improve a limit"

    experiment: str
    cl: float
    sided: str
    threshold: Number
    mass_mev: Array
    g_expected: Array
    flag: tuple[str, ...]
    knobs: list[KnobSlope]
    missing: dict[str, str]

    @property
    def mass(self) -> np.ndarray:
        """`mass_mev`."""
        return self.mass_mev

    @property
    def slopes(self) -> np.ndarray:
        """D ln g_expected / d ln knob, (n_knobs, n)."""
        return np.array([knob.dlng_dlnx for knob in self.knobs])

    def gains(self, share: float = SHARE) -> np.ndarray:
        """Fraction by which the limit falls if each knob alone is better by a share of itself, (n_knobs, n).

        More exposure, less of everything else; the power law of the slope is followed that far.
        """
        factors = np.array([1 + knob.better * share for knob in self.knobs])
        return 1 - factors[:, None] ** self.slopes

    def table(self) -> Rows:
        """One row per knob, most useful first; one column per mass, five of them at most."""
        title = (
            f"Expected limit on g' at {100 * self.cl:g} % confidence level, {self.sided}-sided; "
            f"for each property x d ln g'/d ln x, and the change of the limit if x is {100 * SHARE:g} % better"
        )
        last = self.mass_mev.size - 1
        shown = np.unique(np.linspace(0, last, _MOST_COLUMNS).round().astype(int)).tolist()
        rows = [["", "", *(self._limit(m) for m in shown)]]
        for knob in self.knobs:
            pairs = zip(knob.dlng_dlnx[shown], knob.gain_10_percent[shown], strict=True)
            cells = (_cell(slope, gain) for slope, gain in pairs)
            rows.append([knob.name, knob.now, *cells])
        rows += [[name, "-", *("-" for _ in shown)] for name in self.missing]
        head = ("x", "now", *(f"{self.mass_mev[m]:.4g} MeV" for m in shown))
        return Rows(title, head, rows, range(2, len(head)))

    def _limit(self, m: int) -> str:
        g, flag = self.g_expected[m], self.flag[m]
        limit = f"g' < {g:.3g}" if np.isfinite(g) else "none"
        return limit if flag == "ok" else f"{limit} ({flag})"

    def notes(self) -> list[str]:
        """One sentence for each reason why a property has no number."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.missing.items():
            by_reason.setdefault(reason, []).append(name)
        return [f"{' and '.join(names)}: -, {reason}" for reason, names in by_reason.items()]

    def answers(self) -> list[str]:
        """The expected limit, and what lowers it most."""
        found = [f"Expected: {strongest(self.mass_mev, self.g_expected)}"]
        for knob in self.knobs[:1]:
            if np.isfinite(knob.gain_10_percent).any():
                most = f"{100 * np.nanmax(knob.gain_10_percent):.2g} %"
                found.append(
                    f"What helps most is {knob.name}: 10 % better, and the limit falls by up to {most}."
                )
        return found

    def drawings(self) -> list[Drawing]:
        """The figure."""
        return [Drawing("what each property gains", self.figure)]

    def columns(self) -> dict[str, Any]:
        """One row for each mass and knob."""
        rows = [(m, knob) for m in range(self.mass_mev.size) for knob in self.knobs]
        return {
            "mass_MeV": [self.mass_mev[m] for m, _ in rows],
            "g_expected": [self.g_expected[m] for m, _ in rows],
            "knob": [knob.name for _, knob in rows],
            "now": [knob.now for _, knob in rows],
            "dlng_dlnx": [knob.dlng_dlnx[m] for m, knob in rows],
            "gain_10_percent": [knob.gain_10_percent[m] for m, knob in rows],
        }

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """What each knob gains: bars for a few masses, curves for more.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.
        """
        many = self.mass_mev.size > _MOST_BARS
        panel = ax
        if panel is None:
            height = 5.6 if many else 1.8 + 0.16 * len(self.knobs) * (1 + self.mass_mev.size)
            panel = Figure(figsize=(7.2, height), layout="constrained").subplots()
        panel.set_axisbelow(True)
        panel.grid(alpha=0.3, axis="both" if many else "x")
        (self._curves if many else self._bars)(panel)
        title = f"{self.heading}, {100 * self.cl:g} % CL, {self.sided}-sided"
        panel.set(**{"title": title} | style)
        if ax is not None:
            panel.legend(loc="upper right", fontsize="small")
        else:
            figure_of(panel).legend(loc="outside lower center", ncols=2, fontsize="small")
        return panel

    def _bars(self, panel: Axes) -> None:
        n, order = self.mass_mev.size, np.arange(len(self.knobs))
        for m, mass in enumerate(self.mass_mev):
            g = self.g_expected[m]
            limit = f"$g'$ < {g:.3g}" if np.isfinite(g) else "no limit"
            label = rf"$M_{{Z'}}$ = {mass:.4g} MeV: {limit}"
            gains = [100 * knob.gain_10_percent[m] for knob in self.knobs]
            at = order + (m - (n - 1) / 2) * 0.8 / n
            panel.barh(at, gains, height=0.8 / n, color=SERIES[m], label=label)
        panel.set_yticks(order, [knob.name for knob in self.knobs])
        panel.invert_yaxis()
        panel.axvline(0, color="black", lw=0.8)
        panel.set_xlabel(f"fall of the expected limit on $g'$ if {100 * SHARE:g} % better [%]")

    def _curves(self, panel: Axes) -> None:
        for rank, knob in enumerate(self.knobs):
            colour, ls = SERIES[rank % len(SERIES)], ("-", "--", ":")[rank // len(SERIES) % 3]
            panel.plot(
                self.mass_mev, 100 * knob.gain_10_percent, color=colour, ls=ls, label=knob.name
            )
        panel.axhline(0, color="black", lw=0.8)
        panel.set(xscale="log", xlabel=r"$M_{Z'}$ [MeV]")
        panel.set_ylabel(f"fall of the expected limit on $g'$ if {100 * SHARE:g} % better [%]")


def _cell(slope: float, gain: float) -> str:
    return f"{slope:+.4f} {-100 * gain:+6.2f} %" if np.isfinite(slope) else "-"
