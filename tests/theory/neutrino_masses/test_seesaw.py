"""Masses and mixing of the seesaw (Eqs. 11-12, 17-18) against 90-digit arithmetic."""

import jax
import jax.numpy as jnp
import mp_seesaw as ref
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxmed.theory.neutrino_masses.seesaw import (
    diagonalise_majorana,
    light_mass_matrix,
    rotated_dirac,
    seesaw,
    seesaw_matrix,
)

seeds = st.integers(0, 2**32 - 1)
families = st.sampled_from([1, 2, 3])
decades = st.floats(-6.0, 13.0)
points = settings(max_examples=25, deadline=None, derandomize=True)


@points
@given(seeds, families, decades)
def test_every_mass_has_ten_digits(seed, n, decade):
    rng = np.random.default_rng(seed)
    m_d, m_r = ref.random_complex(rng, n), 10**decade * ref.random_symmetric(rng, n)
    masses = seesaw(m_d, m_r).masses
    assert ref.worst_relative_error(masses, ref.matrix(m_d, m_r)) < 1e-11


@points
@given(seeds, families)
def test_hierarchical_scales_have_ten_digits(seed, n):
    rng = np.random.default_rng(seed)
    rows, columns, heavy = 10 ** rng.uniform([[-5], [-5], [-10]], [[0], [0], [13]], (3, n))
    m_d = rows[:, None] * ref.random_complex(rng, n) * columns
    masses = seesaw(m_d, np.diag(heavy)).masses
    assert ref.worst_relative_error(masses, ref.matrix(m_d, np.diag(heavy))) < 1e-11


@points
@given(seeds, families, decades)
def test_mixing_is_unitary_and_diagonalises(seed, n, decade):
    rng = np.random.default_rng(seed)
    m_d, m_r = ref.random_complex(rng, n), 10**decade * ref.random_symmetric(rng, n)
    masses, mixing = seesaw(m_d, m_r)
    v = np.asarray(mixing)
    np.testing.assert_allclose(v.conj().T @ v, np.eye(2 * n), atol=1e-13)
    v, m = ref.to_mp(v), [mp.mpf(float(x)) for x in masses]
    product = v.T * ref.matrix(m_d, m_r) * v
    for i in range(2 * n):
        for j in range(2 * n):
            error = product[i, j] - (m[i] if i == j else 0)
            assert abs(error) < 1e-10 * mp.sqrt(m[i] * m[j])


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("ratio", [1.0, 1e4, 1e13])
def test_mass_derivatives_agree_with_differences(n, ratio):
    rng = np.random.default_rng(n)
    m_d, m_r = ref.random_complex(rng, n), ratio * ref.random_symmetric(rng, n)
    d_d, d_r = ref.random_complex(rng, n), ratio * ref.random_symmetric(rng, n)

    def masses(x, y):
        return seesaw(x, y).masses

    _, found = jax.jvp(masses, (m_d, m_r), (d_d, d_r))
    expected = ref.mass_derivatives(ref.matrix(m_d, m_r), ref.matrix(d_d, d_r))
    expected = np.array([float(x) for x in expected])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=0.0)


def test_reverse_mode_gradient_of_the_light_mass():
    def lightest(m_d, m_r):
        return seesaw(m_d, m_r).masses[0]

    # n = 1: m = (sqrt(M^2 + 4 m_D^2) - M)/2, so dm/dm_D = 2 m_D/root and dm/dM = -m/root.
    m_d, m_r = 0.5, 1e12
    root = mp.sqrt(mp.mpf(m_r) ** 2 + 4 * mp.mpf(m_d) ** 2)
    found = jax.grad(lightest, argnums=(0, 1))(m_d, m_r)
    np.testing.assert_allclose(found[0], float(2 * m_d / root), rtol=1e-13)
    np.testing.assert_allclose(found[1], float(-(root - m_r) / 2 / root), rtol=1e-13)


def test_mixing_derivative_agrees_with_differences():
    rng = np.random.default_rng(5)
    m_d, m_r = ref.random_complex(rng, 2), 5.0 * ref.random_symmetric(rng, 2)
    d_d, d_r = ref.random_complex(rng, 2), ref.random_symmetric(rng, 2)

    def mixing(x):
        return seesaw(m_d + x * d_d, m_r + x * d_r).mixing

    _, found = jax.jvp(mixing, (0.0,), (1.0,))
    np.testing.assert_allclose(found, (mixing(1e-5) - mixing(-1e-5)) / 2e-5, atol=1e-8)


def test_second_derivative_of_a_light_mass():
    def light(m_d):
        return seesaw(m_d, 1e10).masses[0]

    # m = (sqrt(M^2 + 4 x^2) - M)/2: m'' = 2 M^2/(M^2 + 4 x^2)^(3/2).
    np.testing.assert_allclose(jax.grad(jax.grad(light))(0.3), 2e-10, rtol=1e-12)


@pytest.mark.parametrize(
    ("m_d", "m_r"),
    [
        (np.zeros((3, 3)), np.eye(3)),
        (np.eye(3), np.zeros((3, 3))),
        (np.eye(2), 1e6 * np.eye(2)),
        (np.outer([1.0, 2.0], [3.0, 4.0]), np.diag([1.0, 1e9])),
        (np.zeros((2, 2)), np.zeros((2, 2))),
    ],
)
def test_zero_and_degenerate_masses_have_finite_values_and_gradients(m_d, m_r):
    expected = sorted(float(m) for m in ref.masses(ref.matrix(m_d, m_r)))
    np.testing.assert_allclose(seesaw(m_d, m_r).masses, expected, rtol=1e-12, atol=1e-15)

    def total(x, y):
        masses, mixing = seesaw(x, y)
        return jnp.sum(masses) + jnp.sum(jnp.real(mixing))

    gradients = jax.grad(total, argnums=(0, 1))(jnp.asarray(m_d), jnp.asarray(m_r))
    assert all(np.all(np.isfinite(g)) for g in gradients)


