"""Intervals of a model's only parameter against brute-force scans."""

import numpy as np
import pytest

from jaxmed.inference.regions.grid_scan import scan
from jaxmed.inference.regions.intervals import intervals
from jaxmed.inference.regions.limits import limits

MOMENTS = np.logspace(-12, -8.5, 1501)
RADII = np.linspace(-70.0, 30.0, 2001)


def crossings(nll, values, threshold):
    allowed = 2 * (nll - nll.min()) < threshold
    edges = np.flatnonzero(allowed[1:] != allowed[:-1])
    return (values[edges] + values[edges + 1]) / 2


@pytest.mark.parametrize(
    ("name", "model", "parameter", "values"),
    [
        ("xenon1t", "magnetic_moment", "mu_nu", MOMENTS),
        ("texono", "magnetic_moment", "mu_nu", MOMENTS),
        ("coherent_csi", "charge_radius", "r2_nu", RADII),
        ("texono", "charge_radius", "r2_nu", RADII),
    ],
)
def test_intervals_are_those_of_a_brute_force_scan(experiments, name, model, parameter, values):
    found = intervals(experiments[name], model)
    nll = scan(experiments[name], model, **{parameter: values}).nll
    expected = crossings(nll, values, found.threshold)
    ends = [end for pair in found.intervals for end in pair if end != 0]
    step = np.diff(values).max() if parameter == "r2_nu" else 0.006 * expected
    assert len(ends) == len(expected)
    assert np.all(np.abs(ends - expected) <= step)
    assert found.nll.min() <= nll.min() + 1e-6
    assert ("islands" in found.flag) == (parameter == "r2_nu")


@pytest.mark.slow
def test_a_mass_held_fixed_gives_the_limit_at_that_mass(experiments):
    found = intervals(experiments["xenon1t"], "b_minus_l", fixed={"mass": 1.0})
    expected = limits(experiments["xenon1t"], "b_minus_l", masses=[1.0])
    np.testing.assert_allclose(found.intervals, expected.intervals[0], rtol=1e-5)
    assert found.flag == expected.flag[0]


def test_one_sided_is_lower_and_never_excludes_zero(experiments):
    two = intervals(experiments["xenon1t"], "magnetic_moment")
    one = intervals(experiments["xenon1t"], "magnetic_moment", sided="one")
    assert two.flag == "excludes zero"
    assert one.flag == "ok"
    assert one.intervals[0][0] == 0
    assert one.intervals[0][1] < two.intervals[0][1]


def test_to_the_end_of_the_box_is_no_limit(experiments):
    found = intervals(experiments["coherent_lar"], "millicharge")
    assert found.flag == "edge"
    assert found.intervals == ((-100.0, 100.0),)


@pytest.mark.parametrize(
    ("model", "settings", "sentence"),
    [
        ("u1r", {}, "free are g, mass, expected one parameter alone"),
        ("charge_radius", {"sided": "one"}, "expected two for r2_nu, which may have either sign"),
        ("magnetic_moment", {"cl": 1.5}, "confidence level cl = 1.5"),
    ],
)
def test_bad_input_is_one_sentence(experiments, model, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        intervals(experiments["texono"], model, **settings)
