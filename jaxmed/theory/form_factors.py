"""Nuclear form factors as functions of momentum transfer and rms radius."""

import jax.numpy as jnp
from jax import Array

HBARC_FM = 197.3269804  # hbar c [MeV fm]
HELM_SKIN = 0.9  # Helm surface thickness s [fm]
KLEIN_NYSTRAND_RANGE = 0.7  # Klein-Nystrand Yukawa range a_k [fm]


def helm(q: Array, radius: Array | float) -> Array:
    """Helm form factor, 3 j1(q R0)/(q R0) exp(-q^2 s^2 / 2) with R0^2 = 5/3 (R^2 - 3 s^2).

    Args:
        q: momentum transfer [MeV], any shape.
        radius: rms radius R [fm] of the distribution.

    Returns:
        F(q), shape of q; F(0) = 1. Source: Helm, Phys. Rev. 104 (1956) 1466.
    """
    box = jnp.sqrt(5 / 3 * (radius**2 - 3 * HELM_SKIN**2))
    x = q / HBARC_FM
    return _uniform_sphere(x * box) * jnp.exp(-((x * HELM_SKIN) ** 2) / 2)


def klein_nystrand(q: Array, radius: Array | float) -> Array:
    """Klein-Nystrand form factor, 3 j1(q R_A)/(q R_A) / (1 + q^2 a_k^2), R_A^2 = 5/3 (R^2 - 6 a_k^2).

    Args:
        q: momentum transfer [MeV], any shape.
        radius: rms radius R [fm] of the distribution.

    Returns:
        F(q), shape of q; F(0) = 1. Source: Klein and Nystrand, Phys. Rev. C 60 (1999) 014903.
    """
    sphere = jnp.sqrt(5 / 3 * (radius**2 - 6 * KLEIN_NYSTRAND_RANGE**2))
    x = q / HBARC_FM
    return _uniform_sphere(x * sphere) / (1 + (x * KLEIN_NYSTRAND_RANGE) ** 2)


def _uniform_sphere(x: Array) -> Array:
    """3 j1(x)/x; below x = 0.1 the series, since sin x - x cos x cancels there."""
    small = jnp.abs(x) < 0.1
    y = jnp.where(small, 1.0, x)
    series = 1 - x**2 / 10 + x**4 / 280 - x**6 / 15120 + x**8 / 1330560
    return jnp.where(small, series, 3 * (jnp.sin(y) - y * jnp.cos(y)) / y**3)
