"""Couplings with the exact Z-Z' mixing: 80 digits, limits, and finite everywhere in the fit box."""

import jax
import jax.numpy as jnp
import mp_couplings as ref
import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from jaxmed import constants
from jaxmed.experiments import load, nll
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.presets import charged
from jaxmed.theory.amplitudes import Nucleus
from jaxmed.theory.charges import Charges, charges
from jaxmed.theory.couplings import from_charges, light_epsilon, standard_model
from jaxmed.theory.gauge import attainable
from jaxmed.theory.scattering import electron_couplings, weak_charge

S2, M_Z = constants.SIN2_THETA_W, constants.M_Z
PAPER = (0.0, 0.0, 1.0)
# The neutrino of the last couples to a light Z' only by what mixing adds.
ASSIGNMENTS = [PAPER, (2 / 3, -2.0, 0.0), (0.25, -0.5, 1.0), (0.5, -1.5, -2.0), (1 / 3, -1.0, 1.0)]
TREE = Nucleus(55.0, 78.0, 123800.0, np.full(3, 0.5 - 2 * S2), np.full(3, -0.5))
ONE = jnp.ones(1)

exact = jax.jit(from_charges)


@st.composite
def near_the_z(draw):
    """Masses down to a relative distance of 1e-9 from M_Z."""
    return M_Z * (1 + draw(st.sampled_from([-1, 1])) * 10.0 ** draw(st.floats(-9, -1)))


MASS = st.floats(-6, 5).map(lambda x: 10.0**x) | near_the_z()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(ASSIGNMENTS), st.floats(-9, 0), MASS)
@example(PAPER, -9.0, 1e-6)
@example(PAPER, -9.0, M_Z)
@example(PAPER, 0.0, np.nextafter(M_Z, 0))
def test_every_number_agrees_with_80_digits(assignment, log_g, mass):
    g = 10.0**log_g
    truth = ref.couplings(g, mass, assignment)
    assume(truth is not None)
    got = exact(charges(*assignment), g, mass)
    shifts = [abs(truth[name]) for name in truth if name.startswith("nc")]
    # At the upper edge of the gap M_Z vanishes, and is ill-conditioned in M_Z'.
    tolerance = 1e-12 + (mass > M_Z) * 1e-15 * float(M_Z / truth["m_z"]) ** 2
    for name in got._fields:
        if name in truth:
            # Charges such as 2/3 carry their own rounding where two of them cancel.
            size = max(shifts) if name.startswith("nc") else abs(truth[name])
            error = abs(mp.mpf(float(jnp.ravel(getattr(got, name))[0])) - truth[name])
            assert error <= tolerance * size + mp.mpf(10) ** -60, name


@pytest.mark.parametrize(
    ("g", "mass"), [(1e-6, 0.05), (1e-3, 100.0), (0.02, 5e4), (0.1, 9.0e4), (0.3, 1e5)]
)
@pytest.mark.parametrize("assignment", [PAPER, (0.25, -0.5, 1.0)])
def test_gradients_agree_with_80_digit_derivatives(g, mass, assignment):
    charge = charges(*assignment)
    got = jax.jacobian(exact, argnums=(1, 2))(charge, g, mass)
    step = mp.mpf(10) ** -16
    for argument, (dg, dm) in enumerate([(g * step, 0), (0, mass * step)]):
        if ref.couplings(g, mass, assignment) is None:
            return
        up = ref.couplings(g + dg, mass + dm, assignment)
        down = ref.couplings(g - dg, mass - dm, assignment)
        for name in got._fields:
            if name in up:
                slope = (up[name] - down[name]) / (2 * (dg + dm))
                found = jnp.ravel(getattr(got, name)[argument])[0]
                np.testing.assert_allclose(found, float(slope), rtol=1e-8, err_msg=name)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_light_mediator_is_the_vector_of_eq_29_up_to_the_mass_ratio_squared(assignment):
    charge, g = charges(*assignment), 1e-7
    light = light_epsilon(charge)
    numbers = np.array([light.nu[0], light.e, light.u, light.d])

    def relative_change(mass):
        c = exact(charge, g, mass)
        vectors = np.array([c.eps_nu[0], c.eps_e, c.eps_u, c.eps_d]) / g
        return np.append(vectors - numbers, c.axial_e / g)

    assert np.max(np.abs(relative_change(0.05))) < 1e-12
    heavier, lighter = relative_change(3e3), relative_change(3e2)
    np.testing.assert_allclose(heavier, 100 * lighter, rtol=2e-3, atol=1e-12)
    assert np.max(np.abs(heavier)) < 2 * (3e3 / M_Z) ** 2


