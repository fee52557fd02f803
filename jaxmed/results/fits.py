"""Best fits: what is saved, their words, table, and figures of their -2 log L surfaces."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from pydantic import BeforeValidator, WithJsonSchema

from jaxmed.inference.results import NO_MEDIATOR, Estimate, Surface, prefers_mediator
from jaxmed.results.fit_in_words import LABELS, UNITS
from jaxmed.results.nuisance_figures import correlation_figure, pulls_figure
from jaxmed.results.regions import Schema
from jaxmed.results.result import Array, Result
from jaxmed.results.rows import Rows
from jaxmed.results.schema import table_of
from jaxmed.results.shown import Columns, Drawing
from jaxmed.results.spectra import FittedSpectrum
from jaxmed.results.style import colour_bar, figure_of, mediator_plane, surface_panel
from jaxmed.user_files.keys import short


def _surface(value: Any) -> Any:
    """A surface from its keys on disk."""
    if not isinstance(value, dict):
        return value
    try:
        axes = {str(name): np.array(v, dtype=float) for name, v in value["axes"].items()}
        nll, norm = (np.array(value[key], dtype=float) for key in ("nll", "gradient_norm"))
        status = np.array(value["status"], dtype=float)
        if not np.all(np.isin(status, range(127))):
            raise ValueError(status)
        found = Surface(axes, nll, status.astype(np.int8), norm)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(
            f"surface = {short(value)}: expected {', '.join(Surface._fields)}"
        ) from None
    shape = tuple(axis.size for axis in axes.values())
    if {nll.shape, norm.shape, found.status.shape} != {shape}:
        raise ValueError(f"surface with nll {nll.shape}: expected {shape}")
    return found


SurfaceField = Annotated[Surface, BeforeValidator(_surface), WithJsonSchema(table_of(Surface))]
EstimateField = Annotated[Estimate, WithJsonSchema(table_of(Estimate))]


class BetweenPoints(Schema):
    """Points between those of a scan: mass [MeV], coupling, -log L (NaN where undefined), (n,) each."""

    mass_mev: Array
    g: Array
    nll: Array

    @property
    def logarithmic(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log10 of g and of the mass, and -log L, as `filled_in` takes them."""
        return np.log10(self.g), np.log10(self.mass_mev), self.nll


