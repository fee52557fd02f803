from itertools import pairwise

import by_hand
import numpy as np
import pytest
from scipy import integrate, stats

from jaxmed.detector.response import electrons_above, gamma, gaussian, sharp

EDGES = np.array([1.0, 2.0, 3.5, 6.0])
KNOTS = (np.array([0.4, 1.3, 1.9, 2.0, 4.4]), np.array([0.0, 0.2, 0.7, 0.75, 0.9]))
VISIBLE = np.array([0.3, 1.0, 1.95, 3.0, 5.9, 9.0])
SIGMA = 0.31 * np.sqrt(VISIBLE)
FLAT = (np.array([0.0, 1.0]), np.array([1.0, 1.0]))


def test_gaussian_agrees_with_quad():
    got = gaussian(EDGES, VISIBLE, SIGMA, KNOTS)
    for i, (low, high) in enumerate(pairwise(EDGES)):
        for j, (mean, sigma) in enumerate(zip(VISIBLE, SIGMA, strict=True)):
            wanted, _ = integrate.quad(
                lambda x, m=mean, s=sigma: np.interp(x, *KNOTS) * stats.norm.pdf(x, m, s),
                low,
                high,
                points=KNOTS[0][(KNOTS[0] > low) & (KNOTS[0] < high)],
                epsabs=1e-13,
                epsrel=1e-11,
            )
            np.testing.assert_allclose(got[i, j], wanted, rtol=1e-9, atol=1e-12)


def test_gaussian_without_efficiency_is_the_normal_distribution():
    got = gaussian(EDGES, VISIBLE, SIGMA, FLAT)
    wanted = np.diff(stats.norm.cdf(EDGES[:, None], VISIBLE, SIGMA), axis=0)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-15)


def test_gaussian_keeps_all_events():
    wide = np.linspace(-40.0, 60.0, 30)
    np.testing.assert_allclose(gaussian(wide, VISIBLE, SIGMA, FLAT).sum(axis=0), 1.0, rtol=1e-12)


def test_gaussian_is_linear_in_the_efficiency():
    half = (KNOTS[0], KNOTS[1] / 2)
    one = gaussian(EDGES, VISIBLE, SIGMA, KNOTS)
    np.testing.assert_allclose(gaussian(EDGES, VISIBLE, SIGMA, half), one / 2, rtol=1e-13)


def test_gaussian_shifts_and_scales_with_the_unit():
    one = gaussian(EDGES, VISIBLE, SIGMA, KNOTS)
    shifted = gaussian(EDGES + 3, VISIBLE + 3, SIGMA, (KNOTS[0] + 3, KNOTS[1]))
    scaled = gaussian(EDGES * 1e3, VISIBLE * 1e3, SIGMA * 1e3, (KNOTS[0] * 1e3, KNOTS[1]))
    np.testing.assert_allclose(shifted, one, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(scaled, one, rtol=1e-10, atol=1e-14)


def test_gaussian_of_a_narrow_peak_is_sharp_times_efficiency():
    got = gaussian(EDGES, VISIBLE[2:4], np.full(2, 1e-6), KNOTS)
    wanted = sharp(EDGES, VISIBLE[2:4]) * np.interp(VISIBLE[2:4], *KNOTS)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_sharp_bins_hold_their_lower_edge():
    got = sharp(EDGES, np.array([0.99, 1.0, 1.99, 2.0, 5.99, 6.0]))
    wanted = [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0]]
    assert np.array_equal(got, wanted)


PE = np.array([0.0, 8.0, 16.0, 60.0])
LIGHT = np.array([0.05, 0.4, 1.2, 3.0])  # keVee
MEAN, SHAPE = LIGHT / 0.0749, 9.56 * LIGHT


def sigmoid(x):
    return 1 / (1 + np.exp(-0.5 * (x - 9.0)))


def test_gamma_agrees_with_quad():
    """In the first bin only to 5e-4: x^b is not smooth at zero, and 0.05 keVee is far below threshold."""
    got = gamma(PE, MEAN, SHAPE, sigmoid)
    for i, (low, high) in enumerate(pairwise(PE)):
        for j, (mean, k) in enumerate(zip(MEAN, 1 + SHAPE, strict=True)):
            wanted, _ = integrate.quad(
                lambda x, m=mean, k=k: sigmoid(x) * stats.gamma.pdf(x, k, scale=m / k),
                low,
                high,
                epsrel=1e-10,
                limit=200,
            )
            np.testing.assert_allclose(got[i, j], wanted, rtol=1e-8 if i else 1e-3, atol=1e-14)


def test_gamma_without_efficiency_is_the_gamma_distribution():
    got = gamma(PE, MEAN, SHAPE, np.ones_like)
    wanted = np.diff(stats.gamma.cdf(PE[:, None], 1 + SHAPE, scale=MEAN / (1 + SHAPE)), axis=0)
    # x^b is not smooth at zero, in the first of the cells of 0.25 PE
    np.testing.assert_allclose(got[0, 1:], wanted[0, 1:], rtol=1e-4)
    np.testing.assert_allclose(got[1:], wanted[1:], rtol=1e-8, atol=1e-15)


def test_gamma_has_the_mean_it_is_given():
    fine = np.arange(0.0, 200.5, 0.5)
    middle = (fine[1:] + fine[:-1]) / 2
    got = gamma(fine, MEAN[1:], SHAPE[1:], np.ones_like)
    np.testing.assert_allclose(middle @ got, MEAN[1:], rtol=2e-3)


def test_gamma_with_a_step_efficiency_loses_no_more_than_a_cell():
    got = gamma(PE, MEAN, SHAPE, lambda x: (x > 7.25).astype(float))
    wanted = np.diff(stats.gamma.cdf([7.25, 8.0], 1 + SHAPE[2], scale=MEAN[2] / (1 + SHAPE[2])))
    np.testing.assert_allclose(got[0, 2], wanted[0], rtol=1e-8)


@pytest.mark.parametrize(
    ("recoil", "electrons"),
    [(0.01, 0), (0.23, 26), (1.0, 40), (1.2, 44), (5.0, 48), (5.3, 50), (20.0, 52), (40.0, 54)],
)
def test_xenon_electrons_by_the_stepping_approximation(recoil, electrons):
    """Electrons bound by less than the recoil [keV]: 26, 44, 48, 50, 52, 54 as published (Chen et al.)."""
    shells = by_hand.table("elements/shells_Xe")
    got = electrons_above(np.array([recoil * 1e3]), shells["binding"], shells["electrons"])
    assert got == electrons


def test_a_shell_opens_above_its_binding_energy():
    got = electrons_above(np.array([9.9, 10.0, 10.1]), np.array([10.0]), np.array([2.0]))
    assert got.tolist() == [0.0, 0.0, 2.0]
