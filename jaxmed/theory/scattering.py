"""Neutrino-electron and coherent neutrino-nucleus scattering with a vector mediator.

At every recoil energy a flux-folded dsigma/dT is u^2 A + v^2 B + u v C for each flavour (paper, Eqs. 36-40). The
`amplitudes` u and v know the mediator. The forms A, B and C know the flux, by its moments I_k(T) = int_{E_min(T)}
phi(E) E^-k dE, k = 0, 1, 2, and the target. The cross section at one energy, as on paper, is that of a flux of one
line.

The forms are plain arithmetic: NumPy arrays give NumPy arrays, and JAX arrays those of JAX.
"""

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxmed.constants import G_F, HBARC2, M_E
from jaxmed.theory import helicity_flip
from jaxmed.theory.amplitudes import (
    TREE_ELECTRON,
    Electron,
    Nucleus,
    electron_amplitudes,
    nucleus_amplitudes,
    propagator,
)
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.helicity_flip import Flips

Forms = tuple[Any, ...]


def t_max(energy: Array | float, mass: Array | float) -> Array | float:
    """Largest recoil energy 2 E^2/(2 E + m) [MeV] of a target of mass m [MeV] hit at E [MeV]."""
    return 2 * energy**2 / (2 * energy + mass)


def quadratic(u: Any, v: Any, forms: Forms) -> Any:
    """u^2 A + v^2 B + u v C, of any shape."""
    a, b, c = forms
    return u**2 * a + v**2 * b + u * v * c


def chirality_forms(same: Any, flipped: Any, mixed: Any) -> Forms:
    """A, B and C of a neutrino on an electron in units of 2 G_F^2 m_e/pi (paper, Eq. 37).

    dsigma/dT = (2 G_F^2 m_e/pi) [ g_L^2 + g_R^2 (1 - T/E)^2 - g_L g_R m_e T/E^2 ].

    Args:
        same: the average of 1 over energies, recoils or both, of any shape and unit.
        flipped: that of (1 - T/E)^2.
        mixed: that of T/E^2 [MeV^-1].
    """
    return same, flipped, -M_E * mixed


def electron_forms(recoil: Any, moments: Any) -> Forms:
    """A, B and C of g_L and g_R on one free electron.

    Args:
        recoil: T [MeV], (n,).
        moments: I_k(T) [flux unit MeV^-k], (2, n_flavours, 3, n): neutrino or antineutrino, flavour, k.

    Returns:
        (n_flavours, n) each [cm^2/MeV times the flux unit].
    """
    i0, i1, i2 = (moments[:, :, k] for k in range(3))
    t = recoil[None, None]
    same, flipped, mixed = chirality_forms(i0, i0 - 2 * t * i1 + t**2 * i2, t * i2)
    unit = 2 * G_F**2 * M_E / math.pi * HBARC2
    # antineutrinos exchange left and right
    return unit * (same[0] + flipped[1]), unit * (flipped[0] + same[1]), unit * mixed.sum(axis=0)


def coherent_form(recoil: Any, moments: Any, mass: Any) -> Any:
    """K of dsigma/dT = Q^2 K on a nucleus, (G_F^2 M/(4 pi)) [1 - T/E - M T/(2 E^2) + T^2/(2 E^2)] (paper, Eq. 40).

    Args:
        recoil: T [MeV], (n,).
        moments: as for `electron_forms`; helicities add up.
        mass: M [MeV], ().

    Returns:
        (n_flavours, n) [cm^2/MeV times the flux unit].
    """
    i0, i1, i2 = (moments[:, :, k].sum(axis=0) for k in range(3))
    t = recoil[None]
    kinematic = i0 - t * i1 - (mass - t) * t / 2 * i2
    return G_F**2 * mass / (4 * math.pi) * HBARC2 * kinematic


def nucleus_forms(recoil: Any, moments: Any, nucleus: Nucleus, form_p: Any, form_n: Any) -> Forms:
    """A, B and C of the weak charges of a proton and of a neutron; arguments as for `nucleus_rate`.

    Returns:
        (n_flavours, n) each [cm^2/MeV times the flux unit].
    """
    charge2 = coherent_form(recoil, moments, nucleus.mass)
    p, n = (nucleus.protons * form_p)[None], (nucleus.neutrons * form_n)[None]
    return p**2 * charge2, n**2 * charge2, 2 * p * n * charge2


def forms(
    recoil: Any,
    moments: Any,
    target: Nucleus | Electron,
    form_p: Any = None,
    form_n: Any = None,
    *,
    flips: bool = False,
) -> Forms:
    """A, B and C of either target, and those of what flips the helicity if that is wanted.

    Args:
        recoil: T [MeV], (n,).
        moments: as for `electron_forms`.
        target: hit.
        form_p: of a nucleus, as for `nucleus_rate`.
        form_n: likewise.
        flips: whether `Couplings.flips` is there.
    """
    if isinstance(target, Electron):
        kept = electron_forms(recoil, moments)
        return kept + helicity_flip.electron_forms(recoil, moments) if flips else kept
    kept = nucleus_forms(recoil, moments, target, form_p, form_n)
    if not flips:
        return kept
    z, n = target.protons * form_p, target.neutrons * form_n
    return kept + helicity_flip.nucleus_forms(recoil, moments, target.mass, z, n)


