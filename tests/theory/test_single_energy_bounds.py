"""Single-energy bounds (Eqs. 36-38, Figure 5): quadrature and the paper's conclusions."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from jaxmed.constants import G_F, M_E
from jaxmed.theory.nucleus_bounds import CHARGE_NU
from jaxmed.theory.single_energy_bounds import (
    CHARGE_E,
    electron_bound,
    electron_product_bound,
    electron_ratio,
    figure_5,
)

S2 = 0.23863
LIGHT = [1e-6, 1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0]


def antineutrino_spectrum(t, energy, delta):
    """Electron spectrum of nubar_e in units of 2 G_F^2 m_e/pi."""
    g_l, g_r = 0.5 + S2 + delta, S2 + delta
    return g_r**2 + g_l**2 * (1 - t / energy) ** 2 - g_l * g_r * M_E * t / energy**2


def integrated(energy, t_min, t_max, mass, product):
    def spectrum(t):
        delta = product / (2 * math.sqrt(2) * G_F * (2 * M_E * t + mass**2))
        return antineutrino_spectrum(t, energy, delta)

    return quad(spectrum, t_min, t_max, epsabs=0.0, epsrel=1e-12, limit=200)[0]


@pytest.mark.parametrize("mass", [0.0, 1e-3, 1.0, 30.0, 1e4])
def test_at_the_bound_the_interference_is_the_fraction(mass):
    energy, t_min, t_max = 10.0, 3.0, 8.0
    g = float(electron_bound(mass, energy, t_min, t_max, fraction=0.2))
    product = 0.5 * (S2 - 0.5) * g**2
    up, down = (integrated(energy, t_min, t_max, mass, sign * product) for sign in (1, -1))
    standard = integrated(energy, t_min, t_max, mass, 0.0)
    np.testing.assert_allclose(0.5 * (up - down) / standard, -0.2, rtol=1e-9)


def test_recoil_range_ends_at_the_kinematic_limit():
    default = electron_bound(0.1, 5.0, 3.0)
    assert default == electron_bound(0.1, 5.0, 3.0, 8.0)
    limit = 2 * 5.0**2 / (2 * 5.0 + M_E)
    np.testing.assert_allclose(default, electron_bound(0.1, 5.0, 3.0, limit), rtol=1e-14)


def test_product_bound_is_linear_in_the_fraction_and_gives_g():
    one = electron_product_bound(0.1, 8.3, 3.0, fraction=0.1)
    two = electron_product_bound(0.1, 8.3, 3.0, fraction=0.2)
    np.testing.assert_allclose(two, 2 * one, rtol=1e-14)
    g = electron_bound(0.1, 8.3, 3.0)
    np.testing.assert_allclose(0.5 * (0.5 - S2) * g**2, two, rtol=1e-13)


def test_flavour_and_helicity_are_arguments():
    """Heavy mediator: delta is constant, so the integrals are elementary."""
    energy, mass, t_max = 5.0, 1e4, 2 * 25.0 / (10.0 + M_E)
    g_l, g_r = -0.5 + S2, S2
    mean = quad(lambda t: (1 - t / energy) ** 2, 0, t_max)[0] / t_max
    flip = M_E * t_max / (2 * energy**2)
    standard = g_l**2 + g_r**2 * mean - g_l * g_r * flip
    new = (2 * g_l + 2 * g_r * mean - (g_l + g_r) * flip) / (2 * math.sqrt(2) * G_F * mass**2)
    found = electron_ratio(
        mass, energy, 0.0, eps_nu=1e-3, eps_e=2e-3, g_left=g_l, g_right=g_r, antineutrino=False
    )
    np.testing.assert_allclose(found, 2e-6 * new / standard, rtol=1e-7)


def test_electron_contribution_of_the_paper_is_destructive():
    assert electron_ratio(1.0, 8.3, 3.0, eps_nu=CHARGE_NU, eps_e=CHARGE_E) < 0


@pytest.mark.parametrize("mass", LIGHT)
def test_electrons_constrain_a_light_mediator_more_than_nuclei(mass):
    bounds = figure_5(mass)
    assert bounds.texono < bounds.coherent
    assert bounds.xenon1t < bounds.coherent


def test_above_fifty_MeV_the_order_turns():
    """The paper's statement is about its light range: 2 M T of caesium is (49.5 MeV)^2."""
    bounds = figure_5(100.0)
    assert bounds.coherent < bounds.texono


def test_texono_bound_is_flat_below_its_momentum_transfer():
    """Eq. 38: the knee is at 2 m_e T_min = (1.75 MeV)^2; far above, the bound goes as M."""
    massless = figure_5(1e-6).texono
    for mass, change in [(0.1, 2e-3), (0.3, 0.02), (1.0, 0.12), (1.7, 0.3)]:
        assert 1.0 < figure_5(mass).texono / massless < 1.0 + change
    np.testing.assert_allclose(figure_5(1e4).texono / figure_5(1e3).texono, 10.0, rtol=1e-4)


@pytest.mark.parametrize("mass", [1e-3, 1e-2, 0.1])
def test_xenon1t_couplings(mass):
    """The keV reading is a few 1e-7, as published; 1e-6 changes MeV recoils by less than 1 %."""
    assert 1e-7 < figure_5(mass).xenon1t < 1e-6
    product = CHARGE_NU * CHARGE_E * 1e-6**2
    change = integrated(8.3, 3.0, 8.0, mass, product) / integrated(8.3, 3.0, 8.0, mass, 0.0) - 1
    assert abs(change) < 0.01
    linear = electron_ratio(mass, 8.3, 3.0, 8.0, eps_nu=0.5e-6, eps_e=CHARGE_E * 1e-6)
    np.testing.assert_allclose(linear, change, rtol=0.01)


def test_bounds_under_jit_vmap_and_grad():
    masses = jnp.logspace(-6, 5, 12)
    batch = jax.jit(jax.vmap(figure_5))(masses)
    one_by_one = [[float(x) for x in figure_5(float(m))] for m in masses]
    np.testing.assert_allclose(np.stack(batch, axis=1), one_by_one, rtol=1e-13)
    slopes = jax.vmap(jax.grad(lambda m: figure_5(m).texono))(masses)
    assert np.all(np.isfinite(slopes)) and np.all(slopes > 0)
    step = 1e-4
    difference = (figure_5(2.0 + step).texono - figure_5(2.0 - step).texono) / (2 * step)
    slope = jax.grad(lambda m: figure_5(m).texono)(2.0)
    np.testing.assert_allclose(slope, difference, rtol=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figure_5(-1.0), "mass = -1.0"),
        (lambda: electron_bound(1.0, 0.0, 3.0), "energy"),
        (lambda: electron_bound(1.0, 5.0, -1.0), "t_min = -1.0"),
        (lambda: electron_bound(0.0, 5.0, 0.0), "diverges"),
        (lambda: electron_bound(1.0, 2.0, 3.0), "empty recoil range"),
        (lambda: electron_bound(1.0, 5.0, 3.0, fraction=0.0), "fraction"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
