"""Templates in log M_Z' against the signal worked out node by node."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments.forward import signal
from jaxmed.experiments.templates import tabulate, tabulated_signal
from jaxmed.theory.models import get_model

BOX = np.array([[-9.0, 0.0], [-6.0, 5.0]])


def _two_derivatives(function, x):
    """Forwards both times: few inputs, many outputs."""
    first = jax.jacfwd(function)
    return jax.jit(lambda x: (first(x), jax.jacfwd(first)(x)))(x)


def _couplings(name):
    model = get_model(name)
    return lambda x: model.couplings({"g": x[0], "mass": x[1]})


@pytest.mark.parametrize("name", ["texono", "coherent_csi", "coherent_lar", "xenon1t"])
@pytest.mark.parametrize("model", ["u1r", "b_minus_l"])
def test_tabulated_signal_is_the_signal(experiments, name, model):
    experiment, couplings = experiments[name], _couplings(model)
    tables = tabulate(experiment, couplings, BOX, (-6.0, 5.0))
    direct = jax.jit(lambda x: signal(experiment, couplings(x)))
    table = jax.jit(lambda x: tabulated_signal(experiment, tables, couplings, x)(jnp.zeros(2)))
    for x in np.random.default_rng(3).uniform(*BOX.T, (20, 2)):
        here, there = direct(jnp.asarray(x)), table(jnp.asarray(x))
        for part in ("nominal", "up", "down"):
            exact = np.asarray(getattr(here, part))
            scale = np.abs(exact).max(initial=0.0)
            np.testing.assert_allclose(getattr(there, part), exact, atol=2e-8 * scale)


@pytest.mark.parametrize("name", ["coherent_csi", "xenon1t"])
def test_two_derivatives_are_those_of_autodiff(experiments, name):
    experiment, couplings = experiments[name], _couplings("u1r")
    tables = tabulate(experiment, couplings, BOX, (-6.0, 5.0))
    x = jnp.array([-5.6, -0.9])

    def direct(x):
        return signal(experiment, couplings(x)).nominal

    def near(step):
        return tabulated_signal(experiment, tables, couplings, x)(step).nominal

    ours = _two_derivatives(near, jnp.zeros(2))
    theirs = _two_derivatives(direct, x)
    for found, exact, tolerance in zip(ours, theirs, (1e-6, 1e-4), strict=True):
        np.testing.assert_allclose(found, exact, atol=tolerance * jnp.abs(exact).max())


def test_a_model_without_mixing_needs_three_templates(experiments):
    """1, g^2 and g^4."""
    tables = tabulate(experiments["xenon1t"], _couplings("b_minus_l"), BOX, (-6.0, 5.0))
    assert [t.basis.shape[-1] for t in tables] == [3]
