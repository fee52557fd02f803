"""Factors on single bins: staterror, shapesys and shapefactor."""

from typing import NamedTuple

import numpy as np

from jaxmed.interchange.workspace_schema import ChannelKeys, ModifierKeys, SampleKeys


class PerBin(NamedTuple):
    """One factor for each bin of a region.

    Attributes:
        errors: fractional, 0 in bins without one, (n_bins,).
        floats: whether the factors have no Gaussian constraint.
        tau: auxiliary counts behind factors with a Poisson constraint, of mean tau times the factor, one for each bin
            that has one; empty for the others.
    """

    errors: np.ndarray
    floats: bool
    tau: np.ndarray


def per_bin(channel: ChannelKeys, sample: SampleKeys, modifier: ModifierKeys) -> PerBin:
    """The factors of a modifier on a sample."""
    none = np.zeros(0)
    if modifier.type == "shapefactor":
        return PerBin(np.ones(len(sample.data)), True, none)
    errors = _errors(channel, sample, modifier)
    own = "Poisson" if modifier.type == "shapesys" else "Gauss"
    if (modifier.constraint or own) == "Gauss":
        return PerBin(errors, False, none)
    acting = errors > 0
    return PerBin(acting.astype(float), True, errors[acting] ** -2.0)


def _errors(channel: ChannelKeys, sample: SampleKeys, modifier: ModifierKeys) -> np.ndarray:
    """Fractional ones of all samples together that share the factors, (n_bins,); 0 where there is no event."""
    own = (modifier.type, modifier.name)
    sharing = [
        (np.array(s.data), np.array(m.data, dtype=float))
        for s in (channel.samples if modifier.type == "staterror" else [sample])
        for m in s.modifiers
        if (m.type, m.name) == own
    ]
    total = np.sum([events for events, _ in sharing], axis=0)
    error = np.sqrt(np.sum([errors**2 for _, errors in sharing], axis=0))
    return np.divide(error, total, out=np.zeros_like(total), where=total > 0)
