"""Code that runs in JAX inside compiled functions and in NumPy on the host."""

from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def library_of(x: Any) -> ModuleType:
    """jax.numpy for a JAX array or tracer, otherwise NumPy."""
    return jnp if isinstance(x, jax.Array) else np
