"""Feldman-Cousins sets: Wilks where he holds, edges, reproducibility, coverage."""

import numpy as np
import pytest
from scipy.stats import binom, chi2, kstest

from jaxmed.inference.engine import devices, memory
from jaxmed.inference.hypothesis.coverage import coverage
from jaxmed.inference.hypothesis.feldman_cousins import (
    accept,
    critical_value,
    feldman_cousins,
    set_up,
)
from jaxmed.inference.hypothesis.feldman_cousins_limits import fc_interval, fc_limits
from jaxmed.inference.hypothesis.p_values import fit_both, p_value
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.regions.intervals import intervals
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.toys.draw import draw
from jaxmed.models.choose import get_model


@pytest.fixture(scope="module")
def mixing(experiments):
    """The weak mixing angle from TEXONO: one parameter, far from the edges of its box."""
    data = (experiments["texono"],)
    return set_up(make_problem(data, get_model("weak_mixing")), data)


@pytest.mark.slow
def test_q_is_chi_squared_where_wilks_holds(mixing):
    x = np.append(0.23, mixing.start.nuisances)
    toys = draw(mixing.problem, mixing.data, x, 1, 400)
    found = fit_both(mixing.problem, mixing.data, toys, x, mixing.fitter)
    assert not found.failed.any()
    assert kstest(found.q, chi2(1).cdf).pvalue > 0.01


def test_points_are_the_same_alone_and_together(mixing):
    points = np.array([[0.2], [0.25]])
    both = accept(mixing, points, 0.9, 50, 3, np.array([0, 50]))
    alone = accept(mixing, points[1:], 0.9, 50, 3, np.array([50]))
    assert both.p[1] == alone.p[0]
    assert both.critical[1] == pytest.approx(alone.critical[0], rel=1e-9)
    other = accept(mixing, points[1:], 0.9, 50, 4, np.array([50]))
    assert other.critical[0] != both.critical[1]


def test_clear_points_get_fewer_toys(mixing):
    points, number = np.linspace(0.14, 0.36, 12)[:, None], 1200
    first = 5000 * np.arange(len(points))
    found = accept(mixing, points, 0.9, number, 3, first)
    few, clear = found.drawn == 256, found.drawn < number
    assert few.any() and not clear.all()
    k = np.rint(found.p * (found.drawn + 1) - 1)
    tails = np.minimum(binom.cdf(k, found.drawn, 0.1), binom.sf(k - 1, found.drawn, 0.1))
    assert np.all(tails[clear] < 3e-7)
    assert np.all(np.abs(found.p - 0.1)[~clear] < 0.1)
    once = accept(mixing, points, 0.9, 256, 3, first)
    np.testing.assert_array_equal(found.p[few], once.p[few])
    # the later toys of a point are the next ones of its stream
    i = np.flatnonzero(found.drawn == number)[0]
    x = np.append(points[i], profile(mixing.problem, points[i : i + 1], mixing.data).nuisances)
    toys = draw(mixing.problem, mixing.data, x, 3, number, first=int(first[i]))
    whole = fit_both(mixing.problem, mixing.data, toys, x, mixing.fitter)
    assert p_value(found.q[i], whole.extreme_q).value == found.p[i]


@pytest.mark.slow
def test_large_batches_of_an_accelerator_give_the_same(mixing, monkeypatch):
    points, first = np.array([[0.2], [0.25], [0.3]]), np.arange(0, 300, 100)
    wanted = accept(mixing, points, 0.9, 100, 3, first)
    for module in (devices, memory):
        monkeypatch.setattr(module, "on_cpu", lambda: False)
    found = accept(mixing, points, 0.9, 100, 3, first)
    np.testing.assert_array_equal(found.p, wanted.p)
    np.testing.assert_allclose(found.critical, wanted.critical, rtol=1e-6)


def test_critical_value_is_an_order_statistic():
    q = np.random.default_rng(1).permutation(np.arange(999.0))
    value, error = critical_value(q, 0.9)
    assert value == 899
    assert error == pytest.approx(np.sqrt(999 * 0.09), abs=1)
    assert critical_value(q[:5], 0.9)[0] == np.inf
    bad = np.where(q < 200, np.inf, q)
    assert critical_value(bad, 0.9)[0] == np.inf


@pytest.mark.slow
def test_accepted_are_points_below_their_critical_value(experiments):
    axes = {"g": [3e-7, 1.6e-6, 3e-6], "mass": [0.058]}
    found = feldman_cousins(experiments["xenon1t"], number=99, seed=2, **axes)
    assert found.q.shape == found.p.shape == (3, 1)
    np.testing.assert_array_equal(found.accepted, found.q < found.critical)
    assert found.accepted.ravel().tolist() == [False, True, False]
    assert found.p[1, 0] > 0.9 and found.q[1, 0] < 0.2
    assert np.all(found.critical_error > 0) and not found.failed.any()


