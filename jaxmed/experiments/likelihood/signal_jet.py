"""The signal of an experiment around some parameters, with two derivatives, from tables of templates."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.condensed import Condensed, Events, condensed_signal
from jaxmed.experiments.likelihood.templates import POINTS, STEP, SignalTable, products_in_unit
from jaxmed.experiments.model import Channel
from jaxmed.theory.amplitudes import Electron, Nucleus
from jaxmed.theory.couplings import Couplings


class Jet(NamedTuple):
    """Events of a signal around some parameters theta (n,).

    Attributes:
        value: (n_classes, n_foldings, n_recoil_bins) of each stack.
        slopes: its first derivatives, (n, n_classes, n_foldings, n_recoil_bins) each.
        bend: weights like `value` -> second derivatives (n, n) of the weighted sum of all events.
    """

    value: Events
    slopes: Events
    bend: Callable[[Events], Array]


def signal_jet(
    condensed: Condensed,
    tables: tuple[SignalTable, ...],
    couplings: Callable[[Array], Couplings],
    theta: Array,
) -> Jet:
    """`condensed_signal` from the tables with two derivatives.

    Autodiff would carry every derivative through the tables; here they meet only once, as a matrix product.

    Args:
        condensed: the data set.
        tables: of its signal; the mediator's mass lies within them.
        couplings: parameters (n,) -> couplings.
        theta: where, (n,).
    """
    if not condensed.experiment.channels:
        return Jet(condensed_signal(condensed, couplings(theta)), (), lambda weights: jnp.zeros(()))
    stacks = zip(condensed.experiment.channels, condensed.fillings, tables, strict=True)
    jets = [_stack_jet(c, f.classes, t, couplings, theta) for c, f, t in stacks]
    defined = couplings(theta).defined

    def bend(weights: Events) -> Array:
        pairs = zip(jets, weights, strict=True)
        return jnp.stack([jet.bend((own,)) for jet, own in pairs]).sum(axis=0)

    value = tuple(jnp.where(defined, jet.value[0], jnp.nan) for jet in jets)
    return Jet(value, tuple(jet.slopes[0] for jet in jets), bend)


def _stack_jet(
    channels: Channel,
    classes: Array,
    table: SignalTable,
    couplings: Callable[[Array], Couplings],
    theta: Array,
) -> Jet:
    def log_mass(theta: Array) -> Array:
        return jnp.log10(couplings(theta).mass)

    def products(theta: Array) -> Array:
        def one(target: Nucleus | Electron, scale: Array, basis: Array) -> Array:
            return products_in_unit(target, scale, couplings(theta)) @ basis

        return jax.vmap(one)(channels.target, table.scale, table.basis)

    t, t1, t2 = _derivatives(log_mass, theta)
    p, p1, p2 = _derivatives(products, theta)
    p1, p2 = jnp.moveaxis(p1, -1, 0), jnp.moveaxis(p2, (-2, -1), (0, 1))
    mixture = _stencil(table, t)
    patterns = jnp.asarray(table.patterns)
    flat = patterns.reshape(*patterns.shape[:2], -1)
    # how much of each pattern there is, and its slopes by the chain rule
    value = jnp.einsum("cj,cjp->cp", p, mixture[0])
    slopes = jnp.einsum("icj,cjp->icp", p1, mixture[0])
    slopes += t1[:, None, None] * jnp.einsum("cj,cjp->cp", p, mixture[1])[None]
    amounts = jnp.einsum("kc,rcp->rkp", classes, jnp.concatenate([value[None], slopes]))
    events = jnp.einsum("rkp,kpx->rkx", amounts, flat)
    events = events.reshape(*events.shape[:2], *patterns.shape[2:])

    def bend(weights: Events) -> Array:
        seen = jnp.einsum("kpx,kx->kp", flat, weights[0].reshape(len(flat), -1))
        seen = jnp.einsum("kc,kp->cp", classes, seen)
        of_w, of_w1, of_w2 = jnp.einsum("mcjp,cp->mcj", mixture, seen)
        value, slope = jnp.sum(p * of_w1), jnp.einsum("icj,cj->i", p1, of_w1)
        crossed = jnp.outer(slope, t1)
        bent = crossed + crossed.T + t2 * value + jnp.outer(t1, t1) * jnp.sum(p * of_w2)
        return jnp.einsum("ikcj,cj->ik", p2, of_w) + bent

    return Jet((events[0],), (events[1:],), bend)


def _derivatives(function: Callable[[Array], Array], x: Array) -> tuple[Array, Array, Array]:
    """Value, first and second derivatives of something small."""
    return function(x), jax.jacfwd(function)(x), jax.jacfwd(jax.jacfwd(function))(x)


def _stencil(table: SignalTable, log_mass: Array) -> Array:
    """The mixture of patterns and its two derivatives in log10 M_Z', (3, n_channels, n_templates, n_patterns).

    Lagrange interpolation through the nearest masses.
    """
    position = (log_mass - table.first) / STEP
    start = jnp.floor(position).astype(int) - (POINTS // 2 - 1)
    start = jnp.clip(start, 0, table.mixture.shape[0] - POINTS)
    rows = jax.lax.dynamic_slice_in_dim(table.mixture, start, POINTS)
    weights = _derivatives(_lagrange, position - start.astype(float))
    per_decade = np.array([1.0, 1 / STEP, 1 / STEP**2])[:, None]
    return jnp.einsum("mk,kcjp->mcjp", jnp.stack(weights) * per_decade, rows)


def _lagrange(t: Array) -> Array:
    """Weights of the points 0, 1, ... at t, (POINTS,)."""
    knots = np.arange(float(POINTS))
    other = ~np.eye(POINTS, dtype=bool)
    distance = np.where(other, knots[:, None] - knots[None], 1.0)
    return jnp.prod(jnp.where(other, t - knots[None], 1.0) / distance, axis=1)
