import by_hand
import numpy as np
import pytest
from by_hand import M_E, M_MU
from scipy import integrate

from jaxmed.flux.spectrum import Continuum, Flux, Line, e_min, moments, table_density, thresholds
from jaxmed.flux.stopped_pion import PROMPT_ENERGY, delayed, prompt
from jaxmed.theory.scattering import t_max

CAESIUM = by_hand.CS.mass


@pytest.mark.parametrize("mass", [M_E, CAESIUM])
@pytest.mark.parametrize("energy", [0.01, 1.0, 52.8])
def test_threshold_is_the_inverse_of_the_kinematic_end(mass, energy):
    end = np.array([t_max(energy, mass)])
    np.testing.assert_allclose(e_min(end, mass), energy, rtol=1e-12)


def test_line_counts_up_to_its_kinematic_end():
    flux = np.arange(6.0).reshape(2, 3)
    line = Flux((), (Line(2.0, flux),))
    end = t_max(2.0, M_E)
    got = moments(line, end * np.array([0.5, 1 - 1e-9, 1 + 1e-9]), M_E)
    for k in range(3):
        np.testing.assert_allclose(got[:, :, k, 0], flux / 2.0**k, rtol=1e-14)
        np.testing.assert_allclose(got[:, :, k, 1], flux / 2.0**k, rtol=1e-14)
    assert not np.any(got[..., 2])
    np.testing.assert_allclose(thresholds(line, M_E), [end], rtol=1e-14)


def test_moments_of_a_power_law_are_closed_form():
    """phi = E^2 from 1 to 3 MeV, with edges that do not line up with the thresholds."""

    def density(e):
        flux = np.zeros((2, 3, e.size))
        flux[1, 2] = e**2
        return flux

    flux = Flux((Continuum(np.array([1.0, 1.7, 3.0]), density),))
    recoil = np.array([1e-4, 0.5, 1.3, 2.5, 3.0])
    low = np.clip(e_min(recoil, M_E), 1.0, 3.0)
    got = moments(flux, recoil, M_E)
    for k in range(3):
        p = 3 - k
        np.testing.assert_allclose(got[1, 2, k], (3.0**p - low**p) / p, rtol=1e-13, atol=1e-14)
    assert not np.any(got[0])
    assert not np.any(got[1, :2])
    assert np.all(got[1, 2, :, -1] == 0)


def test_moments_scale_and_add():
    recoil = np.geomspace(1e-4, 0.04, 9)
    one, two = delayed(1.0), delayed(2.0)
    both = Flux(one.continua + two.continua, prompt(5.0).lines)
    got = moments(both, recoil, CAESIUM)
    wanted = 3 * moments(one, recoil, CAESIUM) + 5 * moments(prompt(1.0), recoil, CAESIUM)
    np.testing.assert_allclose(got, wanted, rtol=1e-13)


def test_table_is_linear_between_knots_and_zero_outside():
    density = table_density(np.array([1.0, 2.0, 4.0]), np.array([0.5, 1.0, 0.0]))
    got = density(np.array([0.99, 1.0, 1.5, 3.0, 4.0, 4.01]))
    np.testing.assert_allclose(got, [0.0, 0.5, 0.75, 0.5, 0.0, 0.0], atol=1e-15)


# --- stopped pions -------------------------------------------------------------------------------------


def test_prompt_line_is_two_body_decay_at_rest():
    """E + sqrt(E^2 + m_mu^2) = m_pi, and 29.79 MeV as published."""
    total = PROMPT_ENERGY + np.sqrt(PROMPT_ENERGY**2 + M_MU**2)
    np.testing.assert_allclose(total, 139.57039, rtol=1e-14)
    np.testing.assert_allclose(PROMPT_ENERGY, 29.79, atol=0.005)


@pytest.mark.parametrize("mass", [M_E, CAESIUM])
def test_michel_moments_are_closed_form(mass):
    """I_k of 192 x^2 (1/2 - x) and 64 x^2 (3/4 - x) in x = E/m_mu, integrated by hand."""
    end = t_max(M_MU / 2, mass)
    recoil = np.concatenate([np.geomspace(1e-7, 1.0, 40) * end, [end, 1.5 * end]])
    x = np.minimum(e_min(recoil, mass) / M_MU, 0.5)
    got = moments(delayed(7.0), recoil, mass)

    def primitive(k, norm, offset, x):
        return norm * M_MU**-k * (offset * x ** (3 - k) / (3 - k) - x ** (4 - k) / (4 - k))

    for beam, norm, offset in (((0, 0), 192.0, 1 / 2), ((1, 1), 64.0, 3 / 4)):
        for k in range(3):
            wanted = primitive(k, norm, offset, 0.5) - primitive(k, norm, offset, x)
            # the end is a difference of nearly equal numbers, in the test
            np.testing.assert_allclose(
                got[(*beam, k)], 7 * wanted, rtol=1e-9, atol=1e-12 * M_MU**-k
            )
    assert got[0, 1:].sum() == got[1, 0].sum() == got[1, 2].sum() == 0.0


def test_one_neutrino_of_each_flavour_per_decay():
    both = Flux(delayed(3.0).continua, prompt(3.0).lines)
    got = moments(both, np.array([1e-9]), CAESIUM)[..., 0, 0]
    np.testing.assert_allclose(got, [[3.0, 3.0, 0.0], [0.0, 3.0, 0.0]], rtol=1e-6, atol=1e-15)


def test_mean_energies_of_muon_decay():
    """<E> = 3/10 m_mu of nu_e and 7/20 m_mu of nubar_mu (Michel spectra)."""
    for beam, wanted in zip(by_hand.delayed_beams(1.0), (0.3, 0.35), strict=True):
        mean, _ = integrate.quad(lambda e, beam=beam: e * beam.density(e), 0, M_MU / 2)
        np.testing.assert_allclose(mean / M_MU, wanted, rtol=1e-10)
        ours = delayed(1.0).continua[0].density(np.linspace(0, M_MU / 2, 11))
        np.testing.assert_allclose(
            ours[int(beam.antineutrino), beam.flavour],
            beam.density(np.linspace(0, M_MU / 2, 11)),
            rtol=1e-13,
            atol=1e-17,
        )


def test_moments_vanish_smoothly_at_the_end_of_the_spectrum():
    end = t_max(M_MU / 2, CAESIUM)
    got = moments(delayed(1.0), end * np.array([1 - 1e-6, 1.0, 1 + 1e-6]), CAESIUM)
    assert np.all(got[..., 0] >= 0)
    # a start at the very edge leaves an interval of rounding width
    assert np.all(np.abs(got[..., 1:]) < 1e-15)
