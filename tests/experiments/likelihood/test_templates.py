"""Templates in log M_Z' against the signal worked out node by node."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments import load
from jaxmed.experiments.likelihood.condensed import all_variants, condense, condensed_signal
from jaxmed.experiments.likelihood.signal_jet import signal_jet
from jaxmed.experiments.likelihood.templates import tabulate
from jaxmed.models.choose import get_model

BOX = np.array([[-9.0, 0.0], [-6.0, 5.0]])


def _two_derivatives(function, x):
    """Forwards both times: few inputs, many outputs."""
    first = jax.jacfwd(function)
    return jax.jit(lambda x: (first(x), jax.jacfwd(first)(x)))(x)


def _couplings(name):
    model = get_model(name)
    return lambda x: model.couplings({"g": x[0], "mass": x[1]})


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["texono", "coherent_csi", "coherent_lar", "xenon1t", "conus_plus"]
)
@pytest.mark.parametrize("model", ["u1r", "b_minus_l", "scalar_universal", "tensor_universal"])
def test_tabulated_signal_is_the_signal(name, model):
    own, couplings = condense(load(name)), _couplings(model)
    tables = tabulate(own, couplings, BOX, (-6.0, 5.0))
    direct = jax.jit(lambda x: all_variants(own.fillings, condensed_signal(own, couplings(x))))
    table = jax.jit(
        lambda x: all_variants(own.fillings, signal_jet(own, tables, couplings, x).value)
    )
    for x in np.random.default_rng(3).uniform(*BOX.T, (20, 2)):
        exact, there = direct(jnp.asarray(x)), table(jnp.asarray(x))
        np.testing.assert_allclose(there, exact, atol=2e-8 * np.abs(exact).max())


@pytest.mark.slow
@pytest.mark.parametrize("model", ["u1r", "scalar_universal"])
@pytest.mark.parametrize("name", ["coherent_csi", "xenon1t", "conus_plus"])
def test_two_derivatives_are_those_of_autodiff(name, model):
    """The isotopes of CONUS+ share their patterns."""
    own, couplings = condense(load(name)), _couplings(model)
    tables = tabulate(own, couplings, BOX, (-6.0, 5.0))
    x, random = jnp.array([-5.6, -0.9]), np.random.default_rng(4)

    def signal(x):
        return condensed_signal(own, couplings(x))

    weights = tuple(jnp.asarray(random.normal(size=each.shape)) for each in signal(x))

    def ours(x):
        jet = signal_jet(own, tables, couplings, x)
        return jet.slopes, jet.bend(weights)

    first, second = _two_derivatives(signal, x)
    slopes, bent = jax.jit(ours)(x)
    for found, exact in zip(slopes, first, strict=True):
        exact = jnp.moveaxis(exact, -1, 0)
        np.testing.assert_allclose(found, exact, atol=1e-6 * jnp.abs(exact).max())
    exact = sum(jnp.einsum("kfe,kfeij->ij", w, s) for w, s in zip(weights, second, strict=True))
    np.testing.assert_allclose(bent, exact, atol=1e-4 * jnp.abs(exact).max())


def test_a_model_without_mixing_needs_three_templates():
    """1, g^2 and g^4."""
    tables = tabulate(condense(load("xenon1t")), _couplings("b_minus_l"), BOX, (-6.0, 5.0))
    assert [t.basis.shape[-1] for t in tables] == [3]


def test_many_events_are_known_by_random_mixtures_of_them():
    """3159 foldings and bins of three runs, at fewer masses: as by the singular values of all."""
    own, couplings = condense(load("xenonnt_b8")), _couplings("b_minus_l")
    tables = tabulate(own, couplings, BOX, (0.0, 2.0))
    x = jnp.array([-4.5, 1.3])
    (exact,) = jax.jit(lambda x: condensed_signal(own, couplings(x)))(x)
    (ours,) = jax.jit(lambda x: signal_jet(own, tables, couplings, x).value)(x)
    np.testing.assert_allclose(ours, exact, atol=1e-8 * np.abs(exact).max())
    assert tables[0].patterns.shape[1] < 64
