"""Counts of components at given nuisances, with their exact derivatives.

The normalisations of all components are worked out together: as many operations as those of one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import Component
from jaxmed.experiments.pulls import Pulls

# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
KNEE = 0.1
# `Yield.weights` and `Yield.bends` without shape nuisances.
_NO_SHAPES = np.ones((1, 1)), np.zeros((0, 1))


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
    weights: Array | np.ndarray
    bends: Array | np.ndarray
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


def counts(parts: Sequence[Component], pulls: Pulls) -> Array:
    """Events of all components at the given nuisances, nominal x normalisations x shape, (n_bins,).

    The sum of `norm * unit` of their yields without what is only there for derivatives: autodiff would trace through
    all of it.
    """
    units = jnp.stack([_unit(part, pulls) for part in parts])
    return jnp.sum(_norms(parts, pulls)[:, None] * units, axis=0)


def component_yields(parts: Sequence[Component], pulls: Pulls) -> list[Yield]:
    """The yield of each component; derivatives that nobody uses cost nothing once compiled."""
    ends = np.cumsum([len(part.scales) for part in parts])[:-1]
    factors = jnp.split(_factors(parts, pulls), ends, axis=1)
    return [_yield(part, pulls, own) for part, own in zip(parts, factors, strict=True)]


def _yield(part: Component, pulls: Pulls, factors: Array) -> Yield:
    nominal, variants = jnp.asarray(part.nominal), _variants(part)
    if not part.shapes:
        one, zero, nothing = jnp.ones_like(nominal), jnp.zeros_like(nominal), variants[:0]
        return Yield(factors, nominal, variants, *_NO_SHAPES, nothing, one, one, zero, zero)
    weights, bends = _weights(pulls.of(part.shapes))
    y, slopes = jnp.split(weights @ variants, [1])
    filled, base, ratio = _ratio(nominal, y[0])
    value, slope, bend = _positive_jet(ratio)
    moving, folding = jnp.where(filled, slope, 0.0), jnp.where(filled, bend / base, 0.0)
    unit, resting = nominal * value, value - slope * ratio
    return Yield(factors, unit, variants, weights, bends, slopes, ratio, moving, resting, folding)


def _unit(part: Component, pulls: Pulls) -> Array:
    """Events at normalisation 1, (n_bins,)."""
    nominal = jnp.asarray(part.nominal)
    if not part.shapes:
        return nominal
    z = pulls.of(part.shapes)
    y = _mixed(_even(z)[None], z[None])[0] @ _variants(part)
    return nominal * _positive(_ratio(nominal, nominal + y)[2])


def _variants(part: Component) -> Array:
    return jnp.concatenate(
        [jnp.asarray(part.nominal)[None], jnp.asarray(part.up), jnp.asarray(part.down)]
    )


def _ratio(nominal: Array, y: Array) -> tuple[Array, Array, Array]:
    """Which bins are filled, what y is divided by, and the ratio, (n_bins,) each.

    A bin that is empty at the nominal stays empty: a ratio has no meaning there.
    """
    filled = nominal != 0
    base = jnp.where(filled, nominal, 1.0)
    return filled, base, jnp.where(filled, y, 1.0) / base


def counts_range(parts: Sequence[Component], low: Pulls, high: Pulls) -> tuple[Array, Array]:
    """Bounds (n_bins,) on the sum of the counts while every nuisance stays between its values in `low` and `high`."""
    units = jnp.stack([_unit_range(part, low, high) for part in parts])
    norms = jnp.stack([_norms(parts, low), _norms(parts, high)], axis=1)
    corners = norms[:, :, None, None] * units[:, None]
    return corners.min(axis=(1, 2)).sum(axis=0), corners.max(axis=(1, 2)).sum(axis=0)


def _unit_range(part: Component, low: Pulls, high: Pulls) -> Array:
    """Bounds on the events at normalisation 1, in any order, (2, n_bins)."""
    nominal = jnp.asarray(part.nominal)
    if not part.shapes:
        return jnp.stack([nominal, nominal])
    even, odd, filled = _changes(part)
    # both the polynomial and the straight lines outside stay within |z| (|even| + |odd|)
    largest = jnp.maximum(jnp.abs(low.of(part.shapes)), jnp.abs(high.of(part.shapes)))
    reach = jnp.maximum(largest, 1.0) @ (jnp.abs(even) + jnp.abs(odd))
    factors = _positive(jnp.stack([1 - reach, 1 + reach]))
    return nominal[None] * jnp.where(filled[None], factors, 1.0)


def _norms(parts: Sequence[Component], pulls: Pulls) -> Array:
    """Product of the normalisations of each component, (n_components,)."""
    longest = max(len(part.scales) for part in parts)
    names: list[str] = []
    widths: list[Array | np.ndarray] = []
    for part in parts:  # each filled up with factors of 1
        missing = longest - len(part.scales)
        names += [*part.scales, *[""] * missing]
        widths += [jnp.asarray(part.widths), np.zeros(missing)]
    factors = _positive(*_raw_factors(parts, tuple(names), jnp.concatenate(widths), pulls))
    return jnp.prod(factors.reshape(len(parts), longest), axis=1)


def _factors(parts: Sequence[Component], pulls: Pulls) -> Array:
    """The normalisations of all components, one after the other, and two derivatives, (3, n_scales)."""
    names = tuple(name for part in parts for name in part.scales)
    widths = jnp.concatenate([jnp.asarray(part.widths) for part in parts])
    value, slope, bend = _positive_jet(*_raw_factors(parts, names, widths, pulls))
    return jnp.stack([value, slope * widths, bend * widths**2])


def _raw_factors(
    parts: Sequence[Component], names: tuple[str, ...], widths: Array, pulls: Pulls
) -> tuple[Array, np.ndarray]:
    """Normalisations that may be negative, and which of them may stay so, (n_scales,) each."""
    # What floats may reach zero, no event at all: its box keeps it from going below.
    lowest = {each.name: each.low for part in parts for each in part.floating}
    straight = np.array([name in lowest for name in names], dtype=bool)
    low = np.array([lowest.get(name, 0.0) for name in names])
    return np.where(straight, 0.0, 1.0) + widths * (pulls.of(names) - low), straight


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
    out, square = jnp.abs(z) > 1, z**2
    slope = jnp.where(out, jnp.sign(z), (30 - 40 * square + 18 * square**2) * z / 8)
    bend = jnp.where(out, 0.0, (30 - 120 * square + 90 * square**2) / 8)
    own, nominal = np.eye(z.size), np.eye(1, 1 + 2 * z.size)
    value = nominal + _mixed(_even(z)[None], z[None])
    slopes = _mixed(own * slope[None], own)
    return jnp.concatenate([value, slopes]), _mixed(own * bend[None], np.zeros_like(own))


def _even(z: Array) -> Array:
    square = z**2
    polynomial = (15 - 10 * square + 3 * square**2) * square / 8
    return jnp.where(jnp.abs(z) > 1, jnp.abs(z), polynomial)


def _mixed(even: Array | np.ndarray, odd: Array | np.ndarray) -> Array:
    """Weights of nominal, ups and downs for even and odd changes (m, n_shapes), (m, 1 + 2 n_shapes)."""
    return jnp.concatenate(
        [-even.sum(axis=1, keepdims=True), (even + odd) / 2, (even - odd) / 2], axis=1
    )


def _positive(y: Array, straight: np.ndarray | bool = False) -> Array:
    """The value itself above the knee or where it is to stay `straight`, an exponential tail below."""
    return jnp.where((y >= KNEE) | straight, y, _tail(y))


def _positive_jet(y: Array, straight: np.ndarray | bool = False) -> tuple[Array, Array, Array]:
    """`_positive` and its two derivatives."""
    tail, above = _tail(y), (y >= KNEE) | straight
    return (
        jnp.where(above, y, tail),
        jnp.where(above, 1.0, tail / KNEE),
        jnp.where(above, 0.0, tail / KNEE**2),
    )


def _tail(y: Array) -> Array:
    return KNEE * jnp.exp(jnp.minimum(y, KNEE) / KNEE - 1)
