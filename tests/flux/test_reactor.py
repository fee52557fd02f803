import by_hand
import numpy as np
import pytest
from by_hand import M_E
from scipy import integrate

from jaxmed.flux.reactor import reactor
from jaxmed.flux.spectrum import e_min, moments

TOTAL = 6.4e12


def test_moments_agree_with_quad():
    (beam,) = by_hand.reactor_beams()
    recoil = np.array([3.0, 4.2, 5.5, 7.9])
    got = moments(reactor(TOTAL), recoil, M_E)
    for i, low in enumerate(e_min(recoil, M_E)):
        for k in range(3):
            wanted, _ = integrate.quad(
                lambda e, k=k: beam.density(e) / e**k, low, 14.0, epsrel=1e-12, limit=200
            )
            np.testing.assert_allclose(got[1, 0, k, i], wanted, rtol=1e-9)
    assert not np.any(got[0])
    assert not np.any(got[1, 1:])


def test_spectrum_goes_on_below_two_mev():
    """Below 2 MeV the table of Vogel and Engel, linear between its knots."""
    low = by_hand.table("texono/spectrum_vogel_engel_low")
    fractions = by_hand.table("texono/fission_fractions")
    shape = sum(
        share * low[isotope]
        for isotope, share in zip(fractions["isotope"], fractions["fraction"], strict=True)
    )
    above = by_hand.reactor_beams()[0].density
    recoil = np.array([0.05, 0.5])
    got = moments(reactor(TOTAL), recoil, M_E)[1, 0, 0]
    high, _ = integrate.quad(above, 2.0, 14.0, epsrel=1e-12, limit=200)
    for value, start in zip(got, e_min(recoil, M_E), strict=True):
        e = np.unique([start, *low["energy"][low["energy"] > start]])
        below = TOTAL / 7.2 * integrate.trapezoid(np.interp(e, low["energy"], shape), e)
        np.testing.assert_allclose(value, below + high, rtol=1e-9)


def test_all_fission_neutrinos_are_there():
    """6.0 of the 7.2 neutrinos per fission come from fission products, 1.2 from capture on U238.

    The capture neutrinos, all below 1.3 MeV, are not in the tabulated spectra, which add up to 5.6.
    """
    total = moments(reactor(TOTAL), np.array([1e-9]), M_E)[1, 0, 0, 0]
    np.testing.assert_allclose(total / TOTAL * 7.2, 6.0, atol=0.45)


def test_flux_scales_and_ends():
    recoil = np.array([3.0, 6.0, 14.1])
    one, two = (moments(reactor(n), recoil, M_E) for n in (TOTAL, 2 * TOTAL))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-14)
    assert not np.any(one[..., -1])
    assert one[1, 0, 0, 1] > 0


def test_unknown_spectrum_is_refused():
    with pytest.raises(ValueError, match="unknown reactor spectra 'nobody2030': expected one of"):
        reactor(TOTAL, spectra="nobody2030")
