"""Value, gradient and Hessian of -log L in the nuisances, and in the model parameters with them.

Counts are products of factors that each know their derivatives, so these are written down instead of pushed
through autodiff. The Hessian is the whole one, though its sums over bins are in single precision. Fisher's information
is simpler, but far from the data, where it forgets most of the curvature, it needs hundreds of steps. Only the signal
knows the model parameters.

Everything is of one point or toy: batches of them are one matrix product where what they meet is the same for all.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import (
    Condensed,
    Events,
    data_slopes,
    data_value,
    mix_events,
    mix_nominal,
    mix_variants,
)
from jaxmed.experiments.likelihood.forward import as_signal
from jaxmed.experiments.likelihood.pulls import Pulls, selection
from jaxmed.experiments.likelihood.signal_jet import Jet
from jaxmed.experiments.likelihood.yields import Yield, component_yields, shape_jet
from jaxmed.experiments.model import Component
from jaxmed.inference.problem import Problem, acts_on
from jaxmed.inference.profile.newton import Expansion

Signal = Jet | Array
"""Of one point: events with their slopes in the model parameters, if these are free; or, where these are the same for
all, every variant (n_variants, n_bins).
"""


class Counts(NamedTuple):
    """What an experiment counted, in the bins of `Condensed`.

    Attributes:
        observed: (n_bins,).
        constant: of the data term, ().
    """

    observed: Array
    constant: Array


def expansion(
    problem: Problem,
    data: Sequence[Condensed],
    signals: Sequence[Signal],
    x: Array,
    counted: Sequence[Counts],
    centres: Array,
    point: Array | None = None,
) -> Expansion:
    """Second-order expansion in what is free.

    Args:
        problem: names of the free nuisances.
        data: the experiments.
        signals: theirs.
        x: model parameters, if these are free, and nuisances, (n_free,).
        counted: by each experiment.
        centres: where the priors are centred, (n_nuisances,): zero, or what a toy's auxiliary data say.
        point: model parameters, if these are not free; only a model with normalisations needs them.
    """
    split = x.size - len(problem.nuisances)
    z = x[split:]
    pulls = problem.pulls(z, x[:split] if split else point)
    prior = np.concatenate([np.zeros(split), problem.prior_weights])
    shift = prior * jnp.concatenate([x[:split], z - centres])
    value, gradient = jnp.sum(shift**2) / 2 + problem.held_pulls, shift
    curvature = jnp.diag(jnp.asarray(prior))
    for condensed, signal, counts in zip(data, signals, counted, strict=True):
        own, names = own_nuisances(problem, condensed)
        index = np.eye(x.size)[np.concatenate([np.arange(split), split + own])]
        free = (*problem.parameters[:split], *names)
        term = _data_expansion(condensed, signal, pulls, free, split, counts)
        value += term.value
        gradient += term.gradient @ index
        curvature += index.T @ term.curvature @ index
    return Expansion(value, gradient, curvature)


def no_bend(weights: Events) -> Array:
    """`Jet.bend` of a signal whose model parameters are not free."""
    del weights
    return jnp.zeros((0, 0))


def condensed_means(condensed: Condensed, events: Events, pulls: Pulls) -> Array:
    """Expected counts in the bins of `Condensed`, (n_bins,)."""
    return _predicted(condensed, events, pulls).mu


def counts_jacobian(
    condensed: Condensed, events: Events, pulls: Pulls, names: tuple[str, ...]
) -> tuple[Array, Array]:
    """Counts (n_bins,) of an experiment and their derivatives (n, n_bins) in the nuisances `names`."""
    at = _predicted(condensed, events, pulls)
    jacobian = jnp.zeros((len(names), at.mu.size))
    for part, y in zip(at.parts, at.yields, strict=True):
        scale, shape = selection(part.factors, names), selection(part.shapes, names)
        jacobian += (scale.T @ y.norm_slopes)[:, None] * y.unit[None]
        jacobian += shape.T @ ((y.norm * y.unit_slope)[None] * y.slopes)
        if part.local:
            jacobian += selection(part.local, names).T @ ((y.norm * y.unit)[None] * y.local[0])
    return at.mu, jacobian


def own_nuisances(problem: Problem, condensed: Condensed) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers and names of the free nuisances that act on an experiment."""
    own = [i for i, n in enumerate(problem.nuisances) if acts_on(n, condensed.experiment)]
    return np.array(own, dtype=int), tuple(problem.nuisances[i] for i in own)


class _Predicted(NamedTuple):
    mu: Array
    parts: tuple[Component, ...]
    yields: list[Yield]


def _predicted(condensed: Condensed, signal: Events | Array, pulls: Pulls) -> _Predicted:
    backgrounds = [jnp.asarray(part.variants) for part in condensed.background]
    if isinstance(signal, tuple):
        mix, nominal = mix_events(condensed.fillings, signal), mix_nominal(condensed, signal)
    else:
        mix, nominal = mix_variants(signal), signal[0]
    mixes = [mix, *map(mix_variants, backgrounds)]
    parts = (as_signal(condensed.experiment), *condensed.background)
    nominals = [nominal, *(variants[0] for variants in backgrounds)]
    yields = component_yields(parts, pulls, nominals, mixes)
    mu = jnp.stack([y.norm * y.unit for y in yields]).sum(axis=0)
    return _Predicted(mu, parts, yields)


