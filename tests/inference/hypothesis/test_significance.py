"""p-values from toys: what they count, failures, streams, and Wilks where he holds."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

import jaxmed.inference.hypothesis.p_values as hypothesis
from jaxmed.inference.hypothesis.p_values import p_value, z_of
from jaxmed.inference.hypothesis.significance import significance
from jaxmed.inference.results import UNCONVERGED

N = 200


@pytest.fixture(scope="module")
def found(experiments):
    return significance(experiments["xenon1t"], number=N, seed=1)


@pytest.mark.parametrize(("k", "n"), [(0, 50), (3, 50), (49, 50)])
def test_error_of_a_p_value_is_half_of_wilson_s_interval(k, n):
    """Its ends are where the p of n toys is one binomial standard deviation from k of n (J. Am. Stat. Ass. 22, 209)."""
    found = p_value(1.0, np.repeat([2.0, 0.0], [k, n - k]))
    share = (k + 1) / (n + 1)
    ends = np.roots([1 + 1 / n, -(2 * share + 1 / n), share**2])
    np.testing.assert_allclose(found.error, np.ptp(ends) / 2, rtol=1e-12)


def test_p_value_counts_the_data_as_a_toy():
    q = np.array([0.0, 1.0, 2.0, np.inf])
    assert p_value(1.0, q).value == 4 / 5
    assert p_value(2.5, q).value == 2 / 5
    none = p_value(3.0, np.zeros(99))
    assert none.value == 1 / 100
    assert 0.003 < none.error < 0.03
    assert none.z == pytest.approx(norm.isf(0.01))
    assert z_of(1.0) == -np.inf


@pytest.mark.slow
def test_p_values_are_those_of_the_toys(found):
    extreme = np.count_nonzero(found.toys.q >= found.q0)
    assert found.everywhere.value == (1 + extreme) / (N + 1)
    assert found.q0 == pytest.approx(2 * (found.nll_sm - found.nll_best), abs=1e-9)
    assert 12.9 < found.q0 < 13.4
    assert found.best["g"] == pytest.approx(1.558e-6, rel=0.005)
    assert found.best["mass"] == pytest.approx(0.0575, rel=0.005)
    # half a chi^2 of one degree of freedom
    assert found.local_asymptotic.value == pytest.approx(chi2.sf(found.q0, 1) / 2, rel=1e-9)
    assert found.local_asymptotic.z == pytest.approx(np.sqrt(found.q0), rel=1e-6)


def test_a_free_mass_never_fits_worse(found):
    assert not found.toys.failed.any()
    np.testing.assert_array_equal(found.toys.numbers, found.toys_local.numbers)
    np.testing.assert_allclose(found.toys.nll, found.toys_local.nll, atol=1e-6)
    assert np.all(found.toys.nll_best < found.toys_local.nll_best + 1e-4)
    assert found.everywhere.value >= found.local.value
    assert np.median(found.toys.q) > np.median(found.toys_local.q) + 0.2


def test_toys_of_the_best_fit_are_others_and_prefer_it(found):
    assert found.toys_best.numbers.tolist() == list(range(N, 2 * N))
    # its own truth is among what the toys are compared with
    assert np.all(found.toys_best.q >= 0)
    assert 0.1 < found.fit_best.value < 0.6
    assert found.fit_sm.value < 0.12


def test_failed_toys_stay_and_count_as_extreme(experiments, monkeypatch):
    fit = hypothesis.global_fits

    def failing(problem, toys, fitter):
        good = fit(problem, toys, fitter)
        bad = np.isin(toys.numbers, [2, 5])
        return good._replace(status=np.where(bad, UNCONVERGED, good.status))

    monkeypatch.setattr(hypothesis, "global_fits", failing)
    some = significance(experiments["xenon1t"], number=20, seed=1)
    assert some.toys.numbers[some.toys.failed].tolist() == [2, 5]
    assert some.toys.q.size == 20
    more = np.count_nonzero(some.toys.q[~some.toys.failed] >= some.q0)
    assert some.everywhere.value == (1 + 2 + more) / 21
    assert some.fit_sm.value >= 3 / 21


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"number": 0}, "toys = 0: expected at least 1"),
        ({"seed": -1}, "seed = -1"),
        ({"model": "standard_model"}, "free are none, expected one parameter alone"),
        ({"fixed": {"g": 1e-6}}, "g is held fixed"),
        ({"fixed": {"nothing": 1.0}}, "unknown parameter 'nothing'"),
    ],
)
def test_bad_input_is_one_sentence(experiments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        significance(experiments["xenon1t"], **options)


@pytest.mark.slow
def test_one_parameter_has_no_mass_to_look_for_elsewhere(experiments):
    """Half a chi^2 of one degree of freedom where it is not negative, the whole where it has a sign."""
    moment = significance(experiments["xenon1t"], "magnetic_moment", number=20)
    assert moment.toys_local is moment.toys
    assert moment.local == moment.everywhere
    assert moment.local_asymptotic.value == pytest.approx(chi2.sf(moment.q0, 1) / 2)
    assert set(moment.best) == {"mu_nu"}
    radius = significance(experiments["texono"], "charge_radius", number=20)
    assert (moment.signed, radius.signed) == (False, True)
    assert radius.local_asymptotic.value == pytest.approx(chi2.sf(radius.q0, 1))
