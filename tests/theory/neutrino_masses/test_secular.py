"""The secular polynomial (Eqs. 19-20) against determinants in 90-digit arithmetic."""

import jax
import jax.numpy as jnp
import mp_seesaw as ref
import mpmath as mp
import numpy as np
import pytest

from jaxmed.theory.neutrino_masses.secular import secular_polynomial
from jaxmed.theory.neutrino_masses.seesaw import seesaw


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("ratio", [1.0, 1e13])
def test_polynomial_is_the_determinant(n, ratio):
    rng = np.random.default_rng(n)
    m_d, m_r = ref.random_complex(rng, n), ratio * ref.random_symmetric(rng, n)
    coefficients = [mp.mpmathify(complex(c)) for c in secular_polynomial(m_d, m_r)]
    full = ref.matrix(m_d, m_r)
    # Light, Dirac and heavy scales: each brings other coefficients to the front.
    for value in [0, 0.7 / ratio, 0.4, 1.3 * ratio]:
        expected = mp.det(full - mp.mpf(value) * mp.eye(2 * n))
        terms = [c * mp.mpf(value) ** k for k, c in enumerate(coefficients)]
        assert abs(sum(terms) - expected) < 1e-13 * sum(abs(t) for t in terms)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_constant_term_is_the_squared_dirac_determinant(n):
    rng = np.random.default_rng(n)
    m_d, m_r = ref.random_complex(rng, n), 1e13 * ref.random_symmetric(rng, n)
    expected = (-1) ** n * mp.det(ref.to_mp(m_d)) ** 2
    np.testing.assert_allclose(secular_polynomial(m_d, m_r)[0], complex(expected), rtol=1e-13)


@pytest.mark.parametrize("seed", range(4))
def test_singular_dirac_matrix_leaves_a_massless_neutrino(seed):
    """Eq. 19, two families: P = lambda x cubic, whatever M_R is."""
    rng = np.random.default_rng(seed)
    m_d = np.outer([1.0, 2.0], [3.0, -4.0])
    m_r = 10 ** rng.uniform(0, 13) * ref.random_symmetric(rng, 2)
    coefficients = np.asarray(secular_polynomial(m_d, m_r))
    assert coefficients[0] == 0.0
    assert np.all(coefficients[1:] != 0.0)
    masses = seesaw(m_d, m_r).masses
    assert masses[0] < 1e-14 * masses[1]


def test_singular_m_r_does_not_make_a_massless_neutrino():
    m_d, m_r = np.array([[1.0, 0.3], [0.2, 2.0]]), np.diag([0.0, 1e6])
    assert abs(secular_polynomial(m_d, m_r)[0]) > 1.0
    assert seesaw(m_d, m_r).masses[0] > 0.0


def test_roots_are_the_masses_up_to_sign_for_real_matrices():
    m_d, m_r = np.array([[1.0, 0.3], [0.2, 2.0]]), np.array([[5.0, 1.0], [1.0, -8.0]])
    roots = np.polynomial.polynomial.polyroots(np.real(secular_polynomial(m_d, m_r)))
    np.testing.assert_allclose(np.sort(np.abs(roots)), seesaw(m_d, m_r).masses, rtol=1e-11)


def test_gradient_is_finite_for_a_singular_matrix():
    def slope(m_d):
        return jnp.real(secular_polynomial(m_d, jnp.eye(2))[1])

    gradient = jax.grad(slope)(jnp.asarray(np.outer([1.0, 2.0], [3.0, 4.0])))
    # M_R = 1: the linear coefficient is tr(m_D^T m_D).
    np.testing.assert_allclose(gradient, 2 * np.outer([1.0, 2.0], [3.0, 4.0]), rtol=1e-14)
