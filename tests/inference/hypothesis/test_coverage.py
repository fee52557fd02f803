"""Coverage where it is known: one Gaussian bin in closed form, few Poisson counts by summing over all of them."""

from dataclasses import replace

import counting
import jax.numpy as jnp
import numpy as np
import pytest
from counting import COUPLINGS, MASS
from scipy.stats import norm

from jaxmed.inference.hypothesis import coverage as module
from jaxmed.inference.hypothesis.coverage import chi2_threshold, coordinates, cover, coverage
from jaxmed.inference.hypothesis.every_count import every_count
from jaxmed.inference.hypothesis.feldman_cousins import set_up
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model

SIGMA = 2.0  # events


@pytest.fixture(scope="module")
def poisson(tmp_path_factory):
    data = counting.experiment(tmp_path_factory.mktemp("poisson"), 3)
    return data, counting.referee(data)


@pytest.fixture(scope="module")
def two_bins(tmp_path_factory):
    data = counting.experiment(tmp_path_factory.mktemp("two"), 1, (0.1, 0.13, 1.0))
    return data, counting.referee(data)


@pytest.fixture(scope="module")
def gaussian(poisson):
    data, exact = poisson
    return replace(data, gaussian=True, error=jnp.array([SIGMA])), exact


def at(exact, *events):
    """Points with so many signal events."""
    return [{"g": COUPLINGS[np.searchsorted(exact.signal, each)]} for each in events]


def closed_form(s, c):
    """Coverage of q <= c for a signal of s >= 0 standard deviations that cannot be negative.

    With z the toy's deviation, q is z^2 where the best signal s + z is positive, and -s^2 - 2 s z elsewhere.
    """
    below = np.sqrt(c) if s >= np.sqrt(c) else (c + s**2) / (2 * s) if s else np.inf
    return norm.cdf(np.sqrt(c)) - norm.cdf(-below)


@pytest.mark.slow
def test_one_gaussian_bin_is_the_closed_form(gaussian):
    data, exact = gaussian
    sigmas, number = np.array([0.0, 0.4, 0.8, 1.3, 3.0]), 4000
    points = at(exact, *(SIGMA * sigmas))
    found = coverage(data, "b_minus_l", points=points, number=number, fixed={"mass": MASS})
    s = exact.events([point["g"] for point in points]) / SIGMA
    wanted = [closed_form(each, chi2_threshold(0.9, 1)) for each in s]
    assert wanted[0] == pytest.approx(0.95, abs=1e-3) and wanted[-1] == pytest.approx(0.9)
    np.testing.assert_allclose(found.asymptotic, wanted, atol=4 * np.sqrt(0.09 / number))
    np.testing.assert_allclose(found.asymptotic_error, np.sqrt(0.09 / number))
    assert np.all(np.abs(found.value - 0.9) < 4 * found.error)
    assert not found.exact.any() and not found.failed.any()


def covered(exact, point, threshold):
    """Probability of q <= threshold by the referee, and the critical value of 90 %."""
    counts, i = counting.every_count(60, exact.means.shape[1]), np.searchsorted(COUPLINGS, point)
    q, chance = exact.q(counts)[:, i], exact.chance(counts)[:, i]
    order = np.argsort(q)
    critical = q[order][np.cumsum(chance[order]) >= 0.9 - 1e-9][0]
    return chance[q <= threshold].sum(), critical, chance[q <= critical + 1e-4].sum()


@pytest.mark.slow
@pytest.mark.parametrize("case", ["poisson", "two_bins"])
def test_few_counts_are_summed_over(case, request):
    data, exact = request.getfixturevalue(case)
    points = at(exact, 0.0, 1.0, 4.0)
    found = coverage(data, "b_minus_l", points=points, number=1, fixed={"mass": MASS})
    assert found.exact.all() and np.all(found.error < 1e-7) and np.all(found.error >= 0)
    for i, point in enumerate(points):
        asymptotic, critical, value = covered(exact, point["g"], chi2_threshold(0.9, 1))
        assert found.asymptotic[i] == pytest.approx(asymptotic, abs=1e-6)
        assert found.critical[i] == pytest.approx(critical, abs=2e-3)
        assert found.value[i] == pytest.approx(value, abs=1e-6) and value >= 0.9


def test_toys_agree_with_the_sum(poisson, monkeypatch):
    data, exact = poisson
    asked = {"points": at(exact, 0.0, 1.0, 4.0), "fixed": {"mass": MASS}, "number": 4000}
    summed = coverage(data, "b_minus_l", **asked)
    monkeypatch.setattr(module, "every_count", lambda *_: None)
    sampled = coverage(data, "b_minus_l", **asked)
    assert summed.exact.all() and not sampled.exact.any()
    error = 4 * np.sqrt(0.09 / 4000)
    np.testing.assert_allclose(sampled.asymptotic, summed.asymptotic, atol=error)
    np.testing.assert_allclose(sampled.critical, summed.critical, atol=1e-4)
    np.testing.assert_allclose(sampled.value, summed.value, atol=error)


