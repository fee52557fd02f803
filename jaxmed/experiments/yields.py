"""Counts of one component at given nuisances, with their exact derivatives."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import STRENGTH, Component
from jaxmed.experiments.pulls import Pulls

# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
_KNEE = 0.1


class Yield(NamedTuple):
    """Counts of a component and their derivatives in its own nuisances: counts = norm * unit.

    Attributes:
        norm: product of the normalisations, ().
        norm_slopes: its first derivatives, (n_scales,).
        norm_bends: its second derivatives, (n_scales, n_scales).
        unit: events at normalisation 1, nominal * P(1 + change), (n_bins,).
        change_slopes: first derivatives of the change in the shape nuisances, (n_shapes, n_bins).
        change_bends: second derivatives in one shape nuisance each, (n_shapes, n_bins); mixed ones are zero.
        moving: nominal * P', (n_bins,).
        folding: nominal * P'', (n_bins,): zero but for bins that are kept from going negative.
    """

    norm: Array
    norm_slopes: Array
    norm_bends: Array
    unit: Array
    change_slopes: Array
    change_bends: Array
    moving: Array
    folding: Array

    def unit_bends(self, residual: Array) -> Array:
        """Second derivatives of residual @ unit in the shape nuisances, (n_shapes, n_shapes)."""
        folded = (self.change_slopes * (self.folding * residual)[None]) @ self.change_slopes.T
        return folded + jnp.diag(self.change_bends @ (self.moving * residual))


def component_yield(part: Component, pulls: Pulls) -> Yield:
    """Nominal x normalisations x shape; derivatives that nobody uses cost nothing once compiled."""
    norms = _normalisation(part, pulls)
    nominal = jnp.asarray(part.nominal)
    if not part.shapes:
        nothing, zero = jnp.zeros((0, nominal.size)), jnp.zeros_like(nominal)
        return Yield(*norms, nominal, nothing, nothing, zero, zero)
    even, odd, filled = _polynomial(part)
    change, slopes, bends = _interpolate(pulls.of(part.shapes)[:, None], even, odd)
    value, slope, bend = _positive(1 + change.sum(axis=0))
    factors = (
        jnp.where(filled, value, 1.0),
        jnp.where(filled, slope, 0.0),
        jnp.where(filled, bend, 0.0),
    )
    unit, moving, folding = (nominal * factor for factor in factors)
    return Yield(*norms, unit, slopes, bends, moving, folding)


def yield_range(part: Component, low: Pulls, high: Pulls) -> tuple[Array, Array]:
    """Bounds (n_bins,) on the counts while every nuisance stays between its values in `low` and `high`."""
    first, second = (_normalisation(part, pulls)[0] for pulls in (low, high))
    norms = jnp.minimum(first, second), jnp.maximum(first, second)
    factors = jnp.ones(part.nominal.size), jnp.ones(part.nominal.size)
    if part.shapes:
        even, odd, filled = _polynomial(part)
        # both the polynomial and the straight lines outside stay within |z| (|even| + |odd|)
        largest = jnp.maximum(jnp.abs(low.of(part.shapes)), jnp.abs(high.of(part.shapes)))
        reach = jnp.maximum(largest, 1.0) @ (jnp.abs(even) + jnp.abs(odd))
        factors = tuple(jnp.where(filled, _positive(1 + side * reach)[0], 1.0) for side in (-1, 1))
    ends = jnp.stack([part.nominal * n * f for n in norms for f in factors])
    return ends.min(axis=0), ends.max(axis=0)


def _normalisation(part: Component, pulls: Pulls) -> tuple[Array, Array, Array]:
    """Product of all scale factors with its first and second derivatives in the scale nuisances."""
    raw = 1 + part.widths * pulls.of(part.scales)
    # The signal strength may reach zero, no neutrinos at all: its box keeps it from going below.
    bent = np.array([name != STRENGTH for name in part.scales], dtype=bool)
    value, slope, bend = _positive(raw)
    factors = jnp.where(bent, value, raw)
    slopes = jnp.where(bent, slope, 1.0) * part.widths
    bends = jnp.where(bent, bend, 0.0) * part.widths**2
    # products of all the others, without dividing: a factor may be zero
    one = np.eye(len(part.scales), dtype=bool)
    but_one = jnp.prod(jnp.where(one, 1.0, factors[None]), axis=-1)
    but_two = jnp.prod(jnp.where(one[:, None] | one[None], 1.0, factors[None, None]), axis=-1)
    second = jnp.where(one, jnp.diag(bends), slopes[:, None] * slopes[None]) * but_two
    return jnp.prod(factors), slopes * but_one, second


def _polynomial(part: Component) -> tuple[Array, Array, Array]:
    """Even and odd half of the relative change at +-1 sigma, (n_shapes, n_bins), and which bins have any."""
    # A bin that is empty at the nominal stays empty: a ratio has no meaning there.
    filled = part.nominal != 0
    base = jnp.where(filled, part.nominal, 1.0)[None]
    up, down = part.up / base - 1, 1 - part.down / base
    return (up - down) / 2, (up + down) / 2, filled


def _interpolate(z: Array, even: Array, odd: Array) -> tuple[Array, Array, Array]:
    """Change at z sigma and two derivatives: linear outside +-1 sigma, smooth to second order inside.

    The polynomial is HistFactory's, interpolation code 4p.
    """
    square = z**2
    inside = z * odd + (15 - 10 * square + 3 * square**2) * square * even / 8
    slope = odd + (30 - 40 * square + 18 * square**2) * z * even / 8
    bend = (30 - 120 * square + 90 * square**2) * even / 8
    line = odd + jnp.sign(z) * even
    out = jnp.abs(z) > 1
    return (
        jnp.where(out, z * line, inside),
        jnp.where(out, line, slope),
        jnp.where(out, 0.0, bend),
    )


def _positive(y: Array) -> tuple[Array, Array, Array]:
    """The value itself above the knee, an exponential tail below, and two derivatives."""
    tail = _KNEE * jnp.exp(jnp.minimum(y, _KNEE) / _KNEE - 1)
    above = y >= _KNEE
    return (
        jnp.where(above, y, tail),
        jnp.where(above, 1.0, tail / _KNEE),
        jnp.where(above, 0.0, tail / _KNEE**2),
    )
