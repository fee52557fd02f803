"""Recoil integrals (Eqs. 36-37) against quadrature in scipy and in 50 digits."""

import math

import jax
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from jaxmed.constants import G_F, M_E
from jaxmed.theory.recoil_integrals import (
    interference_integral,
    propagator_moments,
    standard_integral,
)
from jaxmed.theory.scattering import t_max as recoil_limit

MASSES = np.logspace(-6, 5, 23)
points = settings(max_examples=50, deadline=None, derandomize=True)


def moment(k, mass, t_min, t_max):
    """Fifty digits, in y = ln(2 m_e T + M^2), where the integrand is smooth for any mass."""
    with mp.workdps(50):
        bottom = 2 * mp.mpf(M_E) * t_min + mp.mpf(mass) ** 2
        top = 2 * mp.mpf(M_E) * t_max + mp.mpf(mass) ** 2

        def integrand(y):
            return ((mp.exp(y) - bottom) / (2 * mp.mpf(M_E))) ** k / (2 * mp.mpf(M_E))

        return float(mp.quad(integrand, mp.linspace(mp.log(bottom), mp.log(top), 4)))


@pytest.mark.slow
@pytest.mark.parametrize(("t_min", "t_max"), [(0.0, 8.0), (1e-3, 7e-3), (3.0, 8.0)])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_moments_hold_from_eV_to_hundred_GeV(k, t_min, t_max):
    for mass in MASSES:
        found = propagator_moments(mass, t_min, t_max)[k]
        np.testing.assert_allclose(found, moment(k, mass, t_min, t_max), rtol=1e-12)


def test_lowest_moment_is_the_logarithm_of_the_paper():
    mass, t_min, t_max = 1.7, 3.0, 8.0
    ratio = (2 * M_E * t_max + mass**2) / (2 * M_E * t_min + mass**2)
    found = propagator_moments(mass, t_min, t_max)[0]
    np.testing.assert_allclose(found, math.log(ratio) / (2 * M_E), rtol=1e-14)


def shift(t, mass):
    return 1 / (2 * math.sqrt(2) * G_F * (2 * M_E * t + mass**2))


def cross_section(t, energy, g_l, g_r):
    flip = M_E * t / energy**2
    return g_l**2 + g_r**2 * (1 - t / energy) ** 2 - g_l * g_r * flip


def interference(t, mass, energy, g_l, g_r):
    """The term linear in delta, from the cross section at +delta and -delta."""
    up = cross_section(t, energy, g_l + 1.0, g_r + 1.0)
    down = cross_section(t, energy, g_l - 1.0, g_r - 1.0)
    return 0.5 * (up - down) * shift(t, mass)


@points
@given(
    st.floats(-6.0, 5.0),
    st.floats(0.5, 50.0),
    st.floats(1e-3, 0.9),
    st.floats(0.05, 1.0),
    st.booleans(),
)
def test_interference_integral_agrees_with_quadrature(decade, energy, low, width, nubar):
    limit = recoil_limit(energy, M_E)
    t_min = low * limit
    t_max = t_min + width * (limit - t_min)
    g_l, g_r = (0.23863, 0.73863) if nubar else (0.73863, 0.23863)
    mass = 10**decade
    wanted, _ = quad(
        interference, t_min, t_max, (mass, energy, g_l, g_r), epsabs=0.0, epsrel=1e-12, limit=200
    )
    found = interference_integral(mass, energy, t_min, t_max, g_l, g_r)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    wanted, _ = quad(cross_section, t_min, t_max, (energy, g_l, g_r), epsabs=0.0, epsrel=1e-12)
    found = standard_integral(energy, t_min, t_max, g_l, g_r)
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


@pytest.mark.parametrize("mass", [1e-6, 1e-2, 1.0, 3.0, 10.0, 1e5])
def test_gradient_in_the_mass_agrees_with_quadrature(mass):
    found = jax.grad(lambda m: propagator_moments(m, 1e-3, 8.0)[2])(mass)

    def integrand(t):
        return -2 * mass * (t - 1e-3) ** 2 / (2 * M_E * t + mass**2) ** 2

    wanted, _ = quad(integrand, 1e-3, 8.0, epsabs=0.0, epsrel=1e-12, limit=200)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_maximal_recoil_is_that_of_backward_scattering():
    energy, mass = 8.0, 0.5
    recoil = recoil_limit(energy, mass)
    # Energy and momentum conservation with the neutrino thrown straight back.
    momentum = math.sqrt(recoil**2 + 2 * mass * recoil)
    np.testing.assert_allclose(energy + (energy - recoil), momentum, rtol=1e-14)
