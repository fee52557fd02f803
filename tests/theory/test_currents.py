import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from eighty_digits import COS_W, G_Z, SIN2, SIN_W, from_mass
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jaxmed import constants
from jaxmed.theory.charges import Charges, charges
from jaxmed.theory.currents import (
    FermionCouplings,
    flavour_currents,
    light_couplings,
    standard_model_couplings,
    z_coupling_shift,
    z_couplings,
    z_prime_couplings,
)
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.gauge import gauge_bosons
from jaxmed.theory.mass_matrix import rotation
from jaxmed.theory.vector_axial import majorana_axial, nucleon_couplings, z_prime_vector_axial

PAPER = charges(0.0, 0.0, 1.0)
G, G_Y = float(G_Z * COS_W), float(G_Z * SIN_W)
S2 = constants.SIN2_THETA_W
# T3, Y and electric charge of nu_L, nu_R, e_L, e_R, u_L, u_R, d_L, d_R, from a textbook.
THIRD = mp.mpf(1) / 3
ISOSPIN = [mp.mpf(x) / 2 for x in (1, 0, -1, 0, 1, 0, -1, 0)]
HYPER = [-1, 0, -1, -2, THIRD, 4 * THIRD, THIRD, -2 * THIRD]
ELECTRIC = [0, 0, -1, -1, 2 * THIRD, 2 * THIRD, -THIRD, -THIRD]

exact_z_prime = jax.jit(z_prime_couplings)
exact_z = jax.jit(z_couplings)
shift = jax.jit(z_coupling_shift)
vector_axial = jax.jit(z_prime_vector_axial)


def truth(boson_row, g_prime, x):
    """Couplings of one physical field and the size of their terms, from Eq. 27."""
    terms = [
        (boson_row[0] * G_Z * SIN_W * y / 2, boson_row[1] * G_Z * COS_W * t3, boson_row[2] * c)
        for t3, y, c in zip(
            ISOSPIN, HYPER, (mp.mpf(g_prime) * mp.mpf(q) / 2 for q in x), strict=True
        )
    ]
    return [sum(t) for t in terms], [max(map(abs, t)) for t in terms]


def worst(got, expected, sizes):
    errors = zip(got, expected, sizes, strict=True)
    return max((float(abs(mp.mpf(float(g)) - e) / s) for g, e, s in errors if s > 0), default=0.0)


def x_of(charge):
    doublet = [charge.l_l, charge.nu_r, charge.l_l, charge.e_r]
    return [*doublet, charge.q_l, charge.u_r, charge.q_l, charge.d_r]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from([(0.0, 0.0, 1.0), (0.25, -0.5, 1.0), (0.5, -1.5, -2.0), (1.0, -3.0, 0.0)]),
    st.floats(-12, 0),
    st.floats(-6, 7),
)
def test_exact_couplings_agree_with_the_80_digit_rotation(assignment, log_g, log_m):
    charge, g_prime, mass = charges(*assignment), 10.0**log_g, 10.0**log_m
    reference = from_mass(g_prime, mass, assignment[2], 1)
    assume(reference is not None)
    x = x_of(charge)
    for function, row in ((exact_z, 1), (exact_z_prime, 2)):
        expected, sizes = truth(reference.rows[row], g_prime, x)
        # The photon's part cancels between B and W3: sizes bound the rounding of our sum too.
        assert worst(function(charge, g_prime, mass), expected, sizes) < 1e-12
    expected, _ = truth(reference.rows[1], g_prime, x)
    unmixed = [G_Z * (t3 - q * SIN2) for t3, q in zip(ISOSPIN, ELECTRIC, strict=True)]
    moved = [e - u for e, u in zip(expected, unmixed, strict=True)]
    sin, cos = mp.sin(reference.theta), mp.cos(reference.theta)
    sizes = [
        abs((1 - cos) * u) + abs(sin * mp.mpf(g_prime) * mp.mpf(q) / 2)
        for u, q in zip(unmixed, x, strict=True)
    ]
    assert worst(shift(charge, g_prime, mass), moved, sizes) < 1e-12


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-12, 0), st.floats(-6, 7))
def test_axial_part_has_no_rounding_noise(log_g, log_m):
    g_prime, mass = 10.0**log_g, 10.0**log_m
    reference = from_mass(g_prime, mass, 1, -2)
    assume(reference is not None)
    expected, _ = truth(reference.rows[2], g_prime, x_of(PAPER))
    got = vector_axial(PAPER, g_prime, mass)
    for flavour in range(4):
        left, right = expected[2 * flavour : 2 * flavour + 2]
        assert abs(float(got.axial[flavour]) - (left - right) / 2) < 1e-12 * abs(left - right)
        assert abs(float(got.vector[flavour]) - (left + right) / 2) < 1e-12 * max(
            abs(left), abs(right)
        )


