"""Checks of the bounds' arguments; traced values are not inspected."""

import numpy as np
from jax import Array
from jax.core import Tracer

Scalar = float | Array


def require_positive(name: str, value: Scalar) -> None:
    """Raise ValueError unless value > 0."""
    if not isinstance(value, Tracer) and not np.all(np.asarray(value) > 0.0):
        raise ValueError(f"{name} must be positive, got {value}.")


def require_mass(mass: Scalar, recoil: Scalar) -> None:
    """Raise ValueError for a negative mass or recoil, or a propagator that diverges."""
    if isinstance(mass, Tracer) or isinstance(recoil, Tracer):
        return
    if not (np.all(np.asarray(mass) >= 0.0) and np.all(np.asarray(recoil) >= 0.0)):
        raise ValueError(f"mass and recoil must not be negative, got {mass} and {recoil} MeV.")
    if np.any((np.asarray(mass) == 0.0) & (np.asarray(recoil) == 0.0)):
        raise ValueError("a massless mediator needs t_min > 0: the integral diverges at T = 0.")


def require_range(t_min: Scalar, t_max: Scalar) -> None:
    """Raise ValueError unless t_min < t_max."""
    if isinstance(t_min, Tracer) or isinstance(t_max, Tracer):
        return
    if not np.all(np.asarray(t_min) < np.asarray(t_max)):
        raise ValueError(f"empty recoil range: t_min = {t_min} MeV, T_max = {t_max} MeV.")
