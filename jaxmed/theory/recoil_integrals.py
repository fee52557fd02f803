"""Integrals over the recoil energy T of neutrino-electron scattering at one neutrino energy E.

The cross section u^2 A + v^2 B + u v C of `scattering.chirality_forms` is a polynomial in T, whose terms are integrated
on their own: against 1 for the standard model, and against the mediator's propagator for the term linear in
delta(T) = eps_nu eps_e/(2 sqrt2 G_F (2 m_e T + M^2)), which is added to g_L and g_R: the interference of Eq. 37. The
common factor 2 G_F^2 m_e/pi is left out.
"""

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.constants import G_F, M_E
from jaxmed.theory.scalars import Scalar, real
from jaxmed.theory.scattering import Forms, chirality_forms, quadratic

# Below this ratio the closed forms subtract nearly equal numbers (1e-14 is left at the switch), and
# the series has 16 digits after 17 terms.
_SERIES_BELOW = 0.1
_SERIES_TERMS = 17


def propagator_moments(mass: Scalar, t_min: Scalar, t_max: Scalar) -> tuple[Array, Array, Array]:
    """Return K_k = int (T - T_min)^k dT/(2 m_e T + M^2) over T_min < T < T_max, k = 0, 1, 2.

    K_0 is the logarithm ln[(2 m_e T_max + M^2)/(2 m_e T_min + M^2)]/(2 m_e) of Eq. 37, and K_1, K_2
    follow from it. With w = T_max - T_min, a = 2 m_e T_min + M^2 and z = 2 m_e w/a:
    K_k = w^(k+1)/a f_k(z),  f_k(z) = int_0^1 u^k/(1 + z u) du,
    f_0 = ln(1 + z)/z,  f_1 = (1 - f_0)/z,  f_2 = (1/2 - f_1)/z.

    Args:
        mass: M of the mediator [MeV].
        t_min: lower end of the recoil range [MeV]; zero needs mass > 0.
        t_max: upper end [MeV].

    Returns:
        K_0 [MeV^-1], K_1 [], K_2 [MeV].
    """
    width = jnp.asarray(t_max - t_min)
    lowest = 2.0 * M_E * t_min + mass**2
    z = 2.0 * M_E * width / lowest
    small = z < _SERIES_BELOW
    safe = jnp.where(small, 1.0, z)
    f_0 = jnp.log1p(safe) / safe
    f_1 = (1.0 - f_0) / safe
    f_2 = (0.5 - f_1) / safe
    z_small = jnp.where(small, z, 0.0)
    f = (jnp.where(small, _series(z_small, k), x) for k, x in enumerate((f_0, f_1, f_2)))
    k_0, k_1, k_2 = (width ** (k + 1) / lowest * x for k, x in enumerate(f))
    return k_0, k_1, k_2


def _series(z: Array, k: int) -> Array:
    """Return int_0^1 u^k/(1 + z u) du = sum_j (-z)^j/(j + k + 1) for small z."""
    total = jnp.zeros_like(z)
    for j in reversed(range(_SERIES_TERMS)):
        total = 1.0 / (j + k + 1) - z * total
    return total


def standard_integral(
    energy: Scalar, t_min: Scalar, t_max: Scalar, g_left: Scalar, g_right: Scalar
) -> Array:
    """Return int [gL^2 + gR^2 (1 - T/E)^2 - gL gR m_e T/E^2] dT [MeV] (gL <-> gR for nubar)."""
    width = jnp.asarray(t_max - t_min)
    forms = _forms(energy, t_min, (width, width**2 / 2, width**3 / 3))
    return quadratic(g_left, g_right, forms)


def interference_integral(
    mass: Scalar,
    energy: Scalar,
    t_min: Scalar,
    t_max: Scalar,
    g_left: Scalar,
    g_right: Scalar,
) -> Array:
    """Return the interference term per unit of eps_nu eps_e (Eq. 37) [MeV].

    int [2 gL + 2 gR (1 - T/E)^2 - (gL + gR) m_e T/E^2] delta(T)/(eps_nu eps_e) dT, the slope of `standard_integral`
    as gL and gR rise by delta; gL <-> gR for antineutrinos.
    """
    forms = _forms(energy, t_min, propagator_moments(mass, t_min, t_max))
    at, along = (real(g_left), real(g_right)), (real(1.0), real(1.0))
    _, slope = jax.jvp(lambda left, right: quadratic(left, right, forms), at, along)
    return slope / (2.0 * math.sqrt(2.0) * G_F)


def _forms(energy: Scalar, t_min: Scalar, moments: tuple[Array, Array, Array]) -> Forms:
    """A, B and C integrated over T with a weight whose moments int (T - T_min)^k, k = 0, 1, 2, are given."""
    m_0, m_1, m_2 = moments
    x = 1.0 - t_min / energy
    flipped = x**2 * m_0 - 2.0 * x / energy * m_1 + m_2 / energy**2
    return chirality_forms(m_0, flipped, (t_min * m_0 + m_1) / energy**2)
