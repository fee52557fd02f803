"""Written-out factorisation against NumPy's solver, at every size up to where the library takes over."""

import jax
import numpy as np
import pytest

from jaxmed.inference.cholesky import solve


@pytest.mark.parametrize("n", range(9))
def test_solve_agrees_with_numpy(n):
    random = np.random.default_rng(n)
    roots = random.normal(size=(5, n, n + 2))
    matrices, right = roots @ roots.transpose(0, 2, 1), random.normal(size=(5, n))
    found = jax.vmap(solve)(matrices, right)
    np.testing.assert_allclose(
        found, np.linalg.solve(matrices, right[..., None])[..., 0], rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize("n", [3, 8])
def test_not_positive_definite_is_nan(n):
    matrix = np.diag([*np.ones(n - 1), -1.0])
    assert np.isnan(solve(matrix, np.ones(n))).any()
