"""The Gaussian response in JAX: the numbers of NumPy, and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from jaxmed.detector.response import gaussian

EDGES = np.array([0.5, 1.0, 1.7, 3.0])
VISIBLE = np.geomspace(0.05, 4.0, 40)
SIGMA = 0.1 + 0.12 * np.sqrt(VISIBLE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("knots", "values"),
    [
        ([0.0], [0.8]),
        # one knot on an edge, one inside, one below and one above all bins
        ([0.2, 1.0, 1.3, 9.0], [0.0, 0.5, 0.9, 1.0]),
        ([0.5, 0.7], [0.0, 1.0]),
        ([4.0, 5.0], [1.0, 0.0]),
    ],
)
def test_it_is_the_response_in_numpy(knots, values):
    efficiency = np.array(knots), np.array(values)
    wanted = gaussian(EDGES, VISIBLE, SIGMA, efficiency)
    found = gaussian(
        *map(jnp.asarray, (EDGES, VISIBLE, SIGMA)), tuple(map(jnp.asarray, efficiency))
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)


def test_it_is_smooth_where_a_knot_meets_an_edge():
    """A shift of the efficiency alone, of the first edge alone and of both, a knot on that edge."""
    knots, values = jnp.array([0.2, 0.5, 1.0]), jnp.array([0.0, 0.5, 1.0])
    visible, sigma = jnp.asarray(VISIBLE), jnp.asarray(SIGMA)

    @jax.jit
    def bins(shifts):
        edges = jnp.asarray(EDGES).at[0].add(shifts[0])
        return gaussian(edges, visible, shifts[2] * sigma, (knots + shifts[1], values))

    at = jnp.array([0.0, 0.0, 1.0])
    check_grads(bins, (at,), order=1, rtol=1e-4)
    for direction in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]):
        along = 1e-6 * jnp.array(direction)
        slope = jax.jvp(bins, (at,), (along,))[1]
        # one-sided: the same from below and from above
        np.testing.assert_allclose(bins(at + along) - bins(at), slope, atol=1e-11)
        np.testing.assert_allclose(bins(at) - bins(at - along), slope, atol=1e-11)
