import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed import constants
from jaxmed.theory.charges import charges
from jaxmed.theory.currents import light_couplings, standard_model_couplings
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.widths import electron_width, fermion_width, neutrino_width

PAPER = charges(0.0, 0.0, 1.0)


def width_from_traces(mass, m, left, right):
    """Two-body phase space times the spin-summed squared amplitude, with explicit matrices."""
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    gamma0 = np.kron([[0, 1], [1, 0]], np.eye(2))
    gamma = [gamma0, *(np.kron([[0, 1], [-1, 0]], s) for s in sigma)]
    gamma5 = np.diag([-1.0, -1.0, 1.0, 1.0])
    metric = np.diag([1.0, -1.0, -1.0, -1.0])
    momentum = np.sqrt(mass**2 / 4 - m**2)
    p, q = np.array([mass / 2, 0, 0, momentum]), np.array([mass / 2, 0, 0, -momentum])
    total = p + q

    def slash(k):
        return np.einsum("a,abc->bc", metric @ k, np.array(gamma))

    chiral = left * (np.eye(4) - gamma5) / 2 + right * (np.eye(4) + gamma5) / 2
    vertex = [g @ chiral for g in gamma]
    bar = [gamma0 @ v.conj().T @ gamma0 for v in vertex]
    mass_term = m * np.eye(4)
    tensor = np.array(
        [
            [np.trace((slash(p) + mass_term) @ a @ (slash(q) - mass_term) @ b) for b in bar]
            for a in vertex
        ]
    )
    polarisations = -metric + np.outer(metric @ total, metric @ total) / mass**2
    return momentum / (8 * np.pi * mass**2) * np.sum(tensor * polarisations).real / 3


@pytest.mark.parametrize("mass", [1.03, 2.0, 50.0])
@pytest.mark.parametrize(("left", "right"), [(0.3, 0.3), (0.3, -0.3), (0.5, 0.0), (0.2, 0.7)])
def test_width_agrees_with_explicit_dirac_traces(mass, left, right):
    expected = width_from_traces(mass, 0.5, left, right)
    np.testing.assert_allclose(fermion_width(mass, 0.5, left, right), expected, rtol=1e-12)


def test_standard_model_z_has_its_measured_widths():
    # PDG 2020: Gamma(Z -> invisible) = 499.0 MeV, Gamma(Z -> l+ l-) = 83.98 MeV; tree level is 1 %.
    couplings = standard_model_couplings(electroweak=Electroweak(sin2_theta_w=0.2312))
    np.testing.assert_allclose(neutrino_width(couplings, constants.M_Z), 499.0, rtol=0.01)
    np.testing.assert_allclose(electron_width(couplings, constants.M_Z), 83.98, rtol=0.01)


def test_light_mediator_of_the_paper():
    couplings, mass = light_couplings(PAPER, 1e-4), 10.0
    s2, r = constants.SIN2_THETA_W, (constants.M_E / mass) ** 2
    three = 3 * (0.5e-4) ** 2 * mass / (24 * np.pi)
    np.testing.assert_allclose(neutrino_width(couplings, mass), three, rtol=1e-14)
    vector = mass / (12 * np.pi) * (1e-4 * (s2 - 0.5)) ** 2 * np.sqrt(1 - 4 * r) * (1 + 2 * r)
    np.testing.assert_allclose(electron_width(couplings, mass), vector, rtol=1e-13)


def test_threshold_is_closed_with_finite_gradients():
    couplings = light_couplings(PAPER, 1e-4)
    masses = 2 * constants.M_E * jnp.array([1e-6, 0.5, 1.0, 1.0 + 1e-15, 1.5])
    widths, slopes = jax.vmap(jax.value_and_grad(lambda m: electron_width(couplings, m)))(masses)
    assert widths[:3].tolist() == [0.0, 0.0, 0.0]
    assert slopes[:3].tolist() == [0.0, 0.0, 0.0]
    assert np.all(widths[3:] > 0)
    assert np.all(np.isfinite(slopes))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: fermion_width(-1.0, 0.5, 1.0, 1.0), "m_zprime"),
        (lambda: fermion_width(1.0, -0.5, 1.0, 1.0), "m_fermion"),
        (lambda: fermion_width(1.0, 0.1, np.nan, 1.0), "left"),
        (lambda: neutrino_width(light_couplings(PAPER, 1e-4), 1.0, -1), "n_generations"),
        (lambda: electron_width(light_couplings(PAPER, 1e-4), 0.0), "m_zprime"),
    ],
)
def test_bad_input_is_refused_by_name(call, named):
    with pytest.raises(ValueError, match=named):
        call()
