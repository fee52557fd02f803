"""Couplings of photon, Z and Z' to the left- and right-handed fermions of one generation.

Alikhanov and Paschos (arXiv:2106.12364), Eqs. 27-30. A coupling multiplies
fbar gamma^mu (c_L P_L + c_R P_R) f V_mu; the overall sign, common to all fields, is that of the
covariant derivative and drops out of every product of two couplings. Colours and generations all
couple alike.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxmed.constants import SIN2_THETA_W
from jaxmed.theory.charges import THREE_Y, Charges
from jaxmed.theory.electroweak import STANDARD, Electroweak, require_electroweak
from jaxmed.theory.gauge import Mixing, mixing_from_mass
from jaxmed.theory.scalars import (
    Scalar,
    real,
    require_finite,
    require_fraction,
    require_positive,
)


class FermionCouplings(NamedTuple):
    """One number for each left- and right-handed fermion; couplings are dimensionless scalars."""

    nu_l: Any
    nu_r: Any
    e_l: Any
    e_r: Any
    u_l: Any
    u_r: Any
    d_l: Any
    d_r: Any


T3 = FermionCouplings(0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5, 0.0)
ELECTRIC = FermionCouplings(0.0, 0.0, -1.0, -1.0, 2 / 3, 2 / 3, -1 / 3, -1 / 3)


def by_chirality(charge: Charges) -> FermionCouplings:
    """A charge of Table 1 for each chiral fermion, doublets written out."""
    x = charge
    return FermionCouplings(x.l_l, x.nu_r, x.l_l, x.e_r, x.q_l, x.u_r, x.q_l, x.d_r)


def flavour_currents(
    charge: Charges, g: ArrayLike, g_y: ArrayLike, g_prime: ArrayLike
) -> jax.Array:
    """Couplings of the flavour fields, T3 g W3 + Y g_Y B/2 + X g' C/2 (Eq. 27).

    Any rotation of the fields gives the physical couplings: `rotation(theta) @ flavour_currents(
    ...)` has the rows A, Z, Z' (Eq. 28); that of A is e Q with Q = T3 + Y/2 (Eq. 5).

    Args:
        charge: U(1)_X charges.
        g: SU(2) coupling.
        g_y: hypercharge coupling.
        g_prime: U(1)_X coupling g' > 0.

    Returns:
        Matrix (3, 8): rows B, W3, C, columns in the order of `FermionCouplings`.

    Raises:
        ValueError: a coupling is not positive, or a charge not finite.
    """
    require_positive(g=g, g_y=g_y, g_prime=g_prime)
    _require_charges(charge)
    x = row(by_chirality(charge)) * real(g_prime) / 2
    hypercharge = row(by_chirality(THREE_Y)) * real(g_y) / 6
    return jnp.stack([hypercharge, row(T3) * real(g), x])


def standard_model_couplings(*, electroweak: Electroweak = STANDARD) -> FermionCouplings:
    """Couplings of the unmixed Z0, g_Z (T3 - Q s_W^2), the upper component of Eq. 28.

    Args:
        electroweak: the Z before it mixes.

    Returns:
        The couplings.

    Raises:
        ValueError: an electroweak parameter is out of range.
    """
    require_electroweak(electroweak)
    return FermionCouplings(*electroweak.g_z * row(neutral_current(electroweak.sin2_theta_w)))


def z_prime_couplings(
    charge: Charges,
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    *,
    electroweak: Electroweak = STANDARD,
) -> FermionCouplings:
    """Couplings of the Z' with the full mixing, sin g_Z (T3 - Q s_W^2) + cos g' X/2 (Eq. 28).

    Args:
        charge: U(1)_X charges.
        g_prime: U(1)_X coupling g' > 0.
        m_zprime: mass of the Z' [MeV].
        electroweak: the Z before it mixes.

    Returns:
        The couplings.

    Raises:
        ValueError: g' or the mass is not positive, a charge is not finite, or an electroweak
            parameter is out of range.
    """
    _require_charges(charge)
    mixing = mixing_from_mass(g_prime, m_zprime, charge.h, electroweak=electroweak)
    s2 = electroweak.sin2_theta_w
    return FermionCouplings(*unchecked_z_prime(charge, real(g_prime), mixing, s2))


def unchecked_z_prime(
    charge: Charges, g_prime: jax.Array, mixing: Mixing, sin2_theta_w: Scalar
) -> jax.Array:
    """`z_prime_couplings` without its checks, for any g' and M_Z', as one array (8,).

    Since sin g_Z = cos g' x_h/delta, they are (cos/delta) g' [x_h (T3 - Q s_W^2) + delta X/2]. Below M_Z
    the bracket is that of a light Z' less M_Z'^2/M_Z0^2 X/2: of a fermion to which a light Z' does not
    couple, such as the neutrino for charges of the hypercharge, that difference is all there is.
    """
    x = row(by_chirality(charge)) / 2
    below = row(light_charges(charge, sin2_theta_w)) - mixing.mu2 * x
    above = charge.h * row(neutral_current(sin2_theta_w)) + mixing.delta * x
    bracket = jnp.where(mixing.mu2 < 0.5, below, above)
    return g_prime * mixing.cos_over_delta * bracket


def unchecked_z_prime_axial(charge: Charges, g_prime: jax.Array, mixing: Mixing) -> jax.Array:
    """(Left - right)/2 of `unchecked_z_prime` for nu, e, u and d, (4,), where a light Z' leaves rounding alone.

    (cos/delta) g' x_h T3 (M_Z'^2/M_Z0^2)/2: the Yukawa conditions (Eqs. 13-16) cancel the leading terms, exactly.
    """
    return g_prime * mixing.cos_over_delta * charge.h * mixing.mu2 * row(T3)[0::2] / 2


def z_couplings(
    charge: Charges,
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    *,
    electroweak: Electroweak = STANDARD,
) -> FermionCouplings:
    """Couplings of the Z with the full mixing, cos g_Z (T3 - Q s_W^2) - sin g' X/2 (Eq. 28).

    Arguments, and what they raise, as for `z_prime_couplings`.
    """
    z0, c, mixing = _unmixed(charge, g_prime, m_zprime, electroweak)
    return FermionCouplings(*mixing.cos * z0 - mixing.sin * c)


def z_coupling_shift(
    charge: Charges,
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    *,
    electroweak: Electroweak = STANDARD,
) -> FermionCouplings:
    """What the mixing adds to the standard-model couplings of the Z, without cancellation (Eq. 28).

    Arguments, and what they raise, as for `z_prime_couplings`.

    Returns:
        The differences, good to double precision also where they are 1e-24 of the coupling.
    """
    z0, c, mixing = _unmixed(charge, g_prime, m_zprime, electroweak)
    cos_minus_1 = -(mixing.sin**2) / (1 + mixing.cos)
    return FermionCouplings(*cos_minus_1 * z0 - mixing.sin * c)


def light_couplings(
    charge: Charges, g_prime: ArrayLike, *, sin2_theta_w: ArrayLike = SIN2_THETA_W
) -> FermionCouplings:
    """Couplings of a light Z', g' [x_h (T3 - Q s_W^2) + X/2] (Eqs. 10, 28, 29).

    The limit of `z_prime_couplings` for M_Z' << M_Z and g' x_h << g_Z; off it by terms of relative
    size (M_Z'/M_Z)^2 and (g' x_h/g_Z)^2/2. Left and right couplings of a charged fermion agree.

    Args:
        charge: U(1)_X charges.
        g_prime: U(1)_X coupling g' > 0.
        sin2_theta_w: sine squared of the Weinberg angle.

    Returns:
        The couplings.

    Raises:
        ValueError: g' is not positive, a charge not finite, or sin2_theta_w not between 0 and 1.
    """
    require_positive(g_prime=g_prime)
    require_fraction(sin2_theta_w=sin2_theta_w)
    _require_charges(charge)
    return FermionCouplings(*real(g_prime) * row(light_charges(charge, sin2_theta_w)))


def light_charges(charge: Charges, sin2_theta_w: Any = SIN2_THETA_W) -> FermionCouplings:
    """`light_couplings` per unit g', x_h (T3 - Q s_W^2) + X/2 (Eq. 29): plain numbers for plain arguments."""
    pairs = zip(neutral_current(sin2_theta_w), by_chirality(charge), strict=True)
    return FermionCouplings(*(charge.h * z0 + x / 2 for z0, x in pairs))


def neutral_current(sin2_theta_w: Any = SIN2_THETA_W) -> FermionCouplings:
    """T3 - Q s_W^2 (Eq. 28): plain numbers for plain arguments."""
    return FermionCouplings(*(t3 - q * sin2_theta_w for t3, q in zip(T3, ELECTRIC, strict=True)))


def _unmixed(
    charge: Charges, g_prime: ArrayLike, m_zprime: ArrayLike, electroweak: Electroweak
) -> tuple[jax.Array, jax.Array, Mixing]:
    """Couplings of the unmixed fields Z0 and C, each (8,), and how they mix."""
    _require_charges(charge)
    mixing = mixing_from_mass(g_prime, m_zprime, charge.h, electroweak=electroweak)
    z0 = row(standard_model_couplings(electroweak=electroweak))
    return z0, row(by_chirality(charge)) * real(g_prime) / 2, mixing


def _require_charges(charge: Charges) -> None:
    require_finite(**{f"charge of {name}": x for name, x in charge._asdict().items()})


def row(numbers: FermionCouplings) -> jax.Array:
    """The eight numbers as one array, in the order of `FermionCouplings`."""
    return jnp.stack([real(x) for x in numbers])
