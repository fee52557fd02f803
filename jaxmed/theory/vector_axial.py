"""What the chiral couplings mean for Dirac fermions, nucleons and Majorana neutrinos.

Alikhanov and Paschos (arXiv:2106.12364), Eqs. 28-30.
"""

from typing import NamedTuple

import jax
from jax.typing import ArrayLike

from jaxmed.theory.charges import Charges
from jaxmed.theory.currents import (
    FermionCouplings,
    row,
    unchecked_z_prime_axial,
    z_prime_couplings,
)
from jaxmed.theory.electroweak import STANDARD, Electroweak
from jaxmed.theory.gauge import mixing_from_mass
from jaxmed.theory.scalars import real


class Flavours(NamedTuple):
    """One number for each Dirac fermion."""

    nu: jax.Array
    e: jax.Array
    u: jax.Array
    d: jax.Array


class VectorAxial(NamedTuple):
    """Current fbar gamma^mu (vector - axial gamma5) f of each Dirac fermion."""

    vector: Flavours
    axial: Flavours


class Nucleons(NamedTuple):
    """Vector coupling of the proton and of the neutron."""

    p: jax.Array
    n: jax.Array


class MajoranaAxial(NamedTuple):
    """Current axial nbar gamma^mu gamma5 n/2 of a light and a heavy Majorana neutrino."""

    light: jax.Array
    heavy: jax.Array


def z_prime_vector_axial(
    charge: Charges,
    g_prime: ArrayLike,
    m_zprime: ArrayLike,
    *,
    electroweak: Electroweak = STANDARD,
) -> VectorAxial:
    """Vector and axial couplings of the Z' with the full mixing (Eqs. 28-29).

    Arguments, and what they raise, as for `currents.z_prime_couplings`; the charges leave the Yukawa
    terms invariant (`charges`).

    Returns:
        Vector and axial couplings; those of nu are of a Dirac neutrino.
    """
    chiral = row(z_prime_couplings(charge, g_prime, m_zprime, electroweak=electroweak))
    mixing = mixing_from_mass(g_prime, m_zprime, charge.h, electroweak=electroweak)
    return VectorAxial(
        vector=Flavours(*(chiral[0::2] + chiral[1::2]) / 2),  # left, right in turn
        axial=Flavours(*unchecked_z_prime_axial(charge, real(g_prime), mixing)),
    )


def nucleon_couplings(couplings: FermionCouplings) -> Nucleons:
    """Vector couplings of p = uud and n = udd: the vector current counts quarks.

    Args:
        couplings: of a boson to the quarks.

    Returns:
        The couplings of proton and neutron.
    """
    u = (real(couplings.u_l) + real(couplings.u_r)) / 2
    d = (real(couplings.d_l) + real(couplings.d_r)) / 2
    return Nucleons(p=2 * u + d, n=u + 2 * d)


def majorana_axial(couplings: FermionCouplings) -> MajoranaAxial:
    """Axial couplings of Majorana neutrinos made of nu_L and of nu_R (Eq. 30).

    A Majorana field has no vector current, so c_L nubar gamma^mu P_L nu is
    -c_L nbar gamma^mu gamma5 n/2, and c_R nubar gamma^mu P_R nu is +c_R nbar gamma^mu gamma5 n/2.
    Mixing of light and heavy neutrinos (of order m_D/M_R) is left out.

    Args:
        couplings: of a boson to the neutrinos.

    Returns:
        The couplings of the light and of the heavy neutrino.
    """
    return MajoranaAxial(light=-real(couplings.nu_l), heavy=real(couplings.nu_r))
