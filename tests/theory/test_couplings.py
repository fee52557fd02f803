"""Couplings as scattering sees them: presets, light limit."""

import jax
import numpy as np
import pytest

from jaxmed.constants import SIN2_THETA_W as S2
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.presets import PRESETS, charged
from jaxmed.theory.charges import charges
from jaxmed.theory.couplings import Epsilon, from_charges, light_epsilon
from jaxmed.theory.currents import light_couplings
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.nucleus_bounds import CHARGE_D, CHARGE_NU, CHARGE_U
from jaxmed.theory.single_energy_bounds import CHARGE_E
from jaxmed.theory.vector_axial import z_prime_vector_axial

ASSIGNMENTS = [(0.0, 0.0, 1.0), (2 / 3, -2.0, 0.0), (1 / 3, -1.0, 1.0), (0.4, -0.3, 0.7)]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_light_epsilon_is_the_light_limit_of_the_currents(assignment):
    charge = charges(*assignment)
    nu, e, u, d = light_epsilon(charge)
    chiral = light_couplings(charge, 1.0)
    np.testing.assert_allclose(nu, 3 * [chiral.nu_l], rtol=1e-14, atol=1e-16)
    for got, left, right in ((e, chiral.e_l, chiral.e_r), (u, chiral.u_l, chiral.u_r)):
        np.testing.assert_allclose([left, right], got, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose([chiral.d_l, chiral.d_r], d, rtol=1e-14, atol=1e-16)


def test_fits_and_currents_share_the_couplings_of_the_z_prime_for_any_electroweak_value():
    charge, other = charges(0.4, -0.3, 0.7), Electroweak(g_z=0.7, m_z0=8e4, sin2_theta_w=0.25)
    for mass in (1.0, 3e4, 7.5e4, 9e4):
        got = from_charges(charge, 0.1, mass, electroweak=other)
        exact = z_prime_vector_axial(charge, 0.1, mass, electroweak=other)
        np.testing.assert_array_equal((got.eps_e, got.eps_u, got.eps_d), exact.vector[1:])
        np.testing.assert_array_equal(got.axial_e, exact.axial.e)
    slopes = jax.jacobian(lambda e: from_charges(charge, 0.1, 3e4, electroweak=e).eps_e)(other)
    assert np.all(np.isfinite(slopes)) and np.all(np.array(slopes) != 0)


def test_bounds_use_the_paper_s_charges():
    got = (CHARGE_NU, CHARGE_E, CHARGE_U, CHARGE_D)
    np.testing.assert_allclose(got, (0.5, S2 - 0.5, 0.5 - 2 * S2 / 3, S2 / 3 - 0.5), rtol=1e-15)


def test_a_model_is_a_name_a_table_epsilon_or_itself():
    table, epsilon = charges(0.0, 0.0, 1.0), Epsilon((1.0, 1.0, 1.0), 1.0, 1.0, 1.0)
    assert get_model("u1r") is PRESETS["u1r"] is get_model(PRESETS["u1r"])
    for model, name in ((table, "u1r"), (charged("mine", table), "u1r"), (epsilon, "universal")):
        for got, expected in zip(
            couplings(model, g=1e-3, mass=1.0), couplings(name, g=1e-3, mass=1.0), strict=True
        ):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: couplings("u1r", g=-1e-3, mass=1.0), "g = -0.001"),
        (lambda: couplings("u1r", g=1e-3, mass=0.0), "mass = 0.0"),
        (lambda: couplings("u1r", g=1e-3, mass=np.inf), "mass = inf"),
        (lambda: couplings("u1l", g=1e-3, mass=1.0), "did you mean u1r"),
        (lambda: couplings("standard_model", g=1e-3, mass=1.0), "no mediator"),
    ],
)
def test_bad_input_is_refused(call, named):
    with pytest.raises(ValueError, match=named):
        call()
