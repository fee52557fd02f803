"""Counts of one component at given nuisances, with their exact derivatives."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import STRENGTH, Component
from jaxmed.experiments.pulls import Pulls

# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
KNEE = 0.1


class Yield(NamedTuple):
    """Counts of a component and their derivatives in its own nuisances: counts = norm * unit.

    With the variants mixed by weights that only the nuisances know, y = weights[0] @ variants, events at normalisation
    1 are unit = nominal * P(y / nominal): P(r) = r but for bins that are kept from going negative.

    Attributes:
        factors: normalisations and their first and second derivatives, each in its own nuisance, (3, n_scales).
        unit: events at normalisation 1, (n_bins,).
        variants: nominal, all ups and all downs, (1 + 2 n_shapes, n_bins).
        weights: of the variants in y and in its first derivatives, (1 + n_shapes, 1 + 2 n_shapes).
        bends: of the variants in its second derivatives, (n_shapes, 1 + 2 n_shapes); mixed ones are zero.
        slopes: first derivatives of y, (n_shapes, n_bins).
        ratio: y / nominal, (n_bins,).
        moving: P', (n_bins,).
        resting: P - P' ratio, (n_bins,).
        folding: P'' / nominal, (n_bins,).
    """

    factors: Array
    unit: Array
    variants: Array
    weights: Array
    bends: Array
    slopes: Array
    ratio: Array
    moving: Array
    resting: Array
    folding: Array

    @property
    def norm(self) -> Array:
        """Product of the normalisations, ()."""
        return jnp.prod(self.factors[0])

    @property
    def norm_slopes(self) -> Array:
        """First derivatives of `norm`, (n_scales,)."""
        return self.factors[1] * _but(self.factors[0], np.eye(self.factors.shape[1], dtype=bool))

    @property
    def norm_bends(self) -> Array:
        """Second derivatives of `norm`, (n_scales, n_scales)."""
        values, slopes, bends = self.factors
        one = np.eye(values.size, dtype=bool)
        own_or_mixed = jnp.where(one, jnp.diag(bends), slopes[:, None] * slopes[None])
        return own_or_mixed * _but(values, one[:, None] | one[None])

    @property
    def rows(self) -> Array:
        """The unit and its first derivatives in the shape nuisances, (1 + n_shapes, n_bins)."""
        return jnp.concatenate([self.unit[None], self.moving[None] * self.slopes])

    def unit_bends(self, residual: Array) -> Array:
        """Second derivatives of residual @ unit in the shape nuisances, (n_shapes, n_shapes)."""
        folded = (self.slopes * (self.folding * residual)[None]) @ self.slopes.T
        return folded + jnp.diag(self.bends @ (self.variants @ (self.moving * residual)))


def component_yield(part: Component, pulls: Pulls) -> Yield:
    """Nominal x normalisations x shape; derivatives that nobody uses cost nothing once compiled."""
    factors = _factors(part, pulls)
    nominal = jnp.asarray(part.nominal)
    variants = jnp.concatenate([nominal[None], jnp.asarray(part.up), jnp.asarray(part.down)])
    weights, bends = _weights(pulls.of(part.shapes))
    if not part.shapes:
        one, zero, nothing = jnp.ones_like(nominal), jnp.zeros_like(nominal), variants[:0]
        return Yield(factors, nominal, variants, weights, bends, nothing, one, one, zero, zero)
    y, slopes = jnp.split(weights @ variants, [1])
    # A bin that is empty at the nominal stays empty: a ratio has no meaning there.
    filled = nominal != 0
    base = jnp.where(filled, nominal, 1.0)
    ratio = jnp.where(filled, y[0], 1.0) / base
    value, slope, bend = _positive(ratio)
    moving, folding = jnp.where(filled, slope, 0.0), jnp.where(filled, bend / base, 0.0)
    unit, resting = nominal * value, value - slope * ratio
    return Yield(factors, unit, variants, weights, bends, slopes, ratio, moving, resting, folding)


def yield_range(part: Component, low: Pulls, high: Pulls) -> tuple[Array, Array]:
    """Bounds (n_bins,) on the counts while every nuisance stays between its values in `low` and `high`."""
    first, second = (jnp.prod(_factors(part, pulls)[0]) for pulls in (low, high))
    norms = jnp.minimum(first, second), jnp.maximum(first, second)
    factors = jnp.ones(part.nominal.size), jnp.ones(part.nominal.size)
    if part.shapes:
        even, odd, filled = _changes(part)
        # both the polynomial and the straight lines outside stay within |z| (|even| + |odd|)
        largest = jnp.maximum(jnp.abs(low.of(part.shapes)), jnp.abs(high.of(part.shapes)))
        reach = jnp.maximum(largest, 1.0) @ (jnp.abs(even) + jnp.abs(odd))
        factors = tuple(jnp.where(filled, _positive(1 + side * reach)[0], 1.0) for side in (-1, 1))
    ends = jnp.stack([part.nominal * n * f for n in norms for f in factors])
    return ends.min(axis=0), ends.max(axis=0)


def _factors(part: Component, pulls: Pulls) -> Array:
    """The normalisations and two derivatives, (3, n_scales)."""
    raw = 1 + part.widths * pulls.of(part.scales)
    # The signal strength may reach zero, no neutrinos at all: its box keeps it from going below.
    bent = np.array([name != STRENGTH for name in part.scales], dtype=bool)
    value, slope, bend = _positive(raw)
    slopes = jnp.where(bent, slope, 1.0) * part.widths
    bends = jnp.where(bent, bend, 0.0) * part.widths**2
    return jnp.stack([jnp.where(bent, value, raw), slopes, bends])


def _but(factors: Array, left_out: np.ndarray) -> Array:
    """Products of all factors (n,) but those left out (..., n), without dividing: a factor may be zero."""
    others = jnp.where(left_out, 1.0, jnp.broadcast_to(factors, left_out.shape))
    return jnp.prod(others, axis=-1)


def _changes(part: Component) -> tuple[Array, Array, Array]:
    """Even and odd half of the relative change at +-1 sigma, (n_shapes, n_bins), and which bins have any."""
    filled = part.nominal != 0
    base = jnp.where(filled, part.nominal, 1.0)[None]
    up, down = part.up / base - 1, 1 - part.down / base
    return (up - down) / 2, (up + down) / 2, filled


def _weights(z: Array) -> tuple[Array, Array]:
    """`weights` and `bends` of the variants at shape nuisances z [sigma], (n_shapes,).

    Of half the difference of up and down z is taken, of their mean's distance from the nominal a function that is
    |z| outside +-1 sigma and HistFactory's polynomial inside, interpolation code 4p: smooth to second order.
    """
    square = z**2
    out = jnp.abs(z) > 1
    even = jnp.where(out, jnp.abs(z), (15 - 10 * square + 3 * square**2) * square / 8)
    slope = jnp.where(out, jnp.sign(z), (30 - 40 * square + 18 * square**2) * z / 8)
    bend = jnp.where(out, 0.0, (30 - 120 * square + 90 * square**2) / 8)
    own = jnp.eye(z.size)

    def mixed(even: Array, odd: Array) -> Array:
        return jnp.concatenate(
            [-even.sum(axis=1, keepdims=True), (even + odd) / 2, (even - odd) / 2], axis=1
        )

    value = mixed(even[None], z[None]).at[0, 0].add(1.0)
    slopes = mixed(own * slope[None], own)
    return jnp.concatenate([value, slopes]), mixed(own * bend[None], jnp.zeros_like(own))


def _positive(y: Array) -> tuple[Array, Array, Array]:
    """The value itself above the knee, an exponential tail below, and two derivatives."""
    tail = KNEE * jnp.exp(jnp.minimum(y, KNEE) / KNEE - 1)
    above = y >= KNEE
    return (
        jnp.where(above, y, tail),
        jnp.where(above, 1.0, tail / KNEE),
        jnp.where(above, 0.0, tail / KNEE**2),
    )
