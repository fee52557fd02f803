"""Scattering that turns a left-handed neutrino into a right-handed one: scalars, tensors and magnetic moments.

L = - phi [g_nu nubar nu + fbar (g_S + i g_P gamma5) f] - T_mn [g_nu nubar sigma^mn nu + g_T fbar sigma^mn f]
    - (mu_nu/2) nubar sigma^mn nu F_mn,   <T_mn T^mn> so that a tensor's amplitude is g_nu g_T P times the two currents.

None of it interferes with what keeps the helicity (`scattering`). A flux-folded dsigma/dT is a sum of rows: a product
of couplings, a power of the propagator P = 1/(2 m T + M^2), and a form that knows the flux by its moments I_k(T). Rows
of two different interactions are their interference, of opposite sign for antineutrinos where the form has J_k, the
moments of neutrinos less those of antineutrinos. Real couplings of a pseudoscalar do not interfere with the others.

Coherent on nuclei are the scalar and the charge that a magnetic moment sees. What depends on spins, the axial, the
pseudoscalar and the tensor couplings of quarks, is not: a few nucleons instead of all of them, and left out.
"""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import ALPHA, HBARC2, M_D, M_E, M_NEUTRON, M_PROTON, M_U

# f_u and f_d of the proton and of the neutron: shares of a nucleon's mass that come from the quarks' (Hoferichter, Ruiz
# de Elvira, Kubis and Meissner, arXiv:1506.04142, Eq. 15).
_PROTON_SHARES, _NEUTRON_SHARES = (0.0208, 0.0411), (0.0189, 0.0451)
PROTON_SCALAR = tuple(M_PROTON * f / m for f, m in zip(_PROTON_SHARES, (M_U, M_D), strict=True))
"""<p|qbar q|p> of u and d: the scalar coupling of a proton is their sum, each times that of the quark."""
NEUTRON_SCALAR = tuple(M_NEUTRON * f / m for f, m in zip(_NEUTRON_SHARES, (M_U, M_D), strict=True))


class Flips(NamedTuple):
    """Couplings of what flips the helicity; mediators have the mass of `Couplings`.

    Attributes:
        scalar_nu: of a scalar to nu_e, nu_mu, nu_tau, (3,).
        scalar_e: g_S of the electron, ().
        scalar_u: g_S of the up quark, ().
        scalar_d: g_S of the down quark, ().
        pseudoscalar_nu: of a pseudoscalar to neutrinos, (3,).
        pseudoscalar_e: g_P of the electron, ().
        tensor_nu: of a tensor to neutrinos, (3,).
        tensor_e: g_T of the electron, ().
        magnetic: moments of the neutrinos [mu_B], (3,).
    """

    scalar_nu: Array | np.ndarray = np.zeros(3)
    scalar_e: Array | float = 0.0
    scalar_u: Array | float = 0.0
    scalar_d: Array | float = 0.0
    pseudoscalar_nu: Array | np.ndarray = np.zeros(3)
    pseudoscalar_e: Array | float = 0.0
    tensor_nu: Array | np.ndarray = np.zeros(3)
    tensor_e: Array | float = 0.0
    magnetic: Array | np.ndarray = np.zeros(3)


def electron_products(flips: Flips) -> Array:
    """Products of couplings in the rows on an electron, of each flavour, of P^0, P^1 and P^2: (7, 3, 3)."""
    s = jnp.asarray(flips.scalar_nu) * flips.scalar_e
    p = jnp.asarray(flips.pseudoscalar_nu) * flips.pseudoscalar_e
    t, mu = jnp.asarray(flips.tensor_nu) * flips.tensor_e, jnp.asarray(flips.magnetic)
    return _rows(
        (s * s, 2), (p * p, 2), (t * t, 2), (mu * mu, 0), (s * t, 2), (s * mu, 1), (t * mu, 1)
    )


