"""Takagi factorisation against 90-digit singular values."""

import jax.numpy as jnp
import mp_seesaw as ref
import mpmath as mp
import numpy as np
import pytest

from jaxmed.theory.neutrino_masses.takagi import graded_takagi, jacobi_takagi


def relative_errors(values, matrix):
    expected = sorted(mp.svd_c(matrix, compute_uv=False))
    return [float(abs(mp.mpf(float(v)) / m - 1)) for v, m in zip(values, expected, strict=True)]


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_graded_matrix_keeps_every_value(n):
    rng = np.random.default_rng(n)
    scale = np.logspace(0, -13, n)
    matrix = scale[:, None] * ref.random_symmetric(rng, n) * scale
    masses, v = jacobi_takagi(matrix)
    assert max(relative_errors(masses, ref.to_mp(matrix))) < 1e-12
    v = np.asarray(v)
    np.testing.assert_allclose(v.conj().T @ v, np.eye(n), atol=1e-13)
    np.testing.assert_allclose(v.T @ matrix @ v, np.diag(masses), atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 4, 6])
def test_factored_matrix_keeps_every_value_whatever_its_scales(n):
    """Rows and columns of W on unrelated scales: W W^T in float64 would lose the small values."""
    rng = np.random.default_rng(n)
    rows, columns = 10 ** rng.uniform(-6, 6, (2, n))
    factor = rows[:, None] * ref.random_complex(rng, n) * columns
    masses, v = graded_takagi(jnp.asarray(factor))
    exact = ref.to_mp(factor)
    assert max(relative_errors(masses, exact * exact.T)) < 1e-11
    np.testing.assert_allclose(np.conj(v).T @ np.asarray(v), np.eye(n), atol=1e-13)


@pytest.mark.parametrize(
    "matrix",
    [np.array([[0, 1], [1, 0]]), np.array([[1, 1j], [1j, -1]]), np.zeros((3, 3)), 1j * np.eye(3)],
)
def test_degenerate_and_singular_matrices(matrix):
    masses, v = (np.asarray(x) for x in jacobi_takagi(matrix.astype(complex)))
    expected = np.sort(np.linalg.svd(matrix, compute_uv=False))
    np.testing.assert_allclose(masses, expected, atol=1e-14)
    np.testing.assert_allclose(v.conj().T @ v, np.eye(len(v)), atol=1e-14)
    np.testing.assert_allclose(v.T @ matrix @ v, np.diag(masses), atol=1e-14)
