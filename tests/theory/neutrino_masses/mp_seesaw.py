"""The seesaw in 90-digit arithmetic, as referee."""

import mpmath as mp
import numpy as np

mp.mp.dps = 90


def matrix(m_d, m_r):
    n = m_d.shape[0]
    full = mp.zeros(2 * n, 2 * n)
    for i in range(n):
        for j in range(n):
            full[i, n + j] = full[n + j, i] = mp.mpmathify(complex(m_d[i, j]))
            full[n + i, n + j] = mp.mpmathify(complex(m_r[i, j]))
    return full


def to_mp(array):
    return mp.matrix([[mp.mpmathify(complex(x)) for x in row] for row in np.asarray(array)])


def masses(full):
    return sorted(mp.svd_c(full, compute_uv=False))


def worst_relative_error(values, full):
    return max(
        float(abs(mp.mpf(float(v)) / m - 1)) for v, m in zip(values, masses(full), strict=True)
    )


def mass_derivatives(full, direction):
    """Central differences: in 90 digits neither rounding nor the step shows in float64."""
    step = mp.mpf(10) ** -40
    up, down = masses(full + step * direction), masses(full - step * direction)
    return [(a - b) / (2 * step) for a, b in zip(up, down, strict=True)]


def random_complex(rng, n):
    return rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))


def random_symmetric(rng, n):
    a = random_complex(rng, n)
    return (a + a.T) / 2
