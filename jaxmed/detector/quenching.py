"""Scintillation light of nuclear recoils."""

import numpy as np


def polynomial(recoil: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """E_ee(T) = sum_p c_p T^p, p = 1, 2, ...; T and E_ee in the unit of the coefficients."""
    powers = recoil ** np.arange(1.0, coefficients.size + 1)[:, None]
    return coefficients @ powers


def lindhard(recoil: np.ndarray, protons: int, k: float) -> np.ndarray:
    """Quenching factor k g/(1 + k g), g = 3 e^0.15 + 0.7 e^0.6 + e, e = 11.5 Z^(-7/3) T/keV.

    Args:
        recoil: T [keV], (n,), not negative.
        protons: Z of the nucleus.
        k: about 0.133 Z^(2/3) A^(-1/2) in Lindhard's theory, usually measured.

    Returns:
        (n,). Source: Lewin and Smith, Astropart. Phys. 6 (1996) 87, Section 3.
    """
    e = 11.5 * protons ** (-7 / 3) * recoil
    g = 3 * e**0.15 + 0.7 * e**0.6 + e
    return k * g / (1 + k * g)
