"""The whole suite runs in float64 with JAX's strict dtype and rank promotion."""

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

NAMES = ("texono", "coherent_csi", "coherent_lar", "xenon1t")


@pytest.fixture(scope="session")
def experiments():
    """The four data sets of the combined fit, by name."""
    from jaxmed.experiments import load

    return {name: load(name) for name in NAMES}
