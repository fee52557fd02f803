"""Simulation-based calibration of a posterior: what is saved, its words, table and figure."""

from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxmed.colours import BLUE, DARK_GREY, GREY
from jaxmed.inference.bayes.calibration import BINS, histogram, histogram_band, uniform_p
from jaxmed.inference.bayes.samples import R_HAT_BELOW
from jaxmed.results.fit_in_words import LABELS
from jaxmed.results.posteriors import SAMPLING
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Drawing

CALIBRATION = "Talts:2018sbc"
"""Key of the paper of the method."""
_UNLIKELY = 0.01  # of all parameters together
_CENTRAL = 0.9
_COLUMNS = 4


class CalibrationResult(Result):
    """Where truths lie among draws from their posteriors (`inference.bayes.calibration`).

    Attributes:
        priors: of everything free that has none in the likelihood, by name; truths are drawn from them.
        chains: of each posterior.
        samples: kept from each chain.
        warmup: steps of each chain before.
        seed: of truths, toys and chains.
        draws: of each posterior, among which the truth has a rank.
        truths: by name in the parameter's own unit, nuisances in standard deviations, (n,) each.
        ranks: draws below the truth, from 0 to `draws`, by name, (n,) each.
        r_hat: the largest of all parameters of each posterior, (n,).
        divergences: trajectories of each that lost their energy, (n,).
    """

    kind: ClassVar = "calibration"
    section: ClassVar = "Calibration of posteriors"

    priors: dict[str, str]
    chains: int
    samples: int
    warmup: int
    seed: int
    draws: int
    truths: dict[str, Array]
    ranks: dict[str, Array]
    r_hat: Array
    divergences: Array

    @property
    def number(self) -> int:
        """Of data sets."""
        return self.r_hat.size

    @property
    def p_values(self) -> dict[str, float]:
        """How likely ranks that are uniform look no more so, by name: chi^2 of a histogram of ten bins."""
        return {name: uniform_p(ranks, self.draws) for name, ranks in self.ranks.items()}

    @property
    def not_uniform(self) -> list[str]:
        """Parameters whose ranks are not uniform, at 1 % for all parameters together."""
        least = _UNLIKELY / len(self.ranks)
        return [name for name, p in self.p_values.items() if p < least]

    def table(self) -> Rows:
        """One row for each parameter."""
        title = f"Rank of the truth among {self.draws} draws from its posterior, {self.number} data sets"
        head = ("parameter", "p-value of uniform ranks", "mean rank", "90 % intervals that hold it")
        error = 100 * np.sqrt(_CENTRAL * (1 - _CENTRAL) / self.number)
        rows = []
        for name, p in self.p_values.items():
            share = (self.ranks[name] + 0.5) / (self.draws + 1)
            inside = 100 * np.mean(np.abs(share - 0.5) < _CENTRAL / 2)
            words = f"{inside:.0f} ± {error:.0f} %"
            rows.append([LABELS.get(name, name), f"{p:.2g}", f"{share.mean():.2f}", words])
        return Rows(title, head, rows, (1, 2, 3))

    def notes(self) -> list[str]:
        """Whether ranks are uniform, and whether the chains can be believed."""
        wrong = ", ".join(LABELS.get(name, name) for name in self.not_uniform)
        found = [f"ranks of {wrong} are not uniform: its posterior does not hold what it promises"]
        if not wrong:
            found = ["ranks of all parameters are uniform: the posterior holds what it promises"]
        unsure = np.count_nonzero(self.r_hat > R_HAT_BELOW)
        if unsure:
            found.append(f"R-hat is above {R_HAT_BELOW} in {unsure} of {self.number} posteriors")
        if self.divergences.any():
            some, n = np.count_nonzero(self.divergences), self.divergences.sum()
            found.append(f"{n} trajectories diverged, in {some} of {self.number} posteriors")
        return found

    @property
    def methods(self) -> set[str]:
        """Keys of the papers whose statistics it uses."""
        return {*SAMPLING, CALIBRATION}

    def drawings(self) -> list[Drawing]:
        """The figure."""
        return [Drawing("ranks", self.figure)]

    def plot(self, ax: Axes | None = None, name: str = "", **style: Any) -> Axes:
        """Histogram of the ranks of one parameter, with the band in which all bins of uniform ranks lie at 95 %.

        Args:
            ax: to draw on; a new figure if None.
            name: of the parameter; the first one if left out.
            **style: of the Axes, such as title.
        """
        panel, name = ax, name or next(iter(self.ranks))
        if panel is None:
            panel = Figure(figsize=(5.0, 3.4), layout="constrained").subplots()
        self._histogram(panel, name)
        panel.set_xlabel("rank of the truth among the draws")
        panel.set_ylabel("data sets")
        panel.legend(loc="upper right", fontsize="small")
        panel.set(**{"title": f"{self.heading}: {LABELS.get(name, name)}"} | style)
        return panel

    def figure(self) -> Figure:
        """A histogram for each parameter."""
        rows = -(-len(self.ranks) // _COLUMNS)
        columns = min(len(self.ranks), _COLUMNS)
        figure = Figure(
            figsize=(max(2.6 * columns, 3.6) + 0.6, 2.1 * rows + 1.4), layout="constrained"
        )
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for panel, (name, p) in zip(panels, self.p_values.items(), strict=False):
            self._histogram(panel, name)
            panel.set_title(f"{LABELS.get(name, name)}: p = {p:.2g}", fontsize="small")
        for panel in panels[len(self.ranks) :]:
            panel.remove()
        for panel in panels[len(self.ranks) - columns : len(self.ranks)]:
            panel.tick_params(labelbottom=True)
            panel.set_xlabel("rank of the truth")
        figure.supylabel("data sets", size=10)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
        figure.suptitle(self.heading, fontsize="medium")
        return figure

    def _histogram(self, panel: Axes, name: str) -> None:
        edges, n = np.linspace(0, self.draws + 1, BINS + 1), self.number
        panel.axhspan(
            *histogram_band(n), color=GREY, alpha=0.5, lw=0, label="95 % of uniform ranks"
        )
        panel.axhline(n / BINS, color=DARK_GREY, lw=1)
        panel.locator_params(axis="y", integer=True)
        counts = histogram(self.ranks[name], self.draws)
        panel.stairs(counts, edges, color=BLUE, lw=1.6, label="ranks")
        panel.set_xlim(0, self.draws + 1)
        panel.set_ylim(bottom=0)

    def columns(self) -> dict[str, Any]:
        """One row for each data set."""
        truths = {f"truth_{name}": values for name, values in self.truths.items()}
        ranks = {f"rank_{name}": values for name, values in self.ranks.items()}
        return truths | ranks | {"r_hat": self.r_hat, "divergences": self.divergences}