@pytest.mark.slow
def test_a_limit_is_that_at_a_mass_which_is_held(gaussian):
    """The same toys, the mass held by the fits or by the problem; and a region has two degrees of freedom."""
    data, exact = gaussian
    points = [point | {"mass": MASS} for point in at(exact, 0.0, 2.0)]
    held = coverage(data, "b_minus_l", points=at(exact, 0.0, 2.0), number=300, fixed={"mass": MASS})
    problem = make_problem((data,), get_model("b_minus_l"))
    setting, inner = set_up(problem, (data,)), coordinates(problem, (data,), points)
    limit, region = (
        cover(setting, inner, 0.9, 300, 1, np.array([0, 600]), at_mass=each)
        for each in (True, False)
    )
    np.testing.assert_allclose(limit.critical, held.critical, atol=1e-4)
    np.testing.assert_array_equal(limit.asymptotic, held.asymptotic)
    # one coupling is all that one bin sees, so that two degrees of freedom are one too many
    assert np.all(region.asymptotic >= limit.asymptotic) and region.asymptotic[1] > 0.95
    np.testing.assert_allclose(region.value, 0.9, atol=4 * region.error[0])


def test_points_are_the_same_alone_and_together(gaussian):
    data, exact = gaussian
    problem = make_problem((data,), get_model("b_minus_l"), {"mass": MASS})
    setting = set_up(problem, (data,))
    inner = coordinates(problem, (data,), at(exact, 0.0, 1.0, 2.0))
    first, told = np.array([0, 80, 160]), []
    both = cover(setting, inner, 0.9, 40, 3, first, tick=told.append, share=3.0)
    alone = cover(setting, inner[1:2], 0.9, 40, 3, first[1:2])
    assert both.critical[1] == pytest.approx(alone.critical[0], rel=1e-12)
    assert both.value[1] == alone.value[0] and sum(told) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ({"g": 1e-2}, "is more than 500 units of -log L above the standard model there"),
        ({"mass": 1.0}, r"point \{'mass': 1.0\}: expected g"),
    ],
)
def test_points_without_toys_are_refused(poisson, point, sentence):
    with pytest.raises(ValueError, match=sentence):
        coverage(poisson[0], "b_minus_l", points=[point], fixed={"mass": MASS})


def test_thresholds_are_quantiles_of_chi_squared():
    assert chi2_threshold(0.9, 1) == pytest.approx(2.70554, abs=1e-5)
    assert chi2_threshold(0.9, 2) == pytest.approx(4.60517, abs=1e-5)
    with pytest.raises(ValueError, match="3 free model parameters: expected one or two"):
        chi2_threshold(0.9, 3)


@pytest.fixture
def counts_of(tmp_path):
    """Every count of an experiment with this background in each of its bins, in the standard model."""

    def make(background, n_bins=1):
        edges = tuple(np.linspace(0.1, 1.0, n_bins + 1))
        data = (counting.experiment(tmp_path / f"{background}_{n_bins}", background, edges),)
        problem = make_problem(data, get_model("b_minus_l"), {"mass": MASS})
        return problem, data, every_count(problem, data, np.array([-9.0]))

    return make


def test_every_count_is_there_once_with_its_probability(counts_of):
    _, data, (toys, chance) = counts_of(3.0, 2)
    (observed,) = toys.observed
    assert len(np.unique(observed, axis=0)) == len(observed) == chance.size
    assert 0 < 1 - chance.sum() < 1e-8 and chance.min() > 1e-12
    mean = counting.referee(data[0]).means[0]
    wanted = np.exp(np.sum(observed * np.log(mean) - mean, axis=1))
    np.testing.assert_allclose(
        chance * np.prod([[np.prod(np.arange(1, n + 1)) for n in row] for row in observed], axis=1),
        wanted,
        rtol=1e-9,
    )


def test_many_counts_are_left_to_toys(counts_of, experiments):
    assert counts_of(1e6)[2].chance.sum() == pytest.approx(1, abs=1e-6)
    assert counts_of(1e11)[2] is None
    assert counts_of(30.0, 5)[2] is None
    problem, data, _ = counts_of(2.0)
    several = make_problem((*data, experiments["texono"]), problem.model, {"mass": MASS})
    assert every_count(several, (*data, experiments["texono"]), np.array([-9.0, 0.0])) is None


def test_counts_of_two_experiments_are_kept_apart(counts_of):
    problem, (one,), _ = counts_of(0.5)
    two = (one, replace(one, name="again"))
    toys, chance = every_count(problem, two, np.array([-9.0]))
    assert [counts.shape for counts in toys.observed] == [(chance.size, 1)] * 2
    # half an event in each
    assert chance[0] == pytest.approx(np.exp(-1.0), rel=1e-3)
