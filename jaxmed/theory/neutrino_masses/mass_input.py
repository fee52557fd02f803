"""Checks of mass matrices at the edge of the seesaw functions; traced values are not inspected."""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

# Largest |M - M^T| over the largest entry that still passes as rounding.
SYMMETRY_TOLERANCE = 1e-12
# A smallest singular value below this fraction of the largest, once every row and column has
# entries of order one, is a singular matrix in float64.
SINGULAR_TOLERANCE = 1e-15


def square_matrix(matrix: ArrayLike, name: str) -> Array:
    """Return a complex (n, n) array from a square matrix or a scalar, or raise ValueError."""
    array = jnp.asarray(matrix)
    array = array.reshape(1, 1) if array.ndim == 0 else array
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.shape[0] == 0:
        raise ValueError(f"{name} must be a square matrix, got shape {array.shape}.")
    if not isinstance(array, Tracer) and not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, got {np.asarray(array).tolist()}.")
    return array.astype(complex)


def majorana_matrix(matrix: ArrayLike) -> Array:
    """Return M_R as a complex symmetric array, or raise ValueError."""
    array = square_matrix(matrix, "M_R")
    if not isinstance(array, Tracer):
        asymmetry = np.max(np.abs(array - array.T))
        if asymmetry > SYMMETRY_TOLERANCE * np.max(np.abs(array)):
            raise ValueError(f"M_R must be symmetric, got max |M_R - M_R^T| = {asymmetry:.3g}.")
    return array


def dirac_and_majorana(m_dirac: ArrayLike, m_majorana: ArrayLike) -> tuple[Array, Array]:
    """Return m_D and M_R as complex arrays of one shape, or raise ValueError."""
    m_d, m_r = square_matrix(m_dirac, "m_D"), majorana_matrix(m_majorana)
    if m_d.shape != m_r.shape:
        raise ValueError(f"m_D and M_R must have one shape, got {m_d.shape} and {m_r.shape}.")
    return m_d, m_r


def require_invertible(m_r: Array) -> None:
    """Raise ValueError for a singular M_R."""
    if isinstance(m_r, Tracer):
        return
    matrix = np.asarray(m_r)
    size = np.sqrt(np.max(np.abs(matrix), axis=1))
    size = np.where(size > 0.0, size, 1.0)
    scaled = np.linalg.svd(matrix / size / size[:, None], compute_uv=False)
    if scaled[-1] <= SINGULAR_TOLERANCE * scaled[0]:
        values = np.linalg.svd(matrix, compute_uv=False)
        raise ValueError(
            f"M_R is singular (singular values {values.tolist()}) and has no inverse:"
            " use seesaw() instead."
        )
