"""The other way round: from the Lagrangian's parameters to masses and physical fields.

Alikhanov and Paschos (arXiv:2106.12364), Eqs. 2-10 and 31. The covariant derivative is
D = d - i g T^a W^a - i (g_Y/2) Y B - i (g'/2) X C (Eq. 1), <H> = v/sqrt 2, <sigma> = v_s/sqrt 2.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxmed.constants import SIN2_THETA_W
from jaxmed.theory.electroweak import STANDARD, Electroweak, require_electroweak
from jaxmed.theory.gauge import GaugeBosons, gauge_bosons
from jaxmed.theory.scalars import (
    is_traced,
    real,
    require_finite,
    require_fraction,
    require_non_negative,
    require_positive,
)


def mass_matrix(
    g: ArrayLike,
    g_y: ArrayLike,
    g_prime: ArrayLike,
    x_h: ArrayLike,
    x_s: ArrayLike,
    v: ArrayLike,
    v_s: ArrayLike,
) -> jax.Array:
    """Mass-squared matrix of the neutral gauge fields (Eqs. 1-3).

    Args:
        g: SU(2) coupling.
        g_y: hypercharge coupling.
        g_prime: U(1)_X coupling g' > 0.
        x_h: charge of the Higgs doublet.
        x_s: charge of the singlet.
        v: vacuum expectation value of the doublet [MeV].
        v_s: vacuum expectation value of the singlet [MeV].

    Returns:
        Matrix (3, 3) in the basis (B, W3, C) [MeV^2].

    Raises:
        ValueError: a coupling or v is not positive, v_s is negative, a charge is not finite.
    """
    _require_lagrangian(g, g_y, g_prime, x_h, x_s, v, v_s)
    g, g_y, g_prime, x_h, x_s, v, v_s = map(real, (g, g_y, g_prime, x_h, x_s, v, v_s))
    doublet = jnp.stack([g_y, -g, g_prime * x_h]) * v / 2
    singlet = jnp.stack([jnp.zeros_like(v_s), jnp.zeros_like(v_s), g_prime * x_s * v_s / 2])
    return jnp.outer(doublet, doublet) + jnp.outer(singlet, singlet)


def bosons_from_vacuum(
    g: ArrayLike,
    g_y: ArrayLike,
    g_prime: ArrayLike,
    x_h: ArrayLike,
    x_s: ArrayLike,
    v: ArrayLike,
    v_s: ArrayLike,
) -> tuple[GaugeBosons, jax.Array]:
    """Exact masses, mixing and rotation for any parameters of the Lagrangian (Eqs. 2-9).

    One Jacobi rotation of the 2x2 block (Z0, C), each quantity written without cancellation. Here
    Z' is the one of the two massive states that is mostly C, |theta'| <= pi/4: it passes from the
    lighter to the heavier one at the level crossing. Masses are good to 1e-15; theta' to
    1e-16/max(|1 - s - t^2|, |t|), what rounding of v_s leaves of it near the crossing
    (s and t as in `jaxmed.theory.gauge`). Arguments, and what they raise, as for `mass_matrix`.

    Returns:
        The bosons, and the rotation (3, 3) from (B, W3, C) to (A, Z, Z').
    """
    _require_lagrangian(g, g_y, g_prime, x_h, x_s, v, v_s)
    g, g_y, g_prime, x_h, x_s, v, v_s = map(real, (g, g_y, g_prime, x_h, x_s, v, v_s))
    g_z = jnp.sqrt(g**2 + g_y**2)
    t = g_prime * x_h / g_z
    root_s = jnp.abs(g_prime * x_s * v_s / (g_z * v))
    gap = 1 - root_s**2 - t**2
    # Unmixed and degenerate: no mixing on either side, so none here.
    unmixed = (t == 0) & (gap == 0)
    split = jnp.sqrt(jnp.where(unmixed, 1.0, gap**2 + 4 * t**2))
    tan = 2 * t / (gap + jnp.where(gap < 0, -split, split))
    # The larger eigenvalue is a sum of positive terms; the smaller follows from the determinant.
    large = jnp.sqrt(jnp.where(gap < 0, root_s**2 + t**2 - t * tan, 1 + t * tan))
    heavy, light = g_z * v / 2 * large, g_z * v / 2 * root_s / large
    theta = jnp.arctan(tan)
    bosons = GaugeBosons(
        photon=jnp.zeros_like(heavy),  # Eq. 4
        z=jnp.where(gap < 0, light, heavy),
        z_prime=jnp.where(gap < 0, heavy, light),
        theta=theta,
        tan_2theta=2 * t / jnp.where(unmixed, 1.0, gap),  # Eq. 9
        v_s=v_s,
    )
    return bosons, _rotation(theta, g_y / g_z, g / g_z)


def bosons_of(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    v_s: ArrayLike,
    x_h: ArrayLike = 1.0,
    x_l: ArrayLike = 0.0,
    *,
    x_s: ArrayLike | None = None,
    electroweak: Electroweak = STANDARD,
    rtol: float = 1e-9,
) -> GaugeBosons:
    """Bosons for a mass and a vacuum given together, refused if they contradict (Eqs. 2, 31).

    Args:
        g_prime: U(1)_X coupling g' > 0.
        m_zprime: mass of the Z' [MeV].
        v_s: vacuum expectation value of the singlet [MeV].
        x_h: charge of the Higgs doublet.
        x_l: charge of the lepton doublet.
        x_s: charge of the singlet, -2 (x_l + x_h) if left out.
        electroweak: the Z before it mixes.
        rtol: largest relative difference from the v_s that gives this mass.

    Returns:
        As `gauge_bosons`.

    Raises:
        ValueError: v_s does not give m_zprime, or as in `gauge_bosons`.
    """
    require_non_negative(v_s=v_s)
    bosons = gauge_bosons(g_prime, m_zprime, x_h, x_l, x_s=x_s, electroweak=electroweak)
    if not is_traced(v_s, bosons.v_s) and not np.allclose(v_s, bosons.v_s, rtol=rtol, atol=0.0):
        raise ValueError(
            f"v_s = {v_s} MeV contradicts m_zprime = {m_zprime} MeV: expected v_s = {bosons.v_s} MeV "
            f"for g_prime = {g_prime}"
        )
    return bosons


def rotation(theta: ArrayLike, *, sin2_theta_w: ArrayLike = SIN2_THETA_W) -> jax.Array:
    """Rotation from (B, W3, C) to the physical (A, Z, Z') (Eqs. 4, 6-8).

    Args:
        theta: mixing angle theta' [rad].
        sin2_theta_w: sine squared of the Weinberg angle.

    Returns:
        Matrix (3, 3), orthogonal; its rows are A, Z and Z'.

    Raises:
        ValueError: theta is not finite, or sin2_theta_w not between 0 and 1.
    """
    require_finite(theta=theta)
    require_fraction(sin2_theta_w=sin2_theta_w)
    s2 = real(sin2_theta_w)
    return _rotation(real(theta), jnp.sqrt(s2), jnp.sqrt(1 - s2))


def theta_light(
    g_prime: ArrayLike, x_h: ArrayLike = 1.0, *, electroweak: Electroweak = STANDARD
) -> jax.Array:
    """Mixing angle of a light mediator, g_Z sin(theta') = g' x_h for g' << g (Eq. 10).

    Args:
        g_prime: U(1)_X coupling g' > 0.
        x_h: charge of the Higgs doublet.
        electroweak: the Z before it mixes.

    Returns:
        theta' [rad], a scalar.

    Raises:
        ValueError: g' is not positive, x_h is not finite, an electroweak parameter is out of range,
            or g' |x_h| > g_Z.
    """
    require_positive(g_prime=g_prime)
    require_finite(x_h=x_h)
    require_electroweak(electroweak)
    sin = real(g_prime) * real(x_h) / electroweak.g_z
    require_non_negative(**{"1 - (g' x_h/g_Z)^2": 1 - sin**2})
    return jnp.arcsin(sin)


def leading_masses(
    g_prime: ArrayLike,
    v_s: ArrayLike,
    x_h: ArrayLike = 1.0,
    x_s: ArrayLike = -2.0,
    *,
    electroweak: Electroweak = STANDARD,
) -> tuple[jax.Array, jax.Array]:
    """Leading terms of M_Z and M_Z' for a light mediator (Eq. 31).

    Args:
        g_prime: U(1)_X coupling g' > 0.
        v_s: vacuum expectation value of the singlet [MeV].
        x_h: charge of the Higgs doublet.
        x_s: charge of the singlet.
        electroweak: the Z before it mixes.

    Returns:
        M_Z and M_Z' [MeV], scalars.

    Raises:
        ValueError: g' is not positive, v_s is negative, a charge is not finite, or an electroweak
            parameter is out of range.
    """
    require_positive(g_prime=g_prime)
    require_non_negative(v_s=v_s)
    require_finite(x_h=x_h, x_s=x_s)
    require_electroweak(electroweak)
    g_prime, v_s, x_h, x_s = map(real, (g_prime, v_s, x_h, x_s))
    m_z = electroweak.m_z0 * jnp.sqrt(1 + (g_prime * x_h / electroweak.g_z) ** 2)
    m_zprime = g_prime * jnp.abs(x_s) * v_s / 2
    return m_z, m_zprime


def _rotation(theta: jax.Array, s_w: jax.Array, c_w: jax.Array) -> jax.Array:
    sin, cos, zero = jnp.sin(theta), jnp.cos(theta), jnp.zeros_like(theta)
    photon = jnp.stack([c_w, s_w, zero])  # A = c_W B + s_W W3, Eq. 4
    z = jnp.stack([-cos * s_w, cos * c_w, -sin])  # Z = cos Z0 - sin C, Z0 = c_W W3 - s_W B
    z_prime = jnp.stack([-sin * s_w, sin * c_w, cos])  # Z' = sin Z0 + cos C
    return jnp.stack([photon, z, z_prime])


def _require_lagrangian(
    g: ArrayLike,
    g_y: ArrayLike,
    g_prime: ArrayLike,
    x_h: ArrayLike,
    x_s: ArrayLike,
    v: ArrayLike,
    v_s: ArrayLike,
) -> None:
    require_positive(g=g, g_y=g_y, g_prime=g_prime, v=v)
    require_non_negative(v_s=v_s)
    require_finite(x_h=x_h, x_s=x_s)
