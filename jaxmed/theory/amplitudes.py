"""What neutrinos scatter off, and the amplitudes of the Z and of a vector mediator on it (paper, Eqs. 36 and 39).

They are u = u0 + u1 P and v = v0 + v1 P with the propagator P = 1/(2 m T + M_Z'^2): (u, v) is (g_L, g_R) on electrons,
and the weak charge of a proton and of a neutron on nuclei. Products of couplings are what the forms of `scattering` are
multiplied with, those of `helicity_flip` among them.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import G_F, M_E, SIN2_THETA_W
from jaxmed.theory import helicity_flip
from jaxmed.theory.couplings import Couplings


class Nucleus(NamedTuple):
    """A target nucleus.

    Attributes:
        protons: Z.
        neutrons: N.
        mass: [MeV].
        proton_coupling: g_V^p of nu_e, nu_mu, nu_tau at SIN2_THETA_W, (3,).
        neutron_coupling: g_V^n of each flavour, (3,).
    """

    protons: float | Array
    neutrons: float | Array
    mass: float | Array
    proton_coupling: Array | np.ndarray
    neutron_coupling: Array | np.ndarray


class Electron(NamedTuple):
    """An electron as a target.

    Attributes:
        left: g_L of nu_e, nu_mu, nu_tau at SIN2_THETA_W, (3,).
        right: g_R of each flavour, (3,); antineutrinos exchange the two.
    """

    left: Array | np.ndarray
    right: Array | np.ndarray

    @property
    def mass(self) -> float:
        """[MeV]."""
        return M_E


# g_V^p and g_V^n at tree level, as in the paper's Eqs. 39-41.
TREE_NUCLEONS = (0.5 - 2 * SIN2_THETA_W, -0.5)


# The paper's, Eq. 36: nu_e also scatters by the charged current, which turns -1/2 into +1/2.
TREE_ELECTRON = Electron(np.array([0.5, -0.5, -0.5]) + SIN2_THETA_W, np.full(3, SIN2_THETA_W))


class Amplitudes(NamedTuple):
    """u = u0 + u1 P and v = v0 + v1 P of nu_e, nu_mu, nu_tau; (3,) each."""

    u0: Array
    u1: Array
    v0: Array
    v1: Array

    @property
    def products(self) -> Array:
        """Coefficients of the forms (A, B, C), of each flavour, of P^0, P^1 and P^2: (3, 3, 3)."""
        u0, u1, v0, v1 = self
        squares = [jnp.stack([a * a, 2 * a * b, b * b], axis=-1) for a, b in ((u0, u1), (v0, v1))]
        return jnp.stack([*squares, jnp.stack([u0 * v0, u0 * v1 + u1 * v0, u1 * v1], axis=-1)])

    def at(self, propagator: Array) -> tuple[Array, Array]:
        """Both u and v, (3, n) each, where the mediator's propagator [MeV^-2] is P (n,)."""
        u0, u1, v0, v1 = (each[:, None] for each in self)
        return u0 + u1 * propagator[None], v0 + v1 * propagator[None]


def amplitudes(couplings: Couplings, target: Nucleus | Electron) -> Amplitudes:
    """Those of either target."""
    if isinstance(target, Electron):
        return electron_amplitudes(couplings, target)
    return nucleus_amplitudes(couplings, target)


def electron_amplitudes(couplings: Couplings, electron: Electron = TREE_ELECTRON) -> Amplitudes:
    """The couplings g_L and g_R of electrons."""
    shift = couplings.sin2_theta_w - SIN2_THETA_W
    unit = couplings.eps_nu / (2 * jnp.sqrt(2.0) * G_F)
    return Amplitudes(
        jnp.asarray(electron.left) + shift + couplings.nc_e_left,
        unit * (couplings.eps_e + couplings.axial_e),
        jnp.asarray(electron.right) + shift + couplings.nc_e_right,
        unit * (couplings.eps_e - couplings.axial_e),
    )


def nucleus_amplitudes(couplings: Couplings, nucleus: Nucleus) -> Amplitudes:
    """Weak charges per proton and per neutron."""
    shift = 2 * (couplings.sin2_theta_w - SIN2_THETA_W)
    g_p = jnp.asarray(nucleus.proton_coupling) - shift + (2 * couplings.nc_u + couplings.nc_d)
    g_n = jnp.asarray(nucleus.neutron_coupling) + (couplings.nc_u + 2 * couplings.nc_d)
    unit = -jnp.sqrt(2.0) / G_F * couplings.eps_nu
    return Amplitudes(
        -2 * g_p,
        unit * (2 * couplings.eps_u + couplings.eps_d),
        -2 * g_n,
        unit * (couplings.eps_u + 2 * couplings.eps_d),
    )


def products(couplings: Couplings, target: Nucleus | Electron) -> Array:
    """What all `forms` of a target are multiplied with, of each flavour, of P^0, P^1 and P^2: (n_forms, 3, 3)."""
    kept = amplitudes(couplings, target).products
    if couplings.flips is None:
        return kept
    electron = isinstance(target, Electron)
    rows = helicity_flip.electron_products if electron else helicity_flip.nucleus_products
    return jnp.concatenate([kept, rows(couplings.flips)])


def propagator(recoil: Any, target: Any, mass: Any) -> Any:
    """P = 1/(2 m T + M_Z'^2) [MeV^-2] at T on a target of mass m, for a mediator of mass M_Z' [MeV]."""
    return 1 / (2 * target * recoil + mass**2)
