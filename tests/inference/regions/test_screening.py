"""Which points of a line are profiled, and that limits need no others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments.likelihood.condensed import condense, condensed_counts, condensed_signal
from jaxmed.inference.problem import expected_counts, pose
from jaxmed.inference.profile.expansion import Counts
from jaxmed.inference.profile.scoring import score
from jaxmed.inference.regions import limits as module
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.regions.mass_lines import scan_for_level, scan_lines
from jaxmed.inference.regions.mixtures import mixtures
from jaxmed.models.choose import mediator_model

LOG_G = np.linspace(-6.0, -2.0, 41)


@pytest.mark.parametrize(
    ("name", "model", "masses", "settings"),
    [
        ("xenon1t", "u1r", [1e-3, 0.06, 1.0, 50.0], {}),
        ("xenon1t", "b_minus_l", [0.02, 10.0], {"cl": 0.95}),
        # a narrow island beyond what is excluded, and an allowed end of the line
        ("coherent_csi", "universal", [0.1, 80.0, 1000.0], {}),
        ("texono", "l_mu_l_tau", [1.0], {}),
        ("texono", "b_minus_l", [1e-3, 3.0, 300.0], {"sided": "one"}),
    ],
)
def test_limits_are_those_of_profiles_everywhere(
    experiments, monkeypatch, name, model, masses, settings
):
    screened = limits(experiments[name], model, masses=masses, **settings)

    def everywhere(problem, log_g, log_masses, rise, data, tick):
        return scan_lines(problem, log_g, log_masses, data, tick)

    monkeypatch.setattr(module, "scan_for_level", everywhere)
    whole = limits(experiments[name], model, masses=masses, **settings)
    assert screened.flag == whole.flag
    assert [len(pairs) for pairs in screened.intervals] == [len(pairs) for pairs in whole.intervals]
    for ours, theirs in zip(screened.intervals, whole.intervals, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6)


def test_few_points_are_profiled(experiments):
    model = mediator_model("u1r")
    problem, data = pose(experiments["xenon1t"], model)
    log_masses = np.array([-2.0, 0.0, 1.0])
    every = scan_lines(problem, LOG_G, log_masses, data)
    few = scan_for_level(problem, LOG_G, log_masses, 1.35, data)
    assert few.line.size < every.line.size / 3
    np.testing.assert_array_equal(np.unique(few.line), [0, 1, 2])
    rows = [np.flatnonzero((every.points == each).all(axis=1)).item() for each in few.points]
    np.testing.assert_allclose(few.nll, every.nll[rows], rtol=0, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xenon1t", "coherent_csi"])
@pytest.mark.parametrize("model", ["u1r", "b_minus_l", "universal"])
def test_signals_are_mixtures_of_a_few_of_their_line(experiments, name, model):
    problem, data = pose(experiments[name], model)
    line = np.repeat([0, 1], [LOG_G.size, 30])
    points = np.stack([np.concatenate([LOG_G, LOG_G[:30]]), np.where(line, 1.0, -2.0)], axis=1)
    (mixed,) = mixtures(problem, line, points, data)
    condensed = condense(data[0])
    signal = jax.vmap(lambda x: condensed_signal(condensed, problem.couplings(x)))
    for number in (0, 1):
        of_basis, own = (
            signal(jnp.asarray(mixed.basis[number])),
            signal(jnp.asarray(points[line == number])),
        )
        for basis, events in zip(of_basis, own, strict=True):
            found = np.tensordot(mixed.weights[line == number], basis, 1)
            largest = np.abs(events).max(axis=(1, 2, 3), keepdims=True)
            np.testing.assert_allclose(found / largest, events / largest, rtol=0, atol=1e-7)


@pytest.mark.slow
def test_step_is_that_of_the_fisher_matrix(experiments):
    """Of counts: sum of (d mu)^2 / mu and the unit priors, by autodiff of the likelihood itself."""
    problem, data = pose(experiments["coherent_csi"], "u1r")
    x, z = jnp.array([-4.0, 1.0]), jnp.linspace(-0.7, 0.8, len(problem.nuisances))
    condensed = condense(data[0])
    counted = Counts(*condensed_counts(condensed, jnp.asarray(data[0].observed)))
    found = score(
        problem, [condensed], [condensed_signal(condensed, problem.couplings(x))], [counted], z
    )

    def nll(z):
        return problem.nll(jnp.concatenate([x, z]), data)

    def means(z):
        return expected_counts(problem, jnp.concatenate([x, z]), data)[0]

    mu, jacobian, gradient = means(z), jax.jacobian(means)(z), jax.grad(nll)(z)
    fisher = jacobian.T @ (jacobian / mu[:, None]) + np.diag(problem.prior_weights)
    move = -np.linalg.solve(fisher, gradient)
    assert found.nll == pytest.approx(float(nll(z)), rel=1e-12)
    assert found.decrease == pytest.approx(float(-gradient @ move) / 2, rel=1e-7)
    np.testing.assert_allclose(found.nuisances, z + move, atol=1e-7)
