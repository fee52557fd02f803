"""The paper's single-energy bound on g' from coherent scattering (Eqs. 39-41).

One neutrino energy, one recoil: the form factor and the kinematics cancel in the ratio of the new
amplitude to the standard model's. Charges are couplings per unit of g': eps_f = g' charge_f. Traced
arguments are not checked.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import ATOMIC_MASS_UNIT, M_E
from jaxmed.theory.amplitudes import TREE_NUCLEONS, Nucleus, nucleus_amplitudes, propagator
from jaxmed.theory.charges import PAPER
from jaxmed.theory.couplings import light_epsilon, mediator
from jaxmed.theory.scalars import Scalar, require_non_negative, require_positive
from jaxmed.theory.scattering import t_max

# The paper's model, eps_f = g' (T3 - Q s_W^2), a vector current (Eqs. 29-30).
(CHARGE_NU, *_), _, CHARGE_U, CHARGE_D = light_epsilon(PAPER)

# Caesium 133; the atomic mass [u] is that of AME2020, the electrons' mass is taken off.
CAESIUM_Z, CAESIUM_N = 55, 78
CAESIUM_MASS = 132.905451958 * ATOMIC_MASS_UNIT - CAESIUM_Z * M_E


def nucleus_ratio(
    mass: Scalar,
    *,
    eps_nu: Scalar,
    eps_u: Scalar,
    eps_d: Scalar,
    energy: Scalar = 35.0,
    recoil: Scalar | None = None,
    protons: Scalar = CAESIUM_Z,
    neutrons: Scalar = CAESIUM_N,
    nucleus_mass: Scalar = CAESIUM_MASS,
) -> Array:
    """Return the new amplitude of coherent scattering over the standard model's (Eqs. 39-41).

    Args:
        mass: M_Z' [MeV].
        eps_nu: coupling of the neutrino to the mediator.
        eps_u: vector coupling of the up quark.
        eps_d: vector coupling of the down quark.
        energy: neutrino energy E [MeV]; 35 MeV is the paper's median (Eq. 41).
        recoil: T [MeV], by default half the kinematic limit. The form factor cancels.
        protons: Z.
        neutrons: N.
        nucleus_mass: M [MeV].

    Returns:
        Signed: positive is constructive.

    Raises:
        ValueError: mass < 0, or energy, recoil or nucleus_mass <= 0.
    """
    require_non_negative(mass=mass)
    require_positive(energy=energy, nucleus_mass=nucleus_mass)
    t = 0.5 * t_max(energy, nucleus_mass) if recoil is None else recoil
    require_positive(recoil=t)
    tree = (np.full(3, coupling) for coupling in TREE_NUCLEONS)
    couplings = mediator(mass, nu=(eps_nu,) * 3, u=eps_u, d=eps_d)
    of = nucleus_amplitudes(couplings, Nucleus(protons, neutrons, nucleus_mass, *tree))
    standard = protons * of.u0[0] + neutrons * of.v0[0]
    new = protons * of.u1[0] + neutrons * of.v1[0]
    return new * propagator(t, nucleus_mass, mass) / standard


def nucleus_bound(
    mass: Scalar,
    *,
    charge_nu: Scalar = CHARGE_NU,
    charge_u: Scalar = CHARGE_U,
    charge_d: Scalar = CHARGE_D,
    fraction: Scalar = 0.10,
    energy: Scalar = 35.0,
    recoil: Scalar | None = None,
    protons: Scalar = CAESIUM_Z,
    neutrons: Scalar = CAESIUM_N,
    nucleus_mass: Scalar = CAESIUM_MASS,
) -> Array:
    """Return the upper bound on g' from coherent scattering on a nucleus (Eqs. 40-41).

    charge_nu, charge_u and charge_d are eps_f/g', by default those of the paper's model, and the fraction is the
    largest |new amplitude| over the standard model's, 10 % in the paper; other arguments as for `nucleus_ratio`.

    Raises:
        ValueError: fraction <= 0, or as in `nucleus_ratio`.
    """
    require_positive(fraction=fraction)
    ratio = nucleus_ratio(
        mass,
        eps_nu=charge_nu,
        eps_u=charge_u,
        eps_d=charge_d,
        energy=energy,
        recoil=recoil,
        protons=protons,
        neutrons=neutrons,
        nucleus_mass=nucleus_mass,
    )
    return jnp.sqrt(fraction / jnp.abs(ratio))
