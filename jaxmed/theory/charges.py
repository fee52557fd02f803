"""Charges under U(1)_X, gauge invariance of the Yukawa terms, triangle anomalies.

Alikhanov and Paschos (arXiv:2106.12364), Table 1 and Eqs. 13-16, 21-26. Charges are normalised as
the hypercharge is: Q = T3 + Y/2, and g' X/2 is the coupling.

Everything here is plain arithmetic on whatever number it is given: floats, JAX scalars, traced or
not, and also `fractions.Fraction`, for which the sums are exact.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxmed.theory.scalars import require_finite


class Charges(NamedTuple):
    """One U(1) charge for each field of a generation and for the two scalars (Table 1).

    Attributes:
        l_l: left-handed lepton doublet.
        q_l: left-handed quark doublet.
        nu_r: right-handed neutrino.
        e_r: right-handed electron.
        u_r: right-handed up quark.
        d_r: right-handed down quark.
        h: Higgs doublet H.
        sigma: scalar singlet, the charge x_s.
    """

    l_l: Any
    q_l: Any
    nu_r: Any
    e_r: Any
    u_r: Any
    d_r: Any
    h: Any
    sigma: Any


# Three times the hypercharge Y of Table 1: whole numbers, so that exact arithmetic stays exact.
THREE_Y = Charges(l_l=-3, q_l=1, nu_r=0, e_r=-6, u_r=4, d_r=-2, h=3, sigma=0)


class YukawaSums(NamedTuple):
    """Charge carried off by each Yukawa term of Eq. 11; zero where the term is invariant."""

    electron: Any
    down: Any
    up: Any
    neutrino: Any
    majorana: Any


class Anomalies(NamedTuple):
    """Triangle-anomaly coefficients of one generation, left minus right, colour counted.

    Attributes:
        xxx: three X bosons, sum X^3 (Eq. 22).
        xxy: two X bosons and one hypercharge boson, sum X^2 Y.
        xyy: one X boson and two hypercharge bosons, sum X Y^2.
        yyy: three hypercharge bosons, sum Y^3: zero in the standard model, whatever X is.
        su2_su2_x: one X boson and two W, sum of X over the left-handed doublets.
        su3_su3_x: one X boson and two gluons, sum of X over the quarks' colour triplets.
        grav_grav_x: one X boson and two gravitons, sum of X.
    """

    xxx: Any
    xxy: Any
    xyy: Any
    yyy: Any
    su2_su2_x: Any
    su3_su3_x: Any
    grav_grav_x: Any


def charges(x_q: Any, x_l: Any, x_h: Any, x_s: Any = None) -> Charges:
    """X of every field for three free charges: Table 1 (Eqs. 13-16 solved).

    The paper's model is x_q = x_l = 0 (Eq. 21): X = 2 T3R x_h, right-handed fields only.

    Args:
        x_q: charge of the left-handed quark doublet.
        x_l: charge of the left-handed lepton doublet.
        x_h: charge of the Higgs doublet.
        x_s: charge of the singlet; left out, the one of the Majorana term nu_R nu_R sigma.

    Returns:
        The charges, dimensionless, of the type of the arguments.

    Raises:
        ValueError: a charge is not a finite number.
    """
    require_finite(x_q=x_q, x_l=x_l, x_h=x_h)
    if x_s is not None:
        require_finite(x_s=x_s)
    return Charges(
        l_l=x_l,
        q_l=x_q,
        nu_r=x_l + x_h,  # Eq. 16
        e_r=x_l - x_h,  # Eq. 13-15
        u_r=x_q + x_h,  # Eq. 13-15
        d_r=x_q - x_h,  # Eq. 13-15
        h=x_h,
        sigma=singlet_charge(x_l, x_h, x_s),
    )


def singlet_charge(x_l: Any, x_h: Any, x_s: Any = None) -> Any:
    """x_s = -2 (x_l + x_h), what the Majorana term nu_R nu_R sigma needs, unless x_s is given."""
    return -2 * (x_l + x_h) if x_s is None else x_s


# The paper's model, X = 2 T3R (Eq. 21).
PAPER = charges(0.0, 0.0, 1.0)


def yukawa_sums(charge: Charges) -> YukawaSums:
    """Sum of the charges in each Yukawa term (Eqs. 11, 13-16): zero for a gauge-invariant term.

    Args:
        charge: charges of the fields, X or Y (or 3 Y: `THREE_Y`).

    Returns:
        The five sums, dimensionless.
    """
    x = charge
    return YukawaSums(
        electron=-x.l_l + x.h + x.e_r,  # lbar_L H e_R
        down=-x.q_l + x.h + x.d_r,  # qbar_L H d_R
        up=-x.q_l - x.h + x.u_r,  # qbar_L H~ u_R
        neutrino=-x.l_l - x.h + x.nu_r,  # lbar_L H~ nu_R, Eq. 16
        majorana=2 * x.nu_r + x.sigma,  # nu_R nu_R sigma
    )


def anomalies(x_q: Any, x_l: Any, x_h: Any) -> Anomalies:
    """The seven triangle-anomaly coefficients of U(1)_X for one generation (Eqs. 22-26).

    They vanish, all together, if and only if x_l + 3 x_q = 0.

    Args:
        x_q: charge of the left-handed quark doublet.
        x_l: charge of the left-handed lepton doublet.
        x_h: charge of the Higgs doublet.

    Returns:
        The coefficients by name, dimensionless; exact for `Fraction` arguments.

    Raises:
        ValueError: a charge is not a finite number.
    """
    require_finite(x_q=x_q, x_l=x_l, x_h=x_h)
    x, y3 = charges(x_q, x_l, x_h), THREE_Y
    return Anomalies(
        xxx=_left_minus_right(lambda x, y3: x * x * x, x, y3),
        xxy=_left_minus_right(lambda x, y3: x * x * y3, x, y3) / 3,
        xyy=_left_minus_right(lambda x, y3: x * y3 * y3, x, y3) / 9,
        yyy=_left_minus_right(lambda x, y3: y3 * y3 * y3, x, y3) / 27,
        su2_su2_x=x.l_l + 3 * x.q_l,
        su3_su3_x=2 * x.q_l - x.u_r - x.d_r,
        grav_grav_x=_left_minus_right(lambda x, y3: x, x, y3),
    )


def _left_minus_right(vertex: Callable[[Any, Any], Any], x: Charges, y3: Charges) -> Any:
    """Sums over the fermions in the loop: doublets twice, quarks thrice, right-handed minus."""
    loop = Charges(*map(vertex, x, y3))
    left = 2 * loop.l_l + 6 * loop.q_l
    right = loop.nu_r + loop.e_r + 3 * loop.u_r + 3 * loop.d_r
    return left - right
