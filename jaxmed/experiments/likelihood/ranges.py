"""Between which bounds a component stays while every nuisance stays in its box."""

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.factors import (
    asymmetric_factors,
    knee,
    local_factors,
    polynomial,
    positive,
)
from jaxmed.experiments.likelihood.interpolation import lebesgue_constant, node_weights
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.model import Component


def unit_range(part: Component, low: Pulls, high: Pulls) -> Array:
    """Bounds on the events at normalisation 1, in any order, (2, n_bins)."""
    shapes = _shape_range(part, low, high)
    if not part.local:
        return shapes
    corners = _local_range(part, low, high)[:, None] * shapes[None]
    return jnp.stack([corners.min(axis=(0, 1)), corners.max(axis=(0, 1))])


def _shape_range(part: Component, low: Pulls, high: Pulls) -> Array:
    """The same of the shape alone."""
    nominal = jnp.asarray(part.nominal)
    if not part.shapes:
        return jnp.stack([nominal, nominal])
    filled = nominal != 0
    base = jnp.ones_like(nominal) if part.signed else jnp.where(filled, nominal, 1.0)
    start = nominal if part.signed else jnp.ones_like(nominal)
    changes = jnp.asarray(part.variants)[1:] / base[None] - start[None]
    # straight outside the nodes: there it is enough to look at the ends
    ends = jnp.stack([node_weights(part.nodes, pulls.of(part.shapes))[0] for pulls in (low, high)])
    least, most, first = start, start, 0
    for own in part.nodes:
        here = slice(first, first + len(own))
        spread = jnp.concatenate([changes[here], jnp.zeros((1, nominal.size))])
        low_node, high_node = spread.min(axis=0), spread.max(axis=0)
        beyond = (lebesgue_constant(own) - 1) / 2 * (high_node - low_node)
        outside = ends[:, here] @ changes[here]
        least += jnp.minimum(low_node - beyond, outside.min(axis=0))
        most += jnp.maximum(high_node + beyond, outside.max(axis=0))
        first += len(own)
    if part.signed:
        return jnp.stack([least, most])
    factors = positive(jnp.stack([least, most]), knee=knee(part))
    return nominal[None] * jnp.where(filled[None], factors, 1.0)


def _local_range(part: Component, low: Pulls, high: Pulls) -> Array:
    """Bounds on the product of the factors of single bins, (2, n_bins)."""
    ends = [jnp.prod(local_factors(part, pulls)[0], axis=0) for pulls in (low, high)]
    return jnp.stack(ends)


def factor_range(part: Component, low: Pulls, high: Pulls) -> Array:
    """Bounds on the product of the factors on all bins of a component, whatever their signs, (2,)."""
    ends = jnp.stack([_scales(part, pulls) for pulls in (low, high)], axis=1)
    if part.asymmetric:
        own = [asymmetric_factors(part, pulls)[0] for pulls in (low, high)]
        # outside of the ends it rises or falls; in between it cannot be further from 1
        reach = jnp.abs(polynomial(jnp.log(jnp.asarray(part.ends)))).sum(axis=1)
        every = jnp.stack([*own, 1.0 - reach, 1.0 + reach], axis=1)
        ends = jnp.concatenate([ends, jnp.stack([every.min(axis=1), every.max(axis=1)], axis=1)])
    found = jnp.ones(2)
    for each in ends:
        corners = found[:, None] * each[None]
        found = jnp.stack([corners.min(), corners.max()])
    return found


def _scales(part: Component, pulls: Pulls) -> Array:
    """Normalisations of `part.scales`, (n_scales,)."""
    zeros = part.without_event
    straight = np.array([name in zeros for name in part.scales], dtype=bool)
    zero = np.array([zeros.get(name, 0.0) for name in part.scales])
    away = jnp.asarray(part.widths) * (pulls.of(part.scales) - zero)
    return positive(np.where(straight, 0.0, 1.0) + away, straight)