class FitResult(Result):
    """One fit (`inference.fit.best_fit`).

    Attributes:
        grid: points along each model parameter in the scan behind it.
        alternative_to: the fit that it repeats with other options; empty otherwise.
        parameters: model parameters by name.
        nuisances: pulls by name, in standard deviations, and normalisations that float.
        floating: the unit of each of the latter.
        nuisances_sm: values in the standard model, nuisances fitted.
        nll: -log(L/L_sat) + pulls at the minimum; -2 log L is twice this.
        nll_sm: the same for the standard model.
        delta_chi2_sm: improvement over the standard model, 2 (nll_sm - nll).
        status: "converged", or what went wrong.
        n_bins: in the likelihood.
        n_free: fitted parameters and nuisances.
        gradient_norm: of the objective at the end, in the fit's coordinates.
        explanation: why there is no error, and what flat directions mean, in sentences.
        undefined: where in its box the model is undefined, in words.
        minima: -log L where each start ended, ascending.
        covariance: of what has an error: `names`, the `coordinates` that they are in, such as log10 of g, and `matrix`.
        spectra: by experiment.
        surface: the scan that gave the starting points.
        between: points of the same between those, where the levels of its figure run; None where the free parameters
            are not g and mass.
        zoom: the same within 4 sigma of the best fit; None if a model parameter has no error.
    """

    kind: ClassVar = "fit"
    section: ClassVar = "Best fits"
    about: ClassVar = (
        "Pulls are nuisances at the best fit, with their errors, in standard deviations of their constraints; grey: "
        "one and two. Correlations of what has an error: orange-red is positive, blue negative, full colour ±1."
    )

    grid: int
    alternative_to: str = ""
    parameters: dict[str, EstimateField]
    nuisances: dict[str, EstimateField]
    floating: dict[str, str]
    nuisances_sm: dict[str, float]
    nll: float
    nll_sm: float
    delta_chi2_sm: float
    status: str
    n_bins: int
    n_free: int
    gradient_norm: float
    explanation: list[str]
    undefined: str
    minima: list[float]
    covariance: dict[str, Any]
    spectra: dict[str, FittedSpectrum]
    surface: SurfaceField
    between: BetweenPoints | None = None
    zoom: SurfaceField | None

    @property
    def converged(self) -> bool:
        """Whether the gradient vanished."""
        return self.status == "converged"

    @property
    def prefers_mediator(self) -> bool:
        """Whether the best fit is so much better than the standard model that its coordinates mean anything."""
        return prefers_mediator(self.parameters, self.delta_chi2_sm)

    @property
    def pulls(self) -> dict[str, Estimate]:
        """Nuisances with a prior, in standard deviations."""
        return {n: e for n, e in self.nuisances.items() if n not in self.floating}

    @property
    def best(self) -> tuple[float, float] | None:
        """Mass [MeV] and coupling of the best fit; None if no mediator is preferred."""
        if not self.prefers_mediator or not {"g", "mass"} <= self.parameters.keys():
            return None
        return self.parameters["mass"].value, self.parameters["g"].value

    @property
    def correlation(self) -> np.ndarray:
        """Of `covariance`, (n, n)."""
        matrix = np.array(self.covariance["matrix"], dtype=float).reshape(
            -1, len(self.covariance["names"])
        )
        sigma = np.sqrt(np.diag(matrix))
        return matrix / np.outer(sigma, sigma)

    def table(self) -> Rows:
        """One row."""
        head = ("best fit", "-2logL", "SM - fit", "pulls beyond 1", "status")
        moved = [f"{n} {e.value:+.2f}" for n, e in self.pulls.items() if abs(e.value) > 1]
        cells = [
            "\n".join(self._fitted()) or "none",
            f"{2 * self.nll:.2f}",
            f"{self.delta_chi2_sm:.2f}",
        ]
        row = [*cells, "\n".join(moved) or "none", self.status]
        return Rows("Best fits, 1 sigma intervals in brackets", head, [row], (1, 2))

    def _fitted(self) -> list[str]:
        """Parameters, or words if they mean nothing, and normalisations without a prior."""
        words = [] if self.prefers_mediator else [NO_MEDIATOR]
        found = {name: self.nuisances[name] for name in self.floating}
        units = UNITS | {n: unit for n, unit in self.floating.items() if unit != "1"}
        if self.prefers_mediator:
            found = self.parameters | found
        return [*words, *(_parameter(n, e, units.get(n, "")) for n, e in found.items())]

    def notes(self) -> list[str]:
        """Why there is no error, whether the data want a mediator, and where the model is undefined."""
        return [" ".join(self.explanation)] if self.explanation else []

    def answers(self) -> list[str]:
        """Whether to trust it, the best fit, how much better than the standard model it is, and what it means."""
        doubt = f"Do not trust it: the fit is {self.status}."
        better = (
            f"The standard model is {self.delta_chi2_sm:z.2f} units of -2 log L worse."
            if self.prefers_mediator
            else ""
        )
        best = f"Best fit: {'; '.join(self._fitted()) or 'no free parameter'}."
        found = ["" if self.converged else doubt, best, better]
        return [*filter(None, found), *self.explanation]

    def drawings(self) -> list[Drawing]:
        """Pulls, correlations and spectra, where there are any."""
        found = []
        if self.pulls:
            found.append(Drawing("pulls", partial(pulls_figure, self.pulls)))
        names = [name.removesuffix(" [sigma]") for name in self.covariance["coordinates"]]
        if len(names) > 1:
            matrix = {"": names, **dict(zip(names, self.correlation.T, strict=True))}
            draw = partial(correlation_figure, names, self.correlation)
            found.append(Drawing("correlations", draw, matrix))
        return found + [
            Drawing(each.title, partial(each.panels, f"best fit, {self.model}"), each.columns())
            for each in self.spectra.values()
        ]

    def numbers(self) -> dict[str, Columns]:
        """Columns of parameters and nuisances, and of the points of its surfaces."""
        surfaces = {"surface": self.surface, "zoom": self.zoom}
        planes = {name: _columns(each) for name, each in surfaces.items() if each and each.axes}
        more = {} if self.between is None else {"between": dict(self.between)}
        return {"": self.columns()} | planes | more

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """-2 Delta log L over (M_Z', g'), nuisances profiled, with the neighbourhood of a best fit that is determined.

        Args:
            ax: to draw on; a new figure if None.
            **style: of the Axes, such as title.

        Raises:
            ValueError: the fit's free parameters are not g and mass.
        """
        if not self.has_plane:
            raise ValueError(
                f"free are {', '.join(self.surface.axes) or 'nuisances alone'}: expected g and mass"
            )
        panel = Figure(figsize=(5.6, 4.4), layout="constrained").subplots() if ax is None else ax
        image = self.draw(panel, **style)
        if ax is None:
            colour_bar(figure_of(panel), image, [panel])
        return panel

    def draw(self, panel: Axes, **style: Any) -> QuadMesh:
        """The plane on some axes, without the scale of its colours."""
        points = None if self.between is None else self.between.logarithmic
        image = surface_panel(panel, self.surface, self.nll, self.best, between=points)
        panel.set(**{"title": self.heading} | style)
        if self.zoom is not None:
            _inset(panel, self.zoom, self.nll, self.best)
        return image

    @property
    def has_plane(self) -> bool:
        """Whether its free parameters are g and mass, which can be drawn."""
        return set(self.surface.axes) == {"g", "mass"}

    def columns(self) -> dict[str, Any]:
        """One row for each parameter and nuisance."""
        found = self.parameters | self.nuisances
        ends = [e.interval or (np.nan, np.nan) for e in found.values()]
        return {
            "name": list(found),
            "value": [e.value for e in found.values()],
            "error": [np.nan if e.error is None else e.error for e in found.values()],
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
            "note": [e.note for e in found.values()],
        }