def electron_forms(recoil: Any, moments: Any) -> tuple[Any, ...]:
    """Their forms; arguments as for `scattering.electron_forms`.

    Returns:
        (n_flavours, n) each [cm^2/MeV times the flux unit].
    """
    t, (i0, i1, i2), (j1, j2) = _moments(recoil, moments)
    scalar = _scalar(t, i2, M_E)
    return (
        scalar,
        HBARC2 * M_E * t**2 / (8 * math.pi) * i2,
        HBARC2 * M_E / math.pi * (4 * i0 - 4 * t * i1 + t * (t - M_E) * i2),
        _magnetic(t, i0, i1),
        -HBARC2 * M_E * t / math.pi * (j1 - t / 2 * j2),
        -HBARC2 * ALPHA * (j1 - t / 2 * j2),
        HBARC2 * ALPHA * t * i2,
    )


def nucleus_products(flips: Flips) -> Array:
    """The same on a nucleus, whose protons and neutrons have scalar couplings of their own: (6, 3, 3)."""
    nu, mu = jnp.asarray(flips.scalar_nu), jnp.asarray(flips.magnetic)
    quarks = flips.scalar_u, flips.scalar_d
    p, n = (
        nu * sum(m * g for m, g in zip(of, quarks, strict=True))
        for of in (PROTON_SCALAR, NEUTRON_SCALAR)
    )
    return _rows((p * p, 2), (n * n, 2), (p * n, 2), (mu * mu, 0), (p * mu, 1), (n * mu, 1))


def nucleus_forms(
    recoil: Any, moments: Any, mass: Any, protons: Any, neutrons: Any
) -> tuple[Any, ...]:
    """Their forms.

    Args:
        recoil: T [MeV], (n,).
        moments: as for `scattering.electron_forms`.
        mass: M [MeV], ().
        protons: Z times the form factor of protons, (n,).
        neutrons: N times that of neutrons, (n,).

    Returns:
        (n_flavours, n) each [cm^2/MeV times the flux unit].
    """
    t, (i0, i1, i2), (j1, j2) = _moments(recoil, moments)
    z, n, scalar = protons[None], neutrons[None], _scalar(t, i2, mass)
    crossed = HBARC2 * ALPHA * mass / M_E * z * (j1 - t / 2 * j2)
    return (
        z**2 * scalar,
        n**2 * scalar,
        2 * z * n * scalar,
        z**2 * _magnetic(t, i0, i1),
        z * crossed,
        n * crossed,
    )


def summed(products: Array, forms: tuple[Array, ...], propagator: Array) -> Array:
    """dsigma/dT of all rows, of each flavour (3, n), where the mediator's propagator [MeV^-2] is P (n,)."""
    powers = jnp.stack([jnp.ones_like(propagator), propagator, propagator**2])
    return (jnp.einsum("rfk,kn->rfn", products, powers) * jnp.stack(forms)).sum(axis=0)


def _rows(*rows: tuple[Array, int]) -> Array:
    return jnp.stack([product[:, None] * np.eye(3)[power][None] for product, power in rows])


def _moments(recoil: Any, moments: Any) -> tuple[Any, tuple[Any, Any, Any], tuple[Any, Any]]:
    """T (1, n), I_0, I_1 and I_2, J_1 and J_2, (n_flavours, n) each."""
    both, odd = moments.sum(axis=0), moments[0] - moments[1]
    return recoil[None], (both[:, 0], both[:, 1], both[:, 2]), (odd[:, 1], odd[:, 2])


def _scalar(t: Any, i2: Any, mass: Any) -> Any:
    """The scalar one, m T (2 m + T)/(8 pi E^2)."""
    return HBARC2 * mass * t * (2 * mass + t) / (8 * math.pi) * i2


def _magnetic(t: Any, i0: Any, i1: Any) -> Any:
    """(pi alpha^2/m_e^2) (1/T - 1/E): a unit charge, a moment of one mu_B (Vogel and Engel, PRD 39 (1989) 3378)."""
    return HBARC2 * math.pi * ALPHA**2 / M_E**2 * (i0 / t - i1)
