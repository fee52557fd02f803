"""Posteriors against profiles, integrals and themselves."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxmed
from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.posteriors import posterior_result
from jaxmed.inference.bayes import extra as bayes
from jaxmed.inference.bayes.posterior import posterior
from jaxmed.inference.engine.timing import clock
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model
from jaxmed.theory.couplings import standard_model

SHORT = {"samples": 500, "warmup": 300}


@pytest.fixture(scope="module")
def sharp(experiments):
    """TEXONO as the standard model has it, with errors ten times smaller: sin2 theta_W is Gaussian."""
    texono = experiments["texono"]
    counts = np.asarray(jaxmed.expected(texono, standard_model()))
    return replace(texono, observed=counts, error=texono.error / 10)


@pytest.fixture(scope="module")
def angle(sharp):
    return posterior(sharp, "weak_mixing", **SHORT)


@pytest.mark.slow
def test_flat_prior_and_gaussian_likelihood_are_the_profile(sharp, angle):
    best = fit(sharp, "weak_mixing").parameters["sin2_theta_w"]
    found = angle.summaries["sin2_theta_w"]
    assert found.mean == pytest.approx(best.value, abs=4 * best.error / np.sqrt(found.ess_bulk))
    assert found.std == pytest.approx(best.error, rel=0.07)
    assert (angle.warnings, angle.divergences, angle.converged) == ([], 0, True)


@pytest.mark.slow
def test_a_normal_prior_multiplies(sharp):
    """Two Gaussians make a narrower one."""
    best = fit(sharp, "weak_mixing").parameters["sin2_theta_w"]
    mean, sigma = best.value + best.error, best.error
    text = f"normal:{mean}:{sigma}"
    found = posterior(sharp, "weak_mixing", priors={"sin2_theta_w": text}, **SHORT)
    summary = found.summaries["sin2_theta_w"]
    assert summary.mean == pytest.approx(best.value + best.error / 2, abs=0.12 * best.error)
    assert summary.std == pytest.approx(best.error / np.sqrt(2), rel=0.07)


def test_skewed_posterior_is_the_integral(experiments):
    """The real TEXONO has no nuisance: moments by quadrature."""
    data = (experiments["texono"],)
    problem = make_problem(data, get_model("weak_mixing"))
    x = np.linspace(0.05, 0.6, 400)
    nll = np.asarray(jax.vmap(lambda v: problem.nll(v, data))(jnp.asarray(x)[:, None]))
    weight = np.exp(nll.min() - nll) / np.exp(nll.min() - nll).sum()
    mean = weight @ x
    std = np.sqrt(weight @ (x - mean) ** 2)
    found = posterior(data, "weak_mixing", **SHORT).summaries["sin2_theta_w"]
    assert found.mean == pytest.approx(mean, abs=4 * std / np.sqrt(found.ess_bulk))
    assert found.std == pytest.approx(std, rel=0.07)
    assert found.quantiles["0.05"] == pytest.approx(
        x[np.searchsorted(weight.cumsum(), 0.05)], abs=0.3 * std
    )


@pytest.mark.slow
def test_nuisances_alone_are_those_of_the_fit(experiments):
    """Their Gaussians count once: what the data do not see has a standard deviation of 1, not 0.7."""
    xenon = experiments["xenon1t"]
    best = fit(xenon, "standard_model").nuisances
    found = posterior(xenon, "standard_model", **SHORT)
    assert found.parameters == ()
    for name, estimate in best.items():
        summary = found.summaries[name]
        assert estimate.error is not None
        assert summary.mean == pytest.approx(estimate.value, abs=0.15 * estimate.error)
        assert summary.std == pytest.approx(estimate.error, rel=0.08)
    assert found.summaries["xenon1t_efficiency"].std > 0.9


def test_a_seed_gives_the_same_samples_and_another_compiles_nothing(sharp, angle):
    with clock() as time:
        again = posterior(sharp, "weak_mixing", **SHORT)
        other = posterior(sharp, "weak_mixing", seed=2, **SHORT)
    assert time.compilations == 0
    np.testing.assert_array_equal(again.samples["sin2_theta_w"], angle.samples["sin2_theta_w"])
    assert not np.array_equal(other.samples["sin2_theta_w"], angle.samples["sin2_theta_w"])


def test_arviz_container_there_and_back(angle, tmp_path):
    arviz = bayes.need("diagnostics").arviz
    job = Analysis.of(experiments=angle.experiments, model="weak_mixing")
    data = posterior_result(job, angle).inference_data()
    assert data["sample_stats"]["diverging"].shape == (4, 500)
    assert data["posterior"].attrs["prior_sin2_theta_w"] == "uniform:0.05:0.6"
    data.to_netcdf(str(tmp_path / "a.nc"), engine="h5netcdf")
    read = arviz.from_netcdf(str(tmp_path / "a.nc"))
    values = read["posterior"]["sin2_theta_w"].values
    np.testing.assert_array_equal(values, angle.samples["sin2_theta_w"])
    assert read["observed_data"]["texono"].size == 1


def test_bad_chains_are_said(angle):
    """Chains that disagree, one that never moves, divergences: a sentence each."""
    stuck = angle.summaries["sin2_theta_w"]._replace(r_hat=np.nan, ess_bulk=np.nan)
    bad = angle._replace(
        summaries={"sin2_theta_w": stuck}, diverging=angle.samples["sin2_theta_w"] > 0.24
    )
    assert not bad.converged
    first, second, third = bad.warnings
    assert first.startswith("not converged: R-hat of sin2_theta_w is nan, expected at most 1.01")
    assert second.startswith(f"{bad.divergences} of 2000 trajectories diverged")
    assert "expected at least 400" in third


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chains": 0}, "chains = 0: expected at least 1"),
        ({"samples": 3}, "samples = 3: expected at least 4"),
        ({"warmup": 0}, "warmup = 0: expected at least 1"),
        ({"seed": -1}, "seed = -1: expected an integer"),
        ({"model": "standard_model"}, "nothing to sample"),
        ({"fixed": {"gg": 1.0}}, "unknown parameter 'gg'"),
    ],
)
def test_bad_input_is_one_sentence(experiments, change, message):
    with pytest.raises(ValueError, match=message):
        posterior(experiments["texono"], **change)


def test_without_the_extra_it_says_what_to_install(experiments, monkeypatch):
    monkeypatch.setattr(bayes, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'jaxmed\[bayes\]'"):
        posterior(experiments["texono"])


@pytest.mark.slow
def test_plateau_and_peak_have_their_shares(experiments):
    """XENON1T: the sampler goes from the excess to no mediator and back as often as the likelihood says."""
    priors = {"g": "log-uniform:1e-8:1e-4", "mass": "log-uniform:1e-3:10"}
    found = posterior(experiments["xenon1t"], priors=priors)
    assert found.warnings == []
    share = np.mean(found.samples["g"] < 3e-7)
    log_g, weights = found.density.axes[0], np.exp(found.density.log)
    expected = weights[log_g < np.log10(3e-7)].sum() / weights.sum()
    assert 0.1 < expected < 0.3
    assert share == pytest.approx(expected, abs=0.04)
