"""The paper's single-energy bounds on g' (Eqs. 36-38 and Figure 5 of arXiv:2106.12364).

Estimates without a flux, a detector or data: one neutrino energy, and a fraction of the
standard-model cross section that the mediator may change. Fits to the experiments are in
jaxmed.inference. Charges are couplings per unit of g': eps_f = g' charge_f. Traced arguments are
not checked.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import M_E, SIN2_THETA_W
from jaxmed.theory.charges import PAPER
from jaxmed.theory.couplings import light_epsilon
from jaxmed.theory.nucleus_bounds import CHARGE_NU, nucleus_bound
from jaxmed.theory.recoil_integrals import interference_integral, standard_integral
from jaxmed.theory.scalars import Scalar, is_traced, require_non_negative, require_positive
from jaxmed.theory.scattering import t_max as kinematic_limit

# The electron in the paper's model, eps_e = g' (T3 - Q s_W^2) (Eq. 30).
CHARGE_E = light_epsilon(PAPER).e

# nu_e on electrons: charged and neutral current.
G_LEFT_NU_E = 0.5 + SIN2_THETA_W
G_RIGHT = SIN2_THETA_W


class Figure5(NamedTuple):
    """Upper bounds on g' at one mediator mass."""

    texono: Array
    xenon1t: Array
    coherent: Array


def figure_5(mass: Scalar) -> Figure5:
    """Upper bounds on g' in the paper's model from three reactions (Figure 5).

    texono: 20 % of nubar_e e at E = 8.3 MeV, 3 < T < 8 MeV. xenon1t: 20 % of nu_e e at the 7Be
    line, E = 0.862 MeV, 1 < T < 7 keV. coherent: 10 % of the amplitude on caesium at E = 35 MeV,
    T = T_max/2. The reactor energy is our choice, just enough to reach T = 8 MeV: the bound is
    20 % stronger at 5 MeV.

    Args:
        mass: M_Z' [MeV], a scalar.

    Raises:
        ValueError: mass < 0.
    """
    return Figure5(
        texono=electron_bound(mass, energy=8.3, t_min=3.0, t_max=8.0),
        xenon1t=electron_bound(mass, energy=0.862, t_min=1e-3, t_max=7e-3, antineutrino=False),
        coherent=nucleus_bound(mass),
    )


def electron_ratio(
    mass: Scalar,
    energy: Scalar,
    t_min: Scalar,
    t_max: Scalar | None = None,
    *,
    eps_nu: Scalar,
    eps_e: Scalar,
    g_left: Scalar = G_LEFT_NU_E,
    g_right: Scalar = G_RIGHT,
    antineutrino: bool = True,
) -> Array:
    """Return interference over standard model, both integrated over recoil (Eqs. 36-37).

    Args:
        mass: M_Z' [MeV]; zero is allowed if t_min > 0.
        energy: neutrino energy E [MeV].
        t_min: lowest recoil energy [MeV].
        t_max: highest recoil energy [MeV], at most (and by default) the kinematic limit.
        eps_nu: coupling of the neutrino to the mediator.
        eps_e: vector coupling of the electron.
        g_left: standard-model gL; 1/2 + s_W^2 for nu_e, -1/2 + s_W^2 for nu_mu and nu_tau.
        g_right: standard-model gR.
        antineutrino: exchange gL and gR.

    Returns:
        Signed, of order g'^2: negative is destructive.

    Raises:
        ValueError: energy <= 0, mass < 0, t_min < 0, mass = t_min = 0, or an empty recoil range.
    """
    require_positive(energy=energy)
    limit = kinematic_limit(energy, M_E)
    top = limit if t_max is None else jnp.minimum(t_max, limit)
    _require_recoils(mass, t_min, top)
    g_l, g_r = (g_right, g_left) if antineutrino else (g_left, g_right)
    new = interference_integral(mass, energy, t_min, top, g_l, g_r)  # Eq. 37
    return eps_nu * eps_e * new / standard_integral(energy, t_min, top, g_l, g_r)


def electron_product_bound(
    mass: Scalar,
    energy: Scalar,
    t_min: Scalar,
    t_max: Scalar | None = None,
    *,
    fraction: Scalar = 0.20,
    g_left: Scalar = G_LEFT_NU_E,
    g_right: Scalar = G_RIGHT,
    antineutrino: bool = True,
) -> Array:
    """Return the upper bound on |eps_nu eps_e| for any vector mediator (Eqs. 37-38).

    The condition is |interference| < fraction x standard model, with the arguments of
    `electron_ratio`; infinite where the integrated interference vanishes.

    Raises:
        ValueError: fraction <= 0, or as in `electron_ratio`.
    """
    require_positive(fraction=fraction)
    ratio = electron_ratio(
        mass,
        energy,
        t_min,
        t_max,
        eps_nu=1.0,
        eps_e=1.0,
        g_left=g_left,
        g_right=g_right,
        antineutrino=antineutrino,
    )
    return fraction / jnp.abs(ratio)


def electron_bound(
    mass: Scalar,
    energy: Scalar,
    t_min: Scalar,
    t_max: Scalar | None = None,
    *,
    charge_nu: Scalar = CHARGE_NU,
    charge_e: Scalar = CHARGE_E,
    fraction: Scalar = 0.20,
    g_left: Scalar = G_LEFT_NU_E,
    g_right: Scalar = G_RIGHT,
    antineutrino: bool = True,
) -> Array:
    """Return the upper bound on g' from neutrino-electron scattering (Eq. 38), by default nubar_e.

    charge_nu and charge_e are eps_nu/g' and eps_e/g', by default those of the paper's model, and the fraction is
    the largest |interference| over the standard model, 20 % in the paper; other arguments as for `electron_ratio`.

    Raises:
        ValueError: fraction <= 0, or as in `electron_ratio`.
    """
    product = electron_product_bound(
        mass,
        energy,
        t_min,
        t_max,
        fraction=fraction,
        g_left=g_left,
        g_right=g_right,
        antineutrino=antineutrino,
    )
    return jnp.sqrt(product / jnp.abs(charge_nu * charge_e))


def _require_recoils(mass: Scalar, t_min: Scalar, top: Scalar) -> None:
    """Raises ValueError for a negative number, an empty range, or a propagator that diverges."""
    require_non_negative(mass=mass, t_min=t_min)
    if not is_traced(t_min, top) and not np.all(np.asarray(t_min) < np.asarray(top)):
        raise ValueError(f"empty recoil range: t_min = {t_min} MeV, t_max = {top} MeV")
    if not is_traced(mass, t_min) and np.any((np.asarray(mass) == 0) & (np.asarray(t_min) == 0)):
        raise ValueError("mass = t_min = 0: a massless mediator needs t_min > 0, it diverges there")
