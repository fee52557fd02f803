"""The secular polynomial of the seesaw matrix (Eqs. 19-20 of arXiv:2106.12364)."""

from itertools import combinations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxmed.theory.neutrino_masses.mass_input import dirac_and_majorana


def secular_polynomial(m_dirac: ArrayLike, m_majorana: ArrayLike) -> Array:
    """Return P(lambda) = det(M - lambda) of M = [[0, m_D], [m_D^T, M_R]] (Eqs. 19-20).

    P(0) = det M = (-1)^n det(m_D)^2, whatever M_R is: if det m_D = 0 then P = lambda times a
    polynomial of degree 2n - 1 (a cubic for two families) and one neutrino is massless. The roots
    are the masses up to sign for real m_D and M_R. For complex ones the masses are the Takagi
    values, which `seesaw` gives, not the roots; zero is a root of both or of neither. Roots taken
    numerically from the coefficients lose the light masses.

    Args:
        m_dirac: m_D, (n, n), real or complex [any mass unit].
        m_majorana: M_R, (n, n), symmetric. The paper's form is that of `rotated_dirac` and a
            diagonal M_R.

    Returns:
        (2n + 1,) complex coefficients of lambda^0 ... lambda^2n.

    Raises:
        ValueError: m_D is not square, M_R has another shape, or M_R is not symmetric.
    """
    m_d, m_r = dirac_and_majorana(m_dirac, m_majorana)
    n = m_d.shape[0]
    matrix = jnp.block([[jnp.zeros_like(m_d), m_d], [m_d.T, m_r]])
    polynomial = _determinant(matrix, shift=True)
    # det M as a square (Eq. 20): exact zero, and twice the digits, when det m_D vanishes.
    return polynomial.at[0].set((-1) ** n * _determinant(m_d, shift=False)[0] ** 2)


def _determinant(matrix: Array, shift: bool) -> Array:
    """Return det(matrix - lambda), or det(matrix) without `shift`, as coefficients in lambda.

    Laplace expansion along the columns, each minor computed once: no division, so the derivatives
    are exact for singular matrices too, and the products of M_R with the zero block vanish exactly.
    """
    n = matrix.shape[0]
    unit = jnp.zeros(n + 1, matrix.dtype).at[0].set(1.0)
    minors: dict[tuple[int, ...], Array] = {(): unit}
    for k in range(n):
        minors = {
            rows: sum(
                (
                    (-1) ** (k - place) * _entry_times(matrix[i, k], i == k and shift, rest)
                    for place, i in enumerate(rows)
                    for rest in [minors[rows[:place] + rows[place + 1 :]]]
                ),
                start=jnp.zeros_like(unit),
            )
            for rows in combinations(range(n), k + 1)
        }
    return minors[tuple(range(n))]


def _entry_times(entry: Array, diagonal: bool, minor: Array) -> Array:
    """Multiply a minor by `entry`, or by entry - lambda on the diagonal."""
    product = entry * minor
    return product.at[1:].add(-minor[:-1]) if diagonal else product
