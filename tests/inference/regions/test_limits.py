"""Limits against brute-force scans; islands, edges and bad input."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2

from jaxmed.inference.engine.timing import clock
from jaxmed.inference.regions.grid_scan import scan
from jaxmed.inference.regions.limits import chi2_quantile, limits

BRUTE = np.logspace(-6.5, -2, 2001)


@pytest.mark.parametrize("cl", [0.68, 0.9, 0.95, 0.9973])
def test_quantile_is_chi_squared(cl):
    assert chi2_quantile(cl) == pytest.approx(chi2.ppf(cl, 1), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "model", "mass"),
    [
        ("texono", "u1r", 1.0),
        ("xenon1t", "u1r", 0.06),
        ("xenon1t", "b_minus_l", 1.0),
        ("coherent_csi", "universal", 100.0),
        ("texono", "b_minus_l", 1e-3),
        ("texono", "u1r", 300.0),
        ("xenon1t", "u1r", 1e-3),
        ("xenon1t", "universal", 10.0),
        ("coherent_csi", "u1r", 0.01),
    ],
)
def test_intervals_are_those_of_a_brute_force_scan(experiments, name, model, mass):
    found = limits(experiments[name], model, masses=[mass])
    nll = scan(experiments[name], model, g=BRUTE, mass=[mass]).nll[:, 0]
    lowest = min(nll.min(), scan(experiments[name], model, g=[1e-9], mass=[mass]).nll.item())
    allowed = 2 * (nll - lowest) < found.threshold
    edges = np.flatnonzero(allowed[1:] != allowed[:-1])
    crossings = np.sqrt(BRUTE[edges] * BRUTE[edges + 1])
    ends = [end for pair in found.intervals[0] for end in pair if end > 0]
    step = np.log(BRUTE[1] / BRUTE[0])
    np.testing.assert_allclose(np.log(ends), np.log(crossings), atol=1.2 * step)
    assert found.g_upper[0] == ends[-1]


@pytest.mark.slow
def test_crossing_is_where_the_threshold_is(experiments):
    found = limits(experiments["coherent_csi"], "b_minus_l", masses=[10.0])
    best = scan(
        experiments["coherent_csi"], "b_minus_l", g=[max(found.g_best[0], 1e-9)], mass=[10.0]
    )
    at = scan(experiments["coherent_csi"], "b_minus_l", g=found.g_upper, mass=[10.0])
    assert 2 * (at.nll - best.nll).item() == pytest.approx(found.threshold, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "model"), [("texono", "u1r"), ("xenon1t", "u1r"), ("coherent_csi", "universal")]
)
def test_every_crossing_is_exact_to_1e_4_in_log10_g(experiments, name, model):
    """A ten-thousandth of a decade to the left and to the right of an edge lie on either side of the level."""
    data = experiments[name]
    found = limits(data, model, masses=[0.03, 0.3, 30.0, 300.0])
    for mass, best, pairs in zip(found.mass, found.g_best, found.intervals, strict=True):
        lowest = scan(data, model, g=[max(best, 1e-9)], mass=[mass]).nll.item()
        for i, edge in enumerate(end for pair in pairs for end in pair):
            if edge == 0:
                continue
            sides = edge * 10 ** np.array([-1e-4, 1e-4])
            excess = 2 * (scan(data, model, g=sides, mass=[mass]).nll[:, 0] - lowest)
            inwards = 1 if i % 2 == 0 else -1
            assert (
                inwards * (excess[0] - found.threshold)
                > 0
                > inwards * (excess[1] - found.threshold)
            )


def _coupling_at(data, model, mass, level, low, high):
    """Where 2 (nll - lowest) reaches the level between two couplings, by SciPy on single points of a scan."""

    def excess(log_g):
        return 2 * scan(data, model, g=[10**log_g], mass=[mass]).nll.item() - level

    return 10 ** brentq(excess, np.log10(low), np.log10(high), xtol=1e-9)


@pytest.mark.parametrize(("name", "mass"), [("xenon1t", 0.06), ("texono", 1.0), ("texono", 30.0)])
@pytest.mark.parametrize("cl", [0.9, 0.95])
def test_one_sided_is_the_upper_end_of_a_smaller_quantile(experiments, name, mass, cl):
    """An excess, an island and neither: everything below the best fit is allowed, the end is at chi^2_1's 2 cl - 1."""
    data = experiments[name]
    found, two = (limits(data, masses=[mass], cl=cl, sided=sided) for sided in ("one", "two"))
    assert found.threshold == pytest.approx(chi2.ppf(2 * cl - 1, 1), rel=1e-9)
    assert (found.sided, found.convention, two.convention) == ("one", "one-sided", "two-sided")
    np.testing.assert_array_equal(found.g_best, two.g_best)
    assert "excludes zero" not in found.flag[0] and found.intervals[0][0][0] == 0
    assert found.intervals[0][0][1] > found.g_best[0]
    assert found.g_upper[0] == found.intervals[0][-1][1] < two.g_upper[0]
    lowest = scan(data, g=[max(found.g_best[0], 1e-9)], mass=[mass]).nll.item()
    inside = max(found.g_best[0], found.intervals[0][-1][0] * 1.02, 0.8 * found.g_upper[0])
    level = 2 * lowest + chi2.ppf(2 * cl - 1, 1)
    end = _coupling_at(data, "u1r", mass, level, inside, 1.1 * found.g_upper[0])
    assert found.g_upper[0] == pytest.approx(end, rel=5e-5)


