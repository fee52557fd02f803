"""The standard-model prediction of channels, which loaders need for templates and ratios."""

import jax
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import channel_events
from jaxmed.experiments.model import Channel
from jaxmed.theory.couplings import standard_model


def standard_counts(channel: Channel) -> np.ndarray:
    """Nominal standard-model events per bin of a stack of channels, (n_bins,)."""
    return np.asarray(_events(channel))[0]


@jax.jit
def _events(channel: Channel) -> Array:
    # The couplings are made in here: outside, each of their few operations would be a program of its own.
    return channel_events(channel, standard_model())
