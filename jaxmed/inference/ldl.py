"""Solve small symmetric systems, many at once."""

import jax
import jax.numpy as jnp
from jax import Array

# Up to here the factorisation is written out, element by element, and runs across all lanes of a batch at once;
# a library call for each 4 x 4 matrix would take longer than the rest of a toy fit. Of a larger matrix the first
# rows are: model parameters come first, and in them a likelihood is often not convex.
_WRITTEN_OUT = 6


def solve(matrix: Array, right: Array) -> tuple[Array, Array]:
    """X with L |D| L^T x = right, where matrix = L D L^T (n, n), and whether all of D is positive.

    For a positive definite matrix that is the solution of matrix x = right. For another one, x still points the way
    that `right` does, and is NaN if even what the first 6 rows and columns leave is not positive definite.
    """
    if not right.size:  # an experiment without nuisances
        return right, jnp.asarray(True)
    if matrix.shape[0] <= _WRITTEN_OUT:
        return _written_out(matrix, right)
    k = _WRITTEN_OUT
    factor = jnp.linalg.cholesky(matrix[k:, k:]), True
    known = jax.scipy.linalg.cho_solve(
        factor, jnp.concatenate([matrix[k:, :k], right[k:, None]], axis=1)
    )
    reduced = jnp.concatenate([matrix[:k, :k], right[:k, None]], axis=1) - matrix[:k, k:] @ known
    first, convex = _written_out(reduced[:, :k], reduced[:, k])
    return jnp.concatenate([first, known[:, k] - known[:, :k] @ first]), convex


def _written_out(matrix: Array, right: Array) -> tuple[Array, Array]:
    n = matrix.shape[0]
    nothing = jnp.zeros(())
    lower: list[list[Array]] = []
    pivots: list[Array] = []
    y: list[Array] = []
    for i in range(n):
        scaled: list[Array] = []  # L_ij D_j
        for j in range(i):
            known = sum((scaled[k] * lower[j][k] for k in range(j)), nothing)
            scaled.append(matrix[i, j] - known)
        row = [each / pivot for each, pivot in zip(scaled, pivots, strict=True)]
        known = sum((a * b for a, b in zip(scaled, row, strict=True)), nothing)
        pivots.append(matrix[i, i] - known)
        lower.append(row)
        y.append(right[i] - sum((row[k] * y[k] for k in range(i)), nothing))
    x: dict[int, Array] = {}
    for i in reversed(range(n)):
        known = sum((lower[k][i] * x[k] for k in range(i + 1, n)), nothing)
        x[i] = y[i] / jnp.abs(pivots[i]) - known
    return jnp.stack([x[i] for i in range(n)]), jnp.min(jnp.stack(pivots)) > 0
