import math

import by_hand
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from jaxmed.constants import GAMMA_Z, M_Z, SIN2_THETA_W
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.model import MEDIATOR
from jaxmed.models.presets import PRESETS
from jaxmed.theory.charges import charges
from jaxmed.theory.couplings import (
    Couplings,
    Epsilon,
    from_charges,
    from_epsilon,
    standard_model,
)
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.gauge import attainable

CORNERS = [(g, m) for g in (1e-9, 1.0) for m in (1e-6, 1e5)]
# Where Z-Z' mixing differs from its light limit by less than one part in 1e10.
LIGHT = [(1e-6, 0.05), (1e-9, 1e-6), (1e-6, 1e-6)]
POINTS = {"u1r": LIGHT, "b_minus_l": CORNERS, "universal": CORNERS, "l_mu_l_tau": CORNERS}


def assert_couplings(got, wanted, rtol=1e-14):
    np.testing.assert_allclose(got.mass, wanted.mass, rtol=1e-15)
    np.testing.assert_allclose(got.eps_nu, wanted.nu, rtol=rtol, atol=0)
    for name in "eud":
        np.testing.assert_allclose(
            getattr(got, f"eps_{name}"), getattr(wanted, name), rtol=rtol, atol=1e-30
        )
    assert got.sin2_theta_w == SIN2_THETA_W


@pytest.mark.parametrize(
    ("name", "g", "mass"), [(name, *point) for name in by_hand.MODELS for point in POINTS[name]]
)
def test_presets_are_those_of_the_table(name, g, mass):
    rtol = 1e-10 if name == "u1r" else 1e-14
    assert_couplings(couplings(name, g=g, mass=mass), by_hand.MODELS[name](g, mass), rtol)


def test_hypercharge_couples_to_electric_charge_times_cosine_squared():
    """X = Y: eps_f = g' [T3 - Q s2 + Y_L/2] = g' Q (1 - s2): the neutrino and the neutron decouple."""
    c = couplings("hypercharge", g=1e-6, mass=1e-3)
    np.testing.assert_allclose(c.eps_nu, 0.0, atol=1e-18)
    cosine = 1 - SIN2_THETA_W
    for got, charge in ((c.eps_e, -1), (c.eps_u, 2 / 3), (c.eps_d, -1 / 3)):
        np.testing.assert_allclose(got, 1e-6 * charge * cosine, rtol=1e-11)
    np.testing.assert_allclose(c.eps_u + 2 * c.eps_d, 0.0, atol=1e-18)


def test_nucleons_of_the_paper():
    """Section 4: proton g' (1/2 - s2), neutron -g'/2, from the quarks of u1r."""
    g = 1e-6
    c = couplings("u1r", g=g, mass=1e-3)
    np.testing.assert_allclose(2 * c.eps_u + c.eps_d, g * (0.5 - SIN2_THETA_W), rtol=1e-11)
    np.testing.assert_allclose(c.eps_u + 2 * c.eps_d, -g / 2, rtol=1e-11)


def test_what_mixes_with_the_z_is_lighter():
    """Above begins, a width of the Z further, the gap of the level crossing."""
    light = M_Z - GAMMA_Z
    for name, heaviest in (("u1r", light), ("hypercharge", light), ("b_minus_l", 1e5)):
        mass = next(p for p in get_model(name).parameters if p.name == "mass")
        assert mass.high == heaviest
    assert attainable(1.0, 0.999 * M_Z) and not attainable(1.0, 1.001 * M_Z)


def test_any_charges_are_a_sum_of_the_three_basis_models():
    g, mass, x = 1e-7, 1e-3, (0.7, -1.3, 0.4)
    basis = [from_charges(charges(*row), g, mass) for row in np.eye(3).tolist()]
    got = couplings(charges(*x), g=g, mass=mass)
    for name in ("eps_nu", "eps_e", "eps_u", "eps_d"):
        wanted = sum(xi * getattr(b, name) for xi, b in zip(x, basis, strict=True))
        np.testing.assert_allclose(getattr(got, name), wanted, rtol=1e-13)


def test_epsilon_is_taken_as_given():
    c = couplings(Epsilon((0.1, 0.2, 0.3), -1.0, 2.0, 3.0), g=1e-3, mass=7.0)
    assert_couplings(c, by_hand.Mediator(7.0, (1e-4, 2e-4, 3e-4), -1e-3, 2e-3, 3e-3))
    assert get_model(Epsilon((0.1, 0.2, 0.3), -1.0, 2.0, 3.0)).name == "epsilon"


@pytest.mark.parametrize("name", by_hand.MODELS)
def test_couplings_are_linear_in_g(name):
    one, three = (couplings(name, g=g, mass=2.0) for g in (1e-5, 3e-5))
    rtol = 1e-8 if name == "u1r" else 1e-14  # mixing bends in (g'/g_Z)^2
    for field in ("eps_nu", "eps_e", "eps_u", "eps_d"):
        np.testing.assert_allclose(getattr(three, field), 3 * getattr(one, field), rtol=rtol)


