import jax
import jax.numpy as jnp
import numpy as np
import pytest
from eighty_digits import derivatives, from_mass, relative_error
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from jaxmed import constants
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.gauge import attainable, gauge_bosons

LOG_G = st.floats(-12, 0)
LOG_M = st.floats(-6, 7)  # 1 eV to 10 TeV
CHARGE = st.sampled_from([1.0, -1.0, 0.3])

bosons = jax.jit(gauge_bosons)
gradients = jax.jit(jax.jacobian(gauge_bosons, argnums=(0, 1)))


@st.composite
def near_the_z(draw):
    """Masses down to a relative distance of 1e-9 from M_Z."""
    return constants.M_Z * (1 + draw(st.sampled_from([-1, 1])) * 10.0 ** draw(st.floats(-9, -1)))


MASS = LOG_M.map(lambda x: 10.0**x) | near_the_z()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(LOG_G, MASS, CHARGE)
@example(-12.0, 1e-6, 1.0)
@example(0.0, 1e7, 1.0)
@example(0.0, np.nextafter(constants.M_Z, 0), 1.0)
@example(-9.0, np.nextafter(constants.M_Z, np.inf), 1.0)
def test_masses_and_angle_agree_with_80_digits(log_g, mass, x_h):
    g_prime = 10.0**log_g
    truth = from_mass(g_prime, mass, x_h, -2 * x_h)
    got = bosons(g_prime, mass, x_h)
    assert bool(attainable(g_prime, mass, x_h)) == (truth is not None)
    if truth is None:
        with pytest.raises(ValueError, match="level repulsion"):
            gauge_bosons(g_prime, mass, x_h)
        return
    assert relative_error(got.z_prime, truth.z_prime) < 1e-12
    assert relative_error(got.theta, truth.theta) < 1e-12
    # At the upper edge of the gap M_Z and v_s vanish: there they are ill-conditioned in M_Z'.
    tolerance = 1e-12 if mass < constants.M_Z else 1e-12 + 1e-15 * (constants.M_Z / truth.z) ** 2
    assert relative_error(got.z, truth.z) < tolerance
    assert relative_error(got.v_s, truth.v_s) < tolerance


@settings(max_examples=100, deadline=None, derandomize=True)
@given(LOG_G, MASS, CHARGE)
@example(-12.0, 1e-6, 1.0)
@example(0.0, 1e7, 1.0)
def test_gradients_agree_with_80_digit_derivatives(log_g, mass, x_h):
    g_prime = 10.0**log_g
    truth = from_mass(g_prime, mass, x_h, -2 * x_h)
    assume(truth is not None and truth.z > constants.M_Z / 10)
    got = gradients(g_prime, mass, x_h)
    assert np.all(np.isfinite(jax.tree.leaves((got.z, got.theta, got.v_s, got.tan_2theta))))
    slopes = (
        derivatives(lambda g: from_mass(g, mass, x_h, -2 * x_h), g_prime),
        derivatives(lambda m: from_mass(g_prime, m, x_h, -2 * x_h), mass),
    )
    for argument, slope in enumerate(slopes):
        for name in ("z", "theta", "v_s"):
            error = relative_error(getattr(got, name)[argument], getattr(slope, name))
            assert error < 1e-8, (name, argument)
        assert float(got.z_prime[argument]) == argument


def test_tan_2theta_is_the_paper_s_eq_9():
    g_z, v = constants.G_Z, 2 * constants.M_Z / constants.G_Z
    for g_prime, mass in [(1e-4, 10.0), (0.2, 5e4), (0.2, 3e5), (0.05, 9e4)]:
        got = gauge_bosons(g_prime, mass, 0.7)
        v_s, x_s = float(got.v_s), -1.4
        eq9 = 2 * g_z * g_prime * 0.7 / (g_z**2 - g_prime**2 * (0.49 + (x_s * v_s / v) ** 2))
        np.testing.assert_allclose(got.tan_2theta, eq9, rtol=1e-11)


