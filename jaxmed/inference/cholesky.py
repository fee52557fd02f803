"""Solve small positive definite systems, many at once."""

import jax
import jax.numpy as jnp
from jax import Array

# Up to here the factorisation is written out, element by element, and runs across all lanes of a batch at once;
# a library call for each 4 x 4 matrix would take longer than the rest of a toy fit.
_WRITTEN_OUT = 6


def solve(matrix: Array, right: Array) -> Array:
    """X with matrix x = right; NaN where the matrix (n, n) is not positive definite."""
    if not right.size:  # an experiment without nuisances
        return right
    if matrix.shape[0] > _WRITTEN_OUT:
        factor = jnp.linalg.cholesky(matrix)
        return jax.scipy.linalg.cho_solve((factor, True), right)
    return _written_out(matrix, right)


def _written_out(matrix: Array, right: Array) -> Array:
    n = matrix.shape[0]
    lower: list[list[Array]] = []
    y: list[Array] = []
    for i in range(n):
        row: list[Array] = []
        for j in range(i + 1):
            rest = matrix[i, j] - sum(
                (row[k] * (lower[j] if j < i else row)[k] for k in range(j)), jnp.zeros(())
            )
            row.append(jnp.sqrt(rest) if i == j else rest / lower[j][j])
        lower.append(row)
        y.append((right[i] - sum((row[k] * y[k] for k in range(i)), jnp.zeros(()))) / row[i])
    x: dict[int, Array] = {}
    for i in reversed(range(n)):
        known = sum((lower[k][i] * x[k] for k in range(i + 1, n)), jnp.zeros(()))
        x[i] = (y[i] - known) / lower[i][i]
    return jnp.stack([x[i] for i in range(n)])