@pytest.mark.parametrize("mass", [1e-6, 1.0, 8e4, M_Z, 1e5])
def test_decoupled_mediator_is_the_standard_model_to_the_last_digit(mass):
    recoil, standard = jnp.array([1e-6, 1e-3, 5.0]), standard_model()
    one = jnp.ones(3)
    for g in (0.0,) if mass == M_Z else (0.0, 1e-30):  # at M_Z the two bosons swap
        got = couplings("u1r", g=g, mass=mass)
        left, right = electron_couplings(recoil, got)
        sm_left, sm_right = electron_couplings(recoil, standard)
        np.testing.assert_array_equal(left, sm_left)
        np.testing.assert_array_equal(right, sm_right)
        np.testing.assert_array_equal(
            weak_charge(recoil, got, TREE, one, one), weak_charge(recoil, standard, TREE, one, one)
        )


@pytest.mark.parametrize("mass", [1.0, 3e4, 9.1e4, 9.5e4, 1e6, 1e8])
@pytest.mark.parametrize("g", [1e-6, 1e-2, 0.3])
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_zero_momentum_is_the_inverse_mass_matrix_between_the_currents(assignment, g, mass):
    """The sum over Z and Z' exchange, without diagonalising: no Fierz factors, nor any mixing."""
    charge = charges(*assignment)
    if not attainable(g, mass, charge.h):
        return
    got, truth = exact(charge, g, mass), ref.contact(g, mass, assignment)
    left, right = electron_couplings(jnp.zeros(1), got)
    # G_F and v of the constants agree to 1e-8.
    np.testing.assert_allclose(left[1, 0], float(truth["e_l"]), rtol=1e-7)
    np.testing.assert_allclose(left[0, 0] - left[1, 0], 1.0, rtol=1e-7 * abs(left[0, 0]))
    np.testing.assert_allclose(right[0, 0], float(truth["e_r"]), rtol=1e-7)
    u, d = truth["u_l"] + truth["u_r"], truth["d_l"] + truth["d_r"]
    charge_q = float(-2 * (55 * (2 * u + d) + 78 * (u + 2 * d)))
    found = weak_charge(jnp.zeros(1), got, TREE, ONE, ONE)[0, 0]
    np.testing.assert_allclose(found, charge_q, rtol=2e-7)


def test_a_decoupling_heavy_mediator_leaves_the_standard_model():
    light = weak_charge(jnp.zeros(1), exact(charges(*PAPER), 0.01, 1e9), TREE, ONE, ONE)
    standard = weak_charge(jnp.zeros(1), standard_model(), TREE, ONE, ONE)
    np.testing.assert_allclose(light, standard, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["u1r", "b_minus_l", "hypercharge"])
def test_values_gradients_and_hessians_are_finite_in_the_whole_box(name):
    model = get_model(name)
    log_g = np.linspace(-9, 0, 10)
    edge = M_Z * np.sqrt(1 + (10.0**log_g / constants.G_Z) ** 2)
    fixed = [*np.logspace(-6, 5, 12), np.nextafter(M_Z, 0), M_Z, np.nextafter(M_Z, 2 * M_Z)]
    masses = np.concatenate([np.tile(fixed, (10, 1)), edge[:, None], (edge[:, None] + M_Z) / 2], 1)
    points = np.stack([np.repeat(log_g, masses.shape[1]), np.log10(masses).ravel()], axis=1)
    points = np.append(points, [[np.log10(0.3), np.log10(M_Z)]], axis=0)

    def numbers(x):
        c = from_charges(model.charges, 10 ** x[0], 10 ** x[1])
        recoil = jnp.array([1e-6, 5.0])
        return c, electron_couplings(recoil, c), weak_charge(recoil, c, TREE, ONE, ONE)

    for function in (numbers, jax.jacfwd(numbers), jax.hessian(numbers)):
        for leaf in jax.tree.leaves(jax.jit(jax.vmap(function))(jnp.asarray(points))):
            assert np.all(np.isfinite(leaf))


def test_exactly_at_m_z_the_two_bosons_have_changed_places():
    """Eq. 9: theta' = 90 degrees, the Z' is the Z0 of the standard model and the Z is gone."""
    got = exact(charges(*PAPER), 1e-3, M_Z)
    np.testing.assert_allclose(got.eps_nu, constants.G_Z / 2, rtol=1e-15)
    np.testing.assert_allclose(got.eps_e - got.axial_e, constants.G_Z * S2, rtol=1e-15)
    np.testing.assert_allclose([got.nc_e_left, got.nc_e_right], [0.5 - S2, -S2], rtol=1e-15)


def test_numbers_of_a_light_mediator_do_not_move():
    """-2 log L at XENON1T's best fit with the light-mediator couplings was 30.8394."""
    best = couplings("u1r", g=1.5735e-6, mass=0.058099)
    pulls = {"xenon1t_efficiency": 0.0118, "xenon1t_background": -0.5317}
    xenon1t = load("xenon1t", electron_couplings="tree")
    np.testing.assert_allclose(2 * nll(xenon1t, best, pulls), 30.8394, atol=5e-5)


def test_charges_that_forbid_masses_are_refused():
    wrong = charges(*PAPER)._replace(e_r=1.0)
    with pytest.raises(ValueError, match="electron Yukawa term carries X = 2"):
        charged("mine", wrong)
    with pytest.raises(ValueError, match="Yukawa"):
        get_model(Charges(*[np.nan] * 8))
