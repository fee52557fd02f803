"""The events of an experiment on its first axis: standard model, mediator, background, and what was observed."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jax.typing import ArrayLike

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.pulls import Nuisances, Pulls, make_pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.experiments.model import Experiment
from jaxmed.theory.couplings import Couplings, standard_model


class Spectrum(NamedTuple):
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

    bins: np.ndarray
    sm: np.ndarray
    signal: np.ndarray
    background: np.ndarray
    total: np.ndarray
    observed: np.ndarray
    error: np.ndarray
    axis: str
    unit: str
    projected: bool

    @property
    def edges(self) -> np.ndarray:
        """Bin edges, (n + 1,)."""
        return np.append(self.bins[:, 0], self.bins[-1, 1])


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


@jax.jit
def _neutrinos_and_total(
    experiment: Experiment, couplings: Couplings, pulls: Pulls
) -> tuple[jax.Array, jax.Array]:
    parts = components(experiment, couplings)
    return counts(parts[:1], pulls), counts(parts, pulls)


def _projector(experiment: Experiment) -> Callable[[ArrayLike], np.ndarray]:
    shape = tuple(axis.size for axis in experiment.axes)
    return lambda values: np.asarray(values).reshape(shape[0], -1).sum(axis=1)
