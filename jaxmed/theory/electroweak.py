"""The Z of the standard model before it mixes, and the check of what its mixing is computed from."""

from typing import NamedTuple

from jax.typing import ArrayLike

from jaxmed.constants import G_Z, M_Z, SIN2_THETA_W
from jaxmed.theory.scalars import Scalar, require_finite, require_fraction, require_positive


class Electroweak(NamedTuple):
    """Parameters of the standard model's neutral current, () each; a pytree, so JAX can vary every one.

    Attributes:
        g_z: g_Z = sqrt(g^2 + g_Y^2).
        m_z0: standard-model mass of the Z, g_Z v/2 [MeV].
        sin2_theta_w: sine squared of the Weinberg angle.
    """

    g_z: Scalar = G_Z
    m_z0: Scalar = M_Z
    sin2_theta_w: Scalar = SIN2_THETA_W


STANDARD = Electroweak()


def require_electroweak(electroweak: Electroweak) -> None:
    """Raises ValueError, naming the field, unless g_z, m_z0 > 0 and 0 < sin2_theta_w < 1."""
    require_positive(g_z=electroweak.g_z, m_z0=electroweak.m_z0)
    require_fraction(sin2_theta_w=electroweak.sin2_theta_w)


def require_inputs(
    g_prime: ArrayLike, m_zprime: ArrayLike, x_h: ArrayLike, electroweak: Electroweak
) -> None:
    """Raises ValueError unless g', M_Z' > 0, x_h is finite, and as in `require_electroweak`."""
    require_positive(g_prime=g_prime, m_zprime=m_zprime)
    require_finite(x_h=x_h)
    require_electroweak(electroweak)
