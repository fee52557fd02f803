"""Condensed experiments mean the same likelihood."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments import load
from jaxmed.experiments.likelihood.condensed import (
    all_variants,
    condense,
    condensed_counts,
    condensed_signal,
    data_value,
)
from jaxmed.experiments.likelihood.forward import signal_events
from jaxmed.experiments.likelihood.nll import data_term
from jaxmed.inference.problem import with_counts
from jaxmed.models.choose import get_model


def _couplings():
    return get_model("u1r").couplings({"g": jnp.array(-4.8), "mass": jnp.array(0.7)})


def test_bins_of_the_steady_state_alone_are_one():
    experiment = load("coherent_lar")
    own = condense(experiment)
    assert own.merged.size > 300
    assert own.error.size == experiment.n_bins - own.merged.size + 1
    others = [part for part in experiment.background if part.name != experiment.background[-1].name]
    assert not any(np.asarray(part.nominal)[own.merged].any() for part in others)


@pytest.mark.parametrize("name", ["texono", "coherent_csi", "coherent_lar", "pandax4t_er"])
def test_the_signal_is_that_of_all_channels(name):
    experiment, couplings = load(name), _couplings()
    own = condense(experiment)
    exact = np.asarray(jax.jit(signal_events)(experiment, couplings))
    found = jax.jit(lambda c: all_variants(own.fillings, condensed_signal(own, c)))(couplings)
    np.testing.assert_allclose(found[:, : own.kept.size], exact[:, own.kept], rtol=1e-12)
    assert not exact[:, own.merged].any()


@pytest.mark.parametrize("name", ["texono", "coherent_lar", "xenon1t_s2only"])
def test_the_data_term_is_that_of_all_bins(name):
    experiment, random = load(name), np.random.default_rng(3)
    own = condense(experiment)
    mu = sum(
        (np.asarray(p.nominal) for p in experiment.background), np.full(experiment.n_bins, 0.1)
    )
    mu[own.kept] *= random.uniform(0.5, 2, own.kept.size)
    mu[own.merged] = 1.3 * (mu[own.merged] - 0.1)
    few = np.append(mu[own.kept], mu[own.merged].sum())[: own.error.size]
    observed = random.poisson(mu).astype(float)
    counts, constant = condensed_counts(own, jnp.asarray(observed))
    (toy,) = with_counts((experiment,), (jnp.asarray(observed),))
    exact = float(data_term(toy, jnp.asarray(mu)))
    found = float(data_value(own, counts, jnp.asarray(few)) + constant)
    assert found == pytest.approx(exact, rel=1e-12, abs=1e-9)
