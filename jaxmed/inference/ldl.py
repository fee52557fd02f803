"""Solve small symmetric systems, many at once."""

import jax.numpy as jnp
from jax import Array


def solve(matrix: Array, right: Array) -> tuple[Array, Array]:
    """X with U |D| U^T x = right, where matrix = U D U^T (n, n), and whether all of D is positive.

    For a positive definite matrix that is the solution of matrix x = right; for another one x still points the way
    that `right` does. The last row is eliminated first: model parameters come first, and what is left of them is the
    curvature of the profile.

    Written out row by row, so that each operation runs across all lanes of a batch: a library call for each matrix
    would take longer than the rest of a toy fit.
    """
    if not right.size:  # an experiment without nuisances
        return right, jnp.asarray(True)
    rows: list[Array] = []
    pivots: list[Array] = []
    solved: list[Array] = []
    for i in reversed(range(right.size)):
        pivot, row = matrix[i, i], matrix[i, :i] / matrix[i, i]
        pivots.append(pivot)
        rows.append(row)
        solved.append(right[i])
        matrix = matrix[:i, :i] - pivot * row[:, None] * row[None]
        right = right[:i] - row * right[i]
    x = jnp.zeros(0)
    for pivot, row, y in zip(reversed(pivots), reversed(rows), reversed(solved), strict=True):
        x = jnp.append(x, y / jnp.abs(pivot) - jnp.sum(row * x))
    return x, jnp.min(jnp.stack(pivots)) > 0
