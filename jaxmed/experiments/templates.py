"""The signal as a few templates per mediator mass: what makes toys fast.

At one mass the signal is linear in 27 products of couplings (three quadratic forms, three flavours, three powers
of the propagator; `theory.quadratic_form`), whatever the model, Z-Z' mixing included. The templates that multiply
them are smooth in log M_Z' and tabulated there.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import M_E
from jaxmed.experiments.model import Channel, Component, Experiment, Leaf, pytree
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.quadratic_form import (
    electron_amplitudes,
    electron_forms,
    nucleus_amplitudes,
    nucleus_forms,
    propagator_powers,
    propagator_scale,
)

_STEP = 0.025  # in log10 M_Z': six points then give the templates to 1e-7
_POINTS = 6


@pytree()
@dataclass(frozen=True)
class Table:
    """Templates of a stack of channels on an even grid in log10 M_Z' [MeV].

    Attributes:
        first: log10 of the first mass, ().
        scale: s [MeV^2] of each channel: power k of the propagator comes times (M_Z'^2 + s)^k, (n_channels,).
        values: (n_masses, n_channels, n_variants, 27, n_recoil_bins).
    """

    first: Leaf
    scale: Leaf
    values: Leaf


def tabulate(experiment: Experiment, low: float, high: float) -> tuple[Table, ...]:
    """Tables for all stacks of an experiment, for masses from 10^low to 10^high MeV."""
    first = low - _POINTS * _STEP
    masses = 10 ** np.arange(first, high + _POINTS * _STEP, _STEP)
    return tuple(_table(channels, first, masses) for channels in experiment.channels)


def tabulated_signal(
    experiment: Experiment, tables: tuple[Table, ...], couplings: Couplings
) -> Component:
    """`forward.signal` from the tables, for a mass within them."""
    pairs = zip(experiment.channels, tables, strict=True)
    variants = jnp.stack([_events(c, t, couplings) for c, t in pairs]).sum(axis=0)
    systematics = experiment.widths, experiment.shapes, experiment.scales
    return Component(variants[0], variants[1::2], variants[2::2], *systematics)


def _table(channels: Channel, first: float, masses: np.ndarray) -> Table:
    n = len(channels.recoil)
    single = [jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[i], channels) for i in range(n)]
    values = np.stack([_templates(channel, masses) for channel in single], axis=1)
    scale = np.array([propagator_scale(c.recoil, _target(c)) for c in single])
    return Table(np.array(first), scale, values)


def _templates(channel: Channel, masses: np.ndarray) -> np.ndarray:
    """(n_masses, n_variants, 27, n_recoil_bins) of one channel."""
    powers = propagator_powers(channel.recoil, masses, _target(channel))
    folded = np.stack(
        [
            np.einsum("bn,cfn,mkn->mcfkb", response, _forms(channel, i), powers, optimize=True)
            for i, response in enumerate(channel.response)
        ],
        axis=1,
    )
    return folded.reshape(*folded.shape[:2], 27, -1)


def _forms(channel: Channel, variant: int) -> np.ndarray:
    if channel.nucleus is None:
        return electron_forms(channel.recoil, channel.moments)
    shapes = channel.form_p[variant], channel.form_n[variant]
    return nucleus_forms(channel.recoil, channel.moments, channel.nucleus, *shapes)


def _target(channel: Channel) -> float:
    return M_E if channel.nucleus is None else float(channel.nucleus.mass)


def _events(channels: Channel, table: Table, couplings: Couplings) -> Array:
    """Events of every variant, summed over the stack, (n_variants, n_bins)."""
    nearby = _interpolate(table, jnp.log10(couplings.mass))

    def one(channel: Channel, scale: Array, templates: Array) -> Array:
        per_recoil_bin = _products(channel, scale, couplings) @ templates
        return channel.spread * per_recoil_bin[:, channel.recoil_bin]

    return jax.vmap(one)(channels, table.scale, nearby).sum(axis=0)


def _products(channel: Channel, scale: Array, couplings: Couplings) -> Array:
    """The 27 products of couplings, in the unit of the table."""
    if channel.nucleus is None:
        amplitudes = electron_amplitudes(couplings)
    else:
        amplitudes = nucleus_amplitudes(couplings, channel.nucleus)
    unit = 1 / (couplings.mass**2 + scale)
    return (
        amplitudes.products * jnp.stack([jnp.ones_like(unit), unit, unit**2])[None, None]
    ).ravel()


def _interpolate(table: Table, log_mass: Array) -> Array:
    """Lagrange interpolation through the nearest masses, (n_channels, n_variants, 27, n_recoil_bins)."""
    position = (log_mass - table.first) / _STEP
    start = jnp.floor(jax.lax.stop_gradient(position)).astype(int) - (_POINTS // 2 - 1)
    start = jnp.clip(start, 0, len(table.values) - _POINTS)
    rows = jax.lax.dynamic_slice_in_dim(table.values, start, _POINTS)
    return jnp.tensordot(_lagrange(position - start.astype(float)), rows, 1)


def _lagrange(t: Array) -> Array:
    """Weights of the points 0, 1, ... at t, (_POINTS,)."""
    knots = np.arange(float(_POINTS))
    other = ~np.eye(_POINTS, dtype=bool)
    distance = np.where(other, knots[:, None] - knots[None], 1.0)
    return jnp.prod(jnp.where(other, t - knots[None], 1.0) / distance, axis=1)
