"""Counts of components at given nuisances, with their exact derivatives.

The normalisations of all components are worked out together: as many operations as those of one.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.interpolation import (
    ONE_SIGMA,
    lebesgue_constant,
    node_weights,
    owners,
)
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.model import Component

# Below this fraction of its nominal value a yield falls off exponentially instead of linearly: it stays
# positive, with a continuous slope, wherever a nuisance goes.
KNEE = 0.1
# The same for shapes that are folded at their nodes: what is not negative there hardly is in between.
_FOLDED_KNEE = 0.01
Mix = Callable[[Array], Array]
"""Weights (m, n_variants) -> mixtures of the variants of a component, (m, n_bins): linear in the weights."""


class Yield(NamedTuple):
    """Counts of a component and their derivatives in its own nuisances: counts = norm * unit.

    With the variants mixed by weights that only the nuisances know to y, events at normalisation 1 are unit = nominal *
    P(y / nominal): P(r) = r but for bins that are kept from going negative.

    Attributes:
        factors: normalisations and their first and second derivatives, each in its own nuisance, (3, n_scales).
        unit: events at normalisation 1, (n_bins,).
        slopes: first derivatives of y, (n_shapes, n_bins).
        projected: weights of bins (n_bins,) -> first and second derivatives of weights @ y, (2, n_shapes); mixed ones
            are zero.
        ratio: y / nominal, (n_bins,).
        unit_slope: P', (n_bins,).
        unit_offset: P - P' ratio, (n_bins,).
        unit_bend: P'' / nominal, (n_bins,).
    """

    factors: Array
    unit: Array
    slopes: Array
    projected: Callable[[Array], Array]
    ratio: Array
    unit_slope: Array
    unit_offset: Array
    unit_bend: Array

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
    each = zip(parts, factors, nominals, mixes, strict=True)
    return [_yield(part, pulls, own, nominal, mix) for part, own, nominal, mix in each]


def _yield(part: Component, pulls: Pulls, factors: Array, nominal: Array, mix: Mix) -> Yield:
    y, slopes, projected = shape_jet(part, pulls, mix)
    if not part.shapes:
        one, zero = jnp.ones_like(y), jnp.zeros_like(y)
        return Yield(factors, y, slopes, projected, one, one, zero, zero)
    filled, base, ratio = _ratio(nominal, y)
    value, slope, bend = _positive_jet(ratio, knee=_knee(part))
    unit_slope, unit_bend = jnp.where(filled, slope, 0.0), jnp.where(filled, bend / base, 0.0)
    unit, unit_offset = nominal * value, value - slope * ratio
    return Yield(factors, unit, slopes, projected, ratio, unit_slope, unit_offset, unit_bend)


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
    """Events at normalisation 1, (n_bins,)."""
    nominal = jnp.asarray(part.nominal)
    if not part.shapes:
        return nominal
    shift = _mixed(node_weights(part.nodes, pulls.of(part.shapes))[:1])[0] @ part.variants
    return nominal * _positive(_ratio(nominal, nominal + shift)[2], knee=_knee(part))


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
    filled = nominal != 0
    changes = jnp.asarray(part.variants)[1:] / jnp.where(filled, nominal, 1.0)[None] - 1
    # straight outside the nodes: there it is enough to look at the ends
    ends = jnp.stack([node_weights(part.nodes, pulls.of(part.shapes))[0] for pulls in (low, high)])
    least, most, first = jnp.ones_like(nominal), jnp.ones_like(nominal), 0
    for own in part.nodes:
        here = slice(first, first + len(own))
        spread = jnp.concatenate([changes[here], jnp.zeros((1, nominal.size))])
        low_node, high_node = spread.min(axis=0), spread.max(axis=0)
        beyond = (lebesgue_constant(own) - 1) / 2 * (high_node - low_node)
        outside = ends[:, here] @ changes[here]
        least += jnp.minimum(low_node - beyond, outside.min(axis=0))
        most += jnp.maximum(high_node + beyond, outside.max(axis=0))
        first += len(own)
    factors = _positive(jnp.stack([least, most]), knee=_knee(part))
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


def _mixed(nodes: Array) -> Array:
    """Weights of the variants (m, n_variants) from those of the nodes (m, n_nodes): what they get the nominal loses."""
    return jnp.concatenate([-nodes.sum(axis=1, keepdims=True), nodes], axis=1)


def _knee(part: Component) -> float:
    return KNEE if ONE_SIGMA in part.nodes else _FOLDED_KNEE


def _positive(y: Array, straight: np.ndarray | bool = False, knee: float = KNEE) -> Array:
    """The value itself above the knee or where it is to stay `straight`, an exponential tail below."""
    return jnp.where((y >= knee) | straight, y, _tail(y, knee))


def _positive_jet(
    y: Array, straight: np.ndarray | bool = False, knee: float = KNEE
) -> tuple[Array, Array, Array]:
    """`_positive` and its two derivatives."""
    tail, above = _tail(y, knee), (y >= knee) | straight
    return (
        jnp.where(above, y, tail),
        jnp.where(above, 1.0, tail / knee),
        jnp.where(above, 0.0, tail / knee**2),
    )


def _tail(y: Array, knee: float) -> Array:
    return knee * jnp.exp(jnp.minimum(y, knee) / knee - 1)
