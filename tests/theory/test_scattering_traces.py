"""Cross sections of Eqs. 36-40 against sums written on their own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dirac import GAMMA, LEFT, METRIC, RIGHT, momenta, slash

from jaxmed.constants import G_F, HBARC2, M_E
from jaxmed.constants import SIN2_THETA_W as S2
from jaxmed.models.choose import couplings
from jaxmed.theory.amplitudes import Nucleus
from jaxmed.theory.couplings import Epsilon, from_epsilon, standard_model
from jaxmed.theory.scattering import (
    electron_cross_section,
    electron_rate,
    electron_shift,
    nucleus_cross_section,
    nucleus_rate,
    t_max,
    weak_charge,
)

MEDIATOR = from_epsilon(Epsilon((0.3, -0.2, 0.5), 0.7, 0.4, -0.6), 1e-5, 2.0)
RECOIL = jnp.array([1e-3, 0.1, 3.0])
ARGON = Nucleus(18.0, 22.0, 37215.5, np.full(3, 0.5 - 2 * S2), np.full(3, -0.5))
ROOT8 = 2 * np.sqrt(2)


def neutrino_tensor(k, k_out):
    return np.array(
        [[np.trace(slash(k_out) @ a @ LEFT @ slash(k) @ b) for b in GAMMA] for a in GAMMA]
    )


def contract(neutrino, target):
    lowered = np.einsum("ab,bc,cd->ad", METRIC, target, METRIC)
    return np.sum(neutrino * lowered).real


def electron_by_traces(recoil, energy, g_left, g_right):
    """dsigma/dT for L = -(4 G_F/sqrt2) nubar gamma P_L nu ebar gamma (g_L P_L + g_R P_R) e."""
    k, p, k_out, p_out = momenta(energy, recoil, M_E)
    vertex = g_left * LEFT + g_right * RIGHT
    mass = M_E * np.eye(4)
    electron = np.array(
        [
            [
                np.trace((slash(p_out) + mass) @ a @ vertex @ (slash(p) + mass) @ b @ vertex)
                for b in GAMMA
            ]
            for a in GAMMA
        ]
    )
    squared = (ROOT8 * G_F) ** 2 * contract(neutrino_tensor(k, k_out), electron) / 2
    return squared / (32 * np.pi * M_E * energy**2) * HBARC2


def test_amplitude_on_electrons_by_hand():
    got = electron_shift(RECOIL, MEDIATOR)
    for flavour, eps in enumerate((0.3e-5, -0.2e-5, 0.5e-5)):
        for n, t in enumerate(RECOIL):
            exchange = eps * 0.7e-5 / (ROOT8 * G_F * (2 * 0.51099895 * t + 4.0))
            np.testing.assert_allclose(got[flavour, n], exchange, rtol=1e-14)


@pytest.mark.parametrize(("recoil", "energy"), [(1e-3, 0.862), (0.1, 0.42), (3.0, 8.3)])
def test_electron_cross_section_agrees_with_dirac_traces(recoil, energy):
    t = jnp.array([recoil])
    mediator = MEDIATOR._replace(axial_e=jnp.asarray(2e-6), nc_e_left=0.01, nc_e_right=-0.02)
    got = electron_cross_section(t, energy, mediator)
    bar = electron_cross_section(t, energy, mediator, antineutrino=True)
    for flavour, eps in enumerate((0.3e-5, -0.2e-5, 0.5e-5)):
        exchange = eps / (ROOT8 * G_F * (2 * M_E * recoil + 4.0))
        left = (0.5 if flavour == 0 else -0.5) + S2 + 0.01 + exchange * (0.7e-5 + 2e-6)
        right = S2 - 0.02 + exchange * (0.7e-5 - 2e-6)
        expected = electron_by_traces(recoil, energy, left, right)
        np.testing.assert_allclose(got[flavour, 0], expected, rtol=1e-11)
        crossed = electron_by_traces(recoil, energy, right, left)
        np.testing.assert_allclose(bar[flavour, 0], crossed, rtol=1e-11)


def test_coherent_amplitude_is_that_of_free_nucleons_added_up():
    form_p, form_n = jnp.array([0.9, 0.8, 0.1]), jnp.array([0.85, 0.7, 0.2])
    mixed = MEDIATOR._replace(nc_u=0.01, nc_d=-0.03)
    got = weak_charge(RECOIL, mixed, ARGON, form_p, form_n)
    u, d = 0.5 - 4 / 3 * S2 + 0.01, -0.5 + 2 / 3 * S2 - 0.03
    for flavour, eps in enumerate((0.3e-5, -0.2e-5, 0.5e-5)):
        for n, t in enumerate(np.array(RECOIL)):
            exchange = eps / (ROOT8 * G_F * (2 * 37215.5 * t + 4.0))
            # Each quark: Z exchange plus twice the Z', which couples to L and R alike.
            quarks = [z + 2 * e * exchange for z, e in ((u, 0.4e-5), (d, -0.6e-5))]
            proton, neutron = 2 * quarks[0] + quarks[1], quarks[0] + 2 * quarks[1]
            total = -2 * (18 * proton * form_p[n] + 22 * neutron * form_n[n])
            np.testing.assert_allclose(got[flavour, n], total, rtol=1e-12)


@pytest.mark.parametrize(("recoil", "energy"), [(0.005, 20.0), (0.05, 50.0), (0.01, 29.79)])
def test_coherent_cross_section_agrees_with_scalar_traces(recoil, energy):
    """Current (p + p') Q/2 of a nucleus without spin: the form of Eq. 40 up to T^2/(2 E^2)."""
    t, one = jnp.array([recoil]), jnp.ones(1)
    got = nucleus_cross_section(t, energy, MEDIATOR, ARGON, one, one)
    charge = weak_charge(t, MEDIATOR, ARGON, one, one)
    k, p, k_out, p_out = momenta(energy, recoil, 37215.5)
    nucleus = np.outer(p + p_out, p + p_out)
    for flavour in range(3):
        scale = (ROOT8 * G_F * float(charge[flavour, 0]) / 4) ** 2
        squared = scale * contract(neutrino_tensor(k, k_out), nucleus)
        expected = squared / (32 * np.pi * 37215.5 * energy**2) * HBARC2
        np.testing.assert_allclose(got[flavour, 0], expected, rtol=3 * (recoil / energy) ** 2)


def test_nothing_recoils_beyond_the_kinematic_limit():
    beyond = jnp.array([1.01 * float(t_max(1.0, M_E))])
    assert np.all(np.asarray(electron_cross_section(beyond, 1.0, MEDIATOR)) == 0.0)
    beyond, one = jnp.array([1.01 * float(t_max(30.0, 37215.5))]), jnp.ones(1)
    assert np.all(np.asarray(nucleus_cross_section(beyond, 30.0, MEDIATOR, ARGON, one, one)) == 0.0)


def test_rates_are_cross_sections_contracted_with_a_line():
    mediator = couplings("u1r", g=1e-4, mass=3.0)
    energy, recoil, one = 8.3, RECOIL, jnp.ones(3)
    line = jnp.stack([jnp.full(3, energy**-k) for k in range(3)])
    moments = jnp.zeros((2, 3, 3, 3)).at[1, 0].set(line)
    got = electron_rate(recoil, moments, mediator)
    expected = electron_cross_section(recoil, energy, mediator, antineutrino=True)[0]
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    low = recoil / 1e5
    got = nucleus_rate(low, moments, mediator, ARGON, one, one)
    expected = nucleus_cross_section(low, energy, mediator, ARGON, one, one)[0]
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_gradients_of_the_cross_section_are_finite():
    def total(s2):
        return electron_cross_section(RECOIL, 8.3, standard_model(s2)).sum()

    assert np.isfinite(jax.grad(total)(S2))
