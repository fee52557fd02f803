"""The spectrum of an experiment on its first axis: what is standard model, mediator, background."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pydantic import BaseModel, ConfigDict

from jaxmed.colours import BLUE, RED
from jaxmed.experiments import Experiment
from jaxmed.experiments.likelihood.pulls import Nuisances
from jaxmed.experiments.spectrum import spectrum
from jaxmed.experiments.spectrum_figure import axis_label, data_points, draw_events
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.shown import Drawing
from jaxmed.theory.couplings import Couplings, standard_model

_SIZE = (6.4, 5.2)  # [inch]


class BinnedEvents(BaseModel):
    """Events per bin of the first axis, (n,) each (`experiments.spectrum.Spectrum`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    bins: Array
    sm: Array
    signal: Array
    background: Array
    total: Array
    observed: Array
    error: Array
    axis: str
    unit: str
    projected: bool = False

    @property
    def edges(self) -> np.ndarray:
        """Bin edges, (n + 1,)."""
        return np.append(self.bins[:, 0], self.bins[-1, 1])

    def columns(self) -> dict[str, Any]:
        """One row for each bin."""
        names = ("sm", "signal", "background", "total", "observed", "error")
        edges = {"low": self.bins[:, 0], "high": self.bins[:, 1]}
        return edges | {name: getattr(self, name) for name in names}


class StandardModel(BaseModel):
    """What the standard model predicts with its own nuisances: all events and their error, (n,) each."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    total: Array
    error: Array


class FittedSpectrum(BinnedEvents):
    """One experiment of a fit, at its best fit.

    Attributes:
        title: of the experiment.
        standard: the standard model's prediction, nuisances fitted.
    """

    title: str
    standard: StandardModel

    def columns(self) -> dict[str, Any]:
        """One row for each bin."""
        return super().columns() | {"standard_model_fit": self.standard.total}

    def panels(self, label: str) -> Figure:
        """Data, standard model and best fit, `label`, with their ratios."""
        figure = Figure(figsize=_SIZE, layout="constrained")
        spectrum_panels(figure, self, self.standard.total, self.title, label)
        return figure


class SpectrumResult(BinnedEvents, Result):
    """The spectrum of one experiment for one mediator.

    Attributes:
        experiment: its name.
        title: of the experiment.
        label: the mediator in words.
    """

    kind: ClassVar = "spectrum"
    section: ClassVar = "Spectra"

    experiment: str
    title: str
    label: str

    def table(self) -> Rows:
        """One row for each bin."""
        unit = "" if self.unit == "1" else f" [{self.unit}]"
        head = (
            f"{self.axis}{unit}",
            "standard model",
            "mediator",
            "background",
            "total",
            "observed",
        )
        found = (self.sm, self.signal, self.background, self.total, self.observed)
        rows = [
            [f"{low:g} - {high:g}", *(f"{v:.2f}" for v in values)]
            for (low, high), *values in zip(self.bins, *found, strict=True)
        ]
        return Rows(f"{self.experiment}: events per bin", head, rows, range(6))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Events with the standard model and the mediator; their ratio below, on a figure of its own.

        Args:
            ax: to draw the events on, without a ratio; a new figure if None.
            **style: of the mediator's line.
        """
        if ax is not None:
            return draw_events(
                ax, self, self.sm + self.background, self.title, {"label": self.label} | style
            )
        figure = Figure(figsize=_SIZE, layout="constrained")
        return spectrum_panels(
            figure, self, self.sm + self.background, self.title, self.label, **style
        )

    @property
    def methods(self) -> set[str]:
        """None: nothing is fitted."""
        return set()

    def answers(self) -> list[str]:
        """What was observed, and what is expected with and without the mediator."""
        names = ("observed", "background", "sm", "total")
        observed, ground, sm, total = (float(np.sum(getattr(self, name))) for name in names)
        return [
            f"{observed:.5g} events observed, {ground + sm:.5g} expected without a mediator, {total:.5g} with it."
        ]

    def drawings(self) -> list[Drawing]:
        """The spectrum."""
        return [Drawing("events per bin", self.figure)]


def fitted_spectrum(
    experiment: Experiment, mediator: Couplings, best: Nuisances, standard: Nuisances
) -> FittedSpectrum:
    """The spectrum at a best fit beside the standard model's, each with the nuisances fitted to it."""
    found, without = (
        spectrum(experiment, mediator, best),
        spectrum(experiment, standard_model(), standard),
    )
    return FittedSpectrum(
        **found._asdict(),
        title=experiment.title,
        standard=StandardModel(total=without.total, error=without.error),
    )


def spectra_figure(spectra: Mapping[str, FittedSpectrum], label: str) -> Figure:
    """Data, standard model and best fit with their ratios, two experiments side by side."""
    columns = min(len(spectra), 2)
    rows = -(-len(spectra) // columns)
    figure = Figure(figsize=(6.4 * columns, 5.2 * rows), layout="constrained")
    places = figure.subfigures(rows, columns, squeeze=False).ravel()
    for place, found in zip(places, spectra.values(), strict=False):
        spectrum_panels(place, found, found.standard.total, found.title, label)
    return figure


def spectrum_panels(
    figure: Figure | SubFigure,
    found: BinnedEvents,
    standard: np.ndarray,
    title: str,
    label: str,
    **style: Any,
) -> Axes:
    """Events above, their ratio to the standard model's total (n,) below; the Axes of the events."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    draw_events(upper, found, standard, title, {"label": label} | style)
    upper.set_xlabel("")
    drawn = {"color": RED, "lw": 1.8, "ls": "--"} | style
    lower.axhline(1, color=BLUE, lw=1.2)
    lower.stairs(_ratio(found.total, standard), found.edges, baseline=None, **drawn)
    lower.errorbar(
        found.bins.mean(axis=1),
        _ratio(found.observed, standard),
        _ratio(found.error, standard),
        **data_points(found),
    )
    lower.set_ylabel("over the\nstandard model", fontsize=8)
    lower.set_xlabel(axis_label(found))
    return upper


def _ratio(events: np.ndarray, standard: np.ndarray) -> np.ndarray:
    """NaN in a bin for which the standard model predicts nothing."""
    return np.divide(events, standard, out=np.full(len(events), np.nan), where=standard > 0)
