"""Limits expected without a mediator."""

import numpy as np
import pytest

from jaxmed.inference.hypothesis.expected_limits import crossings, expected_ends, expected_limits
from jaxmed.inference.hypothesis.p_values import standard_point
from jaxmed.inference.problem import make_problem, with_counts
from jaxmed.inference.profile.profile import standard_start
from jaxmed.inference.regions.intervals import intervals
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.toys.draw import draw
from jaxmed.models.choose import get_model


def test_crossing_of_a_parabola_is_exact_to_second_order():
    log_g = np.linspace(-7, -5, 81)
    nll = ((log_g + 6.013) / 0.2)[:, None] ** 2 / 2
    whole = np.concatenate([[[20.0]], nll])
    (g,) = crossings(log_g, whole, 2.71)
    assert g == pytest.approx(-6.013 + 0.2 * np.sqrt(2.71), abs=1e-3)
    # the standard model is the minimum: the threshold counts from there
    (g,) = crossings(log_g, np.concatenate([[[-1.0]], nll]), 2.71)
    assert g == pytest.approx(-6.013 + 0.2 * np.sqrt(0.71), abs=3e-3)
    assert np.isnan(crossings(log_g, whole, 200.0)).all()


@pytest.mark.slow
def test_toys_have_the_limits_of_the_whole_machinery(experiments):
    data = (experiments["xenon1t"],)
    found = expected_limits(data, masses=[0.06], number=100, seed=7)
    assert np.all(np.diff(found.g_upper[:, 0]) > 0)
    assert not found.failed.any()
    np.testing.assert_allclose(found.g_upper[2], np.median(found.toys[:, 0]), rtol=1e-6)
    problem = make_problem(data, get_model("u1r"))
    x = np.append(standard_point(problem), standard_start(problem, data).nuisances)
    # limits() centres the priors at zero; XENON1T's nuisances hardly matter here
    toys = draw(problem, data, x, 7, 3)
    for i in range(3):
        own = with_counts(data, tuple(o[i] for o in toys.observed))
        direct = limits(own, masses=[0.06]).g_upper[0]
        assert found.toys[i, 0] == pytest.approx(direct, rel=0.05)
    # the observed excess allows more than the background alone
    assert limits(data, masses=[0.06]).g_upper[0] > found.g_upper[4, 0]


@pytest.mark.slow
def test_one_parameter_is_a_line_at_one_mass(experiments):
    """The mass held fixed leaves g alone: the same toys, and the same limits."""
    ask = {"number": 50, "seed": 7}
    found = expected_ends(experiments["texono"], "b_minus_l", fixed={"mass": 1.0}, **ask)
    line = expected_limits(experiments["texono"], "b_minus_l", masses=[1.0], **ask)
    # the limit around which couplings lie is known to 1e-5 only
    np.testing.assert_allclose(found.toys, line.toys, rtol=1e-3)


def test_both_ends_of_toys_are_those_of_the_whole_machinery(experiments):
    data = (experiments["texono"],)
    found = expected_ends(data, "charge_radius", number=100, seed=7)
    assert found.failed == 0 and np.all(np.diff(found.ends, axis=0) > 0)
    np.testing.assert_allclose(found.ends[2], np.median(found.toys, axis=0), rtol=1e-6)
    problem = make_problem(data, get_model("charge_radius"))
    toys = draw(problem, data, np.append(standard_point(problem), []), 7, 3)
    for i in range(3):
        own = with_counts(data, tuple(o[i] for o in toys.observed))
        direct = intervals(own, "charge_radius").intervals
        np.testing.assert_allclose(found.toys[i], [direct[0][0], direct[-1][1]], atol=0.1)


@pytest.mark.slow
def test_no_ends_where_everything_is_allowed(experiments):
    found = expected_ends(experiments["coherent_lar"], "millicharge", number=20)
    assert np.isnan(found.ends).all() and np.isnan(found.toys).all() and found.failed == 0


def test_no_constraints(experiments):
    with pytest.raises(ValueError, match="toys are drawn for experiments only"):
        expected_limits(experiments["texono"], masses=[1.0], constraints=("rho",))
    with pytest.raises(ValueError, match="toys = 0"):
        expected_limits(experiments["texono"], masses=[1.0], number=0)
