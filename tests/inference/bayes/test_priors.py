"""Priors: the density they say, in the coordinate of the fit, and mistakes as sentences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import loguniform, norm, uniform

from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model


@pytest.mark.parametrize(
    ("model", "name", "text", "density"),
    [
        ("u1r", "g", "log-uniform:1e-8:1e-4", loguniform(1e-8, 1e-4)),
        ("u1r", "g", "uniform:1e-8:1e-4", uniform(1e-8, 1e-4 - 1e-8)),
        ("u1r", "mass", "normal:2:0.3", norm(2, 0.3)),
        ("weak_mixing", "sin2_theta_w", "uniform", uniform(0.05, 0.55)),
        ("weak_mixing", "sin2_theta_w", "log-uniform:0.1:0.5", loguniform(0.1, 0.5)),
        ("weak_mixing", "sin2_theta_w", "normal:0.24:0.01", norm(0.24, 0.01)),
    ],
)
def test_shares_are_those_of_the_density(model, name, text, density):
    prior = read_priors({name: text}, get_model(model))[name]
    low, high = prior.box

    @jax.jit
    def height(x):
        return jnp.exp(prior.log_density(x) - prior.log_density(jnp.asarray((low + high) / 2)))

    total = quad(lambda x: float(height(x)), low, high, limit=200)[0]
    for share in (0.2, 0.5, 0.9):
        x = low + share * (high - low)
        value = 10**x if prior.log else x
        below = quad(lambda x: float(height(x)), low, x, limit=200)[0]
        assert below / total == pytest.approx(density.cdf(value), abs=1e-6)
    assert np.isfinite(jax.grad(prior.log_density)(low))


def test_text_there_and_back():
    model = get_model("u1r")
    for text in ("log-uniform:1e-06:0.0001", "uniform:0.001:2", "normal:0.5:0.1"):
        assert str(read_priors({"mass": text}, model)["mass"]) == text
    assert str(read_priors({"g": "uniform"}, model)["g"]) == "uniform:1e-09:1"


def test_a_normal_prior_reaches_six_sigma_or_the_edge_of_the_box():
    model = get_model("weak_mixing")
    (angle,) = model.parameters
    for mean, sigma in ((0.24, 0.01), (0.24, 0.1)):
        found = read_priors({angle.name: f"normal:{mean}:{sigma}"}, model)[angle.name]
        assert found.low == pytest.approx(max(angle.low, mean - 6 * sigma), rel=1e-12)
        assert found.high == pytest.approx(min(angle.high, mean + 6 * sigma), rel=1e-12)


def test_what_is_not_named_is_flat_in_the_fit_s_coordinate(experiments):
    problem = make_problem([experiments["texono"]], get_model("u1r"), free=("signal_strength",))
    found = complete_priors(problem, read_priors({"mass": "uniform:0.1:1"}, problem.model))
    assert {n: p.kind for n, p in found.items()} == {
        "g": "log-uniform",
        "mass": "uniform",
        "signal_strength": "uniform",
    }
    held = make_problem([experiments["texono"]], get_model("u1r"), {"mass": 1.0})
    with pytest.raises(ValueError, match="prior of 'mass', which is held fixed"):
        complete_priors(held, read_priors({"mass": "uniform:0.1:1"}, held.model))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("gg", "uniform", r"prior of 'gg' \(did you mean g\?\): expected one of g, mass, signal_strength"),
        ("xenon1t_background", "uniform", "nuisances have theirs in the likelihood"),
        ("g", "flat", "prior of g = 'flat': expected 'log-uniform', 'uniform'"),
        ("g", "log_uniform", r"did you mean log-uniform\?"),
        ("g", 3, "prior of g = 3: expected 'log-uniform'"),
        ("g", "uniform:1e-8", "prior of g = 'uniform:1e-8': expected"),
        ("g", "uniform:1e-8:x", "prior of g = 'uniform:1e-8:x': expected"),
        ("g", "uniform:1e-8:nan", "prior of g = 'uniform:1e-8:nan': expected"),
        ("g", "uniform:1e-4:1e-8", "expected low < high within 1e-09 to 1"),
        ("mass", "log-uniform:1e-7:1", "expected low < high within 1e-06 to 88692.4 MeV"),
        ("signal_strength", "log-uniform:-0.5:1", "expected edges above 0 for a logarithm, got -0.5"),
        ("signal_strength", "log-uniform:0:1", "expected edges above 0 for a logarithm, got 0"),
        ("signal_strength", "log-uniform", "expected edges above 0 for a logarithm, got -1"),
        ("mass", "normal", "prior of mass = 'normal': expected"),
        ("mass", "normal:1:0", "expected a positive sigma, got 0"),
        ("mass", "normal:-9:1", "expected a mean within 6 sigma of 1e-06 to 88692.4 MeV"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences(name, text, sentence):
    with pytest.raises(ValueError, match=sentence) as problem:
        read_priors({name: text}, get_model("u1r"))
    assert "\n" not in str(problem.value)