@pytest.mark.slow
def test_one_parameter_is_a_line_at_one_mass(experiments):
    """The mass held fixed leaves g alone: the same toys at nearly the same couplings."""
    ask = {"number": 400, "seed": 1}
    found = fc_interval(experiments["xenon1t"], "u1r", fixed={"mass": 0.06}, **ask).allowed
    line = fc_limits(experiments["xenon1t"], "u1r", masses=[0.06], **ask)
    np.testing.assert_allclose(found.intervals, line.intervals[0], rtol=0.01)
    assert found.flag == line.flag[0]
    assert found.best == pytest.approx(line.g_best[0], rel=1e-4)


@pytest.mark.slow
def test_both_signs_of_one_parameter(experiments):
    """TEXONO's likelihood of a charge radius is nearly Gaussian around each of two minima."""
    found = fc_interval(experiments["texono"], "charge_radius", number=1000, seed=1)
    wanted = intervals(experiments["texono"], "charge_radius")
    assert found.allowed.flag == wanted.flag == "islands"
    np.testing.assert_allclose(found.allowed.intervals, wanted.intervals, atol=0.4)
    assert np.all(np.diff(found.along) > 0) and 0.0 in found.along
    ends = np.ravel(found.allowed.intervals)
    np.testing.assert_allclose(np.interp(ends, found.along, found.found.p), 0.1, atol=1e-9)


@pytest.mark.slow
def test_limit_is_near_the_asymptotic_one(experiments):
    found = fc_limits(experiments["xenon1t"], masses=[0.06], number=1000, seed=1)
    # an excess of 3.5 sigma is far from the edge g = 0
    assert found.flag == ("excludes zero",)
    wanted = limits(experiments["xenon1t"], masses=[0.06])
    np.testing.assert_allclose(found.intervals, wanted.intervals, rtol=0.02)
    np.testing.assert_allclose(found.g_best, wanted.g_best, rtol=1e-3)
    assert found.g_upper[0] == found.intervals[0][0][1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"number": 0}, "toys = 0"),
        ({"number": 8}, "toys = 8: expected at least 10 for cl = 0.9"),
        ({"cl": 1.0}, "confidence level cl = 1.0"),
        ({"constraints": ("rho",)}, "constraints = .*toys are drawn for experiments only"),
        ({"model": "weak_mixing"}, "has no mediator"),
    ],
)
def test_bad_input_is_one_sentence(experiments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        fc_limits(experiments["xenon1t"], masses=[0.06], **options)


def test_bad_grids_and_points_are_one_sentence(experiments):
    with pytest.raises(ValueError, match=r"grid axes \['g'\]"):
        feldman_cousins(experiments["xenon1t"], number=10, g=[1e-6])
    with pytest.raises(ValueError, match="points = "):
        coverage(experiments["xenon1t"], points=[])
    with pytest.raises(ValueError, match="unknown nuisance"):
        coverage(experiments["xenon1t"], points=[{"g": 0, "mass": 1.0}], nuisances={"nothing": 0.0})


@pytest.mark.slow
def test_sets_cover_the_truth(experiments):
    """In the standard model, at the best fit, and above the upper limit on g at its mass."""
    points = [{"g": g, "mass": mass} for g, mass in ((0, 0.06), (1.573e-6, 0.0581), (2.2e-6, 0.06))]
    found = coverage(experiments["xenon1t"], points=points, number=2000, seed=1)
    assert np.all(found.error < 0.015) and not found.failed.any()
    assert np.all(np.abs(found.value - 0.9) < 3 * found.error)
    # with a mass that means nothing at g = 0, q is not chi^2 with two degrees of freedom
    assert found.critical[0] < 3.7 and found.asymptotic[0] > 0.92


@pytest.mark.slow
def test_each_point_of_a_coverage_has_toys_of_its_own(experiments):
    point = {"g": 1.0e-6, "mass": 0.05}
    found = coverage(experiments["xenon1t"], points=[point, point], number=64, seed=1)
    again = coverage(experiments["xenon1t"], points=[point], number=64, seed=1)
    assert found.critical[0] == again.critical[0] and found.critical[1] != found.critical[0]


@pytest.mark.slow
def test_no_toy_of_a_coverage_is_used_twice(experiments, monkeypatch):
    """Neither for two points, nor for a critical value and what is tested against it."""
    drawn = []

    def watch(problem, data, x, seed, number, first=0):
        drawn.append(range(first, first + number))
        return draw(problem, data, x, seed, number, first=first)

    monkeypatch.setattr("jaxmed.inference.hypothesis.coverage.draw", watch)
    points = [{"g": 1e-6}, {"g": 2e-6}, {"g": 3e-6}]
    coverage(experiments["texono"], "b_minus_l", points=points, number=16, fixed={"mass": 1.0})
    every = [number for numbers in drawn for number in numbers]
    assert len(drawn) == 6 and len(every) == len(set(every)) == 96
