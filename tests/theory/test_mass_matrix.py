import jax
import jax.numpy as jnp
import numpy as np
import pytest
from eighty_digits import COS_W, G_Z, SIN_W, derivatives, from_vacuum, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxmed import constants
from jaxmed.theory.gauge import gauge_bosons
from jaxmed.theory.mass_matrix import (
    bosons_from_vacuum,
    bosons_of,
    leading_masses,
    mass_matrix,
    rotation,
    theta_light,
)

G, G_Y, V = float(G_Z * COS_W), float(G_Z * SIN_W), constants.VEV
diagonal = jax.jit(bosons_from_vacuum)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(0.1, 1), st.floats(0.1, 1), st.floats(-12, 0), st.floats(-6, 7), st.floats(-3, 3))
def test_any_vacuum_agrees_with_80_digits(g, g_y, log_g, log_m, x_h):
    g_prime, x_s = 10.0**log_g, 1.7
    v_s = 2 * 10.0**log_m / (g_prime * x_s)
    truth = from_vacuum(g, g_y, g_prime, x_h, x_s, V, v_s)
    got, rows = diagonal(g, g_y, g_prime, x_h, x_s, V, v_s)
    assert relative_error(got.z, truth.z) < 1e-12
    assert relative_error(got.z_prime, truth.z_prime) < 1e-12
    np.testing.assert_allclose(got.theta, float(truth.theta), rtol=1e-12, atol=1e-18)
    expected = np.array([[float(x) for x in row] for row in truth.rows])
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("log_m", [-6, -1, 2, 4.5, 4.96, 5, 7])
def test_gradients_agree_with_80_digit_derivatives(log_m):
    g_prime, v_s = 0.02, 10.0**log_m / 0.02
    got = jax.jacobian(lambda v_s: bosons_from_vacuum(G, G_Y, g_prime, 1.0, -2.0, V, v_s)[0])(v_s)
    slope = derivatives(lambda w: from_vacuum(G, G_Y, g_prime, 1, -2, V, w), v_s)
    for name in ("z", "z_prime", "theta"):
        assert relative_error(getattr(got, name), getattr(slope, name)) < 1e-8, name


@pytest.mark.parametrize(("g_prime", "v_s"), [(0.3, 2e5), (0.3, 6e5), (0.05, 1e6), (1.0, 5e6)])
def test_eigh_agrees_where_it_is_accurate(g_prime, v_s):
    matrix = np.array(mass_matrix(G, G_Y, g_prime, 1.0, -2.0, V, v_s))
    values, vectors = np.linalg.eigh(matrix)
    got, rows = bosons_from_vacuum(G, G_Y, g_prime, 1.0, -2.0, V, v_s)
    masses = np.array([got.photon, got.z, got.z_prime])
    order = np.argsort(masses)
    np.testing.assert_allclose(masses[order][1:], np.sqrt(values[1:]), rtol=1e-12)
    overlap = np.abs(np.array(rows)[order] @ vectors)
    np.testing.assert_allclose(overlap, np.eye(3), atol=1e-12)


def test_matrix_is_the_paper_s_eq_2():
    g, g_y, gp, x_h, x_s, v, v_s = 0.65, 0.36, 0.2, 0.7, -1.4, 2.0, 3.0
    mixed = [g_y * gp * x_h, -g * gp * x_h]
    corner = gp**2 * (x_h**2 + x_s**2 * v_s**2 / v**2)
    eq2 = [[g_y**2, -g * g_y, mixed[0]], [-g * g_y, g**2, mixed[1]], [*mixed, corner]]
    got = mass_matrix(g, g_y, gp, x_h, x_s, v, v_s)
    np.testing.assert_allclose(got, v**2 / 4 * np.array(eq2), rtol=1e-14)


@pytest.mark.parametrize(("g_prime", "mass"), [(1e-12, 1e-6), (1e-6, 0.05), (0.3, 1e4), (1.0, 1e7)])
def test_photon_is_massless_and_rotation_diagonalises(g_prime, mass):
    got = gauge_bosons(g_prime, mass)
    rows = rotation(got.theta)
    matrix = mass_matrix(G, G_Y, g_prime, 1.0, -2.0, 2 * constants.M_Z / constants.G_Z, got.v_s)
    np.testing.assert_allclose(rows @ rows.T, np.eye(3), atol=1e-15)
    scale = max(float(got.z), mass)
    assert float(got.photon) == 0.0
    assert np.max(np.abs(rows[0] @ matrix)) < 1e-15 * scale**2
    photon_mass = constants.M_Z / constants.G_Z * abs(G_Y * rows[0, 0] - G * rows[0, 1])
    assert photon_mass < 1e-12 * constants.M_Z
    squares = np.diag([0.0, got.z**2, got.z_prime**2])
    np.testing.assert_allclose(rows @ matrix @ rows.T, squares, atol=1e-14 * scale**2)


