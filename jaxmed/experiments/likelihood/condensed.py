"""An experiment as the many evaluations of its likelihood need it: what they share is worked out once.

Channels that fill the bins alike are added up before they do, and bins in which only one background ever has events,
one without shape variations, are one bin: n of them with shares f_b of the background mu give
sum_b (f_b mu - n_b log(f_b mu)) = mu - n log(mu) - sum_b n_b log(f_b), the last of which is a constant.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import xlogy

from jaxmed.experiments.likelihood.forward import channel_rates, fold
from jaxmed.experiments.likelihood.nll import floored
from jaxmed.experiments.likelihood.yields import Mix
from jaxmed.experiments.model import Channel, Component, Experiment, Leaf, pytree
from jaxmed.theory.couplings import Couplings

Events = tuple[Leaf, ...]
"""Of each stack of channels, (n_classes, n_foldings, n_recoil_bins): the signal before it is spread over the bins."""


@pytree("folding_of", "moved")
@dataclass(frozen=True)
class Filling:
    """How a stack of channels fills the bins.

    Attributes:
        classes: ones where a channel belongs to a class, all of whose channels fill the bins alike, (n_classes,
            n_channels).
        response: of each class, see `Channel`, (n_classes, n_responses, n_recoil_bins, n_nodes).
        recoil_bin: ones where a bin belongs to a recoil bin, (n_recoil_bins, n_bins).
        spread: share of its recoil bin that falls into each bin, (n_classes, n_variants, n_bins).
        folding_of: of each variant, see `Channel`.
        moved: numbers of the variants that do not have the nominal spread.
    """

    classes: Leaf
    response: Leaf
    recoil_bin: Leaf
    spread: Leaf
    folding_of: tuple[int, ...]
    moved: tuple[int, ...]


@pytree()
@dataclass(frozen=True)
class Condensed:
    """What is left of an experiment.

    Attributes:
        experiment: the whole of it.
        fillings: of each of its stacks.
        background: in the bins that are left.
        error: Gaussian standard deviations there, (n_bins,).
        kept: numbers of the bins that stay alone, ascending; `merged` is the last bin, if there is any.
        merged: numbers of those that are one bin.
        log_share: log of what each of these contributes, (n_merged,).
    """

    experiment: Experiment
    fillings: tuple[Filling, ...]
    background: tuple[Component, ...]
    error: Leaf
    kept: Leaf
    merged: Leaf
    log_share: Leaf


def condense(experiment: Experiment) -> Condensed:
    """Find what is shared."""
    merged = _merged(experiment)
    kept, together = np.flatnonzero(~merged), np.flatnonzero(merged)
    own = sum((np.asarray(p.nominal) for p in experiment.background), np.zeros(merged.size))
    share = own[together] / own[together].sum() if together.size else own[together]
    return Condensed(
        experiment=experiment,
        fillings=tuple(_filling(c, kept, together) for c in experiment.channels)
        or (_nothing(kept, together),),
        background=tuple(_background(part, kept, together) for part in experiment.background),
        error=_in_bins(np.asarray(experiment.error), kept, together),
        kept=kept,
        merged=together,
        log_share=np.log(share),
    )


def _background(part: Component, kept: np.ndarray, merged: np.ndarray) -> Component:
    found = replace(part, variants=_in_bins(np.asarray(part.variants), kept, merged))
    if not part.local:
        return found
    # bins with errors of their own are never merged
    alone = np.asarray(part.local_widths)[:, kept]
    return replace(found, local_widths=np.pad(alone, ((0, 0), (0, int(merged.size > 0)))))


def _in_bins(values: Leaf, kept: Leaf, merged: Leaf) -> Leaf:
    """Values (..., n_all_bins) in the bins that are left, (..., n_bins)."""
    xp = values.__array_namespace__()
    alone = values[..., kept]
    if not merged.size:
        return alone
    return xp.concatenate([alone, values[..., merged].sum(axis=-1, keepdims=True)], axis=-1)


def _merged(experiment: Experiment) -> np.ndarray:
    """Which bins are one, (n_bins,)."""
    nothing = np.zeros(experiment.n_bins, dtype=bool)
    if experiment.gaussian or experiment.one_sided:
        return nothing
    filled = [(np.asarray(part.variants) != 0).any(axis=0) for part in experiment.background]
    signal = [(np.asarray(c.spread) != 0).any(axis=(0, 1)) for c in experiment.channels]
    several = np.sum([nothing, *filled, *signal], axis=0) > 1
    alone = [
        own & ~several & (np.asarray(part.nominal) > 0)
        for own, part in zip(filled, experiment.background, strict=True)
        if not (part.shapes or part.local)
    ]
    return max([nothing, *alone], key=np.count_nonzero)


def _filling(channels: Channel, kept: np.ndarray, merged: np.ndarray) -> Filling:
    spread, response = np.asarray(channels.spread), np.asarray(channels.response)
    first, classes = _classes(spread, response, len(channels.recoil))
    n_recoil = response.shape[2]
    recoil_bin = np.repeat(np.eye(n_recoil), spread.shape[2] // n_recoil, axis=1)
    # nothing of the signal falls into merged bins
    recoil_bin[:, merged] = 0.0
    recoil_bin, shares = (_in_bins(each, kept, merged) for each in (recoil_bin, spread[first]))
    moved = np.flatnonzero((shares != shares[:, :1]).any(axis=(0, 2)))
    return Filling(
        classes,
        response[first],
        recoil_bin,
        shares,
        channels.folding_of,
        tuple(int(v) for v in moved),
    )


def _nothing(kept: np.ndarray, merged: np.ndarray) -> Filling:
    """That of a data set without neutrinos: one class of no channel."""
    none = np.zeros((1, 1, kept.size + int(merged.size > 0)))
    return Filling(np.zeros((1, 0)), np.zeros((1, 1, 1, 1)), none[0], none, (0,), ())


def _classes(spread: np.ndarray, response: np.ndarray, n: int) -> tuple[list[int], np.ndarray]:
    """The first channel of each class, and which of n channels belong to it."""
    if len(response) == 1:
        return [0], np.ones((1, n))
    first, rows = [], []
    for i in range(n):
        same = [
            np.array_equal(spread[i], spread[j]) and np.array_equal(response[i], response[j])
            for j in first
        ]
        if not any(same):
            first.append(i)
            rows.append(np.zeros(n))
            same.append(True)
        rows[same.index(True)][i] = 1.0
    return first, np.stack(rows)


def condensed_counts(condensed: Condensed, observed: Leaf) -> tuple[Leaf, Leaf]:
    """Counts (..., n_all_bins) in the bins that are left, (..., n_bins), and the constant of their data term (...)."""
    counts = _in_bins(observed, condensed.kept, condensed.merged)
    if condensed.experiment.gaussian:
        return counts, jnp.zeros(observed.shape[:-1])
    shared = observed[..., condensed.merged] @ condensed.log_share
    return counts, (xlogy(observed, observed) - observed).sum(axis=-1) - shared


def data_value(condensed: Condensed, observed: Array, mu: Array) -> Array:
    """The data term of expected events mu (n_bins,), without its constant."""
    if condensed.experiment.gaussian:
        return jnp.sum(((mu - observed) / condensed.error) ** 2) / 2
    safe = jnp.maximum(floored(mu), observed) if condensed.experiment.one_sided else floored(mu)
    return jnp.sum(safe - observed * jnp.log(safe))


def data_slopes(condensed: Condensed, observed: Array, mu: Array) -> tuple[Array, Array]:
    """First and second derivative of the data term in mu, (n_bins,) each."""
    if condensed.experiment.gaussian:
        weight = jnp.asarray(condensed.error) ** -2.0
        return (mu - observed) * weight, weight
    inverse = 1 / floored(mu)
    ratio = observed * inverse
    slope, bend = 1 - ratio, ratio * inverse
    if not condensed.experiment.one_sided:
        return slope, bend
    missing = mu < observed
    return jnp.where(missing, 0.0, slope), jnp.where(missing, 0.0, bend)


def data_information(condensed: Condensed, observed: Array, mu: Array) -> Array:
    """Fisher's information on mu (n_bins,): the mean of that second derivative over data."""
    if condensed.experiment.gaussian:
        return jnp.asarray(condensed.error) ** -2.0
    certain = 1 / floored(mu)
    return jnp.where(mu < observed, 0.0, certain) if condensed.experiment.one_sided else certain