def surface_figure(results: Mapping[str, FitResult]) -> Figure | None:
    """The planes of several fits on one scale; None if there are none."""
    planes = {name: each for name, each in results.items() if each.has_plane}
    if not planes:
        return None
    columns = min(len(planes), 3)
    rows = -(-len(planes) // columns)
    figure = Figure(figsize=(4.6 * columns + 1, 4.0 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(planes) :]:
        panel.remove()
    images = [
        each.draw(panel, title=each.titles[0] if len(each.titles) == 1 else name)
        for panel, (name, each) in zip(panels, planes.items(), strict=False)
    ]
    colour_bar(figure, images[0], panels[: len(planes)])
    return figure


def _columns(surface: Surface) -> Columns:
    """One row for each point."""
    grids = np.meshgrid(*surface.axes.values(), indexing="ij")
    found = {name: grid.ravel() for name, grid in zip(surface.axes, grids, strict=True)}
    return found | {"nll": surface.nll.ravel(), "status": surface.status.ravel()}


def _inset(panel: Axes, zoom: Surface, lowest: float, best: tuple[float, float] | None) -> None:
    """The neighbourhood of a best fit that the data determine."""
    inset = panel.inset_axes((0.55, 0.1, 0.42, 0.4))
    mediator_plane(inset, zoom, lowest, best, "best fit")
    inset.tick_params(which="both", labelsize=6, colors="white", labelcolor="white", pad=1)
    inset.xaxis.set_minor_formatter(NullFormatter())
    inset.yaxis.set_minor_formatter(NullFormatter())
    inset.spines[:].set_color("white")
    panel.indicate_inset_zoom(inset, edgecolor="white")


def _parameter(name: str, estimate: Estimate, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    label = LABELS.get(name, name)
    if estimate.interval:
        low, high = estimate.interval
        return f"{label} {estimate.value:.3g}{unit} ({low:.3g}, {high:.3g})"
    why = "at edge" if estimate.at_bound else "flat"
    return f"{label} {estimate.value:.3g}{unit} ({why})"
