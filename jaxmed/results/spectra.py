"""The spectrum of an experiment on its first axis: what is standard model, mediator, background."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.pulls import Nuisances, Pulls, make_pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.results.style import BLUE, GREY, RED
from jaxmed.theory.couplings import Couplings, standard_model


class Spectrum(NamedTuple):
    """Events per bin of the first axis, (n,) each.

    Attributes:
        edges: bin edges, (n + 1,), in `unit`.
        sm: standard-model neutrinos.
        signal: what the mediator adds to them; it can be negative.
        background: everything else.
        observed: data.
        error: of the data, or the square root of the prediction for counts.
        axis: name of the edges.
        unit: of the edges.
    """

    edges: np.ndarray
    sm: np.ndarray
    signal: np.ndarray
    background: np.ndarray
    observed: np.ndarray
    error: np.ndarray
    axis: str
    unit: str

    @property
    def total(self) -> np.ndarray:
        """All predicted events."""
        return self.sm + self.signal + self.background

    def as_json(self) -> dict[str, object]:
        """The keys of the user documentation."""
        return {
            "bins": np.stack([self.edges[:-1], self.edges[1:]], axis=1),
            "sm": self.sm,
            "signal": self.signal,
            "background": self.background,
            "total": self.total,
            "observed": self.observed,
            "error": self.error,
            "axis": self.axis,
            "unit": self.unit,
        }


class FittedSpectrum(NamedTuple):
    """One experiment of a fit.

    Attributes:
        name: of the experiment.
        title: for figures.
        standard: of the standard model, nuisances fitted.
        best: of the best fit.
    """

    name: str
    title: str
    standard: Spectrum
    best: Spectrum

    def as_json(self) -> dict[str, object]:
        """The best fit with the keys of `Spectrum`; title, and the standard model's total and error."""
        return self.best.as_json() | {
            "title": self.title,
            "standard": {"total": self.standard.total, "error": self.standard.error},
        }


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
    axis = experiment.axes[0]
    project = _projector(experiment)
    observed = np.asarray(experiment.observed)
    error = np.asarray(experiment.error) if experiment.gaussian else np.sqrt(project(total))
    return Spectrum(
        edges=np.array(axis.edges),
        sm=project(sm),
        signal=project(neutrinos - sm),
        background=project(total - neutrinos),
        observed=project(observed),
        error=error,
        axis=axis.name,
        unit=axis.unit,
    )


@jax.jit
def _neutrinos_and_total(
    experiment: Experiment, couplings: Couplings, pulls: Pulls
) -> tuple[Array, Array]:
    parts = components(experiment, couplings)
    return counts(parts[:1], pulls), counts(parts, pulls)


def _projector(experiment: Experiment):
    shape = tuple(axis.size for axis in experiment.axes)
    return lambda values: np.asarray(values).reshape(shape[0], -1).sum(axis=1)


def spectra_figure(
    experiments: Sequence[Experiment],
    standard: Sequence[Spectrum],
    best: Sequence[Spectrum] | None,
    label: str,
) -> Figure:
    """Data, standard model and a mediator, one panel for each experiment."""
    columns = min(len(experiments), 2)
    rows = -(-len(experiments) // columns)
    figure = Figure(figsize=(6.4 * columns, 4.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(experiments) :]:
        panel.remove()
    for i, (panel, experiment) in enumerate(zip(panels, experiments, strict=False)):
        _spectrum_panel(panel, experiment, standard[i], best[i] if best else None, label)
    return figure


def _spectrum_panel(
    panel: Axes, experiment: Experiment, standard: Spectrum, best: Spectrum | None, label: str
) -> None:
    edges, width = standard.edges, np.diff(standard.edges)
    centre = (edges[:-1] + edges[1:]) / 2
    per = (
        f" / {standard.unit}"
        if np.ptp(width) > 1e-9 * width[0]
        else f" / {width[0]:g} {standard.unit}"
    )
    unit = width if np.ptp(width) > 1e-9 * width[0] else np.ones_like(width)
    panel.stairs(standard.background / unit, edges, fill=True, color=GREY, label="background")
    panel.stairs(
        standard.total / unit,
        edges,
        color=BLUE,
        lw=1.8,
        label="background + standard-model neutrinos",
    )
    if best is not None:
        panel.stairs(best.total / unit, edges, color=RED, lw=1.8, ls="--", label=label)
    panel.errorbar(
        centre,
        standard.observed / unit,
        standard.error / unit,
        fmt="ko",
        ms=3.5,
        lw=1,
        label="data",
    )
    panel.set_title(experiment.title)
    panel.set_xlabel(
        f"{standard.axis} [{standard.unit}]" if standard.unit != "1" else standard.axis
    )
    panel.set_ylabel(f"events{per}")
    top = max(np.max((standard.observed + standard.error) / unit), np.max(standard.total / unit))
    panel.set_ylim(0, 1.45 * top)
    panel.margins(x=0.02)
    panel.legend(fontsize=8, loc="upper right")


def spectrum_table(name: str, found: Spectrum) -> Table:
    """One row per bin."""
    table = Table(title=f"{name}: events per bin", title_justify="left")
    for heading in (
        f"{found.axis} [{found.unit}]",
        "standard model",
        "mediator",
        "background",
        "total",
        "observed",
    ):
        table.add_column(heading, justify="right")
    columns = (found.sm, found.signal, found.background, found.total, found.observed)
    for low, high, *values in zip(found.edges[:-1], found.edges[1:], *columns, strict=True):
        table.add_row(f"{low:g} - {high:g}", *(f"{v:.2f}" for v in values))
    return table
