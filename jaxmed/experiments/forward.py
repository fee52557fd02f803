"""From couplings and nuisances to expected counts: one forward model for every experiment."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import STRENGTH, Channel, Component, Experiment, pytree
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scattering import electron_rate, nucleus_rate

Nuisances = Mapping[str, Array | float]


@pytree("names")
@dataclass(frozen=True)
class Pulls:
    """Nuisances as a vector: their names, and their values in standard deviations (n,)."""

    names: tuple[str, ...]
    values: Array

    def of(self, names: tuple[str, ...]) -> Array:
        """Values of the given nuisances, 0 for those that are not there."""
        padded = jnp.append(self.values, 0.0)
        index = [self.names.index(n) if n in self.names else len(self.names) for n in names]
        return padded[np.array(index, dtype=int)]


# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
_KNEE = 0.1


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
    stacks = [channel_events(channel, couplings) for channel in experiment.channels]
    variants = jnp.stack(stacks).sum(axis=0)
    return Component(
        variants[0],
        variants[1::2],
        variants[2::2],
        experiment.widths,
        experiment.shapes,
        experiment.scales,
    )


def counts(parts: tuple[Component, ...], pulls: Pulls) -> Array:
    """Sum of all components at the given nuisances, (n_bins,) events."""
    return sum((_yield(part, pulls) for part in parts[1:]), start=_yield(parts[0], pulls))


def require_float64() -> None:
    """ValueError unless JAX runs in 64 bit."""
    if not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError(
            "jaxmed needs 64-bit floats, JAX runs in 32 bit: "
            'add jax.config.update("jax_enable_x64", True) before the first use of JAX'
        )


def make_pulls(nuisances: Nuisances, *experiments: Experiment) -> Pulls:
    """Pulls from values by name; ValueError if a name belongs to none of the experiments."""
    known = {STRENGTH}.union(*(e.nuisances for e in experiments))
    for name in nuisances:
        if name not in known:
            raise ValueError(
                f"unknown nuisance '{name}': expected one of {', '.join(sorted(known))}"
            )
    values = [jnp.asarray(z, dtype=float) for z in nuisances.values()]
    return Pulls(tuple(nuisances), jnp.stack(values) if values else jnp.zeros(0))


def channel_events(channel: Channel, couplings: Couplings) -> Array:
    """Events of every variant, summed over the stack, (n_variants, n_bins)."""
    return jax.vmap(_events, in_axes=(0, None))(channel, couplings).sum(axis=0)


def _events(channel: Channel, couplings: Couplings) -> Array:
    recoil, moments = channel.recoil, channel.moments
    if channel.nucleus is None:
        rate = electron_rate(recoil, moments, couplings)
        per_recoil_bin = channel.response @ rate
    else:
        rates = jax.vmap(nucleus_rate, in_axes=(None, None, None, None, 0, 0))(
            recoil, moments, couplings, channel.nucleus, channel.form_p, channel.form_n
        )
        per_recoil_bin = jnp.einsum("vbn,vn->vb", channel.response, rates)
    return channel.spread * per_recoil_bin[:, channel.recoil_bin]


def _yield(part: Component, pulls: Pulls) -> Array:
    """Nominal x normalisations x shape."""
    factors = 1 + part.widths * pulls.of(part.scales)
    # The signal strength may reach zero, no neutrinos at all: its box keeps it from going below.
    bent = np.array([name != STRENGTH for name in part.scales], dtype=bool)
    norm = jnp.prod(jnp.where(bent, _positive(factors), factors))
    if not part.shapes:
        return norm * part.nominal
    # A bin that is empty at the nominal stays empty: a ratio has no meaning there.
    filled = part.nominal != 0
    base = jnp.where(filled, part.nominal, 1.0)[None]
    z = pulls.of(part.shapes)[:, None]
    change = _interpolate(z, part.up / base - 1, 1 - part.down / base)
    factor = _positive(1 + change.sum(axis=0))
    return norm * part.nominal * jnp.where(filled, factor, 1.0)


def _interpolate(z: Array, up: Array, down: Array) -> Array:
    """Change at z sigma: `up` at +1, -`down` at -1, linear outside, smooth to second order.

    The polynomial is HistFactory's, interpolation code 4p.
    """
    inside = z * (up + down) / 2 + (15 - 10 * z**2 + 3 * z**4) * z**2 * (up - down) / 16
    return jnp.where(jnp.abs(z) <= 1, inside, z * jnp.where(z > 0, up, down))


def _positive(y: Array) -> Array:
    tail = _KNEE * jnp.exp(jnp.minimum(y, _KNEE) / _KNEE - 1)
    return jnp.where(y >= _KNEE, y, tail)
