"""From couplings and nuisances to expected counts: one forward model for every experiment."""

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.experiments.likelihood.pulls import Nuisances, make_pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.experiments.model import SIGNAL_STRENGTH, Channel, Component, Experiment, Leaf
from jaxmed.theory.amplitudes import Electron
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scattering import electron_rate, nucleus_rate


def expected(
    experiment: Experiment, couplings: Couplings, nuisances: Nuisances | None = None
) -> Array:
    """Expected events per bin.

    Args:
        experiment: the data set.
        couplings: the mediator.
        nuisances: name -> value in standard deviations; those not named are at their nominal 0.

    Returns:
        (n_bins,) events.

    Raises:
        ValueError: an unknown nuisance, or JAX in 32-bit mode (G_F^2 underflows there).
    """
    require_float64()
    pulls = make_pulls(nuisances or {}, experiment)
    return counts(components(experiment, couplings), pulls)


def components(experiment: Experiment, couplings: Couplings) -> tuple[Component, ...]:
    """The signal of these couplings followed by the backgrounds: all that the nuisances act on."""
    return (signal(experiment, couplings), *experiment.background)


def signal(experiment: Experiment, couplings: Couplings) -> Component:
    """All neutrino events, standard model and mediator, with their systematic variations."""
    return as_signal(experiment, signal_events(experiment, couplings))


def signal_events(experiment: Experiment, couplings: Couplings) -> Array:
    """The same as numbers, (n_variants, n_bins): nominal, then every shape at its nodes.

    NaN where any coupling is not a number, also one that this experiment does not see.
    """
    if not experiment.channels:
        return jnp.zeros((1, experiment.n_bins))
    stacks = [channel_events(channel, couplings) for channel in experiment.channels]
    return jnp.where(couplings.defined, jnp.stack(stacks).sum(axis=0), jnp.nan)


def as_signal(experiment: Experiment, variants: Leaf = None) -> Component:
    """Events from `signal_events` with their systematics; without events these alone."""
    e, floating = experiment, (SIGNAL_STRENGTH,)
    return Component(variants, e.widths, e.shapes, e.nodes, e.scales, floating=floating)


def require_float64() -> None:
    """ValueError unless JAX runs in 64 bit."""
    if not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError(
            "jaxmed needs 64-bit floats, JAX runs in 32 bit: "
            'add jax.config.update("jax_enable_x64", True) before the first use of JAX'
        )


def channel_events(channel: Channel, couplings: Couplings) -> Array:
    """Events of every variant, summed over the stack, (n_variants, n_bins)."""
    rates = channel_rates(channel, couplings)
    if len(channel.response) == 1:
        rates = rates.sum(axis=0, keepdims=True)
    events = fold(channel.response, rates)
    matrix = jnp.asarray(channel.folding_matrix)
    return into_bins(jnp.asarray(channel.spread), matrix @ events).sum(axis=0)


def channel_rates(channel: Channel, couplings: Couplings) -> Array:
    """Events per kg s of each node of a stack, for each set of form factors, (n_channels, n_forms, n)."""
    at = channel.recoil, channel.moments
    if isinstance(channel.target, Electron):
        rates = jax.vmap(electron_rate, in_axes=(0, 0, None, 0))(*at, couplings, channel.target)
        return (rates * channel.per_node)[:, None]
    each = jax.vmap(nucleus_rate, in_axes=(None, None, None, None, 0, 0))
    rates = jax.vmap(each, in_axes=(0, 0, None, 0, 0, 0))(
        *at, couplings, channel.target, channel.form_p, channel.form_n
    )
    return rates * jnp.asarray(channel.per_node)[:, None]


def fold(response: Array, rates: Array) -> Array:
    """Events of every folding, (n, n_foldings, n_recoil_bins), of n channels or sums of channels.

    Args:
        response: of each, (n, n_responses, n_recoil_bins, n_nodes).
        rates: (n, n_forms, n_nodes).
    """

    def one(response: Array, rates: Array) -> Array:
        # one matrix for all responses: many points at once are then one product
        flat = response.reshape(-1, rates.shape[-1]) @ rates[0]
        return jnp.concatenate([flat.reshape(response.shape[:2]), rates[1:] @ response[0].T])

    return jax.vmap(one)(jnp.asarray(response), rates)


def into_bins(spread: Array, per_recoil_bin: Array) -> Array:
    """Events (..., n_recoil_bins) spread over the bins (..., n_bins), see `Channel`."""
    runs = jnp.reshape(spread, (*spread.shape[:-1], per_recoil_bin.shape[-1], -1))
    filled = runs * per_recoil_bin[..., None]
    return filled.reshape(*filled.shape[:-2], -1)