def condensed_signal(condensed: Condensed, couplings: Couplings) -> Events:
    """The signal of these couplings; NaN where any of them is not a number."""
    if not condensed.experiment.channels:
        return (jnp.zeros((1, 1, 1)),)
    found = []
    for channels, filling in zip(condensed.experiment.channels, condensed.fillings, strict=True):
        rates = channel_rates(channels, couplings)
        events = fold(filling.response, jnp.einsum("kc,cfn->kfn", filling.classes, rates))
        found.append(jnp.where(couplings.defined, events, jnp.nan))
    return tuple(found)


def mix_events(fillings: tuple[Filling, ...], events: Events) -> Mix:
    """What mixes the variants of a signal that is linear in `events`."""

    def mix(weights: Array) -> Array:
        pairs = zip(fillings, events, strict=True)
        return jnp.stack([_filled(f, each, weights) for f, each in pairs]).sum(axis=0)

    return mix


def all_variants(fillings: tuple[Filling, ...], events: Events) -> Array:
    """Every variant of a signal, (n_variants, n_bins)."""
    return mix_events(fillings, events)(jnp.eye(len(fillings[0].folding_of)))


def mix_nominal(condensed: Condensed, events: Events) -> Array:
    """The nominal signal, (n_bins,)."""
    nominal = np.eye(1, len(condensed.fillings[0].folding_of))
    return mix_events(condensed.fillings, events)(jnp.asarray(nominal))[0]


def mix_variants(variants: Array) -> Mix:
    """The same for a background with variants (n_variants, n_bins)."""
    return lambda weights: weights @ variants


def _filled(filling: Filling, events: Array, weights: Array) -> Array:
    folding = np.array(filling.folding_of)
    moved = np.isin(np.arange(folding.size), filling.moved)
    bins, spread = jnp.asarray(filling.recoil_bin), jnp.asarray(filling.spread)
    # variants of the response alone are mixed before they are spread
    refolded = np.eye(events.shape[1])[folding] * ~moved[:, None]
    mixed = jnp.einsum("mf,kfe->mke", weights @ refolded, events) @ bins
    total = jnp.sum(mixed * spread[None, :, 0], axis=1)
    for f in np.unique(folding[moved]):
        own = np.flatnonzero(moved & (folding == f))
        shares = jnp.einsum("mv,kvb->mkb", weights @ np.eye(folding.size)[:, own], spread[:, own])
        total += jnp.sum(shares * (events[:, f] @ bins)[None], axis=1)
    return total
