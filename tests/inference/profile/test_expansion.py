"""The written-out derivatives against autodiff, and the floor of -log L."""

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
)
from jaxmed.experiments.likelihood.signal_jet import Jet
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.expansion import Counts, expansion, no_bend
from jaxmed.inference.profile.floor import least_nll
from jaxmed.models.choose import get_model

POINT = np.array([-5.5, 0.3])


@pytest.fixture(scope="module")
def whole(experiments):
    data = tuple((experiments | {"xenon1t": load("xenon1t", tritium="free")}).values())
    problem = make_problem(data, get_model("u1r"), free=("signal_strength",))
    return problem, data, _condensed(problem, data, POINT)


def _condensed(problem, data, point):
    """The experiments, their signals and what they counted."""
    own = tuple(map(condense, data))
    signals = jax.jit(lambda x: [condensed_signal(e, problem.couplings(x)) for e in own])(point)
    counted = [Counts(*condensed_counts(e, jnp.asarray(e.experiment.observed))) for e in own]
    return own, signals, counted


@pytest.fixture(scope="module", params=["one point", "all points"])
def compiled(whole, request):
    """The expansion; value and gradient; Hessian: each compiled once."""
    problem, data, (own, signals, counted) = whole
    if request.param == "one point":
        known = [Jet(events, (), no_bend) for events in signals]
    else:
        known = [all_variants(e.fillings, s) for e, s in zip(own, signals, strict=True)]

    def nll(z):
        return problem.nll(jnp.concatenate([jnp.asarray(POINT), z]), data)

    @jax.jit
    def ours(z, centres):
        return expansion(problem, own, known, z, counted, centres)

    return ours, jax.jit(jax.value_and_grad(nll)), jax.jit(jax.jacfwd(jax.jacfwd(nll)))


@pytest.mark.parametrize("spread", [0.5, 1.5, 4.0])
def test_expansion_is_that_of_autodiff(whole, compiled, spread):
    """At 4 sigma bins are folded to stay positive and nuisances are on both sides of the code-4p kink."""
    problem, (ours, slopes, bends) = whole[0], compiled
    z = jnp.asarray(np.random.default_rng(1).normal(size=len(problem.nuisances)) * spread)
    z = z.at[problem.nuisances.index("signal_strength")].set(0.3)
    z = z.at[problem.nuisances.index("xenon1t_tritium")].set(60.0)
    found, (value, slope), hessian = ours(z, jnp.zeros(z.size)), slopes(z), bends(z)
    assert found.value == pytest.approx(float(value), rel=1e-13)
    np.testing.assert_allclose(found.gradient, slope, rtol=1e-9, atol=1e-9)
    # which is summed in single precision
    np.testing.assert_allclose(
        found.curvature, hessian, rtol=1e-5, atol=3e-7 * jnp.abs(hessian).max()
    )


@pytest.mark.slow
def test_priors_follow_their_centres(whole, compiled):
    problem, (ours, *_) = whole[0], compiled
    z, centres = jnp.full(len(problem.nuisances), 0.3), jnp.full(len(problem.nuisances), -0.4)
    at_zero, moved = ours(z, jnp.zeros(z.size)), ours(z, centres)
    floating = ("signal_strength", "xenon1t_tritium")
    own = np.array([name not in floating for name in problem.nuisances])
    assert float(moved.value - at_zero.value) == pytest.approx(own.sum() * (0.7**2 - 0.3**2) / 2)
    np.testing.assert_allclose(moved.gradient - at_zero.gradient, 0.4 * own, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("log_g", [-30.0, -5.8, -4.0, -2.0])
def test_nothing_in_the_box_is_below_the_floor(experiments, log_g):
    data = (experiments["coherent_csi"], experiments["coherent_lar"])
    problem = make_problem(data, get_model("u1r"))
    point = jnp.array([log_g, 0.3])
    floor = float(least_nll(problem, *_condensed(problem, data, point)))
    draws = np.random.default_rng(2).uniform(-5, 5, (200, len(problem.nuisances)))
    corners = np.sign(draws) * 5
    values = jax.jit(jax.vmap(lambda z: problem.nll(jnp.concatenate([point, z]), data)))
    assert float(values(jnp.concatenate([draws, corners])).min()) > floor
    assert floor > 0
