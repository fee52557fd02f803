import by_hand
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from by_hand import M_E, S2
from jax.test_util import check_grads
from scipy import integrate

from jaxmed.experiments.electrons import electron
from jaxmed.experiments.nuclei import Isotope, target
from jaxmed.models.choose import couplings, get_model
from jaxmed.theory.couplings import standard_model
from jaxmed.theory.scattering import (
    electron_couplings,
    electron_cross_section,
    electron_forms,
    electron_rate,
    electron_shift,
    nucleus_cross_section,
    nucleus_forms,
    nucleus_rate,
    t_max,
    weak_charge,
)

CAESIUM = Isotope(55, 78, 132.905452, 4.804, 4.90)
ARGON = Isotope(18, 22, 39.962383, 3.448, 3.55)
POINTS = [("u1r", 1e-6, 0.05), ("b_minus_l", 1e-4, 1e-6), ("universal", 1e-3, 80.0)]
# By hand the Z-Z' mixing of the paper's model is in its light limit, right to (M_Z'/M_Z)^2 and (g'/g_Z)^2.
RTOL = {"u1r": 1e-10, "b_minus_l": 1e-12, "universal": 1e-12}
RECOILS = np.geomspace(1e-6, 0.3, 12)  # MeV
NUCLEAR_RECOILS = np.geomspace(1e-5, 0.04, 12)
CORNERS = np.array([(g, m) for g in (-9.0, 0.0) for m in (-6.0, 4.9)])


def caesium(recoil, couplings_of_nucleons="corrected"):
    nucleus = target(CAESIUM, couplings_of_nucleons)
    q = np.sqrt(2 * nucleus.mass * recoil)
    return nucleus, by_hand.helm(q, 4.804), by_hand.helm(q, 4.90)


def bare(couplings_of_nucleons="tree"):
    """Argon without form factors."""
    return target(ARGON, couplings_of_nucleons), np.ones(12), np.ones(12)


# --- electrons -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("energy", [0.42, 3.0, 29.79])
@pytest.mark.parametrize("tree", [True, False])
def test_electron_cross_section(point, antineutrino, energy, tree):
    model, g, mass = point
    given = () if tree else (electron("corrected"),)
    got = electron_cross_section(
        RECOILS, energy, couplings(model, g=g, mass=mass), *given, antineutrino=antineutrino
    )
    for flavour in range(3):
        wanted = by_hand.on_electron(
            RECOILS, energy, flavour, by_hand.MODELS[model](g, mass), antineutrino, tree
        )
        np.testing.assert_allclose(got[flavour], wanted, rtol=RTOL[model])


def test_electron_standard_model_total_cross_sections():
    """Far above m_e: 2 G_F^2 m_e E/pi (g_L^2 + g_R^2/3).

    The textbook 9.5e-45 cm^2 per MeV of nu_e belongs to an s2 below ours: 2.4 % less.
    """
    energy = 1e4
    t = np.linspace(0.0, float(t_max(energy, M_E)), 4001)
    got = electron_cross_section(t, energy, standard_model())
    per_mev = integrate.simpson(got, x=t) / energy
    unit = 2 * by_hand.G_F**2 * M_E / np.pi * by_hand.HBARC2
    wanted = [g_l**2 + S2**2 / 3 for g_l in (0.5 + S2, S2 - 0.5, S2 - 0.5)]
    np.testing.assert_allclose(per_mev, unit * np.array(wanted), rtol=2e-4)
    np.testing.assert_allclose(per_mev[0], 9.5e-45, rtol=0.03)


