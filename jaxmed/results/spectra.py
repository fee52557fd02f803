"""The spectrum of an experiment on its first axis: what is standard model, mediator, background."""

from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pydantic import BaseModel, ConfigDict

from jaxmed.experiments import Experiment
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.pulls import Nuisances, Pulls, make_pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.style import BLUE, GREY, RED
from jaxmed.theory.couplings import Couplings, standard_model

_DECADES = 2.0  # of counts from which an axis is logarithmic


class Spectrum(BaseModel):
    """Events per bin of the first axis, (n,) each.

    Attributes:
        bins: edges, (n, 2), in `unit`.
        sm: standard-model neutrinos.
        signal: what the mediator adds to them; it can be negative.
        background: everything else.
        total: all predicted events.
        observed: data.
        error: of the data, or the square root of the prediction for counts.
        axis: name of the edges.
        unit: of the edges.
        projected: whether `observed` is what the standard model predicts, and not data.
    """

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


class StandardModel(BaseModel):
    """What the standard model predicts with its own nuisances: all events and their error, (n,) each."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    total: Array
    error: Array


class FittedSpectrum(Spectrum):
    """One experiment of a fit, at its best fit.

    Attributes:
        title: of the experiment.
        standard: the standard model's prediction, nuisances fitted.
    """

    title: str
    standard: StandardModel


class SpectrumResult(Result, Spectrum):
    """The spectrum of one experiment for one mediator.

    Attributes:
        experiment: its name.
        title: of the experiment.
        label: the mediator in words.
    """

    kind: ClassVar = "spectrum"

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
            return _events(
                ax, self, self.sm + self.background, self.title, {"label": self.label} | style
            )
        figure = Figure(figsize=(6.4, 5.2), layout="constrained")
        return spectrum_panels(
            figure, self, self.sm + self.background, self.title, self.label, **style
        )

    def columns(self) -> dict[str, Any]:
        """One row for each bin."""
        names = ("sm", "signal", "background", "total", "observed", "error")
        edges = {"low": self.bins[:, 0], "high": self.bins[:, 1]}
        return edges | {name: getattr(self, name) for name in names}


def spectrum(
    experiment: Experiment, couplings: Couplings, nuisances: Nuisances | None = None
) -> Spectrum:
    """Split the prediction of an experiment into its parts.

    Args:
        experiment: the data set.
        couplings: the mediator.
        nuisances: name -> value in standard deviations, nominal if not named; names of other experiments are
            ignored, so that the pulls of a joint fit can be given.
    """
    own = {n: float((nuisances or {}).get(n, 0.0)) for n in experiment.nuisances}
    pulls = make_pulls(own, experiment)
    sm, _ = _neutrinos_and_total(experiment, standard_model(), pulls)
    neutrinos, total = _neutrinos_and_total(experiment, couplings, pulls)
    axis, project = experiment.axes[0], _projector(experiment)
    edges = np.array(axis.edges)
    error = np.asarray(experiment.error) if experiment.gaussian else np.sqrt(project(total))
    return Spectrum(
        bins=np.stack([edges[:-1], edges[1:]], axis=1),
        sm=project(sm),
        signal=project(neutrinos - sm),
        background=project(total - neutrinos),
        total=project(total),
        observed=project(np.asarray(experiment.observed)),
        error=error,
        axis=axis.name,
        unit=axis.unit,
        projected=experiment.projected,
    )


def fitted_spectrum(
    experiment: Experiment, mediator: Couplings, best: Nuisances, standard: Nuisances
) -> FittedSpectrum:
    """The spectrum at a best fit beside the standard model's, each with the nuisances fitted to it."""
    found, without = (
        spectrum(experiment, mediator, best),
        spectrum(experiment, standard_model(), standard),
    )
    return FittedSpectrum(
        **dict(found),
        title=experiment.title,
        standard=StandardModel(total=without.total, error=without.error),
    )


@jax.jit
def _neutrinos_and_total(
    experiment: Experiment, couplings: Couplings, pulls: Pulls
) -> tuple[jax.Array, jax.Array]:
    parts = components(experiment, couplings)
    return counts(parts[:1], pulls), counts(parts, pulls)


def _projector(experiment: Experiment):
    shape = tuple(axis.size for axis in experiment.axes)
    return lambda values: np.asarray(values).reshape(shape[0], -1).sum(axis=1)


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
    found: Spectrum,
    standard: np.ndarray,
    title: str,
    label: str,
    **style: Any,
) -> Axes:
    """Events above, their ratio to the standard model's total (n,) below; the Axes of the events."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _events(upper, found, standard, title, {"label": label} | style)
    upper.set_xlabel("")
    drawn = {"color": RED, "lw": 1.8, "ls": "--"} | style
    lower.axhline(1, color=BLUE, lw=1.2)
    lower.stairs(_ratio(found.total, standard), found.edges, baseline=None, **drawn)
    lower.errorbar(
        found.bins.mean(axis=1),
        _ratio(found.observed, standard),
        _ratio(found.error, standard),
        **_points(found),
    )
    lower.set_ylabel("over the\nstandard model", fontsize=8)
    lower.set_xlabel(_axis_label(found))
    return upper


def _events(
    panel: Axes, found: Spectrum, standard: np.ndarray, title: str, style: Mapping[str, Any]
) -> Axes:
    edges, width = found.edges, np.diff(found.edges)
    even = np.ptp(width) <= 1e-9 * width[0]
    unit = np.ones_like(width) if even else width
    per = f" / {width[0]:g} {found.unit}" if even else f" / {found.unit}"
    panel.stairs(found.background / unit, edges, fill=True, color=GREY, label="background")
    panel.stairs(
        standard / unit, edges, color=BLUE, lw=1.8, label="background + standard-model neutrinos"
    )
    panel.stairs(found.total / unit, edges, **{"color": RED, "lw": 1.8, "ls": "--"} | dict(style))
    kind = "expected in the standard model" if found.projected else "data"
    panel.errorbar(
        found.bins.mean(axis=1),
        found.observed / unit,
        found.error / unit,
        **_points(found),
        label=kind,
    )
    _scale(
        panel,
        np.concatenate([(found.observed + found.error) / unit, standard / unit]),
        found.total / unit,
    )
    panel.set(title=title, xlabel=_axis_label(found), ylabel=f"events{per}")
    panel.margins(x=0.02)
    panel.legend(fontsize=8, loc="upper right")
    return panel


def _scale(panel: Axes, shown: np.ndarray, total: np.ndarray) -> None:
    """A logarithmic axis where what is predicted spans decades; room for the legend in any case."""
    low, high = total[total > 0].min(initial=np.inf), float(np.max(shown))
    if low < high * 10**-_DECADES:
        panel.set(yscale="log", ylim=(low / 3, high * (high / low) ** 0.45))
    else:
        panel.set_ylim(0, 1.45 * high)


def _points(found: Spectrum) -> dict[str, Any]:
    """How data are drawn; open symbols for what is only expected."""
    return {
        "fmt": "o",
        "color": "black",
        "mfc": "white" if found.projected else "black",
        "ms": 3.5,
        "lw": 1,
    }


def _axis_label(found: Spectrum) -> str:
    return found.axis if found.unit == "1" else f"{found.axis} [{found.unit}]"


def _ratio(events: np.ndarray, standard: np.ndarray) -> np.ndarray:
    """NaN in a bin for which the standard model predicts nothing."""
    return np.divide(events, standard, out=np.full(len(events), np.nan), where=standard > 0)
