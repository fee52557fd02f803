"""What a fit returns."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from jaxmed.models.model import Parameter

CONVERGED, EXCLUDED, UNCONVERGED, UNDEFINED = 0, 1, 2, 3
STATUS = ("converged", "excluded", "unconverged", "undefined")
"""What became of a profiled point, by its number."""


PREFERRED_FROM = 1.0
NO_MEDIATOR = "no mediator preferred"
"""Words in place of the coordinates of a best fit that improves on the standard model by less than one unit."""


def prefers_mediator(parameters: Collection[str], delta_chi2_sm: float | None) -> bool:
    """Whether the coordinates of a best fit mean anything: not where it is no better than the standard model.

    Args:
        parameters: that were fitted; without g among them nothing was asked about a mediator.
        delta_chi2_sm: improvement over the standard model in -2 log L; None if it was not fitted.
    """
    return "g" not in parameters or delta_chi2_sm is None or delta_chi2_sm >= PREFERRED_FROM


class Estimate(NamedTuple):
    """A fitted parameter.

    Attributes:
        value: best fit, in the parameter's own unit.
        error: 1 sigma from the inverse Hessian, propagated to that unit; None where it would mean nothing.
        interval: the 1 sigma interval, symmetric in the fit's coordinate (log10 for g and mass), or None.
        at_bound: whether it sits at an edge of its box.
        note: in words, why there is no error; empty if there is one.
    """

    value: float
    error: float | None
    interval: tuple[float, float] | None
    at_bound: bool
    note: str


class Surface(NamedTuple):
    """-log L profiled over the nuisances on a grid of the model parameters.

    Attributes:
        axes: name -> grid values in the parameter's own unit; the dimensions of `nll` in order.
        nll: profiled values.
        status: index into STATUS. Converged: the expected further decrease is below 1e-6. Excluded: far above the
            standard model wherever the nuisances go, and `nll` is a lower bound. Unconverged: `nll` is an upper bound.
            Undefined: the couplings, the counts or -log L are not numbers there, and `nll` is NaN: such a point is
            neither excluded nor allowed.
        gradient_norm: of -log L in the nuisances that are not held by their box; NaN where excluded or undefined.
    """

    axes: dict[str, np.ndarray]
    nll: np.ndarray
    status: np.ndarray
    gradient_norm: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """Where the minimum over the nuisances was found."""
        return self.status == CONVERGED


class BestFit(NamedTuple):
    """The outcome of one fit.

    Attributes:
        model: its name.
        experiments: names of the data sets.
        parameters: model parameters by name.
        nuisances: pulls by name, in standard deviations, and normalisations that float.
        nll: -log(L/L_sat) + pulls at the minimum; -2 log L is twice this.
        nll_sm: the same for the standard model, nuisances fitted.
        nuisances_sm: their values there.
        status: "converged", or what went wrong.
        converged: whether the gradient vanished.
        n_bins: bins in the likelihood.
        n_free: fitted parameters and nuisances.
        gradient_norm: of the objective at the end, in the fit's coordinates.
        minima: -log L where each start ended, ascending: the spread of minima.
        covariance: of the free parameters that have an error, in the fit's coordinates.
        covariance_names: their names.
        surface: the scan that gave the starting points.
        zoom: the same around the best fit, 4 sigma each way; None if a model parameter has no error.
        compile_seconds: time spent compiling.
        run_seconds: the rest.
        constraints: names of the measurements added to the likelihood.
        flat_directions: of the model parameters, in the fit's coordinates by name: -2 log L changes by less than one
            over a tenth of the box.
        undefined: in words, where in its box the model is undefined: no best fit is looked for there.
        floating: those nuisances that are no pulls but normalisations without a prior, in units of their own.
    """

    model: str
    experiments: tuple[str, ...]
    parameters: dict[str, Estimate]
    nuisances: dict[str, Estimate]
    nll: float
    nll_sm: float
    nuisances_sm: dict[str, float]
    status: str
    converged: bool
    n_bins: int
    n_free: int
    gradient_norm: float
    minima: tuple[float, ...]
    covariance: np.ndarray
    covariance_names: tuple[str, ...]
    surface: Surface
    zoom: Surface | None
    compile_seconds: float
    run_seconds: float
    constraints: tuple[str, ...] = ()
    flat_directions: tuple[dict[str, float], ...] = ()
    undefined: str = ""
    floating: tuple[Parameter, ...] = ()

    @property
    def pulls(self) -> dict[str, Estimate]:
        """Nuisances with a prior, in standard deviations."""
        floating = {each.name for each in self.floating}
        return {n: e for n, e in self.nuisances.items() if n not in floating}

    @property
    def delta_chi2_sm(self) -> float:
        """Improvement over the standard model, 2 (nll_sm - nll)."""
        return 2 * (self.nll_sm - self.nll)

    @property
    def prefers_mediator(self) -> bool:
        """Whether the best fit is so much better than the standard model that its coordinates mean anything."""
        return prefers_mediator(self.parameters, self.delta_chi2_sm)
