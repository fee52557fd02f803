"""Small symmetric systems."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.profile.newton import solve


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 7, 12])
def test_solution_solves_the_system(n):
    root = np.random.default_rng(n).normal(size=(50, n, n))
    matrix = root @ root.swapaxes(1, 2) + np.eye(n)
    right = np.random.default_rng(1).normal(size=(50, n))
    found, definite = jax.vmap(solve)(jnp.asarray(matrix), jnp.asarray(right))
    assert definite.all()
    np.testing.assert_allclose(np.einsum("bij,bj->bi", matrix, found), right, atol=1e-10)


@pytest.mark.parametrize("n", [2, 6, 9])
def test_the_way_is_downhill_whatever_the_signs(n):
    root = np.random.default_rng(n).normal(size=(50, n, n))
    matrix = root + root.swapaxes(1, 2)
    matrix[:25] += 2 * n * np.eye(n)
    right = np.random.default_rng(1).normal(size=(50, n))
    found, definite = jax.vmap(solve)(jnp.asarray(matrix), jnp.asarray(right))
    np.testing.assert_array_equal(definite, np.linalg.eigvalsh(matrix)[:, 0] > 0)
    assert 0 < definite.mean() < 1
    assert np.all(np.sum(found * right, axis=1) > 0)
