"""Cross sections of a vector mediator as quadratic forms in the couplings.

dsigma/dT folded with a flux is, at every recoil energy, sum over flavours of u^2 A + v^2 B + u v C with
u = u0 + u1 P, v = v0 + v1 P and the propagator P = 1/(2 m T + M_Z'^2): A, B and C know the flux and the target,
u and v the mediator. (u, v) is (g_L, g_R) for electrons, and the proton's and neutron's share of the weak charge
for nuclei (paper, Eqs. 36-40).
"""

import numpy as np

from jaxmed.constants import G_F, HBARC2, M_E
from jaxmed.theory.amplitudes import Nucleus


def electron_forms(recoil: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """A, B and C on electrons.

    Args:
        recoil: T [MeV], (n,).
        moments: I_k(T) [flux unit MeV^-k], (2, 3, 3, n): neutrino or antineutrino, flavour, k.

    Returns:
        (3, 3, n): form, flavour [cm^2/MeV times the flux unit].
    """
    i0, i1, i2 = np.moveaxis(moments, 2, 0)
    flipped = i0 - 2 * recoil * i1 + recoil**2 * i2
    # helicities change places for antineutrinos
    forms = [i0[0] + flipped[1], flipped[0] + i0[1], -M_E * recoil * (i2[0] + i2[1])]
    return 2 * G_F**2 * M_E / np.pi * HBARC2 * np.stack(forms)


def nucleus_forms(
    recoil: np.ndarray,
    moments: np.ndarray,
    nucleus: Nucleus,
    form_p: np.ndarray,
    form_n: np.ndarray,
) -> np.ndarray:
    """A, B and C on a nucleus; arguments as for `scattering.nucleus_rate`.

    Returns:
        (3, 3, n): form, flavour [cm^2/MeV times the flux unit].
    """
    mass = float(nucleus.mass)
    i0, i1, i2 = np.moveaxis(moments.sum(axis=0), 1, 0)
    kinematic = i0 - recoil * i1 - (mass - recoil) * recoil / 2 * i2
    p, n = float(nucleus.protons) * form_p, float(nucleus.neutrons) * form_n
    prefactor = G_F**2 * mass / (4 * np.pi) * HBARC2
    return prefactor * np.stack([p**2 * kinematic, n**2 * kinematic, 2 * p * n * kinematic])


def propagator_powers(recoil: np.ndarray, mass: np.ndarray, target: float) -> np.ndarray:
    """(M_Z'^2 + s)^k P(T)^k for k = 0, 1, 2, (n_masses, 3, n).

    s = 2 m <T> makes every power smooth and of order one from the contact to the light-mediator limit;
    `propagator_unit` takes the factor out again.

    Args:
        recoil: T [MeV], (n,).
        mass: M_Z' [MeV], (n_masses,).
        target: mass m of what is hit [MeV].
    """
    square = mass[:, None] ** 2
    one = (square + propagator_scale(recoil, target)) / (2 * target * recoil[None] + square)
    return np.stack([np.ones_like(one), one, one**2], axis=1)


def propagator_scale(recoil: np.ndarray, target: float) -> float:
    """S = 2 m <T> [MeV^2], <T> the geometric mean."""
    return 2 * target * float(np.exp(np.mean(np.log(recoil))))
