"""Masses and mixing of photon, Z and Z', from the coupling g' and the physical mass M_Z'.

Alikhanov and Paschos (arXiv:2106.12364), Eqs. 1-10 and 31. In the basis (Z0, C), with
M_Z0 = g_Z v/2 and t = g' x_h/g_Z, the mass-squared matrix of Eq. 2 is

    M_Z0^2 [[1, -t], [-t, t^2 + s]],    s = (g' x_s v_s/(2 M_Z0))^2,

and the photon is apart. A keV mediator is 1e-16 of M_Z^2: eigenvalues of the matrix would be lost.
But a fit knows M_Z', not s, and for a known eigenvalue the eigenvector is one division:

    tan theta' = t/delta,    delta = (M_Z0 - M_Z')(M_Z0 + M_Z')/M_Z0^2,

and det and trace give M_Z and v_s. Nothing cancels, on either side of M_Z and up to it.

Z' is the eigenstate whose mass is M_Z', and |theta'| < pi/2 with
Z = cos(theta') Z0 - sin(theta') C, Z' = sin(theta') Z0 + cos(theta') C (Eqs. 6-8). For x_h > 0 and
rising M_Z', theta' rises from g' x_h/g_Z, goes through pi/4 at M_Z'^2 = M_Z0^2 (1 - t) (the level
crossing, where Eq. 9 has its pole) to pi/2 at M_Z0. The levels repel: no v_s gives a mass with
M_Z0 <= M_Z' <= M_Z0 sqrt(1 + t^2). Above this gap theta' goes from -(pi/2 - arctan t) to 0: the
same axis again, the sign being that of the field Z'.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxmed.constants import GAMMA_Z
from jaxmed.theory.charges import singlet_charge
from jaxmed.theory.electroweak import (
    STANDARD,
    Electroweak,
    require_electroweak,
    require_inputs,
)
from jaxmed.theory.scalars import (
    Scalar,
    is_traced,
    real,
    require_finite,
    require_non_negative,
    require_positive,
)


class GaugeBosons(NamedTuple):
    """Masses [MeV] of the neutral gauge bosons, their mixing [rad], the singlet's vacuum.

    Attributes:
        photon: mass of the photon, zero [MeV].
        z: mass of the Z, shifted by the mixing [MeV].
        z_prime: mass of the Z' [MeV].
        theta: mixing angle theta' [rad].
        tan_2theta: tan(2 theta'), infinite at the level crossing.
        v_s: vacuum expectation value of the singlet [MeV].
    """

    photon: jax.Array
    z: jax.Array
    z_prime: jax.Array
    theta: jax.Array
    tan_2theta: jax.Array
    v_s: jax.Array


class Mixing(NamedTuple):
    """The 2x2 problem, divided by M_Z0^2.

    Attributes:
        t: g' x_h/g_Z, minus the off-diagonal element.
        mu2: M_Z'^2/M_Z0^2.
        delta: 1 - mu2; 1 where both this and t vanish (no mixing, any angle would do).
        sin: sin(theta').
        cos: cos(theta'), never negative.
        cos_over_delta: cos(theta')/delta, regular at the crossing.
    """

    t: jax.Array
    mu2: jax.Array
    delta: jax.Array
    sin: jax.Array
    cos: jax.Array
    cos_over_delta: jax.Array


def gauge_bosons(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    x_l: ArrayLike = 0.0,
    *,
    x_s: ArrayLike | None = None,
    electroweak: Electroweak = STANDARD,
) -> GaugeBosons:
    """Exact masses and mixing for a coupling and a physical Z' mass (Eqs. 2, 9).

    Under jit, vmap or grad the arguments cannot be looked at: where no v_s gives the mass (see
    `attainable`), `z` and `v_s` are NaN, with zero gradient, and the rest stays finite.

    Args:
        g_prime: U(1)_X coupling g' > 0.
        m_zprime: mass of the Z' [MeV].
        x_h: charge of the Higgs doublet.
        x_l: charge of the lepton doublet; it only fixes x_s where that is left out.
        x_s: charge of the singlet, -2 (x_l + x_h) if left out; only v_s depends on it.
        electroweak: the Z before it mixes.

    Returns:
        The bosons; every field is a scalar.

    Raises:
        ValueError: g' or the mass is not positive, a charge is not finite, x_s = 0, an electroweak
            parameter is out of range, or the mass lies in the gap of the level crossing, where no
            v_s gives it.
    """
    require_inputs(g_prime, m_zprime, x_h, electroweak)
    require_finite(x_l=x_l)
    singlet = singlet_charge(x_l, x_h, x_s)
    _require_singlet(singlet, x_l, x_h)
    if not is_traced(g_prime, m_zprime, x_h, *electroweak):
        _require_attainable(g_prime, m_zprime, x_h, electroweak)
    mixing = mixing_from_mass(g_prime, m_zprime, x_h, electroweak=electroweak)
    g_prime, x_h = real(g_prime), real(x_h)
    ratio = _root_where_attainable(mixing, 1.0, mixing.t**2)  # M_Z/M_Z0, from the trace
    # The determinant, M_Z/(g' M_Z0) = |x_s| v_s/(2 M_Z'), with the smooth 1/g'^2 for its gradient.
    reduced = _root_where_attainable(mixing, g_prime**-2, (x_h / electroweak.g_z) ** 2)
    return GaugeBosons(
        photon=jnp.zeros_like(ratio),  # Eq. 4
        z=electroweak.m_z0 * ratio,
        z_prime=real(m_zprime),
        theta=mixing_angle(mixing),
        tan_2theta=_tan_2theta(mixing),  # Eq. 9
        v_s=_over(2 * real(m_zprime) * reduced, jnp.abs(real(singlet))),
    )


def attainable(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    *,
    electroweak: Electroweak = STANDARD,
) -> jax.Array:
    """Tells whether some real v_s gives this Z' mass: false within the gap of the level crossing.

    Arguments, and what they raise, as for `mixing_from_mass`.

    Returns:
        A boolean scalar: v_s^2 >= 0, the determinant and trace of Eq. 2 in M_Z' and M_Z.
    """
    return _attainable(mixing_from_mass(g_prime, m_zprime, x_h, electroweak=electroweak))


def apart_from_z(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    *,
    electroweak: Electroweak = STANDARD,
    width: ArrayLike = GAMMA_Z,
) -> jax.Array:
    """Tells whether Z and Z' are two lines: Z' a width of the Z or more outside the gap of the level crossing.

    The lower level ends at M_Z0 for every g' and x_h, the upper one begins at M_Z0 sqrt(1 + t^2). Closer to them than
    the width of the Z the two are one line: unstable states then mix by their widths too, which Eq. 2 lacks, the Z' is
    more and more the Z itself, and its line shape at LEP would have shown the other. At low energies nothing is
    lost: there the sum of both hardly knows how they share the line.

    Args:
        g_prime: U(1)_X coupling g' >= 0.
        m_zprime: mass of the Z' [MeV].
        x_h: charge of the Higgs doublet.
        electroweak: the Z before it mixes.
        width: of the Z [MeV].

    Returns:
        A boolean scalar; true without mixing.

    Raises:
        ValueError: g' is negative, the width not positive, or as in `mixing_from_mass`.
    """
    require_non_negative(g_prime=g_prime)
    require_positive(m_zprime=m_zprime, width=width)
    require_finite(x_h=x_h)
    require_electroweak(electroweak)
    mass, m_z0 = real(m_zprime), electroweak.m_z0
    t = real(g_prime) * real(x_h) / electroweak.g_z
    # the edge itself is apart, also with what rounding makes of its logarithm
    away = real(width) * (1 - 1e-9)
    return (t == 0) | (mass <= m_z0 - away) | (mass >= m_z0 * jnp.sqrt(1 + t**2) + away)


def mixing_from_mass(
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    x_h: ArrayLike = 1.0,
    *,
    electroweak: Electroweak = STANDARD,
) -> Mixing:
    """Sine and cosine of theta' for a known Z' mass (Eqs. 2, 6-8): no eigensolver, no cancellation.

    Finite, with finite gradients, everywhere, also in the gap where no vacuum has this mass.

    Args:
        g_prime: U(1)_X coupling g' > 0.
        m_zprime: mass of the Z' [MeV].
        x_h: charge of the Higgs doublet.
        electroweak: the Z before it mixes.

    Returns:
        The mixing; every field is a scalar.

    Raises:
        ValueError: g' or the mass is not positive, x_h is not finite, or an electroweak parameter is
            out of range.
    """
    require_inputs(g_prime, m_zprime, x_h, electroweak)
    return unchecked_mixing(real(g_prime), real(m_zprime), real(x_h), electroweak)


def unchecked_mixing(
    g_prime: jax.Array, m_zprime: jax.Array, x_h: Scalar, electroweak: Electroweak = STANDARD
) -> Mixing:
    """`mixing_from_mass` without its checks, g' = 0 (no mixing) included."""
    m_z0 = electroweak.m_z0
    t = g_prime * x_h / electroweak.g_z
    mu2 = (m_zprime / m_z0) ** 2
    # The product is exact at the crossing; the square keeps the gradient -2 M_Z' of a light Z'.
    product = (m_z0 - m_zprime) * (m_z0 + m_zprime) / m_z0**2
    delta = jnp.where(2 * m_zprime < m_z0, 1 - mu2, product)
    # Unmixed and degenerate: any angle diagonalises. Take zero, which it is on both sides.
    delta = jnp.where((t == 0) & (delta == 0), 1.0, delta)
    cos_over_delta = jnp.where(delta < 0, -1.0, 1.0) / jnp.sqrt(t**2 + delta**2)
    return Mixing(
        t=t,
        mu2=mu2,
        delta=delta,
        sin=t * cos_over_delta,
        cos=delta * cos_over_delta,
        cos_over_delta=cos_over_delta,
    )


def mixing_angle(mixing: Mixing) -> jax.Array:
    """Mixing angle theta' [rad], between -pi/2 and pi/2."""
    return jnp.arctan2(mixing.sin, mixing.cos)


def _attainable(mixing: Mixing) -> jax.Array:
    below, above = mixing.delta > 0, mixing.delta + mixing.t**2 < 0
    return (mixing.t == 0) | below | above


def _tan_2theta(mixing: Mixing) -> jax.Array:
    t, delta = mixing.t, mixing.delta
    return 2 * t * delta / ((delta - t) * (delta + t))


def _root_where_attainable(mixing: Mixing, x: Scalar, y: jax.Array) -> jax.Array:
    """sqrt(x + y/delta), NaN where no vacuum exists."""
    exists, pole = _attainable(mixing), mixing.delta == 0
    square = x + y / jnp.where(pole, 1.0, mixing.delta)
    return jnp.where(exists, jnp.sqrt(jnp.where(exists, square, 1.0)), jnp.nan)


def _over(x: jax.Array, y: jax.Array) -> jax.Array:
    """x/y, infinite for y = 0, where its gradient is zero."""
    return jnp.where(y == 0, jnp.inf, x / jnp.where(y == 0, 1.0, y))


def _require_attainable(
    g_prime: ArrayLike, m_zprime: ArrayLike, x_h: ArrayLike, electroweak: Electroweak
) -> None:
    if not attainable(g_prime, m_zprime, x_h, electroweak=electroweak).all():
        raise ValueError(
            f"m_zprime = {m_zprime} MeV with g' x_h/g_Z = {g_prime * x_h / electroweak.g_z:.6g}: no "
            f"real v_s gives this mass; expected m_zprime < m_z0 = {electroweak.m_z0} MeV or "
            "m_zprime > m_z0 sqrt(1 + (g' x_h/g_Z)^2) (level repulsion)"
        )


def _require_singlet(x_s: ArrayLike, x_l: ArrayLike, x_h: ArrayLike) -> None:
    require_finite(x_s=x_s)
    if not is_traced(x_s) and np.any(np.asarray(x_s) == 0):
        raise ValueError(
            f"singlet charge x_s = {x_s} (x_l = {x_l}, x_h = {x_h}): expected x_s != 0, or the "
            "singlet gives the Z' no mass; pass x_s, or x_l and x_h with x_l + x_h != 0"
        )
