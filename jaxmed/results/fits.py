"""Fits as JSON, as a table and as figures of their -2 log L surfaces."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.inference.results import NO_MEDIATOR, Estimate, FitResult, Surface
from jaxmed.results.fit_in_words import LABELS, explain
from jaxmed.results.store import provenance
from jaxmed.results.style import colour_bar, mediator_plane, surface_panel


def surface_figure(results: Mapping[str, FitResult], titles: Mapping[str, str]) -> Figure:
    """-2 Delta log L over (M_Z', g'), nuisances profiled, best fits marked; one panel for each fit."""
    columns = min(len(results), 3)
    rows = -(-len(results) // columns)
    figure = Figure(figsize=(4.6 * columns + 1, 4.0 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(results) :]:
        panel.remove()
    image = None
    for panel, (name, result) in zip(panels, results.items(), strict=False):
        best = None
        if result.prefers_mediator:
            best = (result.parameters["mass"].value, result.parameters["g"].value)
        image = surface_panel(panel, result.surface, result.nll, best)
        panel.set_title(titles[name])
        if result.zoom is not None:
            _inset(panel, result.zoom, result.nll, best)
    if image is not None:
        colour_bar(figure, image, panels[: len(results)])
    return figure


def _inset(panel: Axes, zoom: Surface, lowest: float, best: tuple[float, float] | None) -> None:
    """The neighbourhood of a best fit that the data determine."""
    inset = panel.inset_axes((0.55, 0.1, 0.42, 0.4))
    mediator_plane(inset, zoom, lowest, best, "best fit")
    inset.tick_params(which="both", labelsize=6, colors="white", labelcolor="white", pad=1)
    inset.xaxis.set_minor_formatter(NullFormatter())
    inset.yaxis.set_minor_formatter(NullFormatter())
    inset.spines[:].set_color("white")
    panel.indicate_inset_zoom(inset, edgecolor="white")


def fit_json(result: FitResult, experiments: Sequence[Experiment]) -> dict[str, Any]:
    """One fit with the keys of the user documentation."""
    return {
        "model": result.model,
        "experiments": list(result.experiments),
        "constraints": list(result.constraints),
        "parameters": {name: _estimate(e) for name, e in result.parameters.items()},
        "nuisances": {name: _estimate(e) for name, e in result.nuisances.items()},
        "floating": {each.name: each.unit for each in result.floating},
        "nuisances_sm": result.nuisances_sm,
        "nll": result.nll,
        "nll_sm": result.nll_sm,
        "delta_chi2_sm": result.delta_chi2_sm,
        "status": result.status,
        "n_bins": result.n_bins,
        "n_free": result.n_free,
        "gradient_norm": result.gradient_norm,
        "explanation": explain(result),
        "undefined": result.undefined,
        "minima": list(result.minima),
        "covariance": {"names": list(result.covariance_names), "matrix": result.covariance},
        "provenance": provenance(experiments)
        | {"compile_seconds": result.compile_seconds, "run_seconds": result.run_seconds},
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "error": estimate.error,
        "interval": estimate.interval,
        "at_bound": estimate.at_bound,
        "note": estimate.note,
    }


def fit_table(results: Mapping[str, FitResult]) -> Table:
    """One row per fit."""
    table = Table(title="Best fits, 1 sigma intervals in brackets", title_justify="left")
    table.add_column("fit", no_wrap=True)
    table.add_column("best fit", no_wrap=True)
    for heading in ("-2logL", "SM - fit"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("pulls beyond 1", no_wrap=True)
    table.add_column("status")
    for name, result in results.items():
        table.add_row(
            name,
            "\n".join(_fitted(result)) or "none",
            f"{2 * result.nll:.2f}",
            f"{result.delta_chi2_sm:.2f}",
            "\n".join(_moved(result)) or "none",
            result.status,
        )
    return table


def explanations(results: Mapping[str, FitResult]) -> list[str]:
    """One line for each fit that ends at a bound or in a flat direction, wants no mediator or is partly undefined."""
    found = {name: explain(result) for name, result in results.items()}
    return [f"{name}: {' '.join(sentences)}" for name, sentences in found.items() if sentences]


def _parameter(name: str, estimate: Estimate, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    label = LABELS.get(name, name)
    if estimate.interval:
        low, high = estimate.interval
        return f"{label} {estimate.value:.3g}{unit} ({low:.3g}, {high:.3g})"
    why = "at edge" if estimate.at_bound else "flat"
    return f"{label} {estimate.value:.3g}{unit} ({why})"


def _moved(result: FitResult) -> list[str]:
    return [f"{n} {e.value:+.2f}" for n, e in result.pulls.items() if abs(e.value) > 1]


UNITS = {"mass": "MeV"}


def _fitted(result: FitResult) -> list[str]:
    """Parameters, or words if they mean nothing, and normalisations without a prior."""
    words = [] if result.prefers_mediator else [NO_MEDIATOR]
    found = {each.name: result.nuisances[each.name] for each in result.floating}
    units = UNITS | {each.name: each.unit for each in result.floating if each.unit != "1"}
    if result.prefers_mediator:
        found = result.parameters | found
    return [*words, *(_parameter(n, e, units.get(n, "")) for n, e in found.items())]
