"""Takagi factorisation of small complex symmetric matrices, accurate on every singular value.

A complex symmetric M has a unitary V with V^T M V = diag(m), m >= 0. Majorana masses are these m.
The ratio of the lightest to the heaviest can be 1e-26, far below the float64 epsilon, so an
algorithm that is accurate relative to the largest entry returns noise. Two-sided Jacobi rotations
work entry by entry, and keep the relative accuracy of each m when the matrix is graded (large
entries first).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

# Cyclic Jacobi converges quadratically; 6 x 6 matrices settle in 5 to 8 sweeps, whatever their
# scales.
SWEEPS = 12


def _phase(z: Array) -> Array:
    """Return z/|z|, and 1 for z = 0."""
    size = jnp.abs(z)
    safe = jnp.where(size > 0.0, size, 1.0)
    return jnp.where(size > 0.0, z / safe.astype(z.dtype), jnp.ones_like(z))


def _rotation(a: Array, b: Array, d: Array) -> tuple[Array, Array]:
    """Return (tan, phase) of the unitary [[c, s p], [-s/p, c]] that diagonalises [[a, b], [b, d]].

    The off-diagonal entry vanishes when tan (a p - d/p) + b (1 - tan^2) = 0; p makes the ratio
    real, and the root of smaller modulus keeps the large state in place.
    """
    p = _phase(jnp.conj(a) * b + d * jnp.conj(b))
    safe_b = jnp.where(b == 0.0, jnp.ones_like(b), b)
    rho = jnp.real((a * p - d * jnp.conj(p)) / (2.0 * safe_b))
    tan = -1.0 / (rho + jnp.copysign(jnp.hypot(rho, 1.0), rho))
    return jnp.where(b == 0.0, 0.0, tan), p


# One kernel in eager use too: the loop body is a new closure and would compile on every call.
@jax.jit
def jacobi_takagi(matrix: Array) -> tuple[Array, Array]:
    """Factorise a complex symmetric matrix by cyclic Jacobi rotations.

    Args:
        matrix: (n, n) complex symmetric; for relative accuracy on every mass it must be graded,
            |M_ij| <~ sqrt(|M_ii M_jj|), which `graded_takagi` arranges.

    Returns:
        masses (n,) ascending and unitary V (n, n) with V^T M V = diag(masses). A forward
        computation: its callers define the derivatives.
    """
    n = matrix.shape[0]
    first, second = (jnp.asarray(index) for index in np.triu_indices(n, 1))
    n_pairs = n * (n - 1) // 2

    def rotate(step: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        m, v = state
        i, j = first[step % n_pairs], second[step % n_pairs]
        a, b, d = m[i, i], m[i, j], m[j, j]
        tan, p = _rotation(a, b, d)
        cos = 1.0 / jnp.hypot(tan, 1.0)
        c, s, t = (x.astype(m.dtype) for x in (cos, cos * tan, tan))

        def mix(x_i: Array, x_j: Array) -> tuple[Array, Array]:
            return c * x_i - s * jnp.conj(p) * x_j, s * p * x_i + c * x_j

        row_i, row_j = mix(m[i, :], m[j, :])
        m = m.at[i, :].set(row_i).at[j, :].set(row_j)
        column_i, column_j = mix(m[:, i], m[:, j])
        m = m.at[:, i].set(column_i).at[:, j].set(column_j)
        # The 2 x 2 block in closed form: d - b^2/a, not a difference of large squares.
        m = m.at[i, i].set(a - t * jnp.conj(p) * b).at[j, j].set(d + t * p * b)
        m = m.at[i, j].set(0.0).at[j, i].set(0.0)
        v_i, v_j = mix(v[:, i], v[:, j])
        return m, v.at[:, i].set(v_i).at[:, j].set(v_j)

    state = (matrix, jnp.eye(n, dtype=matrix.dtype))
    if n > 1:
        state = jax.lax.fori_loop(0, SWEEPS * n_pairs, rotate, state)
    m, v = state
    values = jnp.diagonal(m)
    order = jnp.argsort(jnp.abs(values))
    v = v * jnp.conj(jnp.sqrt(_phase(values)))[None, :]
    return jnp.abs(values)[order], v[:, order]


def graded_takagi(factor: Array) -> tuple[Array, Array]:
    """Factorise M = W W^T without ever forming it.

    W = Q R P, with rows sorted and columns pivoted by size, is accurate row by row and column by
    column; then Q^dagger M Q^* = R R^T is graded from large to small, as `jacobi_takagi` needs (J.
    Demmel et al., Linear Algebra Appl. 299 (1999) 21, for the singular values; the symmetric form
    keeps degenerate pairs apart).

    Args:
        factor: W, (n, n) complex.

    Returns:
        masses (n,) ascending and V (n, n) unitary with V^T W W^T V = diag(masses).
    """
    order = jnp.argsort(-jnp.max(jnp.abs(factor), axis=1))
    q, r = _pivoted_qr(factor[order])
    masses, v = jacobi_takagi(r @ r.T)
    return masses, jnp.zeros_like(v).at[order].set(jnp.conj(q) @ v)


def _pivoted_qr(w: Array) -> tuple[Array, Array]:
    """Return Q and R of W P = Q R: Householder, the largest remaining column first."""
    n = w.shape[0]
    q = jnp.eye(n, dtype=w.dtype)
    for k in range(n):
        norms = jnp.sqrt(jnp.sum(jnp.abs(w[k:, k:]) ** 2, axis=0))
        pivot = k + jnp.argmax(norms)
        w = w.at[:, k].set(w[:, pivot]).at[:, pivot].set(w[:, k])
        x = w[k:, k]
        alpha = -_phase(x[0]) * jnp.max(norms).astype(w.dtype)
        u = x.at[0].add(-alpha)
        square = jnp.sum(jnp.abs(u) ** 2)
        scale = jnp.where(square > 0.0, 2.0 / jnp.where(square > 0.0, square, 1.0), 0.0)
        projector = scale.astype(w.dtype) * u
        w = w.at[k:, :].add(-projector[:, None] * (jnp.conj(u) @ w[k:, :])[None, :])
        w = w.at[k + 1 :, k].set(0.0).at[k, k].set(alpha)
        q = q.at[:, k:].add(-(q[:, k:] @ projector)[:, None] * jnp.conj(u)[None, :])
    return q, w