@pytest.mark.parametrize(("g_prime", "mass"), [(1e-9, 1e-3), (0.1, 1e3), (0.5, 1e6)])
def test_photon_couples_to_electric_charge_alone(g_prime, mass):
    rows = rotation(gauge_bosons(g_prime, mass).theta)
    photon = rows[0] @ flavour_currents(PAPER, G, G_Y, g_prime)
    e = G * G_Y / np.hypot(G, G_Y)
    np.testing.assert_allclose(photon, e * np.array(ELECTRIC, float), rtol=0, atol=1e-16)


def test_eq_28_by_rotation_agrees_with_the_closed_forms():
    charge, g_prime, mass = charges(0.4, -0.3, 0.7), 0.2, 4e4
    rows = rotation(gauge_bosons(g_prime, mass, 0.7, -0.3).theta)
    _, z, z_prime = rows @ flavour_currents(charge, G, G_Y, g_prime)
    np.testing.assert_allclose(z_couplings(charge, g_prime, mass), z, rtol=0, atol=1e-15)
    np.testing.assert_allclose(
        z_prime_couplings(charge, g_prime, mass), z_prime, rtol=0, atol=1e-15
    )


@pytest.mark.parametrize("assignment", [(0.0, 0.0, 1.0), (0.25, -0.5, 1.0), (0.5, -1.5, -2.0)])
def test_light_couplings_are_the_limit_and_differ_by_the_mass_ratio_squared(assignment):
    charge, g_prime = charges(*assignment), 1e-7
    light = np.array(light_couplings(charge, g_prime))
    z0 = np.array([float(t3 - q * SIN2) for t3, q in zip(ISOSPIN, ELECTRIC, strict=True)])
    leading = g_prime * (assignment[2] * z0 + np.array(x_of(charge)) / 2)
    np.testing.assert_allclose(light, leading, rtol=1e-13, atol=1e-22)
    for mass in (100.0, 1e3, 1e4):
        ratio2 = (mass / constants.M_Z) ** 2
        exact = np.array(z_prime_couplings(charge, g_prime, mass))
        expected = g_prime * assignment[2] * z0 * ratio2  # the first term dropped
        np.testing.assert_allclose(
            exact - light, expected, rtol=2 * ratio2 + 1e-9, atol=1e-12 * g_prime
        )


def test_light_limit_of_a_massless_mediator_only_lacks_cos_theta():
    g_prime, mass = 0.3, 1e-6
    cos = np.cos(float(gauge_bosons(g_prime, mass).theta))
    exact = np.array(z_prime_couplings(PAPER, g_prime, mass))
    np.testing.assert_allclose(exact, cos * np.array(light_couplings(PAPER, g_prime)), rtol=1e-12)


def test_paper_s_model_couplings():
    got = light_couplings(PAPER, 1.0)
    assert float(got.nu_l) == float(got.nu_r) == 0.5
    np.testing.assert_allclose([got.e_l, got.e_r], S2 - 0.5, rtol=1e-15)
    np.testing.assert_allclose([got.u_l, got.u_r], 0.5 - 2 * S2 / 3, rtol=1e-15)
    np.testing.assert_allclose([got.d_l, got.d_r], S2 / 3 - 0.5, rtol=1e-15)
    np.testing.assert_allclose(nucleon_couplings(got), (0.5 - S2, -0.5), rtol=1e-15)


