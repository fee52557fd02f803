"""Edges as figures show them: through their vertices, and nearer to the truth than straight lines between them."""

import numpy as np
import pytest

from jaxmed.results.edges import smooth_edge

# an ellipse in the logarithms, its vertices as unevenly spaced as those of a lattice
ANGLES = np.array([0.0, 0.3, 0.35, 1.0, 1.6, 2.0, 2.7, 3.1, 3.9, 4.4, 5.2, 5.8, 2 * np.pi])
MASS, G = 10 ** np.cos(ANGLES), 10 ** (0.3 * np.sin(ANGLES) - 6)


def off(mass, g):
    """Distance from the ellipse, as a share of its axes."""
    return np.abs(np.hypot(np.log10(mass), (np.log10(g) + 6) / 0.3) - 1)


@pytest.mark.parametrize("closed", [True, False])
def test_it_goes_through_its_vertices_and_bends_between_them(closed):
    mass, g = smooth_edge(MASS, G, closed)
    place = [np.abs(np.log(mass / m)) + np.abs(np.log(g / k)) for m, k in zip(MASS, G, strict=True)]
    assert np.min(place, axis=1) == pytest.approx(0, abs=1e-12)
    assert (mass[[0, -1]] == pytest.approx(MASS[[0, -1]])) and g[-1] == pytest.approx(G[-1])
    between = np.linspace(0, MASS.size - 1, 6 * MASS.size)
    straight = (10 ** np.interp(between, np.arange(MASS.size), np.log10(x)) for x in (MASS, G))
    assert off(*straight).mean() > 2 * off(mass, g).mean()


def test_what_has_no_bend_stays_and_vertices_may_coincide():
    three = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(smooth_edge(three, three, False), [three, three])
    twice = smooth_edge(np.repeat(MASS, 2), np.repeat(G, 2), True)
    np.testing.assert_allclose(twice, smooth_edge(MASS, G, True))
