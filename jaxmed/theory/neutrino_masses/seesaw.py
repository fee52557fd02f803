"""Neutrino masses and mixing of the type-I seesaw (Eqs. 11-12 and 17-18 of arXiv:2106.12364).

n families: M = [[0, m_D], [m_D^T, M_R]] is complex symmetric, 2n x 2n. Its Takagi factorisation
gives the physical masses; the light ones, m_D^2/M_R, are 1e-26 of the heavy ones for M_R/m_D =
1e13. No mass is found here as a difference of larger numbers:

1. M_R = U^* D U^dagger (Eq. 17) and m_D' = m_D U (Eq. 18) leave a diagonal heavy block.
2. With columns m_D' e_i = s_i c_i, |c_i| = 1, the matrix is C [[0, s], [s, D]] C^T, C = diag(c, 1):
   n blocks [[0, s_i], [s_i, D_i]] whose eigenvalues and rotations are known in closed form.
3. Hence M = W W^T, and `graded_takagi` does the rest. There is no expansion in m_D/M_R: any scales,
   equal scales, singular M_R and m_D = 0 take the same path.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxmed.theory.neutrino_masses.mass_input import (
    dirac_and_majorana,
    majorana_matrix,
    require_invertible,
    square_matrix,
)
from jaxmed.theory.neutrino_masses.takagi import graded_takagi, jacobi_takagi


class MajoranaMasses(NamedTuple):
    """Takagi factorisation mixing^T M mixing = diag(masses) of a Majorana mass matrix."""

    masses: Array
    mixing: Array


def seesaw_matrix(m_dirac: ArrayLike, m_majorana: ArrayLike) -> Array:
    """Return the neutrino mass matrix M = [[0, m_D], [m_D^T, M_R]] (arXiv:2106.12364, Eq. 12).

    Args:
        m_dirac: m_D, (n, n), real or complex [any mass unit]; a scalar is one family.
        m_majorana: M_R, (n, n), symmetric, in the same unit.

    Returns:
        (2n, 2n) complex.

    Raises:
        ValueError: m_D is not square, M_R has another shape, or M_R is not symmetric.
    """
    m_d, m_r = dirac_and_majorana(m_dirac, m_majorana)
    return jnp.block([[jnp.zeros_like(m_d), m_d], [m_d.T, m_r]])


def diagonalise_majorana(m_majorana: ArrayLike) -> MajoranaMasses:
    """Diagonalise the heavy block: U^T M_R U = diag(masses) (arXiv:2106.12364, Eq. 17).

    Args:
        m_majorana: M_R, (n, n), symmetric, real or complex.

    Returns:
        masses (n,), ascending, and the unitary U (n, n) as `mixing`. Derivatives as in `seesaw`.

    Raises:
        ValueError: M_R is not square or not symmetric.
    """
    return MajoranaMasses(*_majorana(majorana_matrix(m_majorana)))


def rotated_dirac(m_dirac: ArrayLike, unitary: ArrayLike) -> Array:
    """Return m_D' = m_D U, Dirac masses between left-handed and heavy states (Eq. 18).

    Args:
        m_dirac: m_D, (n, n).
        unitary: U, (n, n), from `diagonalise_majorana`.

    Raises:
        ValueError: a matrix is not square, or the shapes differ.
    """
    m_d, u = square_matrix(m_dirac, "m_D"), square_matrix(unitary, "U")
    if m_d.shape != u.shape:
        raise ValueError(f"m_D and U must have one shape, got {m_d.shape} and {u.shape}.")
    return m_d @ u


def light_mass_matrix(m_dirac: ArrayLike, m_majorana: ArrayLike) -> Array:
    """Return the leading-order light mass matrix -m_D M_R^-1 m_D^T, (n, n) complex.

    For orientation only: `seesaw` does not use it. It needs m_D << M_R.

    Raises:
        ValueError: bad shapes, M_R not symmetric, or M_R singular (then use `seesaw`).
    """
    m_d, m_r = dirac_and_majorana(m_dirac, m_majorana)
    require_invertible(m_r)
    return -m_d @ jnp.linalg.solve(m_r, m_d.T)


def seesaw(m_dirac: ArrayLike, m_majorana: ArrayLike) -> MajoranaMasses:
    """Masses and mixing of n light and n heavy Majorana neutrinos (Eqs. 12, 17-18).

    Convention: mixing^T M mixing = diag(masses), so (nu_L, N_R^c) = mixing (mass states) for the
    Lagrangian -1/2 n^T C M n + h.c. with n = (nu_L, N_R^c). For nu_Lbar m_D N_R + 1/2 N_R^cbar M_R
    N_R, the other common form, the mixing is the complex conjugate. Rows of `mixing` are
    (nu_1..nu_n, N_1..N_n), columns are the mass states, ascending; each column's sign is arbitrary.

    In float64 every mass has a relative accuracy of about 1e-14 times the condition number of its
    problem: of the columns of m_D scaled to length one, and of M_R where it is not diagonal.
    M_R/m_D itself costs nothing.

    Derivatives: that of a mass is Re(u^T dM u), finite everywhere and right for a mass that is not
    zero and not degenerate; where masses vanish or coincide it is that formula with the states
    returned, one choice among many. Those of `mixing` are right for non-degenerate masses;
    components between degenerate states are zero.

    Args:
        m_dirac: m_D, (n, n), real or complex [any mass unit]; a scalar is one family.
        m_majorana: M_R, (n, n), symmetric, same unit; may be singular.

    Returns:
        MajoranaMasses: masses (2n,) ascending, in the unit given; mixing (2n, 2n) complex.

    Raises:
        ValueError: m_D is not square, M_R has another shape, or M_R is not symmetric.
    """
    return MajoranaMasses(*_seesaw(*dirac_and_majorana(m_dirac, m_majorana)))


@jax.custom_jvp
def _seesaw(m_d: Array, m_r: Array) -> tuple[Array, Array]:
    return _factorise(m_d, m_r)


@jax.custom_jvp
def _majorana(m_r: Array) -> tuple[Array, Array]:
    return jacobi_takagi(m_r)


# Eager use needs one kernel, not the compilation of a hundred small operations.
@jax.jit
def _factorise(m_d: Array, m_r: Array) -> tuple[Array, Array]:
    n = m_d.shape[0]
    heavy, u = jacobi_takagi(m_r)
    masses, v = graded_takagi(_symmetric_factor(m_d @ u, heavy))
    return masses, jnp.concatenate([v[:n], u @ v[n:]])


def _symmetric_factor(m_d: Array, heavy: Array) -> Array:
    """Return W, (2n, 2n), with W W^T = [[0, m_D'], [m_D'^T, diag(heavy)]]."""
    length = jnp.sqrt(jnp.sum(jnp.abs(m_d) ** 2, axis=0))
    direction = m_d / jnp.where(length > 0.0, length, 1.0).astype(m_d.dtype)[None, :]
    # [[0, s], [s, d]]: eigenvalues lambda_+ and -s^2/lambda_+, vectors (sin, cos) and (cos, -sin).
    plus = 0.5 * (heavy + jnp.hypot(heavy, 2.0 * length))
    tan = length / jnp.where(plus > 0.0, plus, 1.0)
    cos = 1.0 / jnp.hypot(tan, 1.0)
    sin = cos * tan
    root_plus = jnp.sqrt(plus)
    root_minus = jnp.sqrt(length * tan)

    def columns(light: Array, heavy_part: Array, phase: complex) -> Array:
        light, heavy_part = (x.astype(m_d.dtype) for x in (light, heavy_part))
        return phase * jnp.concatenate([direction * light[None, :], jnp.diag(heavy_part)])

    w_plus = columns(sin * root_plus, cos * root_plus, 1.0)
    w_minus = columns(cos * root_minus, -sin * root_minus, 1.0j)
    return jnp.concatenate([w_plus, w_minus], axis=1)


@_seesaw.defjvp
def _seesaw_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    masses, mixing = _seesaw(*primals)
    d_dirac, d_majorana = tangents
    d_matrix = jnp.block([[jnp.zeros_like(d_dirac), d_dirac], [d_dirac.T, d_majorana]])
    return (masses, mixing), _takagi_tangent(masses, mixing, d_matrix)


@_majorana.defjvp
def _majorana_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    masses, mixing = _majorana(*primals)
    return (masses, mixing), _takagi_tangent(masses, mixing, tangents[0])


def _takagi_tangent(masses: Array, mixing: Array, d_matrix: Array) -> tuple[Array, Array]:
    """First-order perturbation of V^T M V = diag(m): dV = V K with K anti-Hermitian.

    With T = V^T dM V:  dm_i = Re T_ii,  Re K_ij = Re T_ij/(m_j - m_i),  Im K_ij = -Im T_ij/(m_i +
    m_j).
    """
    t = mixing.T @ d_matrix @ mixing
    total = masses[:, None] + masses[None, :]
    gap = masses[None, :] - masses[:, None]
    split = jnp.abs(gap) > 1e-14 * total
    real = jnp.where(split, jnp.real(t) / jnp.where(split, gap, 1.0), 0.0)
    imag = jnp.where(total > 0.0, -jnp.imag(t) / jnp.where(total > 0.0, total, 1.0), 0.0)
    return jnp.real(jnp.diagonal(t)), mixing @ jax.lax.complex(real, imag)
