import by_hand
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy import integrate

from jaxmed.theory.form_factors import helm, klein_nystrand

BOTH = pytest.mark.parametrize(
    ("form", "reference"), [(helm, by_hand.helm), (klein_nystrand, by_hand.klein_nystrand)]
)
Q = np.concatenate([np.geomspace(1e-6, 1.0, 13), np.linspace(2.0, 400.0, 60)])  # MeV


@BOTH
@pytest.mark.parametrize("radius", [3.448, 4.749, 5.09])
def test_agrees_with_spherical_bessel_function(form, reference, radius):
    np.testing.assert_allclose(form(Q, radius), reference(Q, radius), rtol=1e-10, atol=1e-13)


@BOTH
def test_series_joins_the_bessel_function(form, reference):
    """Both sides of x = q R / (hbar c) = 0.1, where the series takes over."""
    radius = 4.9
    q = 0.1 * 197.3269804 / (radius * np.sqrt(5 / 3)) * np.linspace(0.8, 1.5, 71)
    np.testing.assert_allclose(form(q, radius), reference(q, radius), rtol=1e-12)


@BOTH
def test_is_one_without_momentum_transfer(form, reference):
    del reference
    value, slopes = jax.jit(jax.value_and_grad(form, argnums=(0, 1)))(0.0, 4.9)
    assert (value, *slopes) == (1.0, 0.0, 0.0)


@BOTH
def test_slope_at_zero_is_the_rms_radius(form, reference):
    """F = 1 - q^2 R^2/6 + O(q^4), whatever the skin: this is what rms radius means."""
    del reference
    q, radius = jnp.array([0.05, 0.1, 0.2]), 4.9
    slope = 6 * (1 - form(q, radius)) / (q / 197.3269804) ** 2
    np.testing.assert_allclose(slope, radius**2, rtol=2e-5)


def test_helm_is_the_transform_of_a_smeared_ball():
    """Fourier transform of a uniform ball times that of a Gaussian of width s, by quadrature."""
    q, radius, skin = 60.0, 4.9, 0.9
    k = q / 197.3269804
    r_0 = np.sqrt(5 / 3 * (radius**2 - 3 * skin**2))
    ball, _ = integrate.quad(lambda r: 3 / r_0**3 * r * np.sin(k * r) / k, 0, r_0)
    gauss, _ = integrate.quad(lambda z: np.exp(-(z**2) / 2 / skin**2) * np.cos(k * z), -12, 12)
    wanted = ball * gauss / (np.sqrt(2 * np.pi) * skin)
    np.testing.assert_allclose(helm(jnp.array(q), radius), wanted, rtol=1e-9)


def test_klein_nystrand_is_the_transform_of_a_ball_with_a_yukawa_range():
    q, radius, reach = 60.0, 4.9, 0.7
    k = q / 197.3269804
    r_a = np.sqrt(5 / 3 * (radius**2 - 6 * reach**2))
    ball, _ = integrate.quad(lambda r: 3 / r_a**3 * r * np.sin(k * r) / k, 0, r_a)
    yukawa, _ = integrate.quad(lambda r: np.exp(-r / reach) * np.sin(k * r) / k / reach**2, 0, 60)
    np.testing.assert_allclose(klein_nystrand(jnp.array(q), radius), ball * yukawa, rtol=1e-9)


@BOTH
def test_gradients_are_those_of_finite_differences(form, reference):
    del reference
    q = jnp.array([1e-3, 3.0, 40.0, 150.0])
    check_grads(jax.jit(form), (q, 4.9), order=1, atol=1e-6, rtol=1e-6)
