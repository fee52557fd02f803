"""The signal as a few templates per mediator mass: what makes toys fast.

At one mass the signal is linear in products of couplings (of 27 for vectors: three quadratic forms, three flavours,
three powers of the propagator; `theory.scattering`), whatever the model, Z-Z' mixing included. A model moves in a small
subspace of them: without mixing it is 1, g^2 and g^4, three templates for each mass. The templates are smooth in
log M_Z' and tabulated there, as mixtures of the few patterns of events that all of them are made of.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import Condensed
from jaxmed.experiments.model import Channel, Experiment, Leaf, pytree, unstacked
from jaxmed.theory.amplitudes import Electron, Nucleus, products, propagator
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scattering import Forms, forms

STEP = 0.025  # in log10 M_Z': six points then give the templates to 1e-7
POINTS = 6
# Parameters at which a model shows in which products of couplings it moves, and what it does not move in.
_SAMPLES, _SEED, _NEGLIGIBLE = 2048, 1, 1e-12
_SKETCH = 128  # random mixtures that large sets of events are known by
_FAINT = 1e-10  # a pattern of events this much weaker than the strongest is left out


@pytree()
@dataclass(frozen=True)
class SignalTable:
    """Templates of a stack of channels on an even grid in log10 M_Z' [MeV].

    Attributes:
        first: log10 of the first mass, ().
        scale: s [MeV^2] of each channel: power k of the propagator comes times (M_Z'^2 + s)^k, (n_channels,).
        basis: of the subspace in which the products of couplings move, (n_channels, n_products, n_templates).
        mixture: of patterns in each template, (n_masses, n_channels, n_templates, n_patterns).
        patterns: of the events of a class of channels (`Filling`), (n_classes, n_patterns, n_foldings, n_recoil_bins).
    """

    first: Leaf
    scale: Leaf
    basis: Leaf
    mixture: Leaf
    patterns: Leaf


def tabulate(
    condensed: Condensed,
    couplings: Callable[[Array], Couplings],
    box: np.ndarray,
    masses: tuple[float, float],
) -> tuple[SignalTable, ...]:
    """Tables for all stacks of an experiment.

    Args:
        condensed: the data set.
        couplings: model parameters (n,) -> couplings.
        box: where the parameters may go, (n, 2).
        masses: log10 of the lightest and the heaviest mediator [MeV].

    Raises:
        ValueError: the couplings are not numbers in the whole box.
    """
    if not condensed.experiment.channels:
        return ()
    low, high = box.T
    draws = np.random.default_rng(_SEED).uniform(low, high, (_SAMPLES, len(box)))
    samples = jax.vmap(couplings)(jnp.asarray(draws))
    defined = jax.vmap(lambda each: each.defined)(samples)
    if not defined.any():
        raise ValueError("the model is undefined in its whole box: expected a number somewhere")
    samples = jax.tree.map(lambda leaf: leaf[defined], samples)
    pairs = zip(condensed.experiment.channels, condensed.fillings, strict=True)
    return tuple(_table(channels, f.classes, samples, masses) for channels, f in pairs)


def coupling_products(experiment: Experiment, couplings: Couplings) -> Array:
    """Products of couplings that all events are linear in at one mass, (n_products,)."""

    def one(target: Nucleus | Electron, recoil: Array) -> Array:
        return products_in_unit(target, jnp.asarray(_scale(target, recoil)), couplings)

    stacks = [jax.vmap(one)(c.target, jnp.asarray(c.recoil)) for c in experiment.channels]
    return jnp.concatenate([products.ravel() for products in stacks])


def product_sizes(experiment: Experiment, masses: np.ndarray, *, flips: bool) -> np.ndarray:
    """Events that each of these stands for, at the one of the masses [MeV] where it has most, (n_products,)."""
    single = [channel for stack in experiment.channels for channel in unstacked(stack)]
    return np.concatenate([_sizes(channel, _powers(channel, masses), flips) for channel in single])


def _table(
    channels: Channel, classes: np.ndarray, samples: Couplings, masses: tuple[float, float]
) -> SignalTable:
    first = masses[0] - POINTS * STEP
    line = 10 ** np.arange(first, masses[1] + POINTS * STEP, STEP)
    single = unstacked(channels)
    scale = np.array([_scale(c.target, c.recoil) for c in single])
    powers = [_powers(channel, line) for channel in single]
    flips = samples.flips is not None
    sizes = np.stack([_sizes(c, p, flips) for c, p in zip(single, powers, strict=True)])
    sizes = np.where(sizes > 0, sizes, 1.0)
    axes = _subspaces(
        [_reached(c, s, size, samples) for c, s, size in zip(single, scale, sizes, strict=True)]
    )
    bases = axes / sizes[:, :, None]
    values = np.stack(
        [_templates(*each, flips) for each in zip(single, powers, bases, strict=True)]
    )
    mixture, patterns = _mixed(values, classes)
    return SignalTable(np.array(first), scale, axes * sizes[:, :, None], mixture, patterns)


def _reached(channel: Channel, scale: float, size: np.ndarray, samples: Couplings) -> np.ndarray:
    """Directions of the products, in events, that the samples go into, (n_samples, n_products)."""
    products = jax.vmap(lambda c: products_in_unit(channel.target, jnp.asarray(scale), c))(samples)
    weighed = np.asarray(products) * size[None]
    return weighed / np.linalg.norm(weighed, axis=1, keepdims=True)


def _mixed(values: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mixture and patterns (`SignalTable`) of events (n_channels, n_masses, n_templates, n_foldings, n_recoil_bins)."""
    n, n_masses, n_templates, *shape = values.shape
    events = values.reshape(n, n_masses * n_templates, -1)
    reached = [events[own > 0].reshape(-1, events.shape[2]) for own in classes]
    patterns = np.swapaxes(_subspaces(reached, _FAINT), 1, 2)
    mixture = events @ np.swapaxes(patterns[classes.argmax(axis=0)], 1, 2)
    mixture = np.moveaxis(mixture.reshape(n, n_masses, n_templates, -1), 1, 0)
    return np.ascontiguousarray(mixture), patterns.reshape(len(classes), -1, *shape)


def _subspaces(reached: list[np.ndarray], negligible: float = _NEGLIGIBLE) -> np.ndarray:
    """Orthonormal axes of what rows reach, (n_channels, n_columns, n_axes), all of the largest rank."""
    parts = [_strengths(each, negligible) for each in reached]
    rank = max(int((strength > negligible * strength[0]).sum()) for strength, _ in parts)
    return np.stack([axes[:rank].T for _, axes in parts])


def _strengths(rows: np.ndarray, negligible: float) -> tuple[np.ndarray, np.ndarray]:
    """Singular values of rows and their axes (n_values, n_columns)."""
    if min(rows.shape) > 4 * _SKETCH:
        # random mixtures of the rows span what is not negligible, unless there are too few of them
        mixtures = np.random.default_rng(_SEED).normal(size=(_SKETCH, len(rows))) @ rows
        axes = np.linalg.qr(mixtures.T)[0]
        _, strength, turned = np.linalg.svd(rows @ axes, full_matrices=False)
        if strength[-1] < negligible * strength[0]:
            return strength, turned @ axes.T
    return np.linalg.svd(rows, full_matrices=False)[1:]


def _powers(channel: Channel, masses: np.ndarray) -> np.ndarray:
    """Powers 0, 1, 2 of the propagator in the unit of the table, (n_masses, 3, n)."""
    unit = masses[:, None] ** 2 + _scale(channel.target, channel.recoil)
    one = unit * propagator(channel.recoil[None], channel.target.mass, masses[:, None])
    return np.stack([np.ones_like(one), one, one**2], axis=1)


def _sizes(channel: Channel, powers: np.ndarray, flips: bool) -> np.ndarray:
    """Events that each of the products stands for, at the mass where it has most, (n_products,)."""
    response, own = _foldings(channel, flips)[0]
    seen = response.sum(axis=0) * np.abs(np.stack(own))
    events = np.einsum("cfn,mkn->mcfk", seen, np.abs(powers), optimize=True)
    return events.max(axis=0).ravel()


def _templates(channel: Channel, powers: np.ndarray, basis: np.ndarray, flips: bool) -> np.ndarray:
    """Events of a basis (n_products, n_templates), (n_masses, n_templates, n_foldings, n_recoil_bins)."""
    by_form, known, events = basis.reshape(-1, 3, 3, basis.shape[-1]), {}, []
    for response, own in _foldings(channel, flips):
        if id(own) not in known:
            stacked = np.stack(own)
            known[id(own)] = np.einsum("cfn,mkn,cfkt->mtn", stacked, powers, by_form, optimize=True)
        events.append(known[id(own)] @ response.T)
    return np.stack(events, axis=2)


def _scale(target: Nucleus | Electron, recoil: Leaf) -> Leaf:
    """S = 2 m <T> [MeV^2], <T> the geometric mean: (M_Z'^2 + s) P is smooth and of order one for any mass."""
    xp = recoil.__array_namespace__()
    return 2 * target.mass * xp.exp(xp.mean(xp.log(recoil)))


def _foldings(channel: Channel, flips: bool) -> list[tuple[np.ndarray, Forms]]:
    """Response (n_recoil_bins, n) and forms of each folding."""
    recoil, moments, target = channel.recoil, channel.moments, channel.target
    responses = channel.response * channel.per_node
    if isinstance(target, Electron):
        own = forms(recoil, moments, target, flips=flips)
        return [(response, own) for response in responses]
    pairs = zip(channel.form_p, channel.form_n, strict=True)
    nominal, *others = (forms(recoil, moments, target, *pair, flips=flips) for pair in pairs)
    return [(response, nominal) for response in responses] + [(responses[0], f) for f in others]


def products_in_unit(target: Nucleus | Electron, scale: Array, couplings: Couplings) -> Array:
    """The products of couplings, (n_products,), in the unit of the table."""
    unit = 1 / (couplings.mass**2 + scale)
    powers = jnp.stack([jnp.ones_like(unit), unit, unit**2])
    return (products(couplings, target) * powers[None, None]).ravel()
