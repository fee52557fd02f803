"""Counts are discrete: ties, Feldman-Cousins sets and coverage against exact sums over all counts."""

from functools import cache

import counting
import numpy as np
import pytest
from counting import COUPLINGS, MASS

from jaxmed.inference.hypothesis.coverage import coverage
from jaxmed.inference.hypothesis.feldman_cousins import accept, feldman_cousins, set_up
from jaxmed.inference.hypothesis.feldman_cousins_limits import fc_limits
from jaxmed.inference.hypothesis.p_values import at_least, data_as_toy, fit_both, p_value
from jaxmed.inference.problem import make_problem
from jaxmed.inference.toys.draw import Toys, draw, joined_toys
from jaxmed.models.choose import get_model

TWO, THREE = (0.1, 0.13, 1.0), (0.1, 0.12, 0.15, 1.0)
# Ends in signal events, summed over all counts; Feldman and Cousins 1998 (Table IV) where theirs are not monotonised.
KNOWN = {
    (0, 0): (0.0, 2.44),
    (0, 1): (0.11, 4.36),
    (0, 2): (0.53, 5.91),
    (0, 3): (1.10, 7.42),
    (0, 5): (1.84, 9.99),
    (3, 0): (0.0, 0.95),
    (3, 1): (0.0, 1.88),
    (3, 2): (0.0, 3.04),
    (3, 3): (0.0, 4.42),
    (3, 5): (0.0, 6.99),
}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """By background in each bin and edges: experiment, referee, and what its toys share."""

    @cache
    def make(background, edges=(0.1, 1.0)):
        data = counting.experiment(tmp_path_factory.mktemp("counting"), background, edges)
        problem = make_problem((data,), get_model("b_minus_l"), {"mass": MASS})
        return data, counting.referee(data), set_up(problem, (data,))

    return make


def fitted(setting, counts, g):
    """Likelihood ratios of counts (n, n_bins) at couplings (m,), by the fits that toys get, (n, m)."""
    toys = Toys((counts,), np.zeros((len(counts), 0)), np.arange(len(counts)))
    found = [
        fit_both(setting.problem, setting.data, toys, np.full((len(counts), 1), x), setting.fitter)
        for x in np.log10(g)
    ]
    assert not any(each.failed.any() for each in found)
    return np.stack([each.q for each in found], axis=1)


def exact_p(q, chance):
    """P-value of each count (n,) that is tested at couplings, with jaxmed's q and ties, (n, m)."""
    return np.stack([np.sum(chance * at_least(q, own), axis=0) for own in q])


def test_what_is_a_tie():
    assert at_least(3.0 - 4e-10, 3.0) and at_least(3.0 - 3.9e-6, 3.0) and at_least(0.0, 9e-7)
    assert not at_least(3.0 - 4.1e-6, 3.0) and not at_least(0.0, 1.1e-6)
    assert at_least(np.inf, 3.0) and at_least(np.inf, np.inf) and not at_least(3.0, np.inf)
    assert p_value(1.0, np.array([1 - 1e-9, 1 + 1e-9, 0.9, np.inf])).value == 4 / 5


@pytest.mark.slow
@pytest.mark.parametrize(("background", "n"), KNOWN)
def test_the_referee_is_feldman_and_cousins(case, background, n):
    _, exact, _ = case(background)
    (interval,) = exact.intervals(exact.p([n]), 0.1)
    np.testing.assert_allclose(interval, KNOWN[background, n], rtol=2e-3, atol=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("background", [0, 3])
def test_exact_p_values_change_sides_at_the_referee_s_ends(case, background):
    """All counts as toys with their probabilities instead of a sample: 0.5 % in the signal inside and outside."""
    _, exact, setting = case(background)
    counts = counting.every_count(45, 1)
    for n in (0, 1, 2, 3, 5):
        ((low, high),) = exact.intervals(exact.p([n]), 0.1)
        events = [0.995 * low, 1.005 * low, 0.995 * high, 1.005 * high][0 if low else 2 :]
        at = np.searchsorted(exact.signal, events)
        p = exact_p(fitted(setting, counts, COUPLINGS[at]), exact.chance(counts)[:, at])[n]
        assert (p > 0.1).tolist() == [False, True, True, False][0 if low else 2 :]
        np.testing.assert_allclose(p, exact.p([n])[at], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("background", "edges", "observed"),
    [
        (1, THREE, (0, 0, 0)),
        (1, THREE, (2, 0, 1)),
        pytest.param(0, TWO, (0, 0), marks=pytest.mark.slow),
        pytest.param(0, TWO, (2, 3), marks=pytest.mark.slow),
        pytest.param(1, TWO, (1, 2), marks=pytest.mark.slow),
        pytest.param(0, THREE, (0, 1, 0), marks=pytest.mark.slow),
    ],
)
def test_exact_p_values_in_several_bins(case, background, edges, observed):
    _, exact, setting = case(background, edges)
    most = 22 if len(observed) == 2 else 14
    counts, at = (
        counting.every_count(most, len(observed)),
        np.searchsorted(exact.signal, [0.8, 2.0, 4.0]),
    )
    q, wanted = fitted(setting, counts, COUPLINGS[at]), exact.q(counts)[:, at]
    np.testing.assert_allclose(q, wanted, atol=2e-3)
    own = np.flatnonzero((counts == observed).all(axis=1))[0]
    p = exact_p(q, exact.chance(counts)[:, at])[own]
    np.testing.assert_allclose(p, exact.p(observed, most)[at], atol=1e-3)


@pytest.mark.parametrize("background", [0, 3])
@pytest.mark.parametrize("events", [0.5, 1.0, 2.0, 3.0])
def test_coverage_at_low_counts_is_at_least_what_was_asked(case, background, events):
    _, exact, setting = case(background)
    counts, at = counting.every_count(30, 1), [np.searchsorted(exact.signal, events)]
    chance = exact.chance(counts)[:, at]
    p = exact_p(fitted(setting, counts, COUPLINGS[at]), chance)
    covered = np.sum(chance * (p > 0.1))
    assert covered >= 0.9
    wanted = [exact.p([n])[at] > 0.1 for n in range(len(counts))]
    assert covered == pytest.approx(np.sum(chance * np.array(wanted)), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "model"),
    [("xenon1t", "u1r"), pytest.param("coherent_lar", "b_minus_l", marks=pytest.mark.slow)],
)
def test_equal_counts_have_equal_q_wherever_they_stand(experiments, name, model):
    """The data, and toys with the data's counts and centres among others, in batches of several sizes."""
    data = (experiments[name],)
    setting = set_up(make_problem(data, get_model(model)), data)
    point = np.array([-5.9, -1.2])
    x = np.append(point, setting.start.nuisances)
    same = data_as_toy(setting.problem, data)
    others = draw(setting.problem, data, x, 1, 40)
    wanted = accept(setting, point[None], 0.9, 1, 1, np.zeros(1, dtype=int)).q[0]
    for parts in ([same], [same, others, same], [others, others, same, same, others, others]):
        toys = joined_toys(parts)
        own = np.flatnonzero(toys.numbers == -1)
        found = fit_both(
            setting.problem, data, toys, np.tile(x, (len(toys.numbers), 1)), setting.fitter
        )
        np.testing.assert_allclose(found.q[own], wanted, rtol=0, atol=1e-9)