@pytest.mark.parametrize("name", by_hand.MODELS)
def test_without_coupling_it_is_the_standard_model(name):
    c = couplings(name, g=0.0, mass=1.0)
    for got, wanted in zip(c, standard_model(), strict=True):
        assert np.array_equal(got, wanted)


FLIPPING = ("scalar_universal", "scalar_lepton", "tensor_universal", "magnetic_moment")


@pytest.mark.parametrize("name", PRESETS)
def test_couplings_are_float64_scalars(name):
    model = get_model(name)
    middle = {p.name: sum(p.box) / 2 for p in model.parameters}
    c = model.couplings(middle)
    assert isinstance(c, Couplings)
    several = {"eps_nu", "scalar_nu", "pseudoscalar_nu", "tensor_nu", "magnetic"}
    if name == "charge_radius":
        several |= {"nc_e_left", "nc_e_right", "nc_u", "nc_d"}
    every = c._asdict() | (c.flips._asdict() if c.flips else {})
    assert (c.flips is None) == (name not in FLIPPING)
    for field, leaf in every.items():
        if field != "flips":
            assert leaf.shape == ((3,) if field in several else ()), field
            assert leaf.dtype == jnp.float64, field


def test_weak_mixing_moves_only_the_standard_part():
    c = get_model("weak_mixing").couplings({"sin2_theta_w": 0.3})
    assert c.sin2_theta_w == 0.3
    assert not np.any(c.eps_nu)


def test_fit_coordinates_are_decimal_logarithms():
    model = get_model("u1r")
    c = model.couplings({"g": -6.0, "mass": math.log10(0.05)})
    assert_couplings(c, by_hand.u1r(1e-6, 0.05), rtol=1e-10)
    g, mass = MEDIATOR
    np.testing.assert_allclose(g.box, (-9, 0), atol=1e-14)
    np.testing.assert_allclose(mass.box, (-6, 5), atol=1e-14)


@pytest.mark.parametrize(
    ("name", "g", "mass"), [(n, *point) for n in ("u1r", "universal") for point in POINTS[n]]
)
def test_gradients_are_those_of_the_powers(name, g, mass):
    model = get_model(name)

    def electron(x):
        c = model.couplings({"g": x[0], "mass": x[1]})
        return c.eps_e * c.eps_nu[0] / c.mass**2

    x = jnp.log10(jnp.array([g, mass]))
    slope = jax.grad(electron)(x)
    np.testing.assert_allclose(slope, electron(x) * np.log(10) * np.array([2.0, -2.0]), rtol=1e-10)


def test_gradients_are_those_of_finite_differences():
    def all_of_it(g, mass, s2):
        c = from_charges(charges(0.3, -0.9, 1.1), g, mass, electroweak=Electroweak(sin2_theta_w=s2))
        return jnp.append(c.eps_nu, jnp.stack([c.mass, c.eps_e, c.eps_u, c.eps_d]))

    check_grads(jax.jit(all_of_it), (0.2, 3.0, 0.24), order=1, atol=1e-7, rtol=1e-7)


def test_vmaps_over_couplings_and_masses():
    g, mass = jnp.geomspace(1e-9, 1.0, 5), jnp.geomspace(1e-6, 1e5, 5)
    batch = jax.vmap(lambda g, m: from_epsilon(Epsilon((1.0, 1.0, 1.0), 1.0, 1.0, 1.0), g, m))(
        g, mass
    )
    for i in range(5):
        np.testing.assert_allclose(batch.eps_nu[i], by_hand.universal(g[i], 1.0).nu, rtol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: couplings("u1l", g=1e-6, mass=1.0), r"unknown model 'u1l' \(did you mean u1r\?\)"),
        (lambda: couplings("dark", g=1e-6, mass=1.0), "expected one of u1r, b_minus_l"),
        (lambda: couplings("weak_mixing", g=1e-6, mass=1.0), "'weak_mixing' has no mediator"),
        (lambda: couplings("standard_model", g=1e-6, mass=1.0), "'standard_model' has no mediator"),
        (lambda: couplings("u1r", g=-1e-6, mass=1.0), "coupling g = -1e-06: expected"),
        (lambda: couplings("u1r", g=math.nan, mass=1.0), "coupling g = nan: expected a finite"),
        (lambda: couplings("u1r", g=math.inf, mass=1.0), "coupling g = inf: expected a finite"),
        (lambda: couplings("u1r", g=1e-6, mass=0.0), "mass = 0.0 MeV: expected a finite positive"),
        (lambda: couplings("u1r", g=1e-6, mass=-1.0), "mass = -1.0 MeV: expected a finite"),
        (lambda: couplings("u1r", g=1e-6, mass=math.nan), "mass = nan MeV: expected a finite"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
