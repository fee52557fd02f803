"""The standard-model prediction of channels, which loaders need for templates and ratios."""

import jax
import numpy as np

from jaxmed.experiments.forward import channel_events
from jaxmed.experiments.model import Channel
from jaxmed.theory.couplings import standard_model


def standard_counts(channel: Channel) -> np.ndarray:
    """Nominal standard-model events per bin of a stack of channels, (n_bins,)."""
    return np.asarray(jax.jit(channel_events)(channel, standard_model()))[0]
