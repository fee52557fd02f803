"""Credible regions against a Gaussian, where the density and the share of every ellipse are known."""

import numpy as np
import pytest

from jaxmed.inference.bayes.proposal import Density
from jaxmed.results.credible import credible

SIGMAS = np.array([0.7, 0.2])


@pytest.fixture(scope="module")
def gaussian():
    axes = (np.linspace(-4.0, 4.0, 161), np.linspace(-1.0, 1.2, 150))
    x, y = np.meshgrid(*axes, indexing="ij")
    density = Density(axes, -((x / SIGMAS[0]) ** 2) / 2 - (y / SIGMAS[1]) ** 2 / 2)
    samples = np.random.default_rng(4).normal(size=(40_000, 2)) * SIGMAS
    return credible(samples, density, (0.6827, 0.9)), density


def test_levels_and_ellipses_are_those_of_chi_squared(gaussian):
    regions, _ = gaussian
    for region in regions:
        half = -np.log(1 - region.probability)
        assert region.level == pytest.approx(-half, rel=0.03)
        (line,) = region.lines
        np.testing.assert_array_equal(line[0], line[-1])
        x, y = line.T
        area = abs(np.sum(x[1:] * y[:-1] - x[:-1] * y[1:])) / 2
        assert area == pytest.approx(2 * np.pi * SIGMAS.prod() * half, rel=0.03)


def test_the_level_holds_its_share_wherever_the_samples_are(gaussian):
    """Samples narrower than the density, as after marginalising: the region shrinks with them."""
    _, density = gaussian
    samples = np.random.default_rng(5).normal(size=(10_000, 2)) * SIGMAS / 2
    (region,) = credible(samples, density, (0.5,))
    assert region.level == pytest.approx(np.log(0.5) / 4, rel=0.06)


def test_regions_open_at_the_edge(gaussian):
    _, density = gaussian
    flat = Density(density.axes, 0 * density.log + np.linspace(0, -5, 161)[:, None])
    low, high = density.axes[0][[0, -1]]
    steps = np.random.default_rng(6).exponential(1 / 5, 20_000) % 1.0
    samples = np.stack([low + (high - low) * steps, np.zeros(steps.size)], axis=1)
    (region,) = credible(samples, flat, (0.5,))
    (line,) = region.lines
    assert np.any(line[0] != line[-1])
    assert np.ptp(line[:, 0]) < 1e-9
    (ring,) = region.rings
    np.testing.assert_array_equal(ring[0], ring[-1])
    np.testing.assert_array_equal([ring[:, 0].min(), ring[:, 0].max()], [low, line[0, 0]])
    np.testing.assert_array_equal([ring[:, 1].min(), ring[:, 1].max()], flat.axes[1][[0, -1]])


def test_a_hole_is_a_ring_of_its_own(gaussian):
    _, density = gaussian
    hollow = Density(density.axes, -((density.log + 1) ** 2))
    samples = np.random.default_rng(7).normal(size=(5000, 2)) * SIGMAS
    (region,) = credible(samples, hollow, (0.5,))
    assert len(region.rings) == len(region.lines) == 2
