"""Written-out derivatives of likelihoods from elsewhere: factors on single bins, asymmetric errors, normalisations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from workspaces import EVERY, imported

from jaxmed.experiments.likelihood.condensed import condense, condensed_counts, condensed_signal
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.signal_jet import signal_jet
from jaxmed.experiments.likelihood.yields import counts, counts_range
from jaxmed.inference.problem import expected_counts, make_problem
from jaxmed.inference.profile.expansion import Counts, counts_jacobian, expansion
from jaxmed.models.choose import get_model


@pytest.fixture(params=["everything", "asymmetric_shapes", "shared_staterror"])
def posed(request, tmp_path):
    experiment = imported(EVERY[request.param], tmp_path)
    model = get_model(str(tmp_path / "mine" / "model.toml"))
    return make_problem([experiment], model), experiment


def _points(problem, experiment, n):
    """Where something is expected in every bin: below the floor derivatives are to lead back."""
    rng = np.random.default_rng(2)
    low, high = np.clip(problem.box, -2.5, 2.5).T
    every = rng.uniform(low, high, (40 * n, low.size))
    means = jax.vmap(lambda x: expected_counts(problem, x, (experiment,))[0])(every)
    return every[np.asarray(means).min(axis=1) > 0.01][:n]


@pytest.mark.slow
def test_value_gradient_and_hessian_are_those_of_autodiff(posed):
    problem, experiment = posed
    own, split = condense(experiment), len(problem.parameters)
    counted = [Counts(*condensed_counts(own, jnp.asarray(experiment.observed)))]
    centres = jnp.zeros(len(problem.nuisances))

    @jax.jit
    def written(x):
        jets = [signal_jet(own, (), problem.couplings, x[:split])]
        return expansion(problem, [own], jets, x, counted, centres)

    @jax.jit
    def at_point(x):
        signals = [condensed_signal(own, problem.couplings(x[:split]))]
        return expansion(problem, [own], signals, x[split:], counted, centres, x[:split])

    traced = jax.jit(jax.value_and_grad(lambda x: problem.nll(x, (experiment,))))
    hessian = jax.jit(jax.hessian(lambda x: problem.nll(x, (experiment,))))
    for x in map(jnp.asarray, _points(problem, experiment, 5)):
        found, (value, gradient), curvature = written(x), traced(x), hessian(x)
        assert float(found.value) == pytest.approx(float(value), rel=1e-12)
        np.testing.assert_allclose(found.gradient, gradient, rtol=1e-9, atol=1e-9)
        size = float(jnp.abs(curvature).max())
        np.testing.assert_allclose(found.curvature, curvature, rtol=2e-5, atol=1e-6 * size)
        conditional = at_point(x)
        np.testing.assert_allclose(conditional.value, value, rtol=1e-12)
        np.testing.assert_allclose(conditional.gradient, gradient[split:], rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_jacobian_of_the_counts_is_that_of_autodiff(posed):
    problem, experiment = posed
    own, names = condense(experiment), problem.nuisances
    assert not own.merged.size
    x = jnp.asarray(_points(problem, experiment, 1)[0])
    events = condensed_signal(own, problem.couplings(x[:1]))

    def predicted(z):
        return counts(components(experiment, problem.couplings(x[:1])), problem.pulls(z, x[:1]))

    mu, jacobian = counts_jacobian(own, events, problem.pulls(x[1:], x[:1]), names)
    np.testing.assert_allclose(mu, predicted(x[1:]), rtol=1e-12)
    np.testing.assert_allclose(jacobian.T, jax.jacfwd(predicted)(x[1:]), rtol=1e-9, atol=1e-10)


@pytest.mark.slow
def test_counts_stay_in_their_range(posed):
    problem, experiment = posed
    parts = components(experiment, problem.couplings(jnp.zeros(1)))
    point = jnp.array([1.5])
    low, high = (problem.pulls(z, point) for z in jnp.asarray(problem.box[1:]).T)
    least, most = counts_range(parts, low, high)
    rng = np.random.default_rng(4)
    for _ in range(50):
        share = rng.choice([0.0, 1.0, rng.uniform()], size=len(problem.nuisances))
        z = jnp.asarray(problem.box[1:, 0] + share * np.diff(problem.box[1:], axis=1)[:, 0])
        mu = counts(parts, problem.pulls(z, point))
        slack = 1e-9 * np.abs(most)
        assert (least - slack <= mu).all() and (mu <= most + slack).all()