def compare(found, exact, observed, number, most=45):
    """One interval, its ends those of the exact sum to 1 % and three standard deviations of the toys' p-values."""
    p, spread = exact.p(observed, most), 3 * np.sqrt(0.09 / number)
    ((low, high),) = exact.intervals(p, 0.1)
    inner, outer = (exact.intervals(p, 0.1 + s * spread) for s in (1, -1))
    (pair,) = found.intervals[0]
    first, last = exact.events(np.array(pair))
    assert "islands" not in found.flag[0] and (first == 0) == (low == 0)
    assert 0.99 * max(a for a, b in outer if a <= low) <= first <= 1.01 * inner[0][0]
    assert 0.99 * inner[-1][1] <= last <= 1.01 * min(b for a, b in outer if b >= high)


@pytest.mark.slow
def test_zero_events_without_background(case):
    """What every toy of zero counts ties with: 0 to 2.44 events, one interval."""
    data, exact, _ = case(0)
    found = fc_limits(data, "b_minus_l", masses=[MASS], number=1000, seed=1)
    compare(found, exact, [0], 1000)


@pytest.mark.slow
def test_the_same_couplings_are_accepted_on_a_grid(case):
    data, exact, _ = case(0)
    at = np.searchsorted(exact.signal, [0.5, 1.5, 2.0, 3.2, 4.5])
    grid = {"g": COUPLINGS[at], "fixed": {"mass": MASS}}
    found = feldman_cousins(data, "b_minus_l", number=1000, **grid)
    p = exact.p([0])[at]
    assert np.all(np.abs(found.p - p) < 4 * found.p_error)
    np.testing.assert_array_equal(found.accepted, p > 0.1)
    np.testing.assert_array_equal(found.accepted, at_least(found.critical, found.q))


@pytest.mark.slow
@pytest.mark.parametrize(("background", "n"), KNOWN)
def test_intervals_from_toys_are_those_of_the_exact_sum(case, background, n):
    data, exact, _ = case(background)
    data = counting.observing(data, n)
    found = fc_limits(data, "b_minus_l", masses=[MASS], number=8000, seed=2)
    compare(found, exact, [n], 8000)


@pytest.mark.slow
@pytest.mark.parametrize("observed", [(0, 0), (2, 1), (0, 0, 0), (1, 2, 0)])
def test_intervals_in_several_bins_are_those_of_the_exact_sum(case, observed):
    data, exact, _ = case(1, TWO if len(observed) == 2 else THREE)
    data = counting.observing(data, *observed)
    found = fc_limits(data, "b_minus_l", masses=[MASS], number=4000, seed=3)
    compare(found, exact, observed, 4000, most=22)


@pytest.mark.parametrize("events", [1.0, 3.0])
def test_sampled_coverage_is_the_exact_one(case, events):
    """Of toys whose q ties with the critical value: they are covered."""
    data, exact, _ = case(0)
    at = np.searchsorted(exact.signal, events)
    point = {"g": COUPLINGS[at]}
    found = coverage(data, "b_minus_l", points=[point], number=2000, fixed={"mass": MASS})
    counts = counting.every_count(30, 1)
    q, chance = exact.q(counts)[:, at], exact.chance(counts)[:, at]
    order = np.argsort(q)
    critical = q[order][np.cumsum(chance[order]) >= 0.9][0]
    wanted = chance[q <= critical + 1e-9].sum()
    assert found.critical[0] == pytest.approx(critical, abs=1e-4)
    assert found.value[0] == pytest.approx(wanted, abs=4 * np.sqrt(0.09 / 2000))
    assert wanted >= 0.9
