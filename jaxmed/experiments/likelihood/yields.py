"""Counts of components at given nuisances, with their exact derivatives.

The normalisations of all components are worked out together: as many operations as those of one.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.factors import (
    asymmetric_factors,
    knee,
    local_factors,
    positive,
    positive_jet,
)
from jaxmed.experiments.likelihood.interpolation import (
    node_weights,
    owners,
)
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.likelihood.ranges import factor_range, unit_range
from jaxmed.experiments.model import Component

Mix = Callable[[Array], Array]
"""Weights (m, n_variants) -> mixtures of the variants of a component, (m, n_bins): linear in the weights."""


class Yield(NamedTuple):
    """Counts of a component and their derivatives in its own nuisances: counts = norm * unit.

    With the variants mixed by weights that only the nuisances know to y, events at normalisation 1 are unit = nominal *
    P(y / nominal) * L: P(r) = r but for bins that are kept from going negative, and L are the factors of single bins.

    Attributes:
        factors: normalisations and their first and second derivatives, each in its own nuisance, (3, n_factors).
        unit: events at normalisation 1, (n_bins,).
        slopes: first derivatives of y, (n_shapes, n_bins).
        projected: weights of bins (n_bins,) -> first and second derivatives of weights @ y, (2, n_shapes); mixed ones
            are zero.
        ratio: y / nominal, (n_bins,).
        unit_slope: P' L, (n_bins,).
        unit_offset: (P - P' ratio) L, (n_bins,).
        unit_bend: P'' L / nominal, (n_bins,).
        local: of the factors of single bins the first and second derivative, as a share of the factor itself, (2,
            n_local, n_bins).
    """

    factors: Array
    unit: Array
    slopes: Array
    projected: Callable[[Array], Array]
    ratio: Array
    unit_slope: Array
    unit_offset: Array
    unit_bend: Array
    local: Array

    @property
    def norm(self) -> Array:
        """Product of the normalisations, ()."""
        return jnp.prod(self.factors[0])

    @property
    def norm_slopes(self) -> Array:
        """First derivatives of `norm`, (n_factors,)."""
        return self.factors[1] * _but(self.factors[0], np.eye(self.factors.shape[1], dtype=bool))

    @property
    def norm_bends(self) -> Array:
        """Second derivatives of `norm`, (n_factors, n_factors)."""
        values, slopes, bends = self.factors
        one = np.eye(values.size, dtype=bool)
        own_or_mixed = jnp.where(one, jnp.diag(bends), slopes[:, None] * slopes[None])
        return own_or_mixed * _but(values, one[:, None] | one[None])


def counts(parts: Sequence[Component], pulls: Pulls) -> Array:
    """Events of all components at the given nuisances, nominal x normalisations x shape, (n_bins,).

    The sum of `norm * unit` of their yields without what is only there for derivatives: autodiff would trace through
    all of it.
    """
    units = jnp.stack([_unit(part, pulls) for part in parts])
    return jnp.sum(_norms(parts, pulls)[:, None] * units, axis=0)


def component_yields(
    parts: Sequence[Component], pulls: Pulls, nominals: Sequence[Array], mixes: Sequence[Mix]
) -> list[Yield]:
    """The yield of each component; derivatives that nobody uses cost nothing once compiled.

    Args:
        parts: the components; their variants are not looked at.
        pulls: the nuisances.
        nominals: of each, (n_bins,).
        mixes: of each, its variants.
    """
    ends = np.cumsum([len(part.scales) for part in parts])[:-1]
    factors = jnp.split(_factors(parts, pulls), ends, axis=1)
    factors = [
        jnp.concatenate([own, asymmetric_factors(part, pulls)], axis=1) if part.asymmetric else own
        for part, own in zip(parts, factors, strict=True)
    ]
    each = zip(parts, factors, nominals, mixes, strict=True)
    return [_yield(part, pulls, own, nominal, mix) for part, own, nominal, mix in each]


def _yield(part: Component, pulls: Pulls, factors: Array, nominal: Array, mix: Mix) -> Yield:
    y, slopes, projected = shape_jet(part, pulls, mix)
    if part.signed or not part.shapes:
        one, zero = jnp.ones_like(y), jnp.zeros_like(y)
        found = Yield(
            factors, y, slopes, projected, one, one, zero, zero, jnp.zeros((2, 0, y.size))
        )
        return _with_local(part, pulls, found)
    filled, base, ratio = _ratio(nominal, y)
    value, slope, bend = positive_jet(ratio, knee=knee(part))
    unit_slope, unit_bend = jnp.where(filled, slope, 0.0), jnp.where(filled, bend / base, 0.0)
    unit, unit_offset, none = nominal * value, value - slope * ratio, jnp.zeros((2, 0, y.size))
    found = Yield(factors, unit, slopes, projected, ratio, unit_slope, unit_offset, unit_bend, none)
    return _with_local(part, pulls, found)


def _with_local(part: Component, pulls: Pulls, found: Yield) -> Yield:
    """The same with the factors of single bins."""
    if not part.local:
        return found
    values, slopes, bends = local_factors(part, pulls)
    together = jnp.prod(values, axis=0)
    return found._replace(
        unit=found.unit * together,
        unit_slope=found.unit_slope * together,
        unit_offset=found.unit_offset * together,
        unit_bend=found.unit_bend * together,
        local=jnp.stack([slopes / values, bends / values]),
    )


def shape_jet(
    part: Component, pulls: Pulls, mix: Mix
) -> tuple[Array, Array, Callable[[Array], Array]]:
    """The mixture y (n_bins,) of the variants of a component, and `slopes` and `projected` as in `Yield`."""
    nominal = np.eye(1, 1 + sum(map(len, part.nodes)))
    if not part.shapes:
        y = mix(jnp.asarray(nominal))
        return y[0], y[1:], lambda bins: jnp.zeros((2, 0))
    value, slope, bend = node_weights(part.nodes, pulls.of(part.shapes))
    own = owners(part.nodes)
    weights = jnp.concatenate([nominal + _mixed(value[None]), _mixed(own * slope[None])])

    def projected(bins: Array) -> Array:
        seen = jax.grad(lambda values: bins @ mix(values[None])[0])(weights[0])
        return jnp.stack([weights[1:] @ seen, _mixed(own * bend[None]) @ seen])

    rows = mix(weights)
    return rows[0], rows[1:], projected


def _unit(part: Component, pulls: Pulls) -> Array:
    """Events where `scales` are 1, (n_bins,)."""
    unit = nominal = jnp.asarray(part.nominal)
    if part.shapes:
        shift = _mixed(node_weights(part.nodes, pulls.of(part.shapes))[:1])[0] @ part.variants
        unit = nominal + shift
        if not part.signed:
            unit = nominal * positive(_ratio(nominal, unit)[2], knee=knee(part))
    if part.asymmetric:
        unit *= jnp.prod(asymmetric_factors(part, pulls)[0])
    if part.local:
        unit *= jnp.prod(local_factors(part, pulls)[0], axis=0)
    return unit


def _ratio(nominal: Array, y: Array) -> tuple[Array, Array, Array]:
    """Which bins are filled, what y is divided by, and the ratio, (n_bins,) each.

    A bin that is empty at the nominal stays empty: a ratio has no meaning there.
    """
    filled = nominal != 0
    base = jnp.where(filled, nominal, 1.0)
    return filled, base, jnp.where(filled, y, 1.0) / base


def counts_range(parts: Sequence[Component], low: Pulls, high: Pulls) -> tuple[Array, Array]:
    """Bounds (n_bins,) on the sum of the counts while every nuisance stays between its values in `low` and `high`."""
    units = jnp.stack([unit_range(part, low, high) for part in parts])
    factors = jnp.stack([_norms(parts, low), _norms(parts, high)], axis=1)
    if any(part.asymmetric or part.zeros for part in parts):
        factors = jnp.stack([factor_range(part, low, high) for part in parts])
    corners = factors[:, :, None, None] * units[:, None]
    return corners.min(axis=(1, 2)).sum(axis=0), corners.max(axis=(1, 2)).sum(axis=0)


def _norms(parts: Sequence[Component], pulls: Pulls) -> Array:
    """Product of the normalisations of each component, (n_components,)."""
    longest = max(len(part.scales) for part in parts)
    names: list[str] = []
    widths: list[Array | np.ndarray] = []
    for part in parts:  # each filled up with factors of 1
        missing = longest - len(part.scales)
        names += [*part.scales, *[""] * missing]
        widths += [jnp.asarray(part.widths), np.zeros(missing)]
    factors = positive(*_raw_factors(parts, tuple(names), jnp.concatenate(widths), pulls))
    return jnp.prod(factors.reshape(len(parts), longest), axis=1)


def _factors(parts: Sequence[Component], pulls: Pulls) -> Array:
    """The normalisations of all components, one after the other, and two derivatives, (3, n_scales)."""
    names = tuple(name for part in parts for name in part.scales)
    widths = jnp.concatenate([jnp.asarray(part.widths) for part in parts])
    value, slope, bend = positive_jet(*_raw_factors(parts, names, widths, pulls))
    return jnp.stack([value, slope * widths, bend * widths**2])


def _raw_factors(
    parts: Sequence[Component], names: tuple[str, ...], widths: Array, pulls: Pulls
) -> tuple[Array, np.ndarray]:
    """Normalisations that may be negative, and which of them may stay so, (n_scales,) each."""
    # What floats may reach zero, no event at all: its box keeps it from going below.
    nothing = {name: zero for part in parts for name, zero in part.without_event.items()}
    straight = np.array([name in nothing for name in names], dtype=bool)
    zero = np.array([nothing.get(name, 0.0) for name in names])
    return np.where(straight, 0.0, 1.0) + widths * (pulls.of(names) - zero), straight


def _but(factors: Array, left_out: np.ndarray) -> Array:
    """Products of all factors (n,) but those left out (..., n), without dividing: a factor may be zero."""
    others = jnp.where(left_out, 1.0, jnp.broadcast_to(factors, left_out.shape))
    return jnp.prod(others, axis=-1)


def _mixed(nodes: Array) -> Array:
    """Weights of the variants (m, n_variants) from those of the nodes (m, n_nodes): what they get the nominal loses."""
    return jnp.concatenate([-nodes.sum(axis=1, keepdims=True), nodes], axis=1)
