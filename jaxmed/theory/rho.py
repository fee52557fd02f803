"""The rho parameter and what it says about the mixing.

Alikhanov and Paschos (arXiv:2106.12364), Eqs. 31-34. The mixing moves M_Z and not M_W:
rho_0 = M_W^2/(M_Z^2 c_W^2) = M_Z0^2/M_Z^2.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxmed.theory.electroweak import STANDARD, Electroweak, require_electroweak
from jaxmed.theory.gauge import mixing_from_mass
from jaxmed.theory.scalars import real, require_finite, require_non_negative, require_positive

# Global electroweak fit of the Particle Data Group, 2020 (Eq. 33).
RHO_PDG = 1.00038
RHO_PDG_ERROR = 0.00020


def rho_light(theta: ArrayLike) -> jax.Array:
    """Returns rho_0 = cos^2(theta') for a light mediator (Eq. 32).

    Args:
        theta: mixing angle theta' [rad].

    Returns:
        rho_0, a scalar.

    Raises:
        ValueError: theta is not finite.
    """
    require_finite(theta=theta)
    return jnp.cos(real(theta)) ** 2


def rho(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    *,
    electroweak: Electroweak = STANDARD,
) -> jax.Array:
    """Returns rho_0 = M_W^2/(M_Z^2 c_W^2) with the exact M_Z (Eqs. 31-32).

    Below 1 for a Z' lighter than the Z, above 1 for a heavier one. Where no vacuum has this mass
    (`gauge.attainable`) it is zero or negative: finite, but far from anything measured. Arguments,
    and what they raise, as for `gauge.mixing_from_mass`.

    Returns:
        rho_0, a scalar.
    """
    mixing = mixing_from_mass(g_prime, m_zprime, x_h, electroweak=electroweak)
    at_z = mixing.delta == 0
    inverse = 1 + mixing.t**2 / jnp.where(at_z, 1.0, mixing.delta)
    # A massless Z, at the upper edge of the gap: any huge number will do for infinity.
    inverse = jnp.where(inverse == 0, jnp.finfo(inverse.dtype).eps, inverse)
    return jnp.where(at_z, 0.0, 1 / inverse)


def rho_nll(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    *,
    measured: ArrayLike = RHO_PDG,
    error: ArrayLike = RHO_PDG_ERROR,
    electroweak: Electroweak = STANDARD,
) -> jax.Array:
    """Gaussian -log likelihood of the measured rho_0, relative to the saturated model (Eq. 33).

    Args:
        g_prime: U(1)_X coupling g' > 0.
        m_zprime: mass of the Z' [MeV].
        x_h: charge of the Higgs doublet.
        measured: rho_0 as measured.
        error: its standard deviation.
        electroweak: the Z before it mixes.

    Returns:
        ((rho_0 - measured)/error)^2/2, a scalar.

    Raises:
        ValueError: the error is not positive, measured not finite, or as in `rho`.
    """
    require_finite(measured=measured)
    require_positive(error=error)
    deviation = rho(g_prime, m_zprime, x_h, electroweak=electroweak) - real(measured)
    return (deviation / real(error)) ** 2 / 2


def sin2_theta_bound(
    n_sigma: ArrayLike = 2.0,
    *,
    measured: ArrayLike = RHO_PDG,
    error: ArrayLike = RHO_PDG_ERROR,
) -> jax.Array:
    """Largest sin^2(theta') of a light mediator within n_sigma of the measured rho_0 (Eq. 34).

    Args:
        n_sigma: standard deviations allowed downwards.
        measured: rho_0 as measured.
        error: its standard deviation.

    Returns:
        The bound; zero where the whole interval lies above 1, so that no mixing is within it.

    Raises:
        ValueError: n_sigma is negative, measured is not finite or the error not positive.
    """
    require_non_negative(n_sigma=n_sigma)
    require_finite(measured=measured)
    require_positive(error=error)
    return jnp.maximum(0.0, 1 - (real(measured) - real(n_sigma) * real(error)))


def g_prime_x_h_bound(
    n_sigma: ArrayLike = 2.0,
    *,
    measured: ArrayLike = RHO_PDG,
    error: ArrayLike = RHO_PDG_ERROR,
    electroweak: Electroweak = STANDARD,
) -> jax.Array:
    """Largest g' x_h = g_Z sin(theta') of a light mediator, from rho_0 (Eqs. 10, 34).

    Arguments, and what they raise, as for `sin2_theta_bound` and `rho`.

    Returns:
        The bound; zero where no mixing is within the interval.
    """
    require_electroweak(electroweak)
    return electroweak.g_z * jnp.sqrt(sin2_theta_bound(n_sigma, measured=measured, error=error))
