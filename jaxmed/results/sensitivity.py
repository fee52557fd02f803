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
from jaxmed.results.shown import Drawing, unit_after
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
    """Expected limits at each mass, or on one parameter, and what would improve them (`inference.sensitivity`).

    Attributes:
        experiment: its name.
        cl: confidence level.
        sided: "two" or "one".
        threshold: of -2 Delta log L at a limit.
        parameter: name of what is limited, g at each mass.
        unit: its unit, "1" for none.
        mass_mev: [MeV], (n,); NaN for a model without a mass.
        g_expected: on the expected counts, NaN without a limit, (n,); of a parameter that has a sign the lower and the
            upper end.
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
    parameter: str = "g"
    unit: str = "1"
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
            f"Expected limit on {self._name} at {100 * self.cl:g} % confidence level, {self.sided}-sided; for each "
            f"property x d ln {self._name}/d ln x, and the change of the limit if x is {100 * SHARE:g} % better"
        )
        last = self.mass_mev.size - 1
        shown = np.unique(np.linspace(0, last, _MOST_COLUMNS).round().astype(int)).tolist()
        rows = [["", "", *(self._limit(m) for m in shown)]]
        for knob in self.knobs:
            pairs = zip(knob.dlng_dlnx[shown], knob.gain_10_percent[shown], strict=True)
            cells = (_cell(slope, gain) for slope, gain in pairs)
            rows.append([knob.name, knob.now, *cells])
        rows += [[name, "-", *("-" for _ in shown)] for name in self.missing]
        head = ("x", "now", *(self._case(m) for m in shown))
        return Rows(title, head, rows, range(2, len(head)))

    @property
    def _name(self) -> str:
        return "g'" if self.parameter == "g" else self.parameter

    def _case(self, m: int) -> str:
        """What a column is of."""
        if np.isfinite(self.mass_mev[m]):
            return f"{self.mass_mev[m]:.4g} MeV"
        return "limit" if self.mass_mev.size == 1 else ("lower end", "upper end")[m]

    def _limit(self, m: int) -> str:
        flag, limit = self.flag[m], self._bound(m) or "none"
        return limit if flag == "ok" else f"{limit} ({flag})"

    def _bound(self, m: int) -> str:
        """The limit in symbols, empty without one."""
        value, unit = self.g_expected[m], unit_after(self.unit)
        sign = ">" if self._case(m) == "lower end" else "<"
        return f"{self._name} {sign} {value:.3g}{unit}" if np.isfinite(value) else ""

    def notes(self) -> list[str]:
        """One sentence for each reason why a property has no number."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.missing.items():
            by_reason.setdefault(reason, []).append(name)
        return [f"{' and '.join(names)}: -, {reason}" for reason, names in by_reason.items()]

    def answers(self) -> list[str]:
        """The expected limit, and what lowers it most."""
        cases = range(self.mass_mev.size)
        bounds = ", ".join(filter(None, map(self._bound, cases))) or "no limit"
        line = strongest(self.mass_mev, self.g_expected)
        found = [f"Expected: {line if np.isfinite(self.mass_mev).all() else f'{bounds}.'}"]
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
            f"{self.parameter}_expected": [self.g_expected[m] for m, _ in rows],
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
        title = f"{self.heading}\n{100 * self.cl:g} % CL, {self.sided}-sided"
        panel.set(**{"title": title} | style)
        if ax is not None:
            panel.legend(loc="upper right", fontsize="small")
        else:
            figure_of(panel).legend(loc="outside lower center", ncols=2, fontsize="small")
        return panel

    def _bars(self, panel: Axes) -> None:
        n, order = self.mass_mev.size, np.arange(len(self.knobs))
        for m, mass in enumerate(self.mass_mev):
            limit = self._bound(m).replace("g'", "$g'$") or "no limit"
            of_mass = rf"$M_{{Z'}}$ = {mass:.4g} MeV: {limit}"
            label = of_mass if np.isfinite(mass) else limit
            gains = [100 * knob.gain_10_percent[m] for knob in self.knobs]
            at = order + (m - (n - 1) / 2) * 0.8 / n
            panel.barh(at, gains, height=0.8 / n, color=SERIES[m], label=label)
        panel.set_yticks(order, [knob.name for knob in self.knobs])
        panel.invert_yaxis()
        panel.axvline(0, color="black", lw=0.8)
        panel.set_xlabel(f"fall of the expected limit{self._on} if {100 * SHARE:g} % better [%]")

    def _curves(self, panel: Axes) -> None:
        for rank, knob in enumerate(self.knobs):
            colour, ls = SERIES[rank % len(SERIES)], ("-", "--", ":")[rank // len(SERIES) % 3]
            panel.plot(
                self.mass_mev, 100 * knob.gain_10_percent, color=colour, ls=ls, label=knob.name
            )
        panel.axhline(0, color="black", lw=0.8)
        panel.set(xscale="log", xlabel=r"$M_{Z'}$ [MeV]")
        panel.set_ylabel(f"fall of the expected limit{self._on} if {100 * SHARE:g} % better [%]")

    @property
    def _on(self) -> str:
        return " on $g'$" if self.parameter == "g" else f" on {self.parameter}"


def _cell(slope: float, gain: float) -> str:
    return f"{slope:+.4f} {-100 * gain:+6.2f} %" if np.isfinite(slope) else "-"