def test_shift_of_the_paper_is_destructive_and_symmetric():
    """Eq. 36: eps_nu eps_e < 0 in the paper's model, and g_L and g_R move alike."""
    c = couplings("u1r", g=1e-6, mass=0.05)
    shift = electron_shift(RECOILS, c)
    left, right = electron_couplings(RECOILS, c)
    bare_left, bare_right = electron_couplings(RECOILS, standard_model())
    assert np.all(shift < 0)
    np.testing.assert_allclose(left - bare_left, shift, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(right - bare_right, shift, rtol=1e-9, atol=1e-15)


def test_shift_in_the_contact_limit():
    """Far above the momentum transfer only g^2/M^2 counts."""
    one = electron_shift(RECOILS, couplings("universal", g=1e-3, mass=1e4))
    two = electron_shift(RECOILS, couplings("universal", g=1e-2, mass=1e5))
    flat = by_hand.universal(1e-3, 1e4)
    constant = flat.nu[0] * flat.e / (2 * np.sqrt(2) * by_hand.G_F * 1e8)
    np.testing.assert_allclose(one, constant, rtol=1e-8)
    np.testing.assert_allclose(one, two, rtol=1e-8)


def test_shift_in_the_light_limit():
    """Far below the momentum transfer the mass drops out and the shift falls as 1/T."""
    c = couplings("u1r", g=1e-6, mass=1e-6)
    shift = electron_shift(RECOILS, c)
    np.testing.assert_allclose(np.asarray(shift) * RECOILS, shift[0, -1] * 0.3, rtol=2e-6)


def test_no_recoil_beyond_the_kinematic_end():
    energy = 2.0
    end = 2 * energy**2 / (2 * energy + M_E)
    t = end * np.array([0.999, 1.0, 1.001, 2.0])
    c = couplings("u1r", g=1e-6, mass=1.0)
    assert np.array_equal(electron_cross_section(t, energy, c)[0] > 0, [True, True, False, False])
    nucleus = target(ARGON, "tree")
    t = 2 * energy**2 / (2 * energy + nucleus.mass) * np.array([0.999, 1.001])
    got = nucleus_cross_section(t, energy, c, nucleus, np.ones(2), np.ones(2))
    assert np.array_equal(got[0] > 0, [True, False])


def test_kinematic_end_of_a_heavy_and_a_light_target():
    np.testing.assert_allclose(t_max(10.0, 1e8), 2 * 10.0**2 / 1e8, rtol=1e-6)
    np.testing.assert_allclose(t_max(10.0, 1e-9), 10.0, rtol=1e-9)


def test_backward_scattering_of_antineutrinos_sees_only_the_other_helicity():
    """At T_max of a fast neutrino (1 - T/E)^2 vanishes: g_L^2 for nu, g_R^2 for nubar."""
    energy = 1e6
    end = np.array([t_max(energy, M_E)])
    unit = 2 * by_hand.G_F**2 * M_E / np.pi * by_hand.HBARC2
    for antineutrino, g in ((False, 0.5 + S2), (True, S2)):
        got = electron_cross_section(end, energy, standard_model(), antineutrino=antineutrino)
        np.testing.assert_allclose(got[0], unit * g**2, rtol=1e-5)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tree", [True, False])
def test_electron_rate_is_the_folded_cross_section(point, tree):
    """Moments of two lines of each flavour and helicity, against the sum of cross sections."""
    model, g, mass = point
    c = couplings(model, g=g, mass=mass)
    lines = {0.9: 3.0, 4.0: 0.7}
    recoil = RECOILS[:11]
    flux = np.arange(1.0, 7.0).reshape(2, 3)
    moments = sum(
        n * flux[:, :, None, None] * e ** -np.arange(3.0)[:, None] * np.ones((1, recoil.size))
        for e, n in lines.items()
    )
    wanted = np.zeros(recoil.size)
    for e, n in lines.items():
        for bar in (0, 1):
            for flavour in range(3):
                sigma = by_hand.on_electron(
                    recoil, e, flavour, by_hand.MODELS[model](g, mass), bool(bar), tree
                )
                wanted += n * flux[bar, flavour] * sigma
    given = () if tree else (electron("corrected"),)
    got = electron_rate(recoil, moments, c, *given)
    np.testing.assert_allclose(got, wanted, rtol=RTOL[model])


@pytest.mark.parametrize("name", ["tree", "corrected"])
def test_the_weak_mixing_angle_shifts_both_couplings_of_electrons(name):
    """By its difference from the value at which they are given, as for nuclei."""
    reference = np.stack(electron_couplings(RECOILS, standard_model(), electron(name)))
    shifted = np.stack(electron_couplings(RECOILS, standard_model(S2 + 0.017), electron(name)))
    np.testing.assert_allclose(shifted - reference, 0.017, rtol=1e-12)


def bahcall_kamionkowski_sirlin(t, of_electron_flavour):
    """(g_V, g_A) at T [MeV]: Phys. Rev. D 51 (1995) 6146, Appendix A, for sin^2 theta_W(M_Z) = 0.23129."""
    x = np.sqrt(1 + 2 * M_E / t)
    loop = (1 / 3 + (3 - x**2) * (x / 2 * np.log((x + 1) / (x - 1)) - 1)) / 6
    kappa = 0.9791 + 0.0097 * loop if of_electron_flavour else 0.9970 - 0.00037 * loop
    g_r = 1.0126 * kappa * 0.23129
    g_l = float(of_electron_flavour) - 1.0126 / 2 + g_r
    return np.array([g_l + g_r, g_l - g_r])


def test_corrected_couplings_of_electrons_are_those_of_an_independent_formula():
    got = electron("corrected")
    g_v, g_a = got.left + got.right, got.left - got.right
    for flavour, tolerance in ((0, 2.5e-4), (1, 4.5e-4)):
        wanted = bahcall_kamionkowski_sirlin(1e-4, flavour == 0)
        np.testing.assert_allclose([g_v[flavour], g_a[flavour]], wanted, atol=tolerance)
        # the tree level is far outside
        tree = electron("tree")
        assert abs(tree.left[flavour] + tree.right[flavour] - wanted[0]) > 0.015


@pytest.mark.parametrize(
    ("t", "energy", "antineutrino", "left_out"),
    [(0.3, 0.862, False, 2.2e-4), (3.0, 4.0, True, 3.0e-3), (8.0, 9.0, True, 6.2e-3)],
)
def test_what_the_recoil_energy_does_to_the_corrected_couplings(t, energy, antineutrino, left_out):
    """They are those of vanishing recoil: 7Be neutrinos miss 2e-4 of the rate, TEXONO 0.3 to 0.6 %."""

    def bracket(at):
        g_v, g_a = bahcall_kamionkowski_sirlin(at, True)
        first, second = (g_v + g_a) / 2, (g_v - g_a) / 2
        if antineutrino:
            first, second = second, first
        return first**2 + second**2 * (1 - t / energy) ** 2 - first * second * M_E * t / energy**2

    np.testing.assert_allclose(bracket(t) / bracket(1e-4) - 1, left_out, rtol=0.03)


# --- nuclei --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tree", [True, False])
def test_nucleus_cross_section(point, tree):
    model, g, mass = point
    nucleus, form_p, form_n = caesium(NUCLEAR_RECOILS, "tree" if tree else "corrected")
    got = nucleus_cross_section(
        NUCLEAR_RECOILS, 52.0, couplings(model, g=g, mass=mass), nucleus, form_p, form_n
    )
    for flavour in range(2):
        wanted = by_hand.on_nucleus(
            NUCLEAR_RECOILS,
            52.0,
            flavour,
            by_hand.MODELS[model](g, mass),
            by_hand.CS,
            tree=tree,
        )
        np.testing.assert_allclose(got[flavour], wanted, rtol=1e-9)


def test_tree_level_charge_is_the_textbook_one():
    """Q_SM = N - (1 - 4 s2) Z."""
    charge = weak_charge(NUCLEAR_RECOILS, standard_model(), *bare())
    np.testing.assert_allclose(charge, 22 - (1 - 4 * S2) * 18, rtol=1e-12)


def test_weak_mixing_angle_moves_the_protons():
    charge = weak_charge(NUCLEAR_RECOILS, standard_model(0.3), *bare())
    np.testing.assert_allclose(charge, 22 - (1 - 4 * 0.3) * 18, rtol=1e-12)


def test_charge_of_the_paper_is_constructive():
    """Q_SM + g'^2 [N - (1 - 2 s2) Z] / (2 sqrt(2) G_F (2 M T + M_Z'^2))."""
    g, mass = 1e-6, 1e-3
    nucleus, *forms = bare()
    shift = weak_charge(NUCLEAR_RECOILS, couplings("u1r", g=g, mass=mass), nucleus, *forms)
    shift -= weak_charge(NUCLEAR_RECOILS, standard_model(), nucleus, *forms)
    propagator = 2 * by_hand.AR.mass * NUCLEAR_RECOILS + mass**2
    wanted = g**2 * (22 - (1 - 2 * S2) * 18) / (2 * np.sqrt(2) * by_hand.G_F * propagator)
    assert np.all(wanted > 0)
    # the exchange of the Z moves as well, by about 2 N (g'/g_Z)^2
    np.testing.assert_allclose(shift, np.tile(wanted, (3, 1)), rtol=1e-9, atol=50 * (g / 0.74) ** 2)


def test_universal_mediator_on_nuclei_is_destructive():
    """-sqrt(2) g^2 3 A / (G_F M^2): it cancels the standard charge at one coupling."""
    mass = 1e5
    nucleus, *forms = bare()
    g = mass * np.sqrt(by_hand.G_F * (22 - (1 - 4 * S2) * 18) / (np.sqrt(2) * 3 * 40))
    charge = weak_charge(NUCLEAR_RECOILS, couplings("universal", g=g, mass=mass), nucleus, *forms)
    np.testing.assert_allclose(charge, 0.0, atol=1e-5)


def test_total_coherent_cross_section_without_form_factor():
    """Sigma = G_F^2 Q^2 E^2/(4 pi), the textbook limit of a heavy nucleus."""
    energy = 10.0
    nucleus = target(ARGON, "tree")
    t = np.linspace(0.0, float(t_max(energy, nucleus.mass)), 4001)
    one = np.ones(t.size)
    got = nucleus_cross_section(t, energy, standard_model(), nucleus, one, one)
    wanted = by_hand.G_F**2 * (22 - (1 - 4 * S2) * 18) ** 2 * energy**2 / (4 * np.pi)
    total = integrate.simpson(got, x=t)
    np.testing.assert_allclose(total, wanted * by_hand.HBARC2, rtol=2e-3)


@pytest.mark.parametrize("point", POINTS)
def test_nucleus_rate_is_the_folded_cross_section(point):
    model, g, mass = point
    nucleus, form_p, form_n = caesium(NUCLEAR_RECOILS)
    energy, flux = 52.0, np.array([[2.0, 3.0, 0.0], [0.5, 1.5, 0.0]])
    one = np.ones(12)
    moments = flux[:, :, None, None] * energy ** -np.arange(3.0)[:, None] * one[None]
    got = nucleus_rate(
        NUCLEAR_RECOILS, moments, couplings(model, g=g, mass=mass), nucleus, form_p, form_n
    )
    mediator = by_hand.MODELS[model](g, mass)
    wanted = sum(
        flux[:, f].sum() * by_hand.on_nucleus(NUCLEAR_RECOILS, energy, f, mediator, by_hand.CS)
        for f in range(2)
    )
    np.testing.assert_allclose(got, wanted, rtol=1e-9)


@pytest.mark.parametrize("kind", [np, jnp])
def test_forms_are_arrays_of_the_kind_they_are_given(kind):
    recoil, moments = kind.asarray(NUCLEAR_RECOILS), kind.ones((2, 3, 3, 12))
    nucleus, form_p, form_n = caesium(NUCLEAR_RECOILS)
    on_nuclei = nucleus_forms(recoil, moments, nucleus, kind.asarray(form_p), kind.asarray(form_n))
    for form in (*electron_forms(recoil, moments), *on_nuclei):
        assert form.shape == (3, 12)
        assert isinstance(form, np.ndarray) == (kind is np)


# --- limits and gradients ------------------------------------------------------------------------------


@pytest.mark.parametrize("model", by_hand.MODELS)
@pytest.mark.parametrize("mass", [1e-6, 1.0, 1e5])
def test_no_coupling_is_the_standard_model(model, mass):
    c = couplings(model, g=0.0, mass=mass)
    one = np.ones(12)
    moments = np.ones((2, 3, 3, 12))
    nucleus = target(ARGON, "corrected")
    assert np.array_equal(
        electron_rate(RECOILS, moments, c), electron_rate(RECOILS, moments, standard_model())
    )
    assert np.array_equal(
        nucleus_rate(NUCLEAR_RECOILS, moments, c, nucleus, one, one),
        nucleus_rate(NUCLEAR_RECOILS, moments, standard_model(), nucleus, one, one),
    )


def test_rates_are_quadratic_in_the_square_of_the_coupling():
    """Three couplings fix the parabola in g^2; a fourth lies on it."""
    moments = np.ones((2, 3, 3, 12))
    g2 = np.array([0.0, 1.0, 2.0, 5.0]) * 1e-11
    rate = [
        np.asarray(electron_rate(RECOILS, moments, couplings("u1r", g=g, mass=0.1)))
        for g in np.sqrt(g2)
    ]
    second = (rate[2] - 2 * rate[1] + rate[0]) / 2
    first = rate[1] - rate[0] - second
    np.testing.assert_allclose(rate[3], rate[0] + 5 * first + 25 * second, rtol=1e-9)


def log_rates(model, recoil=RECOILS):
    """Logarithms of both rates as functions of (log10 g, log10 M)."""
    moments = np.ones((2, 3, 3, recoil.size)) * 2.0 ** -np.arange(3.0)[:, None]
    nucleus = target(ARGON, "corrected")
    one = np.ones(recoil.size)

    def rates(x):
        c = model.couplings({"g": x[0], "mass": x[1]})
        on_electrons = electron_rate(jnp.asarray(recoil), moments, c)
        on_nuclei = nucleus_rate(
            jnp.asarray(recoil), moments * 1e3 ** -np.arange(3.0)[:, None], c, nucleus, one, one
        )
        return jnp.log(jnp.abs(jnp.concatenate([on_electrons, on_nuclei])) * 1e45)

    return rates


@pytest.mark.parametrize("name", ["u1r", "universal"])
@pytest.mark.parametrize("x", [(-5.7, -1.2), (-3.0, 1.0), (-6.3, -5.0)])
def test_gradients_are_those_of_finite_differences(name, x):
    check_grads(jax.jit(log_rates(get_model(name))), (jnp.array(x),), order=1, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", by_hand.MODELS)
def test_gradients_are_finite_at_the_corners_of_the_box(name):
    rates = log_rates(get_model(name))
    for function in (rates, jax.jacfwd(rates), jax.jacrev(rates)):
        assert np.all(np.isfinite(jax.jit(jax.vmap(function))(CORNERS)))


def test_gradient_is_finite_on_both_sides_of_the_kinematic_end():
    c = couplings("u1r", g=1e-5, mass=0.1)

    def total(energy):
        return electron_cross_section(jnp.array([0.5]), energy, c).sum() * 1e45

    lowest = (0.5 + np.sqrt(0.25 + M_E)) / 2
    energies = lowest * np.array([0.5, 0.9, 1 - 1e-15, 1.0, 1 + 1e-15, 2.0])
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(total)))(energies)
    assert np.all(np.isfinite(slopes))
    # below the threshold nothing happens
    assert values[:2].tolist() == slopes[:2].tolist() == [0.0, 0.0]
