"""Small positive definite systems, on both sides of the size at which LAPACK takes over."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.cholesky import solve


@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 7, 12])
def test_solution_solves_the_system(n):
    root = np.random.default_rng(n).normal(size=(50, n, n))
    matrix = root @ root.swapaxes(1, 2) + np.eye(n)
    right = np.random.default_rng(1).normal(size=(50, n))
    found = jax.vmap(solve)(jnp.asarray(matrix), jnp.asarray(right))
    np.testing.assert_allclose(np.einsum("bij,bj->bi", matrix, found), right, atol=1e-10)


@pytest.mark.parametrize("n", [2, 6, 8])
def test_a_matrix_that_is_not_positive_definite_gives_nan(n):
    matrix = jnp.eye(n).at[1, 1].set(-1.0)
    assert np.isnan(solve(matrix, jnp.ones(n))).any()
