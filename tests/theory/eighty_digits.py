"""The neutral gauge bosons from the 3x3 matrix of Eq. 2, in 80-digit arithmetic.

An independent referee: v_s from det(M^2 - M_Z'^2) = 0, then a general eigensolver.
"""

from typing import NamedTuple

import mpmath as mp

from jaxmed import constants

mp.mp.dps = 80

SIN2 = mp.mpf(constants.SIN2_THETA_W)
SIN_W, COS_W = mp.sqrt(SIN2), mp.sqrt(1 - SIN2)
G_Z, M_Z0 = mp.mpf(constants.G_Z), mp.mpf(constants.M_Z)


class Bosons(NamedTuple):
    m2_photon: mp.mpf
    z: mp.mpf
    z_prime: mp.mpf
    theta: mp.mpf
    v_s: mp.mpf
    rows: tuple  # A, Z, Z' in the basis (B, W3, C)


def mass_matrix(g, g_y, g_prime, x_h, x_s, v, v_s2):
    n = mp.matrix([g_y, -g, g_prime * x_h])
    matrix = n * n.T * v**2 / 4
    matrix[2, 2] += g_prime**2 * x_s**2 * v_s2 / 4
    return matrix


def from_mass(g_prime, m_zprime, x_h=1, x_s=-2):
    """Bosons for a Z' mass; None where no real v_s gives it."""
    g_prime, m_zprime, x_h, x_s = (mp.mpf(x) for x in (g_prime, m_zprime, x_h, x_s))
    v = 2 * M_Z0 / G_Z

    def matrix(v_s2):
        return mass_matrix(G_Z * COS_W, G_Z * SIN_W, g_prime, x_h, x_s, v, v_s2)

    def secular(v_s2):  # linear in v_s^2
        return mp.det(matrix(v_s2) - m_zprime**2 * mp.eye(3))

    scale = 4 * m_zprime**2 / (g_prime * x_s) ** 2
    v_s2 = scale * secular(mp.mpf(0)) / (secular(mp.mpf(0)) - secular(scale))
    return diagonalise(matrix(v_s2), m_zprime, mp.sqrt(v_s2)) if v_s2 >= 0 else None


def from_vacuum(g, g_y, g_prime, x_h, x_s, v, v_s):
    """Bosons for a vacuum; the Z' is mostly C."""
    g, g_y, g_prime, x_h, x_s, v, v_s = map(mp.mpf, (g, g_y, g_prime, x_h, x_s, v, v_s))
    matrix = mass_matrix(g, g_y, g_prime, x_h, x_s, v, v_s**2)
    values, vectors = mp.eigsy(matrix)
    mostly_c = max(range(3), key=lambda i: abs(vectors[2, i]))
    return diagonalise(matrix, mp.sqrt(values[mostly_c]), v_s, g_y / mp.hypot(g, g_y))


def diagonalise(matrix, m_zprime, v_s, sin_w=SIN_W):
    values, vectors = mp.eigsy(matrix)
    photon = min(range(3), key=lambda i: abs(values[i]))
    massive = [i for i in range(3) if i != photon]
    z_prime = min(massive, key=lambda i: abs(values[i] - m_zprime**2))
    z = next(i for i in massive if i != z_prime)
    cos_w = mp.sqrt(1 - sin_w**2)

    def row(i, sign):
        return [sign * vectors[k, i] for k in range(3)]

    a = row(photon, mp.sign(vectors[0, photon]))
    zp = row(z_prime, mp.sign(vectors[2, z_prime]))
    sin, cos = cos_w * zp[1] - sin_w * zp[0], zp[2]
    overlap = cos_w * vectors[1, z] - sin_w * vectors[0, z]
    return Bosons(
        m2_photon=values[photon],
        z=mp.sqrt(values[z]),
        z_prime=mp.sqrt(values[z_prime]),
        theta=mp.atan2(sin, cos),
        v_s=v_s,
        rows=(a, row(z, mp.sign(overlap)), zp),
    )


def derivatives(function, x):
    """Central differences of all numbers: at 80 digits the step leaves far more than float64."""
    step = mp.mpf(x) * mp.mpf(10) ** -16
    up, down = function(mp.mpf(x) + step), function(mp.mpf(x) - step)
    slopes = [(a - b) / (2 * step) for a, b in zip(up[:-1], down[:-1], strict=True)]
    return Bosons(*slopes, rows=())


def relative_error(got, reference):
    return float(abs(mp.mpf(float(got)) - reference) / abs(reference))
