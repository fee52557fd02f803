"""From a model's charges to the couplings that scattering sees (paper, Section 4)."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxmed.constants import SIN2_THETA_W
from jaxmed.theory.charges import Charges

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


class Epsilon(NamedTuple):
    """Couplings per unit g of a mediator outside the U(1)_X family: eps_f = g * value."""

    nu: tuple[Any, Any, Any]
    e: Any
    u: Any
    d: Any


def light_epsilon(charge: Charges, sin2_theta_w: Any = SIN2_THETA_W) -> Epsilon:
    """Couplings per unit g' of a light Z', x_h (T3 - Q s_W^2) + X_L/2 (Eqs. 10, 28-30).

    Those of charged fermions are vector couplings: left and right are the same (Eq. 29).

    Args:
        charge: U(1)_X charges (Table 1).
        sin2_theta_w: weak mixing angle, ().

    Returns:
        eps_f/g', plain numbers for plain arguments.
    """
    x_l, x_q, x_h, s2 = charge.l_l, charge.q_l, charge.h, sin2_theta_w
    return Epsilon(
        nu=(x_h / 2 + x_l / 2,) * 3,
        e=x_h * (s2 - 1 / 2) + x_l / 2,
        u=x_h * (1 / 2 - s2 * 2 / 3) + x_q / 2,
        d=x_h * (s2 / 3 - 1 / 2) + x_q / 2,
    )


def from_charges(
    charges: Charges, g: Scalar, mass: Scalar, sin2_theta_w: Scalar = SIN2_THETA_W
) -> Couplings:
    """Light-mediator couplings of a U(1)_X (paper, Eqs. 10 and 27-30).

    Args:
        charges: U(1)_X charges (Table 1).
        g: gauge coupling g', ().
        mass: mediator mass [MeV], ().
        sin2_theta_w: weak mixing angle, ().
    """
    return from_epsilon(light_epsilon(charges, sin2_theta_w), g, mass, sin2_theta_w)


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
    eps_nu = g * jnp.stack([jnp.asarray(x, dtype=float) for x in nu])
    return _pack(mass, eps_nu, g * e, g * u, g * d, sin2_theta_w)


def standard_model(sin2_theta_w: Scalar = SIN2_THETA_W) -> Couplings:
    """No mediator: every eps is zero."""
    return from_epsilon(Epsilon((0.0, 0.0, 0.0), 0.0, 0.0, 0.0), 0.0, 1.0, sin2_theta_w)


def _pack(mass: Any, eps_nu: Any, e: Any, u: Any, d: Any, sin2_theta_w: Any) -> Couplings:
    return Couplings(*(jnp.asarray(x, dtype=float) for x in (mass, eps_nu, e, u, d, sin2_theta_w)))
