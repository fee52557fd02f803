"""Neutrino-electron and coherent neutrino-nucleus scattering with a vector mediator.

Cross sections come in two forms: dsigma/dT at one neutrino energy, as on paper, and the same
contracted with the flux moments I_k(T) = int_{E_min(T)} phi(E) E^-k dE, k = 0, 1, 2, which is all that
the energy dependence of a vector mediator needs.
"""

import jax.numpy as jnp
from jax import Array

from jaxmed.constants import G_F, HBARC2, M_E
from jaxmed.theory.amplitudes import (
    TREE_ELECTRON,
    Electron,
    Nucleus,
    electron_amplitudes,
    nucleus_amplitudes,
)
from jaxmed.theory.couplings import Couplings


def t_max(energy: Array | float, mass: Array | float) -> Array | float:
    """Largest recoil energy 2 E^2/(2 E + m) [MeV] of a target of mass m [MeV] hit at E [MeV]."""
    return 2 * energy**2 / (2 * energy + mass)


def electron_shift(recoil: Array, couplings: Couplings) -> Array:
    """Z' contribution to g_L and g_R of each flavour for a vector coupling (paper, Eq. 36).

    delta(T) = eps_nu eps_e / (2 sqrt(2) G_F (2 m_e T + M_Z'^2)).

    Args:
        recoil: T [MeV], (n,).
        couplings: the mediator.

    Returns:
        (3, n), dimensionless.
    """
    exchange = couplings.eps_nu * couplings.eps_e / (2 * jnp.sqrt(2.0) * G_F)
    return exchange[:, None] * _propagator(recoil, M_E, couplings)[None]


def electron_couplings(
    recoil: Array, couplings: Couplings, electron: Electron = TREE_ELECTRON
) -> tuple[Array, Array]:
    """g_L and g_R of nu_e, nu_mu, nu_tau on an electron, Z' and its mixing included, each (3, n)."""
    return electron_amplitudes(couplings, electron).at(_propagator(recoil, M_E, couplings))


def _propagator(recoil: Array, mass: Array | float, couplings: Couplings) -> Array:
    """1/(2 m T + M_Z'^2) [MeV^-2] on a target of mass m [MeV], (n,)."""
    return 1 / (2 * mass * recoil + couplings.mass**2)


def electron_rate(
    recoil: Array, moments: Array, couplings: Couplings, electron: Electron = TREE_ELECTRON
) -> Array:
    """Flux-folded dsigma/dT on one free electron.

    Args:
        recoil: T [MeV], (n,).
        moments: I_k(T) [flux unit MeV^-k], (2, 3, 3, n): neutrino or antineutrino, flavour, k.
        couplings: mediator and weak mixing angle.
        electron: its couplings in the standard model, at tree level unless given.

    Returns:
        (n,) [cm^2/MeV times the flux unit].
    """
    left, right = electron_couplings(recoil, couplings, electron)
    # Antineutrinos exchange left and right. Added up before the couplings come in, both cost what one does.
    (straight, opposite), (flipped, unflipped), mixed = _chiral(moments, recoil)
    of_left, of_right = straight + unflipped, flipped + opposite
    per_flavour = left**2 * of_left + right**2 * of_right - left * right * mixed.sum(axis=0)
    return 2 * G_F**2 * M_E / jnp.pi * HBARC2 * per_flavour.sum(axis=0)


def electron_cross_section(
    recoil: Array,
    energy: Array | float,
    couplings: Couplings,
    electron: Electron = TREE_ELECTRON,
    *,
    antineutrino: bool = False,
) -> Array:
    """dsigma/dT of each flavour on a free electron (paper, Eqs. 36-37).

    (2 G_F^2 m_e/pi) [ g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2 ], g_L and g_R exchanged for
    antineutrinos; zero above T_max.

    Args:
        recoil: T [MeV], (n,).
        energy: neutrino energy E [MeV], ().
        couplings: mediator and weak mixing angle.
        electron: its couplings in the standard model, at tree level unless given.
        antineutrino: whether the projectile is an antineutrino.

    Returns:
        (3, n) [cm^2/MeV].
    """
    left, right = electron_couplings(recoil, couplings, electron)
    first, second = (right, left) if antineutrino else (left, right)
    unit = _line_moments(recoil, energy)
    prefactor = jnp.where(recoil <= t_max(energy, M_E), 2 * G_F**2 * M_E / jnp.pi * HBARC2, 0.0)
    same, flipped, mixed = _chiral(unit[None], recoil)
    return prefactor[None] * (first**2 * same + second**2 * flipped - first * second * mixed)


