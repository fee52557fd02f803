"""Scintillation light of nuclear recoils."""

import numpy as np


def polynomial(recoil: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """E_ee(T) = sum_p c_p T^p, p = 1, 2, ...; T and E_ee in the unit of the coefficients."""
    powers = recoil ** np.arange(1.0, coefficients.size + 1)[:, None]
    return coefficients @ powers


def linear_factor(recoil: np.ndarray, offset: float, slope: float) -> np.ndarray:
    """E_ee = (a + b T) T: a quenching factor linear in the recoil energy."""
    return (offset + slope * recoil) * recoil
