"""What -log L cannot fall below, wherever the nuisances go."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    Events,
    all_variants,
    data_value,
)
from jaxmed.experiments.likelihood.forward import as_signal
from jaxmed.experiments.likelihood.yields import counts_range
from jaxmed.inference.problem import Problem
from jaxmed.inference.profile.expansion import Counts


def least_nll(
    problem: Problem,
    data: Sequence[Condensed],
    signals: Sequence[Events],
    counted: Sequence[Counts],
    point: Array | None = None,
) -> Array:
    """A lower bound of the data terms while the nuisances stay in their box, (); NaN if there is none.

    Args:
        problem: names of the nuisances.
        data: the experiments.
        signals: of each.
        counted: by each.
        point: model parameters, as of `Problem.pulls`.
    """
    low, high = (problem.pulls(z, point) for z in problem.box[len(problem.parameters) :].T)
    total = jnp.zeros(())
    for condensed, events, counts in zip(data, signals, counted, strict=True):
        signal = as_signal(condensed.experiment, all_variants(condensed.fillings, events))
        # said once and for all: minima and maxima may pass over what is not a number
        total += jnp.where(jnp.isfinite(signal.nominal).all(), 0.0, jnp.nan)
        least, most = counts_range((signal, *condensed.background), low, high)
        nearest = jnp.clip(counts.observed, least, most)
        total += data_value(condensed, counts.observed, nearest) + counts.constant
    return total