@pytest.mark.parametrize(("g_prime", "mass"), [(1e-9, 1e-3), (1e-4, 30.0), (0.2, 5e4), (0.2, 3e5)])
def test_vacuum_from_mass_and_back(g_prime, mass):
    v_s = gauge_bosons(g_prime, mass).v_s
    back, _ = bosons_from_vacuum(G, G_Y, g_prime, 1.0, -2.0, 2 * constants.M_Z / constants.G_Z, v_s)
    np.testing.assert_allclose(back.z_prime, mass, rtol=1e-13)


def test_mass_and_vacuum_given_together_must_agree():
    v_s = gauge_bosons(1e-3, 50.0).v_s
    assert bosons_of(1e-3, 50.0, v_s) == gauge_bosons(1e-3, 50.0)
    for wrong in (0.5 * v_s, v_s * (1 + 1e-6), 0.0):
        with pytest.raises(ValueError, match=r"contradicts m_zprime = 50\.0 MeV: expected v_s = 5"):
            bosons_of(1e-3, 50.0, wrong)
    with pytest.raises(ValueError, match=r"v_s = -1\.0"):
        bosons_of(1e-3, 50.0, -1.0)
    assert np.isfinite(jax.jit(bosons_of)(1e-3, 50.0, 1.0).z)


def test_degenerate_unmixed_vacuum_is_finite():
    def bosons(v_s):
        return bosons_from_vacuum(3.0, 4.0, 0.5, 0.0, 2.0, 1.0, v_s)[0]

    got, slopes = bosons(5.0), jax.jacobian(bosons)(5.0)
    np.testing.assert_allclose([got.z, got.z_prime], 2.5, rtol=1e-15)
    assert (float(got.theta), float(got.tan_2theta)) == (0.0, 0.0)
    assert np.all(np.isfinite(jax.tree.leaves(slopes)))


def test_small_coupling_relation_and_leading_masses():
    g_prime, mass = 1e-4, 10.0
    got = gauge_bosons(g_prime, mass)
    # Eqs. 10 and 31 drop (g' x_h/g_Z)^2 and (M_Z'/M_Z)^2, both 2e-8 here.
    np.testing.assert_allclose(theta_light(g_prime), got.theta, rtol=4e-8)
    np.testing.assert_allclose(constants.G_Z * np.sin(got.theta), g_prime, rtol=4e-8)
    m_z, m_zprime = leading_masses(g_prime, got.v_s)
    np.testing.assert_allclose(m_z, got.z, rtol=1e-8)
    np.testing.assert_allclose(m_zprime, mass, rtol=4e-8)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: mass_matrix(0.0, G_Y, 1e-3, 1.0, -2.0, V, 1.0), "g = 0.0"),
        (lambda: mass_matrix(G, G_Y, 1e-3, 1.0, -2.0, V, -1.0), "v_s = -1.0"),
        (lambda: bosons_from_vacuum(G, G_Y, -1e-3, 1.0, -2.0, V, 1.0), "g_prime"),
        (lambda: bosons_from_vacuum(G, G_Y, 1e-3, 1.0, np.nan, V, 1.0), "x_s"),
        (lambda: rotation(np.nan), "theta"),
        (lambda: rotation(0.1, sin2_theta_w=1.0), "sin2_theta_w"),
        (lambda: theta_light(1.0), "g' x_h/g_Z"),
        (lambda: theta_light(0.0), "g_prime"),
        (lambda: leading_masses(1e-3, -1.0), "v_s"),
    ],
)
def test_bad_input_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_vmap_and_jit_agree_with_scalars():
    v_s = jnp.array([1e2, 1e5, 1e7])
    batch, _ = jax.vmap(lambda w: bosons_from_vacuum(G, G_Y, 0.1, 1.0, -2.0, V, w))(v_s)
    for lane, w in enumerate(v_s):
        single, _ = diagonal(G, G_Y, 0.1, 1.0, -2.0, V, w)
        np.testing.assert_allclose([b[lane] for b in batch], single, rtol=1e-14)
