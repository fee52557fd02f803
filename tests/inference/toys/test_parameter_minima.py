"""Minima of functions on a grid: those of functions that can be written down."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.toys.parameter_grid import Minima, between, lowest_minima

ACROSS, ALONG = np.linspace(0.0, 4.0, 41), np.linspace(0.0, 10.0, 101)
Y, X = np.meshgrid(ACROSS, ALONG, indexing="ij")
POINTS = jnp.asarray(np.stack([Y, X], axis=-1))


def places(values, number):
    minima = lowest_minima(jnp.asarray(values)[None], number)
    return np.asarray(minima.value[0]), np.asarray(between(POINTS, minima)[0])


def test_two_minima_on_one_line_across_are_both_found():
    value, at = places((Y - 1) ** 2 * (Y - 3.04) ** 2 + 0.1 * Y + (X - 5) ** 2, 3)
    # where the derivative of the polynomial is zero
    np.testing.assert_allclose(at[:2], [[0.98819, 5.0], [3.02777, 5.0]], atol=0.01)
    np.testing.assert_allclose(value, [0.09941, 0.30339, np.inf], atol=1e-3)


def test_a_winding_valley_between_the_points_is_one_minimum():
    """On the points themselves the function goes up and down along it."""
    floor = 2 + np.sin(X / 2)
    value, at = places(6 * (Y - floor) ** 2 + 0.01 * (X - 6.3) ** 2, 5)
    assert np.isfinite(value).sum() == 1
    assert at[0] == pytest.approx([2 + np.sin(3.15), 6.3], abs=0.1)


def test_an_edge_is_a_minimum():
    value, at = places(Y + X, 2)
    np.testing.assert_array_equal(at[0], [0.0, 0.0])
    assert value[0] == 0
    assert value[1] == np.inf


def test_one_axis_is_enough():
    line = np.minimum((ALONG - 2) ** 2, (ALONG - 7) ** 2 - 1)
    minima = lowest_minima(jnp.asarray(line)[None], 2)
    np.testing.assert_array_equal(minima.value[0], [-1.0, 0.0])
    np.testing.assert_array_equal(minima.at[0, :, 0], [70, 20])


def test_a_place_between_points_follows_their_spacing():
    """Half a step of the mean of both neighbours' distances; at an edge of the one that is there."""
    points = jnp.asarray(np.stack(np.meshgrid([0.0, 1.0, 3.0], [0.0, 10.0], indexing="ij"), -1))
    at = jnp.array([[[1, 0], [2, 1], [0, 1]]])
    shift = jnp.array([[[0.5, 0.0], [-0.5, -0.5], [0.5, 0.0]]])
    found = between(points, Minima(jnp.zeros((1, 3)), at, shift))
    expected = [[1 + 0.5 * 3 / 2, 0.0], [3 - 0.5 * 2 / 2, 10 - 0.5 * 10 / 2], [0.5 / 2, 10.0]]
    np.testing.assert_allclose(found[0], expected)
