"""Tree-level partial widths of the Z', from its exact left- and right-handed couplings.

The couplings are those of Alikhanov and Paschos (arXiv:2106.12364), Eqs. 27-30; the decay is
Gamma = M/(24 pi) sqrt(1 - 4r) [(c_L^2 + c_R^2)(1 - r) + 6 c_L c_R r], r = m^2/M^2.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxmed.constants import M_E
from jaxmed.theory.currents import FermionCouplings
from jaxmed.theory.scalars import real, require_finite, require_non_negative, require_positive


def fermion_width(
    m_zprime: ArrayLike, m_fermion: ArrayLike, left: ArrayLike, right: ArrayLike
) -> jax.Array:
    """Width of Z' -> f fbar for one Dirac fermion, no colour.

    Args:
        m_zprime: mass of the Z' [MeV].
        m_fermion: mass of the fermion [MeV].
        left: left-handed coupling.
        right: right-handed coupling.

    Returns:
        The width [MeV], a scalar: zero, with zero gradient, at the threshold and below.

    Raises:
        ValueError: m_zprime is not positive, m_fermion is negative or a coupling not finite.
    """
    require_positive(m_zprime=m_zprime)
    require_non_negative(m_fermion=m_fermion)
    require_finite(left=left, right=right)
    m_zprime, m, left, right = map(real, (m_zprime, m_fermion, left, right))
    is_open = m_zprime > 2 * m
    beta2 = (m_zprime - 2 * m) * (m_zprime + 2 * m) / m_zprime**2
    beta = jnp.where(is_open, jnp.sqrt(jnp.where(is_open, beta2, 1.0)), 0.0)
    r = (m / m_zprime) ** 2
    amplitude2 = (left**2 + right**2) * (1 - r) + 6 * left * right * r
    return jnp.where(is_open, m_zprime / (24 * jnp.pi) * beta * amplitude2, 0.0)


def neutrino_width(
    couplings: FermionCouplings, m_zprime: ArrayLike, n_generations: ArrayLike = 3
) -> jax.Array:
    """Width of Z' to massless left-handed neutrinos, Majorana or not.

    Right-handed neutrinos are taken to be too heavy.

    Args:
        couplings: of the Z'; only nu_l counts.
        m_zprime: mass of the Z' [MeV].
        n_generations: number of neutrinos with this coupling.

    Returns:
        The width [MeV], a scalar.

    Raises:
        ValueError: m_zprime is not positive, n_generations negative or the coupling not finite.
    """
    require_non_negative(n_generations=n_generations)
    return real(n_generations) * fermion_width(m_zprime, 0.0, couplings.nu_l, 0.0)


def electron_width(couplings: FermionCouplings, m_zprime: ArrayLike) -> jax.Array:
    """Width of Z' -> e+ e-.

    Args:
        couplings: of the Z'; only e_l and e_r count.
        m_zprime: mass of the Z' [MeV].

    Returns:
        The width [MeV], a scalar: zero, with zero gradient, at the threshold and below.

    Raises:
        ValueError: m_zprime is not positive or a coupling not finite.
    """
    return fermion_width(m_zprime, M_E, couplings.e_l, couplings.e_r)
