"""What every theory function does with its arguments: make them float, refuse bad ones."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

Scalar = float | jax.Array


def real(x: ArrayLike) -> jax.Array:
    """Returns `x` as a floating-point array of JAX's default precision."""
    return jnp.asarray(x, dtype=float)


def is_traced(*values: ArrayLike) -> bool:
    """Tells whether any value is traced, so that its number is not known yet."""
    return any(isinstance(value, Tracer) for value in values)


def require_finite(**values: ArrayLike) -> None:
    """Raises ValueError for a known number that is not finite; a traced one passes."""
    for name, value in values.items():
        _require(name, value, lambda x: np.isfinite(x), "a finite number")


def require_positive(**values: ArrayLike) -> None:
    """Raises ValueError for a known number that is not finite and > 0; a traced one passes."""
    for name, value in values.items():
        _require(name, value, lambda x: np.isfinite(x) & (x > 0), "a finite number > 0")


def require_non_negative(**values: ArrayLike) -> None:
    """Raises ValueError for a known number that is not finite and >= 0; a traced one passes."""
    for name, value in values.items():
        _require(name, value, lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0")


def require_fraction(**values: ArrayLike) -> None:
    """Raises ValueError for a known number outside (0, 1); a traced one passes."""
    for name, value in values.items():
        _require(name, value, lambda x: (x > 0) & (x < 1), "a number between 0 and 1")


def _require(
    name: str, value: ArrayLike, test: Callable[[np.ndarray], np.ndarray], expected: str
) -> None:
    if not is_traced(value) and not np.all(test(np.asarray(value, dtype=float))):
        raise ValueError(f"{name} = {value}: expected {expected}")