def test_angle_goes_through_45_degrees_at_the_crossing_and_both_branches_end_at_90():
    t = 0.1 / constants.G_Z
    crossing = constants.M_Z * np.sqrt(1 - t)
    np.testing.assert_allclose(gauge_bosons(0.1, crossing).theta, np.pi / 4, rtol=1e-14)
    edges = constants.M_Z * np.array([1 - 1e-12, np.sqrt(1 + t**2) * (1 + 1e-12)])
    ends = [float(gauge_bosons(0.1, edge).theta) for edge in edges]
    np.testing.assert_allclose(ends, [np.pi / 2, np.arctan(t) - np.pi / 2], rtol=1e-9)


def test_gap_is_where_level_repulsion_puts_it():
    t = 0.1 / constants.G_Z
    edge = constants.M_Z * np.sqrt(1 + t**2)
    masses = jnp.array([constants.M_Z * (1 - 1e-13), constants.M_Z, 0.5 * (constants.M_Z + edge)])
    masses = jnp.append(masses, jnp.array([edge * (1 - 1e-13), edge * (1 + 1e-13)]))
    got = jax.vmap(lambda m: attainable(0.1, m))(masses)
    assert got.tolist() == [True, False, False, False, True]


def test_gap_under_vmap_is_marked_and_poisons_no_other_lane():
    masses = jnp.array([1e3, constants.M_Z, constants.M_Z * 1.001, 1e6])
    got = jax.vmap(lambda m: gauge_bosons(0.3, m))(masses)
    assert np.isnan(got.z).tolist() == [False, True, True, False]
    assert np.isnan(got.v_s).tolist() == [False, True, True, False]
    assert np.all(np.isfinite(got.theta))
    slope = jax.grad(lambda g: jnp.nansum(jax.vmap(lambda m: gauge_bosons(g, m).z)(masses)))(0.3)
    assert np.isfinite(slope)


def test_without_mixing_the_z_is_the_standard_model_s():
    for mass in (1e-3, constants.M_Z, 1e6):
        got = gauge_bosons(1e-3, mass, x_h=0.0, x_l=-2.0)
        assert (float(got.theta), float(got.tan_2theta)) == (0.0, 0.0)
        assert float(got.z) == constants.M_Z
        np.testing.assert_allclose(got.v_s, 2 * mass / (1e-3 * 4), rtol=1e-15)
    slope = jax.grad(lambda x: gauge_bosons(1e-3, 1.0, x, x_s=1.0).theta)(0.0)
    np.testing.assert_allclose(slope, 1e-3 / constants.G_Z, rtol=1e-9)


def test_traced_neutral_singlet_needs_an_infinite_vacuum():
    got = jax.jit(gauge_bosons)(1e-3, 1.0, 0.0)
    assert np.isinf(got.v_s)
    assert np.isfinite(jax.grad(lambda x: gauge_bosons(1e-3, 1.0, x).theta)(0.0))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"g_prime": 0.0, "m_zprime": 1.0}, "g_prime = 0.0: expected"),
        ({"g_prime": -1e-3, "m_zprime": 1.0}, "g_prime"),
        ({"g_prime": np.nan, "m_zprime": 1.0}, "g_prime"),
        ({"g_prime": 1e-3, "m_zprime": -1.0}, "m_zprime = -1.0: expected"),
        ({"g_prime": 1e-3, "m_zprime": 0.0}, "m_zprime"),
        ({"g_prime": 1e-3, "m_zprime": np.inf}, "m_zprime"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "x_h": np.nan}, "x_h"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "x_l": np.inf}, "x_l"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "x_s": 0.0}, "x_s = 0"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "x_h": 0.0}, "x_s"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "electroweak": Electroweak(g_z=0.0)}, "g_z"),
        ({"g_prime": 1e-3, "m_zprime": 1.0, "electroweak": Electroweak(m_z0=-1.0)}, "m_z0 = -1"),
        ({"g_prime": 1e-3, "m_zprime": constants.M_Z}, "m_zprime = 91187.6 MeV"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, named):
    with pytest.raises(ValueError, match=named):
        gauge_bosons(**arguments)
