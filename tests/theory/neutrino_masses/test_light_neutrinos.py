"""Oscillation parameters: m_D built from known ones (Casas and Ibarra) must return them."""

import jax
import mp_seesaw as ref
import numpy as np
import pytest

from jaxmed.theory.neutrino_masses.light_neutrinos import light_neutrinos

EV = 1e-6  # MeV
# NuFIT 5.0 (JHEP 09 (2020) 178), normal ordering, without SK: degrees and eV^2.
THETA_12, THETA_23, THETA_13, DELTA = np.radians([33.44, 49.2, 8.57, 197.0])
DELTA_M2_21, DELTA_M2_31 = 7.42e-5 * EV**2, 2.517e-3 * EV**2


def pmns():
    s12, s23, s13 = np.sin([THETA_12, THETA_23, THETA_13])
    c12, c23, c13 = np.cos([THETA_12, THETA_23, THETA_13])
    e = np.exp(1j * DELTA)
    dirac = np.array(
        [
            [c12 * c13, s12 * c13, s13 / e],
            [-s12 * c23 - c12 * s23 * s13 * e, c12 * c23 - s12 * s23 * s13 * e, s23 * c13],
            [s12 * s23 - c12 * c23 * s13 * e, -c12 * s23 - s12 * c23 * s13 * e, c23 * c13],
        ]
    )
    return dirac @ np.diag([1.0, np.exp(0.4j), np.exp(-1.1j)])


def dirac_matrix(masses, heavy):
    """m_D = i U^* sqrt(m) R sqrt(M) with a complex orthogonal R."""
    a, b = 0.7, 0.3 - 0.2j
    r_12 = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    r_23 = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    return 1j * pmns().conj() @ np.diag(np.sqrt(masses)) @ r_12 @ r_23 @ np.diag(np.sqrt(heavy))


HEAVY = np.array([1e9, 3e10, 2e12])


@pytest.mark.parametrize("ordering", ["normal", "inverted"])
def test_known_parameters_return(ordering):
    lightest = 0.01 * EV
    m1, m3 = lightest, np.sqrt(lightest**2 + DELTA_M2_31)
    if ordering == "inverted":
        m1, m3 = m3, lightest
    m2 = np.sqrt(m1**2 + DELTA_M2_21)
    found = light_neutrinos(dirac_matrix([m1, m2, m3], HEAVY), np.diag(HEAVY), ordering)
    np.testing.assert_allclose(found.masses, [m1, m2, m3], rtol=1e-10)
    np.testing.assert_allclose(found.delta_m2_21, DELTA_M2_21, rtol=1e-8)
    sign = 1 if ordering == "normal" else -1
    np.testing.assert_allclose(found.delta_m2_31, sign * DELTA_M2_31, rtol=1e-10)
    angles = [found.theta_12, found.theta_13, found.theta_23, found.delta_cp]
    wanted = [THETA_12, THETA_13, THETA_23, DELTA - 2 * np.pi]
    np.testing.assert_allclose(angles, wanted, rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.pmns), np.abs(pmns()), rtol=1e-9)


def test_derivative_of_an_angle_agrees_with_differences():
    m_d = dirac_matrix(np.array([0.01, 0.02, 0.05]) * EV, HEAVY)
    direction = m_d * ref.random_complex(np.random.default_rng(1), 3)

    def angles(x):
        found = light_neutrinos(m_d + x * direction, np.diag(HEAVY))
        return found.theta_13, found.delta_cp

    _, slopes = jax.jvp(angles, (0.0,), (1.0,))
    for slope, up, down in zip(slopes, angles(1e-5), angles(-1e-5), strict=True):
        np.testing.assert_allclose(slope, (up - down) / 2e-5, rtol=1e-6)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="three families"):
        light_neutrinos(np.eye(2), np.eye(2))
    with pytest.raises(ValueError, match="ordering"):
        light_neutrinos(np.eye(3), np.eye(3), "descending")
    with pytest.raises(ValueError, match="M_R is singular"):
        light_neutrinos(np.eye(3), np.diag([0.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="m_D must be a square matrix"):
        light_neutrinos(np.ones((3, 2)), np.eye(3))
