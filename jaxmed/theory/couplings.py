"""From a model's charges to the couplings that scattering sees (paper, Section 4)."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxmed.constants import SIN2_THETA_W

Scalar = float | Array


class Couplings(NamedTuple):
    """A vector mediator as low-energy scattering sees it.

    L = -Z'_mu [ eps_nu nubar_L gamma^mu nu_L + sum_f eps_f fbar gamma^mu f ].

    Attributes:
        mass: mediator mass [MeV], ().
        eps_nu: couplings of nu_e, nu_mu, nu_tau, (3,).
        eps_e: vector coupling of the electron, ().
        eps_u: vector coupling of the up quark, ().
        eps_d: vector coupling of the down quark, ().
        sin2_theta_w: weak mixing angle of the standard-model part, ().
    """

    mass: Array
    eps_nu: Array
    eps_e: Array
    eps_u: Array
    eps_d: Array
    sin2_theta_w: Array


class Charges(NamedTuple):
    """The three free charges of a family-universal U(1)_X (paper, Table 1)."""

    x_q: float
    x_l: float
    x_h: float


class Epsilon(NamedTuple):
    """Couplings per unit g of a mediator outside the U(1)_X family: eps_f = g * value."""

    nu: tuple[float, float, float]
    e: float
    u: float
    d: float


def from_charges(
    charges: Charges, g: Scalar, mass: Scalar, sin2_theta_w: Scalar = SIN2_THETA_W
) -> Couplings:
    """Light-mediator couplings of a U(1)_X (paper, Eqs. 10 and 27-30).

    With g_Z sin(theta') = g' x_h the left- and right-handed couplings of every charged fermion are
    equal, eps = g' [x_h (T3 - Q s_W^2) + X_L / 2]: a vector current.

    Args:
        charges: (x_q, x_l, x_h).
        g: gauge coupling g', ().
        mass: mediator mass [MeV], ().
        sin2_theta_w: weak mixing angle, ().
    """
    x_q, x_l, x_h = charges

    def eps(t3: float, charge: float, x_left: float) -> Array:
        return g * (x_h * (t3 - charge * jnp.asarray(sin2_theta_w, float)) + x_left / 2)

    return _pack(
        mass,
        jnp.stack([eps(0.5, 0.0, x_l)] * 3),
        eps(-0.5, -1.0, x_l),
        eps(0.5, 2 / 3, x_q),
        eps(-0.5, -1 / 3, x_q),
        sin2_theta_w,
    )


def from_epsilon(
    epsilon: Epsilon, g: Scalar, mass: Scalar, sin2_theta_w: Scalar = SIN2_THETA_W
) -> Couplings:
    """Couplings eps_f = g * value of a mediator given directly by its couplings.

    Args:
        epsilon: values per unit g.
        g: overall coupling, ().
        mass: mediator mass [MeV], ().
        sin2_theta_w: weak mixing angle of the standard-model part, ().
    """
    nu, e, u, d = epsilon
    eps_nu = g * jnp.asarray(nu, dtype=float)
    return _pack(mass, eps_nu, g * e, g * u, g * d, sin2_theta_w)


def standard_model(sin2_theta_w: Scalar = SIN2_THETA_W) -> Couplings:
    """No mediator: every eps is zero."""
    return from_epsilon(Epsilon((0.0, 0.0, 0.0), 0.0, 0.0, 0.0), 0.0, 1.0, sin2_theta_w)


def _pack(mass: Any, eps_nu: Any, e: Any, u: Any, d: Any, sin2_theta_w: Any) -> Couplings:
    return Couplings(*(jnp.asarray(x, dtype=float) for x in (mass, eps_nu, e, u, d, sin2_theta_w)))
