"""Simulation-based calibration: the truth is equally likely to lie anywhere among the samples of its posterior.

Talts et al., arXiv:1804.06788: parameters are drawn from the prior, data from them, and the rank of each truth among
the samples of the posterior of these data is uniform, whatever the data say.
"""

import dataclasses

import jax
import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import load
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.inference.bayes import nuts
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.bayes.proposal import scan_posterior
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model

DATA_SETS, CHAINS, WARMUP, SAMPLES = 300, 2, 120, 100
# mass [MeV] and a prior of g from nothing to ten times too much
SETTINGS = {
    "xenon1t": (0.06, "log-uniform:2e-7:4e-6"),
    "coherent_csi": (10.0, "log-uniform:1e-5:4e-4"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xenon1t", pytest.param("coherent_csi", marks=pytest.mark.long)])
def test_truths_lie_anywhere_among_the_samples(name):
    mass, prior = SETTINGS[name]
    experiment, model = load(name), get_model("u1r")
    problem = make_problem([experiment], model, {"mass": mass})
    priors = complete_priors(problem, read_priors({"g": prior}, model))
    run = nuts.Run(problem, tuple(priors.items()), WARMUP, SAMPLES)
    mean_at = jax.jit(
        lambda x: counts(components(experiment, problem.couplings(x[:1])), problem.pulls(x[1:]))
    )
    rng = np.random.default_rng(20)
    below = []
    for seed in range(DATA_SETS):
        truth = rng.normal(size=len(problem.names))
        truth[0] = rng.uniform(*priors["g"].box)
        mean = np.asarray(mean_at(truth))
        data = (dataclasses.replace(experiment, observed=rng.poisson(mean).astype(float)),)
        scan = scan_posterior(problem, priors, data, CHAINS, seed)
        found = nuts.sample(run, scan.proposal_map, data, scan.starts, seed)
        below.append((found.x < truth).mean(axis=(0, 1)))
    below = np.array(below)
    for parameter, ranks in zip(problem.names, below.T, strict=True):
        assert stats.kstest(ranks, "uniform").pvalue > 1e-3, parameter
        inside = np.mean(np.abs(ranks - 0.5) < 0.45)
        assert 0.86 <= inside <= 0.94, (parameter, inside)