def test_one_sided_at_95_is_two_sided_at_90_above_the_best_fit(experiments):
    one = limits(experiments["xenon1t"], masses=[0.06, 1.0], cl=0.95, sided="one")
    two = limits(experiments["xenon1t"], masses=[0.06, 1.0], cl=0.9)
    np.testing.assert_array_equal(one.g_upper, two.g_upper)
    assert two.flag[0] == "excludes zero" and one.flag[0] == "ok"


def test_best_coupling_is_the_minimum(experiments):
    """XENON1T prefers a mediator at low mass: its best coupling against a fine scan around it."""
    found = limits(experiments["xenon1t"], masses=[0.01, 0.06])
    for mass, best in zip(found.mass, found.g_best, strict=True):
        around = best * 10 ** np.linspace(-0.02, 0.02, 81)
        nll = scan(experiments["xenon1t"], g=around, mass=[mass]).nll[:, 0]
        assert abs(np.log10(around[np.argmin(nll)] / best)) < 5.1e-4


def test_masses_do_not_matter_to_each_other_and_compile_nothing(experiments):
    first = limits(experiments["xenon1t"], masses=[0.02, 0.06, 5.0])
    with clock() as time:
        alone = limits(experiments["xenon1t"], masses=[0.06])
    assert time.compilations == 0
    np.testing.assert_allclose(alone.intervals[0], first.intervals[1], rtol=3e-5)
    assert alone.flag[0] == first.flag[1]


@pytest.mark.parametrize("mass", [80.0, 300.0, 1000.0])
def test_narrow_island_of_destructive_interference_is_found(experiments, mass):
    """A universal vector turns the weak charge of nuclei into its negative at one narrow g."""
    found = limits(experiments["coherent_csi"], "universal", masses=[mass])
    low, high = found.intervals[0][-1]
    assert len(found.intervals[0]) == 2
    assert high / low == pytest.approx(1.06, abs=0.03)
    assert "islands" in found.flag[0]
    assert found.g_upper[0] == high


def test_allowed_to_the_end_of_the_scan_is_no_limit(experiments):
    """L_mu - L_tau has no tree-level coupling to electrons: TEXONO says nothing."""
    found = limits(experiments["texono"], "l_mu_l_tau", masses=[1.0])
    assert np.isnan(found.g_upper[0])
    assert found.flag == ("edge",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"masses": [-1.0]}, "mass = -1.0 MeV"),
        ({"masses": []}, "mass = "),
        ({"masses": [float("nan")]}, "mass = nan MeV"),
        ({"masses": [1.0], "cl": 1.5}, "confidence level cl = 1.5"),
        (
            {"masses": [1.0], "sided": "three"},
            "unknown value of sided 'three': expected one of two, one",
        ),
        ({"masses": [1.0], "cl": 0.5, "sided": "one"}, "cl = 0.5: expected above 0.5 .* one-sided"),
        ({"masses": [1.0], "model": "weak_mixing"}, "has no mediator"),
        (
            {"masses": [1.0], "fixed": {"mass": 1.0}},
            "free are g, expected g and mass",
        ),
    ],
)
def test_bad_input_is_one_sentence(experiments, change, message):
    with pytest.raises(ValueError, match=message):
        limits(experiments["texono"], **change)