def weak_charge(
    recoil: Array, couplings: Couplings, nucleus: Nucleus, form_p: Array, form_n: Array
) -> Array:
    """Effective weak charge Q_eff(T) times form factors, for each flavour (paper, Eqs. 39-40).

    Q_SM = -2 (g_p Z F_p + g_n N F_n), where mixing with the Z' shifts g_p and g_n; the mediator adds
    -sqrt(2) eps_nu [Z (2 eps_u + eps_d) F_p + N (eps_u + 2 eps_d) F_n] / (G_F (2 M T + M_Z'^2)).

    Args:
        recoil: T [MeV], (n,).
        couplings: mediator and weak mixing angle.
        nucleus: the target.
        form_p: proton form factor at q^2 = 2 M T, (n,).
        form_n: neutron form factor, (n,).

    Returns:
        (3, n), dimensionless.
    """
    per_proton, per_neutron = _nucleon_charges(recoil, couplings, nucleus)
    z, n = nucleus.protons * form_p, nucleus.neutrons * form_n
    return per_proton * z[None] + per_neutron * n[None]


def _nucleon_charges(recoil: Array, couplings: Couplings, nucleus: Nucleus) -> tuple[Array, Array]:
    """Weak charge of a proton and of a neutron, each (3, n)."""
    propagator = _propagator(recoil, nucleus.mass, couplings)
    return nucleus_amplitudes(couplings, nucleus).at(propagator)


def nucleus_rate(
    recoil: Array,
    moments: Array,
    couplings: Couplings,
    nucleus: Nucleus,
    form_p: Array,
    form_n: Array,
) -> Array:
    """Flux-folded dsigma/dT on one nucleus; arguments as in `weak_charge` and `electron_rate`."""
    per_proton, per_neutron = _nucleon_charges(recoil, couplings, nucleus)
    kinematic = _coherent(moments.sum(axis=0), recoil, nucleus.mass)
    # Added up over flavours before the form factors come in: the variations of these cost little.
    protons = (per_proton**2 * kinematic).sum(axis=0)
    neutrons = (per_neutron**2 * kinematic).sum(axis=0)
    both = 2 * (per_proton * per_neutron * kinematic).sum(axis=0)
    z, n = nucleus.protons * form_p, nucleus.neutrons * form_n
    prefactor = G_F**2 * nucleus.mass / (4 * jnp.pi) * HBARC2
    return prefactor * (z**2 * protons + z * n * both + n**2 * neutrons)


def nucleus_cross_section(
    recoil: Array,
    energy: Array | float,
    couplings: Couplings,
    nucleus: Nucleus,
    form_p: Array,
    form_n: Array,
) -> Array:
    """Coherent dsigma/dT of each flavour (paper, Eq. 40), zero above T_max.

    (G_F^2 M/(4 pi)) Q_eff^2 [1 - T/E - M T/(2 E^2) + T^2/(2 E^2)].

    Args:
        recoil: T [MeV], (n,).
        energy: neutrino energy E [MeV], ().
        couplings: mediator and weak mixing angle.
        nucleus: the target.
        form_p: proton form factor at q^2 = 2 M T, (n,).
        form_n: neutron form factor, (n,).

    Returns:
        (3, n) [cm^2/MeV].
    """
    charge = weak_charge(recoil, couplings, nucleus, form_p, form_n)
    prefactor = G_F**2 * nucleus.mass / (4 * jnp.pi) * HBARC2
    allowed = jnp.where(recoil <= t_max(energy, nucleus.mass), prefactor, 0.0)
    kinematic = _coherent(_line_moments(recoil, energy)[None], recoil, nucleus.mass)
    return allowed[None] * charge**2 * kinematic


def _line_moments(recoil: Array, energy: Array | float) -> Array:
    """E^-k, k = 0, 1, 2, of a unit line at E: (3, n)."""
    inverse = jnp.ones_like(recoil) / energy
    return jnp.stack([jnp.ones_like(recoil), inverse, inverse**2])


def _chiral(moments: Array, recoil: Array) -> tuple[Array, Array, Array]:
    """1, (1 - T/E)^2 and m_e T/E^2 over moments (..., k, n), (..., n) each.

    With a neutrino g_L^2, g_R^2 and -g_L g_R come times them.
    """
    i0, i1, i2 = jnp.moveaxis(moments, -2, 0)
    recoil = jnp.broadcast_to(recoil, i0.shape)
    return i0, i0 - 2 * recoil * i1 + recoil**2 * i2, M_E * recoil * i2


def _coherent(moments: Array, recoil: Array, mass: Array | float) -> Array:
    """1 - T/E - M T/(2 E^2) + T^2/(2 E^2) over moments (..., k, n)."""
    i0, i1, i2 = jnp.moveaxis(moments, -2, 0)
    recoil = recoil[None]
    return i0 - recoil * i1 - (mass - recoil) * recoil / 2 * i2
