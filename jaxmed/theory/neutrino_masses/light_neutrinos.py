"""Oscillation parameters of the three light neutrinos of a seesaw."""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxmed.theory.neutrino_masses.mass_input import dirac_and_majorana, require_invertible
from jaxmed.theory.neutrino_masses.seesaw import seesaw


class LightNeutrinos(NamedTuple):
    """Masses m_1, m_2, m_3, splittings m_i^2 - m_j^2, mixing angles and Dirac phase [rad]."""

    masses: Array
    delta_m2_21: Array
    delta_m2_31: Array
    pmns: Array
    theta_12: Array
    theta_13: Array
    theta_23: Array
    delta_cp: Array


def light_neutrinos(
    m_dirac: ArrayLike, m_majorana: ArrayLike, ordering: Literal["normal", "inverted"] = "normal"
) -> LightNeutrinos:
    """Splittings and PMNS angles of the three lightest states (arXiv:2106.12364, Eqs. 11-12).

    The charged leptons are taken diagonal, so the PMNS matrix is the upper left block of the seesaw
    mixing, with nu_alpha = sum_i U_alpha_i nu_i. It is unitary up to (m_D/M_R)^2. Angles and phase
    are those of the PDG parametrisation; the phase has the sign of the convention in `seesaw`. With
    a light sterile neutrino the three lightest states need not be the active ones: look at `seesaw`
    itself.

    Args:
        m_dirac: m_D, (3, 3), rows e, mu, tau [any mass unit].
        m_majorana: M_R, (3, 3), symmetric, same unit.
        ordering: "normal" labels the states 1, 2, 3 by ascending mass; "inverted" labels them 3, 1,
            2.

    Returns:
        LightNeutrinos: masses (3,) in the unit given, splittings in its square, pmns (3, 3), angles
        [rad] in the first quadrant, delta_cp [rad] in (-pi, pi]. Angles and phase have a derivative
        where the light masses differ and no PMNS element among them vanishes.

    Raises:
        ValueError: not three families, an unknown ordering, bad matrices as in `seesaw`, or a
            singular M_R, which leaves more than three light states.
    """
    m_d, m_r = dirac_and_majorana(m_dirac, m_majorana)
    if m_d.shape != (3, 3):
        raise ValueError(f"PMNS angles need three families, got m_D of shape {m_d.shape}.")
    require_invertible(m_r)
    labels = {"normal": (0, 1, 2), "inverted": (1, 2, 0)}
    if ordering not in labels:
        raise ValueError(f"ordering must be 'normal' or 'inverted', got {ordering!r}.")
    states = jnp.asarray(labels[ordering])
    heavy_and_light = seesaw(m_d, m_r)
    m = heavy_and_light.masses[states]
    u = heavy_and_light.mixing[:3, states]
    size = jnp.abs(u)
    cos_13 = jnp.hypot(size[0, 0], size[0, 1])
    return LightNeutrinos(
        masses=m,
        delta_m2_21=(m[1] - m[0]) * (m[1] + m[0]),
        delta_m2_31=(m[2] - m[0]) * (m[2] + m[0]),
        pmns=u,
        theta_12=jnp.arctan2(size[0, 1], size[0, 0]),
        theta_13=jnp.arctan2(size[0, 2], cos_13),
        theta_23=jnp.arctan2(size[1, 2], size[2, 2]),
        delta_cp=_dirac_phase(u),
    )


def _dirac_phase(u: Array) -> Array:
    """Return delta of the PDG parametrisation from U_e1^* U_e3 U_tau1 U_tau3^*.

    That invariant is k [s12 s23 exp(-i delta) - c12 c23 s13] with k = c12 c13^2 c23 s13.
    """
    size2 = jnp.abs(u) ** 2
    quartet = jnp.conj(u[0, 0]) * u[0, 2] * u[2, 0] * jnp.conj(u[2, 2])
    # k c12 c23 s13 = |U_e1|^2 |U_tau3|^2 |U_e3|^2 / c13^2
    removed = size2[0, 0] * size2[2, 2] * size2[0, 2] / (size2[0, 0] + size2[0, 1])
    return -jnp.angle(quartet + removed.astype(u.dtype))
