"""The bound from coherent scattering (Eqs. 39-41): arithmetic and the paper's statements."""

import math

import numpy as np
import pytest

from jaxmed.constants import G_F
from jaxmed.theory.nucleus_bounds import (
    CHARGE_D,
    CHARGE_NU,
    CHARGE_U,
    nucleus_bound,
    nucleus_ratio,
)

S2 = 0.23863


def test_coherent_bound_by_hand():
    # Caesium, 2 M T = 2 M E^2/(2 E + M) at T = T_max/2.
    mass_cs = 132.905451958 * 931.49410242 - 55 * 0.51099895
    mass, q2 = 20.0, 2 * mass_cs * 35.0**2 / (70.0 + mass_cs)
    q_sm = 78 - (1 - 4 * S2) * 55
    q_new = (78 - (1 - 2 * S2) * 55) / (2 * math.sqrt(2) * G_F * (q2 + mass**2))
    found = nucleus_ratio(mass, eps_nu=CHARGE_NU, eps_u=CHARGE_U, eps_d=CHARGE_D)
    np.testing.assert_allclose(found, q_new / q_sm, rtol=1e-13)
    np.testing.assert_allclose(nucleus_bound(mass), math.sqrt(0.1 * q_sm / q_new), rtol=1e-13)


def test_coherent_arguments_reach_the_amplitude():
    found = nucleus_ratio(
        0.0,
        eps_nu=1e-4,
        eps_u=2e-4,
        eps_d=3e-4,
        energy=20.0,
        recoil=0.01,
        protons=18,
        neutrons=22,
        nucleus_mass=37215.0,
    )
    couplings = 18 * 7e-4 + 22 * 8e-4
    wanted = -math.sqrt(2) * 1e-4 * couplings / (G_F * 2 * 37215.0 * 0.01)
    np.testing.assert_allclose(found, wanted / (22 - (1 - 4 * S2) * 18), rtol=1e-13)


def test_coherent_contribution_of_the_paper_is_constructive():
    for mass in (0.0, 1.0, 1e3):
        assert nucleus_ratio(mass, eps_nu=CHARGE_NU, eps_u=CHARGE_U, eps_d=CHARGE_D) > 0


def test_the_current_is_mostly_isovector():
    """Of the nucleons: isovector over isoscalar part is -(1 - s2)/s2."""
    proton, neutron = 2 * CHARGE_U + CHARGE_D, CHARGE_U + 2 * CHARGE_D
    np.testing.assert_allclose([proton, neutron], [0.5 - S2, -0.5], rtol=1e-14)
    isovector, isoscalar = 0.5 * (proton - neutron), 0.5 * (proton + neutron)
    np.testing.assert_allclose(isovector / isoscalar, (1 - S2) / -S2, rtol=1e-13)
    assert abs(isovector) > 3 * abs(isoscalar)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nucleus_bound(-1.0), "mass = -1.0"),
        (lambda: nucleus_bound(1.0, energy=0.0), "energy"),
        (lambda: nucleus_bound(1.0, fraction=-0.1), "fraction"),
        (lambda: nucleus_bound(1.0, nucleus_mass=0.0), "nucleus_mass"),
        (lambda: nucleus_bound(1.0, recoil=0.0), "recoil"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
