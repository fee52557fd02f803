"""Two-neutrino double beta decay of 136Xe, a background that rises with the energy."""

import numpy as np

from jaxmed.constants import M_E

_Q = 2458.0  # [keV]


def double_beta_share(edges: np.ndarray, whole: tuple[float, float]) -> np.ndarray:
    """Share of the decays with a summed electron energy in `whole` [keV] that falls between `edges` [keV], (n,).

    The Fermi function of Primakoff and Rosen makes the spectrum a polynomial: K (Q - K)^5 times
    1 + 2 K + 4 K^2/3 + K^3/3 + K^4/30, in units of m_e.
    """
    low = np.append(edges[:-1], whole[0])
    high = np.append(edges[1:], whole[1])
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = (high - low)[:, None] / 2
    k = (low[:, None] + half * (1 + nodes)) / (1e3 * M_E)
    polynomial = 1 + 2 * k + 4 * k**2 / 3 + k**3 / 3 + k**4 / 30
    decays = (half * weights * k * (_Q / (1e3 * M_E) - k) ** 5 * polynomial).sum(axis=1)
    return decays[:-1] / decays[-1]
