"""Every long function tells of its whole work: the shares add up to one."""

import numpy as np
import pytest

from jaxmed.inference.bayes.posterior import posterior
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.hypothesis.coverage import coverage
from jaxmed.inference.hypothesis.expected_limits import expected_ends, expected_limits
from jaxmed.inference.hypothesis.feldman_cousins import feldman_cousins
from jaxmed.inference.hypothesis.feldman_cousins_limits import fc_interval, fc_limits
from jaxmed.inference.hypothesis.significance import significance
from jaxmed.inference.regions.contours import contours
from jaxmed.inference.regions.intervals import intervals
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.sensitivity import sensitivity

PLANE = {"g": np.geomspace(3e-7, 6e-6, 6), "mass": np.geomspace(0.01, 0.5, 5)}
CALLS = [
    (fit, {"grid": 11}),
    (limits, {"masses": [0.01, 1.0]}),
    (contours, PLANE),
    (sensitivity, {"masses": [0.01, 1.0]}),
    (expected_limits, {"masses": [0.01, 1.0], "number": 20}),
    (fc_limits, {"masses": [0.1], "number": 40}),
    (feldman_cousins, {"g": [7e-7, 1.5e-6], "mass": [0.03, 0.08], "number": 40}),
    (significance, {"number": 20}),
    (coverage, {"points": [{"g": 1.5e-6, "mass": 0.06}, {"g": 0.0, "mass": 0.06}], "number": 40}),
    (posterior, {"chains": 2, "samples": 8, "warmup": 16}),
]


OF_ONE_PARAMETER = [
    (intervals, {}),
    (fc_interval, {"number": 40}),
    (expected_ends, {"number": 20}),
    (sensitivity, {}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("function", "asked"), CALLS, ids=lambda x: getattr(x, "__name__", ""))
def test_shares_add_up_to_one(experiments, function, asked):
    told = []
    function(experiments["xenon1t"], "u1r", tick=told.append, **asked)
    assert min(told) >= 0
    assert sum(told) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("function", "asked"), OF_ONE_PARAMETER)
def test_shares_of_one_parameter_add_up_to_one(experiments, function, asked):
    told = []
    function(experiments["texono"], "charge_radius", tick=told.append, **asked)
    assert sum(told) == pytest.approx(1.0, abs=1e-9)