def test_b_minus_l_couples_to_its_charges():
    got = light_couplings(charges(2 / 3, -2.0, 0.0), 0.1)
    np.testing.assert_allclose(got, 0.1 * np.repeat([-1, 1 / 3], 4), rtol=1e-15)
    np.testing.assert_allclose(nucleon_couplings(got), (0.1, 0.1), rtol=1e-15)


def test_hypercharge_like_mediator_is_a_dark_photon():
    got = light_couplings(charges(1 / 3, -1.0, 1.0), 1.0)
    cos2 = 1 - S2  # Y/2 + T3 - Q s^2 = Q c^2
    np.testing.assert_allclose(got, cos2 * np.array(ELECTRIC, float), atol=1e-16)


def test_standard_model_couplings_are_the_textbook_s():
    got = standard_model_couplings(electroweak=Electroweak(g_z=1.0, sin2_theta_w=0.25))
    expected = (0.5, 0, -0.25, 0.25, 1 / 3, -1 / 6, -5 / 12, 1 / 12)
    np.testing.assert_allclose(got, expected, atol=1e-16)


def test_majorana_fields_have_an_axial_current_only():
    # n = C nbar^T with anticommuting components: nbar Gamma n = n^T (C Gamma) n keeps the
    # antisymmetric part of C Gamma, C = i gamma2 gamma0.
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    gamma0 = np.kron([[0, 1], [1, 0]], np.eye(2))
    gamma = [gamma0, *(np.kron([[0, 1], [-1, 0]], s) for s in sigma)]
    gamma5 = np.diag([-1, -1, 1, 1])
    conjugation = 1j * gamma[2] @ gamma[0]
    left, right = (np.eye(4) - gamma5) / 2, (np.eye(4) + gamma5) / 2
    got = majorana_axial(FermionCouplings(0.3, 0.7, *[0.0] * 6))
    for matrix in gamma:
        for chiral, axial in ((0.3 * left, got.light), (0.7 * right, got.heavy)):
            bilinear = conjugation @ matrix @ chiral
            survives = (bilinear - bilinear.T) / 2
            expected = conjugation @ matrix @ gamma5 * float(axial) / 2
            np.testing.assert_allclose(survives, expected, atol=1e-15)


def test_gradients_are_finite_everywhere():
    def everything(log_g, log_m):
        arguments = PAPER, 10.0**log_g, 10.0**log_m
        z, shifted = z_couplings(*arguments), z_coupling_shift(*arguments)
        return z_prime_couplings(*arguments), z, shifted, z_prime_vector_axial(*arguments)

    slopes = jax.jit(jax.vmap(jax.jacobian(everything, argnums=(0, 1))))
    masses = jnp.array([-6.0, 0.0, 4.0, np.log10(constants.M_Z), 4.97, 7.0])
    for log_g in (-12.0, 0.0):
        leaves = jax.tree.leaves(slopes(jnp.full(6, log_g), masses))
        assert np.all(np.isfinite(leaves))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: z_prime_couplings(PAPER, 0.0, 1.0), "g_prime = 0.0"),
        (lambda: z_couplings(PAPER, 1e-3, -1.0), "m_zprime = -1.0"),
        (lambda: z_coupling_shift(PAPER, 1e-3, 1.0, electroweak=Electroweak(g_z=-1.0)), "g_z"),
        (lambda: light_couplings(PAPER, 1e-3, sin2_theta_w=1.5), "sin2_theta_w = 1.5"),
        (lambda: light_couplings(Charges(*[np.nan] * 8), 1e-3), "charge of l_l"),
        (lambda: z_prime_vector_axial(PAPER, 1e-3, np.nan), "m_zprime"),
        (lambda: flavour_currents(PAPER, 0.0, G_Y, 1e-3), "g = 0.0"),
        (lambda: standard_model_couplings(electroweak=Electroweak(g_z=0.0)), "g_z"),
    ],
)
def test_bad_input_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=named):
        call()