def electron_shift(recoil: Array, couplings: Couplings) -> Array:
    """Z' contribution to g_L of each flavour, and for a vector coupling to g_R (paper, Eq. 36).

    delta(T) = eps_nu eps_e / (2 sqrt(2) G_F (2 m_e T + M_Z'^2)).

    Args:
        recoil: T [MeV], (n,).
        couplings: the mediator.

    Returns:
        (3, n), dimensionless.
    """
    shift = electron_amplitudes(couplings).u1
    return shift[:, None] * propagator(recoil, M_E, couplings.mass)[None]


def electron_couplings(
    recoil: Array, couplings: Couplings, electron: Electron = TREE_ELECTRON
) -> tuple[Array, Array]:
    """g_L and g_R of nu_e, nu_mu, nu_tau on an electron, Z' and its mixing included, each (3, n)."""
    return electron_amplitudes(couplings, electron).at(propagator(recoil, M_E, couplings.mass))


def electron_rate(
    recoil: Array, moments: Array, couplings: Couplings, electron: Electron = TREE_ELECTRON
) -> Array:
    """Flux-folded dsigma/dT on one free electron, (n,) [cm^2/MeV times the flux unit].

    Args:
        recoil: T [MeV], (n,).
        moments: as for `electron_forms`, (2, 3, 3, n).
        couplings: mediator and weak mixing angle.
        electron: its couplings in the standard model, at tree level unless given.
    """
    return _electron_flavours(recoil, moments, couplings, electron).sum(axis=0)


def _electron_flavours(
    recoil: Array, moments: Array, couplings: Couplings, electron: Electron
) -> Array:
    """The same of each flavour, (3, n)."""
    left, right = electron_couplings(recoil, couplings, electron)
    kept = quadratic(left, right, electron_forms(recoil, moments))
    if couplings.flips is None:
        return kept
    rows = helicity_flip.electron_products(couplings.flips)
    forms = helicity_flip.electron_forms(recoil, moments)
    return kept + helicity_flip.summed(rows, forms, propagator(recoil, M_E, couplings.mass))


def electron_cross_section(
    recoil: Array,
    energy: Array | float,
    couplings: Couplings,
    electron: Electron = TREE_ELECTRON,
    *,
    antineutrino: bool = False,
) -> Array:
    """dsigma/dT of each flavour on a free electron (paper, Eqs. 36-37), as in `chirality_forms`.

    Antineutrinos exchange g_L and g_R; zero above T_max.

    Args:
        recoil: T [MeV], (n,).
        energy: neutrino energy E [MeV], ().
        couplings: mediator and weak mixing angle.
        electron: its couplings in the standard model, at tree level unless given.
        antineutrino: whether the projectile is an antineutrino.

    Returns:
        (3, n) [cm^2/MeV].
    """
    moments = _line_moments(recoil, energy, M_E, antineutrino)
    return _electron_flavours(recoil, moments, couplings, electron)


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
    of_nucleons = nucleus_amplitudes(couplings, nucleus)
    return of_nucleons.at(propagator(recoil, nucleus.mass, couplings.mass))


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
    charge2 = coherent_form(recoil, moments, nucleus.mass)
    # Added up over flavours before the form factors come in: the variations of these cost little.
    protons = (per_proton**2 * charge2).sum(axis=0)
    neutrons = (per_neutron**2 * charge2).sum(axis=0)
    both = 2 * (per_proton * per_neutron * charge2).sum(axis=0)
    z, n = nucleus.protons * form_p, nucleus.neutrons * form_n
    kept = quadratic(z, n, (protons, neutrons, both))
    if couplings.flips is None:
        return kept
    return kept + _nucleus_flips(recoil, moments, couplings, nucleus, z, n).sum(axis=0)


def _nucleus_flips(
    recoil: Array, moments: Array, couplings: Couplings, nucleus: Nucleus, z: Array, n: Array
) -> Array:
    """What flips the helicity, of each flavour, (3, n)."""
    rows = helicity_flip.nucleus_products(couplings.flips or Flips())
    forms = helicity_flip.nucleus_forms(recoil, moments, nucleus.mass, z, n)
    return helicity_flip.summed(rows, forms, propagator(recoil, nucleus.mass, couplings.mass))


def nucleus_cross_section(
    recoil: Array,
    energy: Array | float,
    couplings: Couplings,
    nucleus: Nucleus,
    form_p: Array,
    form_n: Array,
    *,
    antineutrino: bool = False,
) -> Array:
    """Coherent dsigma/dT of each flavour (paper, Eq. 40), as in `coherent_form` with Q_eff; zero above T_max.

    Arguments as for `weak_charge`, and the neutrino energy E [MeV], (). What flips the helicity is added
    (`helicity_flip`), in which neutrinos and antineutrinos may differ.

    Returns:
        (3, n) [cm^2/MeV].
    """
    charge = weak_charge(recoil, couplings, nucleus, form_p, form_n)
    moments = _line_moments(recoil, energy, nucleus.mass, antineutrino)
    kept = charge**2 * coherent_form(recoil, moments, nucleus.mass)
    if couplings.flips is None:
        return kept
    z, n = nucleus.protons * form_p, nucleus.neutrons * form_n
    return kept + _nucleus_flips(recoil, moments, couplings, nucleus, z, n)


def _line_moments(
    recoil: Array, energy: Array | float, mass: Array | float, antineutrino: bool
) -> Array:
    """I_k(T) of a unit line at E, zero above T_max: (2, 1, 3, n)."""
    reached = jnp.where(recoil <= t_max(energy, mass), 1.0, 0.0)
    line = jnp.stack([reached, reached / energy, reached / energy**2])[None]
    none = jnp.zeros_like(line)
    return jnp.stack([none, line] if antineutrino else [line, none])
