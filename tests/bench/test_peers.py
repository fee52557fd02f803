"""One likelihood for all: jaxmed, evermore and NextStat mean the same, and find the same minima."""

import jax
import numpy as np
import pytest
from scipy.special import xlogy

from jaxmed.bench.evermore_fits import evermore_minima, evermore_nll
from jaxmed.bench.histfactory import experiment, many_nuisances, six_parameters, workspace
from jaxmed.bench.nextstat_fits import at_once, in_turn, nextstat_model
from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.bench.peers import across_kinks, likelihood_of, minuit_minima, one_minimum
from jaxmed.bench.referees import is_installed
from jaxmed.experiments.likelihood.condensed import condense

LIKELIHOODS = {"six": six_parameters(), "thirty": many_nuisances(30), "many": many_nuisances()}
needs_evermore = pytest.mark.skipif(not is_installed("evermore"), reason="no evermore")
needs_nextstat = pytest.mark.skipif(not is_installed("NextStat"), reason="no NextStat")


@pytest.fixture(params=LIKELIHOODS)
def samples(request):
    return LIKELIHOODS[request.param]


def points(names):
    """Strengths up to two, and pulls that leave every sample with more than a tenth of its events, (4, n_free)."""
    random = np.random.default_rng(3)
    xs = random.normal(0, 0.5, (4, len(names)))
    xs[:, names.index("mu")] = random.uniform(0.1, 2, 4)
    return xs


def by_hand(samples, x):
    """-log(L/L_sat) + pulls at x by name, of the counts that are expected: HistFactory's code 4p as it is published."""
    total = 0.0
    for i, sample in enumerate(samples):
        counts = sample.nominal.copy()
        for name, (up, down) in sample.pairs.items():
            a, plus, minus = x[name], up - sample.nominal, sample.nominal - down
            s, d = (plus + minus) / 2, (plus - minus) / 16
            inside = s * a + d * a**2 * (15 - 10 * a**2 + 3 * a**4)
            counts += inside if abs(a) <= 1 else a * (plus if a > 0 else minus)
        total = total + counts * (x["mu"] if i == 0 else 1)
    n = np.sum([sample.nominal for sample in samples], axis=0)
    pulls = sum(value**2 for name, value in x.items() if name != "mu")
    return np.sum(total - n + xlogy(n, n / total)) + pulls / 2


@pytest.mark.slow
def test_jaxmed_means_histfactory(samples):
    of = likelihood_of(samples, 1)
    likelihood, compiled = NumpyLikelihood(of.problem, of.data), jax.jit(of.problem.nll)
    for x in points(of.problem.names):
        wanted = by_hand(samples, dict(zip(of.problem.names, x, strict=True)))
        assert float(compiled(x, of.data)) == pytest.approx(wanted, rel=1e-10, abs=1e-10)
        assert likelihood(x) == pytest.approx(wanted, rel=1e-10, abs=1e-10)


@needs_evermore
def test_evermore_means_the_same():
    of = likelihood_of(six_parameters(), 1)
    theirs, counts = evermore_nll(of.samples, of.problem.names), of.data[0].observed
    for x in points(of.problem.names):
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            value = float(jax.jit(theirs)(x, counts))
        assert value == pytest.approx(float(jax.jit(of.problem.nll)(x, of.data)), abs=1e-10)


@needs_nextstat
def test_nextstat_means_the_same_but_for_a_constant(samples):
    of = likelihood_of(samples, 1)
    model, compiled = nextstat_model(samples), jax.jit(of.problem.nll)
    order = [of.problem.names.index(name) for name in model.parameter_names()]
    xs = points(of.problem.names)
    apart = [model.nll(x[order].tolist()) - float(compiled(x, of.data)) for x in xs]
    np.testing.assert_allclose(apart, apart[0], rtol=0, atol=1e-10)


@pytest.fixture(scope="module")
def toys():
    return likelihood_of(six_parameters(), 3)


@pytest.fixture(scope="module")
def ours(toys):
    found = one_minimum(toys, toys.observed(3), condense(toys.data[0]))
    assert (found < 0).all() and np.unique(found).size == 3
    return found


def test_iminuit_finds_our_minima(toys, ours):
    above = minuit_minima(toys, toys.observed(3)) - ours
    assert above.min() > -1e-9 and above.max() < 1e-2


@pytest.mark.slow
def test_there_is_nothing_lower_across_kinks(toys, ours):
    np.testing.assert_allclose(across_kinks(toys, 3), ours, rtol=0, atol=1e-8)


@needs_evermore
def test_evermore_finds_our_minima(toys, ours):
    fits = evermore_minima(toys.samples, toys.problem.names, toys.start)
    above = fits(toys.observed(3)) - ours
    assert above.min() > -1e-9 and above.max() < 1e-4


@needs_nextstat
@pytest.mark.parametrize("way", [at_once, in_turn])
def test_nextstat_finds_our_minima(toys, ours, way):
    above = way(nextstat_model(toys.samples), toys.observed(3)) - ours
    assert above.min() > -1e-9 and above.max() < 1e-4


def test_many_nuisances_are_normalisations_and_shapes_of_several_samples():
    samples = many_nuisances()
    data = experiment(samples)
    assert (len(data.nuisances), data.n_bins, len(samples)) == (201, 100, 5)
    acting = {name: sum(name in s.pairs for s in samples) for name in data.nuisances[1:]}
    assert set(acting.values()) == {1, 2, 3}
    norms = [name for name in acting if name.startswith("norm")]
    assert 60 < len(norms) < 100 and len(acting) - len(norms) > 100
    for sample in samples:
        for name, (up, down) in sample.pairs.items():
            flat = np.ptp(up / sample.nominal) < 1e-12
            assert flat == name.startswith("norm")
            assert (up > 0).all() and (down > 0).all()


def test_the_same_nuisances_in_every_run():
    assert str(workspace(many_nuisances(5))) == str(workspace(many_nuisances(5)))
