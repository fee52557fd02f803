"""Simulation-based calibration: the truth is equally likely to lie anywhere among the samples of its posterior."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import load
from jaxmed.inference.bayes import calibration as module
from jaxmed.inference.bayes.calibration import (
    BINS,
    Study,
    check_study,
    histogram,
    histogram_band,
    replicate,
    uniform_p,
)
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.engine.timing import clock
from jaxmed.inference.problem import make_problem, with_counts
from jaxmed.models.choose import get_model

# mass [MeV] and a prior of g from nothing to ten times too much
SETTINGS = {
    "xenon1t": (0.06, "log-uniform:2e-7:4e-6"),
    "coherent_csi": (10.0, "log-uniform:1e-5:4e-4"),
}


def study(name, model, prior, *numbers, **fixed):
    data, chosen = (load(name),), get_model(model)
    problem = make_problem(data, chosen, fixed)
    return Study(problem, data, complete_priors(problem, read_priors(prior, chosen)), *numbers)


@pytest.fixture(scope="module")
def angle():
    """The weak mixing angle from TEXONO: one Gaussian bin, all but linear in the one parameter."""
    prior = {"sin2_theta_w": "uniform:0.15:0.35"}
    return study("texono", "weak_mixing", prior, 2, 100, 100, 4)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("xenon1t", marks=pytest.mark.slow),
        pytest.param("coherent_csi", marks=pytest.mark.long),
    ],
)
def test_truths_lie_anywhere_among_the_samples(name):
    mass, prior = SETTINGS[name]
    asked = study(name, "u1r", {"g": prior}, 2, 100, 120, 20, mass=mass)
    found = replicate(asked, np.arange(300))
    for parameter, ranks in zip(asked.problem.names, found.ranks.T, strict=True):
        assert uniform_p(ranks, asked.draws) > 1e-3, parameter
        inside = np.mean(np.abs((ranks + 0.5) / (asked.draws + 1) - 0.5) < 0.45)
        assert 0.86 <= inside <= 0.94, (parameter, inside)


@pytest.mark.slow
def test_a_right_posterior_is_uniform_and_a_narrow_one_is_not(angle, monkeypatch):
    right = replicate(angle, np.arange(100)).ranks
    assert all(uniform_p(ranks, angle.draws) > 1e-3 for ranks in right.T)

    def too_sure(data, observed):
        return tuple(replace(e, error=e.error / 3) for e in with_counts(data, observed))

    monkeypatch.setattr(module, "with_counts", too_sure)
    wrong = replicate(angle, np.arange(100)).ranks[:, 0]
    assert uniform_p(wrong, angle.draws) < 1e-6
    ends = histogram(wrong, angle.draws)[[0, -1]]
    assert np.all(ends > histogram_band(100)[1]), (
        "truths lie beyond both ends of what is too narrow"
    )


def test_replicas_are_the_same_alone_and_together_and_compile_once(angle):
    both = replicate(angle, np.array([3, 4]))
    with clock() as watch:
        alone = replicate(angle, np.array([4]))
    assert watch.compilations == 0
    for one, other in zip(alone, both, strict=True):
        np.testing.assert_array_equal(one[0], other[1])
    again = replicate(angle._replace(seed=5), np.array([4]))
    assert not np.array_equal(again.truths, alone.truths)


def test_histograms_and_their_p_value():
    ranks = np.repeat(np.arange(100), 3)
    assert histogram(ranks, 99).tolist() == [30] * BINS and uniform_p(ranks, 99) == 1.0
    counts = np.random.default_rng(1).multinomial(200, np.full(BINS, 1 / BINS))
    spread = np.repeat(np.arange(BINS) * 10, counts)
    assert uniform_p(spread, 99) == pytest.approx(stats.chisquare(counts).pvalue)
    low, high = histogram_band(200)
    # Bonferroni: at least 95 %, and little more
    outside = stats.binom.cdf(low - 1, 200, 0.1) + stats.binom.sf(high, 200, 0.1)
    assert 0.01 < BINS * outside <= 0.05


def test_too_few_samples_are_refused(angle):
    with pytest.raises(ValueError, match=r"samples = 4 of 2 chain\(s\): expected at least 9"):
        check_study(angle._replace(samples=4))
    assert angle._replace(samples=40).draws == 79 and angle.draws == 99
