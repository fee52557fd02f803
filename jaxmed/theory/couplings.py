"""From a model's charges to the couplings that scattering sees (paper, Section 4)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxmed.constants import SIN2_THETA_W
from jaxmed.theory.charges import Charges
from jaxmed.theory.currents import (
    by_chirality,
    light_charges,
    neutral_current,
    row,
    unchecked_z_prime,
    unchecked_z_prime_axial,
)
from jaxmed.theory.electroweak import STANDARD, Electroweak
from jaxmed.theory.gauge import Mixing, unchecked_mixing
from jaxmed.theory.helicity_flip import Flips
from jaxmed.theory.scalars import Scalar, real

# Relative width of the pole M_Z = 0; its square is far below one part in 2^53.
_POLE_WIDTH = 1e-9


class Couplings(NamedTuple):
    """A vector mediator as low-energy scattering sees it, with what it does to the exchange of the Z.

    L = -Z'_mu [ eps_nu nubar_L gamma^mu nu_L + sum_f fbar gamma^mu (eps_f - axial_f gamma5) f ];
    the axial couplings of quarks do not scatter coherently. The shifts of the neutral current are relative to its
    T3 - Q s_W^2, all neutrinos alike () or flavour by flavour (3,): Z-Z' mixing makes them, and charge radii.

    Attributes:
        mass: mediator mass [MeV], ().
        eps_nu: couplings of nu_e, nu_mu, nu_tau, (3,).
        eps_e: vector coupling of the electron, ().
        eps_u: vector coupling of the up quark, ().
        eps_d: vector coupling of the down quark, ().
        sin2_theta_w: weak mixing angle of the standard-model part, ().
        axial_e: axial coupling of the electron: eps_e + axial_e is left-handed, ().
        nc_e_left: shift of the electron's g_L by the Z exchange.
        nc_e_right: shift of the electron's g_R.
        nc_u: shift of the up quark's g_V = g_L + g_R.
        nc_d: shift of the down quark's g_V.
        flips: what turns left-handed neutrinos into right-handed ones; None costs nothing.
    """

    mass: Array
    eps_nu: Array
    eps_e: Array
    eps_u: Array
    eps_d: Array
    sin2_theta_w: Array
    axial_e: Array | float = 0.0
    nc_e_left: Array | float = 0.0
    nc_e_right: Array | float = 0.0
    nc_u: Array | float = 0.0
    nc_d: Array | float = 0.0
    flips: Flips | None = None

    @property
    def defined(self) -> Array:
        """Whether all of them are finite numbers, ()."""
        return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(self)]).all()


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
    left = light_charges(charge, sin2_theta_w)
    return Epsilon(nu=(left.nu_l,) * 3, e=left.e_l, u=left.u_l, d=left.d_l)


def from_charges(
    charge: Charges, g: Scalar, mass: Scalar, *, electroweak: Electroweak = STANDARD
) -> Couplings:
    """Couplings of a U(1)_X with the exact mixing of Z and Z' (Eqs. 2, 6-9, 27-30).

    The Z' couples as in `currents.z_prime_couplings`, and nothing cancels. Finite, with finite derivatives, for
    any g' and M_Z', also in the gap of the level crossing (`gauge.attainable`), where no vacuum has this mass.

    Args:
        charge: U(1)_X charges that leave the Yukawa terms invariant (`charges.charges`).
        g: gauge coupling g', ().
        mass: mediator mass [MeV], ().
        electroweak: the Z before it mixes; G_F stays, so v = 2 m_z0/g_z should too.
    """
    g, mass, s2 = real(g), real(mass), electroweak.sin2_theta_w
    mixing = unchecked_mixing(g, mass, charge.h, electroweak)
    z_prime = unchecked_z_prime(charge, g, mixing, s2)
    shift = _z_exchange_shift(charge, (g / electroweak.g_z) ** 2, mixing, s2)
    # left and right in turn; the right-handed neutrino takes no part
    (nu, _), *charged = z_prime.reshape(4, 2)
    eps_e, eps_u, eps_d = (pair.mean() for pair in charged)
    _, (nc_e_left, nc_e_right), of_u, of_d = shift.reshape(4, 2)
    return Couplings(
        mass=mass,
        eps_nu=jnp.full(3, nu),
        eps_e=eps_e,
        eps_u=eps_u,
        eps_d=eps_d,
        sin2_theta_w=real(s2),
        axial_e=unchecked_z_prime_axial(charge, g, mixing)[1],
        nc_e_left=nc_e_left,
        nc_e_right=nc_e_right,
        nc_u=of_u.sum(),
        nc_d=of_d.sum(),
    )


def _z_exchange_shift(charge: Charges, r2: Array, mixing: Mixing, s2: Scalar) -> Array:
    """Shifts of T3 - Q s_W^2 by the Z exchange at q^2 << M_Z^2, (8,) in the order of `FermionCouplings`.

    With r2 = (g'/g_Z)^2 and M_Z^2 = M_Z0^2 (delta + t^2)/delta the exchange of the Z (Eq. 28) is
    delta [delta - r2 x_h x_l] [delta (T3 - Q s_W^2) - r2 x_h X/2] / ((t^2 + delta^2) (delta + t^2))
    in units of the standard model's. The difference from T3 - Q s_W^2 is taken on paper, which products of
    `currents.z_couplings`, or of their shifts, cannot replace: those lose it where the Z' is light, these at the poles.
    """
    x_l, x_h, t, delta = charge.l_l, charge.h, mixing.t, mixing.delta
    pole = delta + t**2
    # M_Z = 0 within the gap: a cut-off that float64 does not see below it.
    inverse = pole / (pole**2 + (_POLE_WIDTH * delta) ** 2)
    scale = -r2 * x_h * (mixing.cos_over_delta**2 * inverse)
    isospin = scale * (delta**2 * x_l + x_h * (delta * (1 + delta) + t**2))
    charged = scale * delta * (delta - r2 * x_h * x_l) / 2
    return isospin * row(neutral_current(s2)) + charged * row(by_chirality(charge))


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
    eps_nu = g * jnp.stack([real(x) for x in nu])
    eps_e, eps_u, eps_d = (real(g * x) for x in (e, u, d))
    found = Couplings(real(mass), eps_nu, eps_e, eps_u, eps_d, real(sin2_theta_w))
    return jax.tree.map(real, found)


def mediator(
    mass: Scalar,
    *,
    nu: Sequence[Scalar] = (0.0, 0.0, 0.0),
    e: Scalar = 0.0,
    u: Scalar = 0.0,
    d: Scalar = 0.0,
    sin2_theta_w: Scalar = SIN2_THETA_W,
) -> Couplings:
    """Couplings of a vector mediator, each given as it is: what a function for `own.own_model` returns.

    L = -Z'_mu [ nu nubar_L gamma^mu nu_L + e ebar gamma^mu e + u ubar gamma^mu u + d dbar gamma^mu d ].

    Args:
        mass: mediator mass [MeV], ().
        nu: couplings of nu_e, nu_mu and nu_tau.
        e: vector coupling of the electron, ().
        u: vector coupling of the up quark, ().
        d: vector coupling of the down quark, ().
        sin2_theta_w: weak mixing angle of the standard-model part, ().

    Raises:
        ValueError: not three neutrino couplings.
    """
    if len(nu) != 3:
        raise ValueError(f"{len(nu)} neutrino couplings: expected three, of nu_e, nu_mu and nu_tau")
    return from_epsilon(Epsilon((nu[0], nu[1], nu[2]), e, u, d), 1.0, mass, sin2_theta_w)


def standard_model(sin2_theta_w: Scalar = SIN2_THETA_W) -> Couplings:
    """No mediator: every eps is zero."""
    return from_epsilon(Epsilon((0.0, 0.0, 0.0), 0.0, 0.0, 0.0), 0.0, 1.0, sin2_theta_w)
