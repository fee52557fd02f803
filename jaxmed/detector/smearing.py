"""The Gaussian response in JAX: `response.gaussian`, differentiable in edges, resolution and efficiency."""

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import erf

_FAR = 1e9  # beyond all energies, in any unit


def smeared(edges: Array, visible: Array, sigma: Array, efficiency: tuple[Array, Array]) -> Array:
    """Gaussian smearing with an efficiency given at the reconstructed energy; pure.

    Every straight piece of the efficiency is integrated between the edges of a bin, clipped to where it holds: the
    sum stays smooth where a knot passes an edge.

    Args:
        edges: bin edges of the reconstructed energy, (n_bins + 1,).
        visible: mean visible energy of each recoil, (n,), in the unit of `edges`.
        sigma: resolution at `visible`, (n,).
        efficiency: knots (energy, value) of the piecewise-linear efficiency, (m,) each; constant outside.

    Returns:
        (n_bins, n): int over the bin of efficiency(x) G(x; visible, sigma), exact.
    """
    knots, values = efficiency
    origin, level = (jnp.concatenate([x[:1], x])[None, :, None] for x in (knots, values))
    slope = jnp.pad(jnp.diff(values) / jnp.diff(knots), 1)[None, :, None]
    low = jnp.concatenate([jnp.array([-_FAR]), knots])[None]
    high = jnp.concatenate([knots, jnp.array([_FAR])])[None]
    ends = jnp.clip(edges[:, None], low, high)[:, :, None]
    mean, width = visible[None, None], sigma[None, None]
    z = (ends - mean) / width
    # int (level + slope (x - origin)) G dx, with int (x - mean) G dx = -sigma^2 dG
    cdf, pdf = erf(z / jnp.sqrt(2.0)) / 2, jnp.exp(-(z**2) / 2) / jnp.sqrt(2 * jnp.pi)
    pieces = (level + slope * (mean - origin)) * cdf - slope * width * pdf
    return jnp.diff(pieces, axis=0).sum(axis=1)