def _data_expansion(
    condensed: Condensed,
    signal: Signal,
    pulls: Pulls,
    names: tuple[str, ...],
    split: int,
    counts: Counts,
) -> Expansion:
    """One data term in what is free, `names`, of which the first `split` are model parameters."""
    at = _predicted(condensed, signal.value if isinstance(signal, Jet) else signal, pulls)
    slope, weight = data_slopes(condensed, counts.observed, at.mu)
    moved = _moved(condensed, signal, pulls, at, slope, split)
    theta = np.eye(split, len(names))
    # all derivatives of mu are mixtures of rows
    norm = at.yields[0].norm
    rows, mixing = [norm * moved.first], [jnp.asarray(theta)]
    gradient, bends = norm * (moved.first @ slope) @ theta, norm * theta.T @ moved.bend @ theta
    local_rows = jnp.zeros((len(names), slope.size))
    for k, (part, y) in enumerate(zip(at.parts, at.yields, strict=True)):
        scale, shape = selection(part.factors, names), selection(part.shapes, names)
        norm_slopes, crossed = y.norm_slopes @ scale, jnp.zeros(len(names))
        if scale.any():
            rows.append(y.unit[None])
            mixing.append(norm_slopes[None])
            events = slope @ y.unit
            gradient += events * norm_slopes
            bends += events * (scale.T @ y.norm_bends @ scale)
        if shape.any():
            rows.append((y.norm * y.unit_slope)[None] * y.slopes)
            mixing.append(jnp.asarray(shape))
            pulled, bent = y.projected(slope * y.unit_slope)
            gradient += y.norm * (pulled @ shape)
            crossed += pulled @ shape
            folded = _product(y.slopes * (slope * y.unit_bend)[None], y.slopes)
            bends += y.norm * (shape.T @ (folded + jnp.diag(bent)) @ shape)
        if part.local:
            local = selection(part.local, names)
            local_rows += local.T @ ((y.norm * y.unit)[None] * y.local[0])
            pulled, bent = _local_expansion(y, slope)
            gradient += y.norm * (pulled @ local)
            crossed += pulled @ local
            bends += y.norm * (local.T @ bent @ local)
            mixed = _product(y.local[0] * (slope * y.unit_slope)[None], y.slopes)
            mixed = y.norm * local.T @ mixed @ shape
            bends += mixed + mixed.T
        if k == 0:
            crossed += (moved.first @ slope) @ theta
            mixed = norm * theta.T @ moved.mixed @ shape
            bends += mixed + mixed.T
        cross = norm_slopes[:, None] * crossed[None]
        bends += cross + cross.T
    if any(part.local for part in at.parts):
        rows.append(local_rows)
        mixing.append(jnp.eye(len(names)))
    value = data_value(condensed, counts.observed, at.mu) + counts.constant
    scaled, mixture = jnp.concatenate(rows) * jnp.sqrt(weight)[None], jnp.concatenate(mixing)
    return Expansion(value, gradient, mixture.T @ _product(scaled, scaled) @ mixture + bends)


def _local_expansion(y: Yield, slope: Array) -> tuple[Array, Array]:
    """Derivatives of slope @ unit in the nuisances of single bins, (n_local,) and (n_local, n_local)."""
    events, (first, second) = slope * y.unit, y.local
    one = np.eye(len(first), dtype=bool)
    return first @ events, jnp.where(
        one, jnp.diag(second @ events), _product(first * events[None], first)
    )


def _product(a: Array, b: Array) -> Array:
    """Sums over the bins of products of rows, (n_a, n_b), for a Hessian.

    Single precision is enough for steps: where they end a gradient in double precision says.
    """
    single = (each.astype(np.float32) for each in (a, b.T))
    return jnp.matmul(*single, precision=jax.lax.Precision.HIGHEST).astype(float)


class _Moved(NamedTuple):
    """Derivatives of a signal's events at normalisation 1 in the n model parameters.

    Attributes:
        first: (n, n_bins).
        bend: second ones of slope @ events, (n, n).
        mixed: those of one in a model parameter and one in a shape nuisance, (n, n_shapes).
    """

    first: Array
    bend: Array
    mixed: Array


def _moved(
    condensed: Condensed, jet: Signal, pulls: Pulls, at: _Predicted, slope: Array, split: int
) -> _Moved:
    signal, part = at.yields[0], at.parts[0]
    if not (isinstance(jet, Jet) and jet.slopes):
        shapes = (split, slope.size), (split, split), (split, len(part.shapes))
        return _Moved(*map(jnp.zeros, shapes))

    def mixture(events: Events) -> tuple[Array, Array]:
        return shape_jet(part, pulls, mix_events(condensed.fillings, events))[:2]

    pulled, kept = slope * signal.unit_slope, slope * signal.unit_offset

    def weighted(events: Events) -> Array:
        y = mixture(events)[0]
        return pulled @ y + kept @ mix_nominal(condensed, events)

    rows, slopes = jax.vmap(mixture)(jet.slopes)
    nominals = jax.vmap(partial(mix_nominal, condensed))(jet.slopes)
    first = signal.unit_slope[None] * rows + signal.unit_offset[None] * nominals
    relative = rows - signal.ratio[None] * nominals
    folded = relative * (slope * signal.unit_bend)[None]
    # of what is linear in the events, the gradient is how much each of them counts
    bend = jet.bend(jax.grad(weighted)(jet.value)) + folded @ relative.T
    mixed = slopes @ pulled + folded @ signal.slopes.T
    return _Moved(first, bend, mixed)
