"""Small symmetric systems, on both sides of the size at which LAPACK takes over."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.ldl import solve


@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 7, 12])
def test_solution_solves_the_system(n):
    root = np.random.default_rng(n).normal(size=(50, n, n))
    matrix = root @ root.swapaxes(1, 2) + np.eye(n)
    right = np.random.default_rng(1).normal(size=(50, n))
    found, definite = jax.vmap(solve)(jnp.asarray(matrix), jnp.asarray(right))
    assert definite.all()
    np.testing.assert_allclose(np.einsum("bij,bj->bi", matrix, found), right, atol=1e-10)


@pytest.mark.parametrize("n", [2, 6, 9])
def test_the_way_is_downhill_whatever_the_signs_of_the_first_rows(n):
    root = np.random.default_rng(n).normal(size=(50, n, n))
    matrix = root + root.swapaxes(1, 2)
    matrix[:, 6:, 6:] += 20 * np.eye(max(n - 6, 0))
    right = np.random.default_rng(1).normal(size=(50, n))
    found, definite = jax.vmap(solve)(jnp.asarray(matrix), jnp.asarray(right))
    np.testing.assert_array_equal(definite, np.linalg.eigvalsh(matrix)[:, 0] > 0)
    assert 0 < definite.mean() < 1 or n > 2
    assert np.all(np.sum(found * right, axis=1) > 0)


def test_a_matrix_whose_last_rows_are_not_positive_definite_gives_nan():
    found, definite = solve(jnp.eye(8).at[7, 7].set(-1.0), jnp.ones(8))
    assert np.isnan(found).any() and not definite
