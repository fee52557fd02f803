import jax
import jax.numpy as jnp
import numpy as np
import pytest
from eighty_digits import M_Z0, derivatives, from_mass, relative_error
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jaxmed import constants
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.rho import g_prime_x_h_bound, rho, rho_light, rho_nll, sin2_theta_bound


def test_published_bounds():
    # The paper's Eq. 34 and the text below it, two figures each.
    assert f"{float(sin2_theta_bound()):.1e}" == "2.0e-05"
    assert f"{float(g_prime_x_h_bound(electroweak=Electroweak(g_z=0.743))):.1e}" == "3.3e-03"
    assert f"{float(g_prime_x_h_bound()):.1e}" == "3.3e-03"


def test_bound_is_where_rho_reaches_the_lower_edge():
    bound = float(g_prime_x_h_bound())
    np.testing.assert_allclose(rho(bound, 1.0), 0.99998, rtol=1e-9)
    np.testing.assert_allclose(rho_nll(bound, 1.0), 2.0, rtol=1e-5)
    np.testing.assert_allclose(rho(bound / 0.5, 1.0, 0.5), 0.99998, rtol=1e-9)


def test_no_mixing_is_allowed_where_the_interval_lies_above_one():
    assert float(sin2_theta_bound(1.0)) == 0.0
    assert float(g_prime_x_h_bound(1.0)) == 0.0


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.floats(-12, 0), st.floats(-6, 7))
def test_rho_agrees_with_80_digits(log_g, log_m):
    g_prime, mass = 10.0**log_g, 10.0**log_m
    truth = from_mass(g_prime, mass)
    assume(truth is not None)
    assert relative_error(rho(g_prime, mass), M_Z0**2 / truth.z**2) < 1e-12
    if mass < 1.0:
        np.testing.assert_allclose(rho_light(float(truth.theta)), rho(g_prime, mass), rtol=1e-9)


@pytest.mark.parametrize(("g_prime", "mass"), [(1e-3, 1.0), (0.01, 5e4), (0.1, 2e5), (1e-6, 1e-6)])
def test_gradient_agrees_with_80_digit_derivatives(g_prime, mass):
    truth = from_mass(g_prime, mass)
    got = jax.grad(rho_nll, argnums=(0, 1))(g_prime, mass)
    pull = (M_Z0**2 / truth.z**2 - 1.00038) / 0.00020**2
    by_g = derivatives(lambda g: from_mass(g, mass), g_prime).z
    by_m = derivatives(lambda m: from_mass(g_prime, m), mass).z
    for slope, z_slope in zip(got, (by_g, by_m), strict=True):
        assert relative_error(slope, -2 * pull * M_Z0**2 / truth.z**3 * z_slope) < 1e-8


def test_finite_inside_the_gap():
    masses = jnp.append(constants.M_Z * jnp.array([0.99, 1.0, 1.001, 1.02]), 1e6)
    values, slopes = jax.vmap(jax.value_and_grad(lambda m: rho_nll(0.2, m)))(masses)
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(slopes))
    assert float(rho(1e-3, constants.M_Z, 0.0)) == 1.0


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: rho(0.0, 1.0), "g_prime"),
        (lambda: rho_nll(1e-3, -1.0), "m_zprime"),
        (lambda: rho_nll(1e-3, 1.0, error=0.0), "error"),
        (lambda: rho_nll(1e-3, 1.0, measured=np.nan), "measured"),
        (lambda: rho_light(np.inf), "theta"),
        (lambda: sin2_theta_bound(-1.0), "n_sigma"),
        (lambda: g_prime_x_h_bound(electroweak=Electroweak(g_z=-1.0)), "g_z"),
    ],
)
def test_bad_input_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=named):
        call()
