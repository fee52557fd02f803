"""Squared matrix elements by explicit Dirac matrices: what the tests of cross sections are checked against.

Every function works with the amplitudes themselves, vertex by vertex, and knows no formula of a cross section.
"""

from typing import NamedTuple

import numpy as np

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
GAMMA0 = np.kron([[0, 1], [1, 0]], np.eye(2))
GAMMA = np.array([GAMMA0, *(np.kron([[0, 1], [-1, 0]], s) for s in SIGMA)])
GAMMA5 = np.diag([-1.0, -1.0, 1.0, 1.0])
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
LEFT = (np.eye(4) - GAMMA5) / 2
RIGHT = (np.eye(4) + GAMMA5) / 2
ONE = np.eye(4)
SIGMA_MN = np.array([[0.5j * (a @ b - b @ a) for b in GAMMA] for a in GAMMA])
LOWERED = np.einsum("ab,bij->aij", METRIC, GAMMA)
SIGMA_LOWERED = np.einsum("ac,bd,cdij->abij", METRIC, METRIC, SIGMA_MN)


class Momenta(NamedTuple):
    """Neutrino and target before, neutrino and target after, (4,) each."""

    k: np.ndarray
    p: np.ndarray
    k_out: np.ndarray
    p_out: np.ndarray


def slash(p):
    return np.einsum("a,abc->bc", METRIC @ p, GAMMA)


def bar(vertex):
    return GAMMA0 @ vertex.conj().T @ GAMMA0


def momenta(energy, recoil, mass):
    """After a recoil of a target that was at rest."""
    p = np.sqrt(recoil**2 + 2 * mass * recoil)
    cos = (energy + mass) * recoil / (energy * p)
    target = np.array([mass + recoil, 0, p * np.sqrt(1 - cos**2), p * cos])
    k, at_rest = np.array([energy, 0, 0, energy]), np.array([mass, 0, 0, 0])
    return Momenta(k, at_rest, k + at_rest - target, target)


def squared(at, mass, terms, antineutrino):
    """|sum of terms|^2 summed over spins and averaged over the target's.

    Args:
        at: Momenta.
        mass: of the target.
        terms: (coefficient, matrix between neutrinos, matrix between targets), contracted indices written out. The
            incoming neutrino is left-handed, the antineutrino right-handed.
        antineutrino: whether the projectile is one.
    """
    out_p, in_p = slash(at.p_out) + mass * ONE, slash(at.p) + mass * ONE
    first, second = (at.k, at.k_out) if antineutrino else (at.k_out, at.k)
    vertices = [(c, RIGHT @ nu if antineutrino else nu @ LEFT, of) for c, nu, of in terms]
    total = 0.0
    for a, nu, of in vertices:
        for b, nu_2, of_2 in vertices:
            neutrinos = np.trace(slash(first) @ nu @ slash(second) @ bar(nu_2))
            total += a * np.conj(b) * neutrinos * np.trace(out_p @ of @ in_p @ bar(of_2))
    assert abs(total.imag) <= 1e-10 * abs(total.real)
    return total.real / 2


def scalar(coefficient):
    return [(coefficient, ONE, ONE)]


def pseudoscalar(coefficient):
    return [(coefficient, ONE, 1j * GAMMA5)]


def tensor(coefficient):
    every = [(a, b) for a in range(4) for b in range(4)]
    return [(coefficient, SIGMA_MN[a, b], SIGMA_LOWERED[a, b]) for a, b in every]


def magnetic(coefficient, at):
    """Of i sigma^mn q_m between neutrinos, q what the photon brings them, and gamma_n between targets."""
    q = METRIC @ (at.k_out - at.k)
    dipole = np.einsum("a,abij->bij", q, SIGMA_MN)
    return [(1j * coefficient, dipole[b], LOWERED[b]) for b in range(4)]


def vector(left, right):
    """Of gamma_mu (left P_L + right P_R) between targets."""
    return [(1.0, GAMMA[a], LOWERED[a] @ (left * LEFT + right * RIGHT)) for a in range(4)]
