import by_hand
import numpy as np

from jaxmed.detector.quenching import polynomial


def test_csi_gives_8_8_percent_at_10_kev():
    """COHERENT's scintillation response, arXiv:2110.07730; two eigen-variations of about 5 % at 10 keV."""
    row = by_hand.row("coherent_csi/quenching", "variation", "nominal")
    light = polynomial(np.array([0.01]), np.array([row[k] for k in "abcd"]))
    np.testing.assert_allclose(light / 0.01, 0.088, atol=5e-4)


def test_polynomial_has_no_constant_term():
    coefficients = np.array([0.05, 4.0, -100.0, 800.0])
    t = np.array([0.0, 1e-3, 0.01, 0.03])
    wanted = np.polynomial.polynomial.polyval(t, [0.0, *coefficients])
    np.testing.assert_allclose(polynomial(t, coefficients), wanted, rtol=1e-13)


def test_polynomial_agrees_with_the_spectra_of_the_test_calculation():
    t = np.geomspace(1e-4, 0.04, 9)
    row = by_hand.row("coherent_csi/quenching", "variation", "nominal")
    got = 1e3 * polynomial(t, np.array([row[k] for k in "abcd"]))
    np.testing.assert_allclose(got, by_hand.csi_light(t, by_hand.Csi()), rtol=1e-13)


def test_argon_factor_rises_linearly():
    """0.246 + 7.8e-4 T/keV (arXiv:2006.12659): a quarter of the recoil energy, 0.277 at 40 keV."""
    t = np.array([0.0, 10.0, 40.0])
    got = polynomial(t, np.array([0.246, 7.8e-4]))
    np.testing.assert_allclose(got, [0.0, 2.538, 11.088], rtol=1e-12)