def test_pure_dirac_neutrinos_are_degenerate_pairs():
    rng = np.random.default_rng(2)
    m_d = ref.random_complex(rng, 3)
    pairs = np.repeat(np.sort(np.linalg.svd(m_d, compute_uv=False)), 2)
    np.testing.assert_allclose(seesaw(m_d, np.zeros((3, 3))).masses, pairs, rtol=1e-13)


def test_zero_eigenvalue_of_m_r_leaves_a_light_sterile_neutrino():
    m_d = np.array([[0.3, 0.1], [0.2, 0.5]])
    masses = seesaw(m_d, np.diag([0.0, 1e12])).masses
    assert ref.worst_relative_error(masses, ref.matrix(m_d, np.diag([0.0, 1e12]))) < 1e-13
    # The nu_L along the first column of m_D pairs with N_1 into a Dirac neutrino.
    np.testing.assert_allclose(masses[1:3], np.hypot(0.3, 0.2), rtol=1e-10)


def test_eV_scale_sterile_neutrino():
    """In eV: one light eigenvalue of M_R, two heavy (Branco et al., JHEP 07 (2020) 164)."""
    m_d = np.array([[0.10, 1e9, 2e9], [0.08, 3e9, -1e9], [-0.05, 1e9, 4e9]])
    m_r = np.diag([1.0, 1e20, 3e20])
    masses, mixing = seesaw(m_d, m_r)
    assert ref.worst_relative_error(masses, ref.matrix(m_d, m_r)) < 1e-12
    assert 0.9 < masses[3] < 1.2
    assert abs(abs(mixing[0, 3]) - 0.1) < 0.02


@points
@given(seeds, families)
def test_majorana_matrix_is_diagonalised(seed, n):
    m_r = ref.random_symmetric(np.random.default_rng(seed), n)
    masses, unitary = (np.asarray(x) for x in diagonalise_majorana(m_r))
    np.testing.assert_allclose(unitary.T @ m_r @ unitary, np.diag(masses), atol=1e-13)
    expected = np.sort(np.linalg.svd(m_r, compute_uv=False))
    np.testing.assert_allclose(masses, expected, rtol=1e-11, atol=1e-14)


def test_rotated_matrix_has_the_same_masses():
    rng = np.random.default_rng(3)
    m_d, m_r = ref.random_complex(rng, 3), 1e9 * ref.random_symmetric(rng, 3)
    heavy, unitary = diagonalise_majorana(m_r)
    # The 90-digit masses of Eq. 12 with m_D' of Eq. 18 are those of the original matrix.
    rotated = ref.matrix(np.asarray(rotated_dirac(m_d, unitary)), np.diag(heavy))
    assert ref.worst_relative_error(seesaw(m_d, m_r).masses, rotated) < 1e-11


def test_seesaw_matrix_and_leading_order():
    m_d, m_r = np.array([[1.0, 2.0], [0.5, 1.0j]]), np.array([[1e7, 2e6], [2e6, 3e7]])
    full = np.asarray(seesaw_matrix(m_d, m_r))
    np.testing.assert_array_equal(full, np.block([[np.zeros((2, 2)), m_d], [m_d.T, m_r]]))
    light = -m_d @ np.linalg.inv(m_r) @ m_d.T
    np.testing.assert_allclose(light_mass_matrix(m_d, m_r), light, rtol=1e-12)
    leading = np.sort(np.linalg.svd(light, compute_uv=False))
    np.testing.assert_allclose(seesaw(m_d, m_r).masses[:2], leading, rtol=1e-12)


def test_jit_and_vmap_agree_with_the_referee():
    rng = np.random.default_rng(4)
    m_d = np.stack([ref.random_complex(rng, 2) for _ in range(3)])
    m_r = 1e8 * np.stack([ref.random_symmetric(rng, 2) for _ in range(3)])
    batch = jax.jit(jax.vmap(lambda x, y: seesaw(x, y).masses))(m_d, m_r)
    for masses, x, y in zip(batch, m_d, m_r, strict=True):
        assert ref.worst_relative_error(masses, ref.matrix(x, y)) < 1e-11


def test_a_wide_hierarchy_is_not_singular():
    light = light_mass_matrix(np.eye(2), np.diag([1.0, 1e20]))
    np.testing.assert_allclose(np.diag(light), [-1.0, -1e-20], rtol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: seesaw(np.ones((2, 3)), np.eye(2)), "square"),
        (lambda: seesaw(np.eye(2), np.eye(3)), "one shape"),
        (lambda: seesaw(np.eye(2), np.array([[1.0, 2.0], [3.0, 1.0]])), "symmetric"),
        (lambda: seesaw(np.array([[np.nan]]), np.eye(1)), "finite"),
        (lambda: diagonalise_majorana(np.ones((2, 1))), "square"),
        (lambda: rotated_dirac(np.eye(2), np.eye(3)), "one shape"),
        (lambda: light_mass_matrix(np.eye(2), np.diag([0.0, 1.0])), "singular"),
        (lambda: light_mass_matrix(np.eye(2), 1e9 * np.ones((2, 2))), "singular"),
        (lambda: light_mass_matrix(1.0, 0.0), "singular"),
        (lambda: light_mass_matrix(np.ones((3, 2)), np.eye(3)), "m_D must be a square"),
        (lambda: seesaw_matrix(np.ones(3), np.eye(3)), "m_D must be a square"),
        (lambda: seesaw(np.zeros((0, 0)), np.zeros((0, 0))), "square"),
    ],
)
def test_bad_matrices_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
