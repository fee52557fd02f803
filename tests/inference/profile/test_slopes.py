"""Slopes of the profiled -log L against differences of profiles."""

import numpy as np
import pytest

from jaxmed.inference.engine.timing import clock
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.profile.slopes import slopes
from jaxmed.models.choose import get_model

POINTS = np.array([[-5.8, -1.2], [-6.2, -2.5], [-3.8, 1.5]])
STEP = 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "constraints"),
    [
        (("xenon1t",), ()),
        (("coherent_csi",), ()),
        (("texono", "xenon1t"), ("rho",)),
    ],
)
@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (0.6, -0.8)])
def test_slope_is_the_difference_of_profiles(experiments, names, constraints, direction):
    data = tuple(experiments[name] for name in names)
    problem = make_problem(data, get_model("u1r"), constraints=constraints)
    along = np.broadcast_to(direction, POINTS.shape)
    there = profile(problem, POINTS, data)
    found = slopes(problem, POINTS, there.nuisances, along, data)
    up, down = (profile(problem, POINTS + sign * STEP * along, data).nll for sign in (1, -1))
    np.testing.assert_allclose(found, (up - down) / (2 * STEP), rtol=1e-4, atol=1e-5)
    assert np.abs(found).max() > 0.1


def test_any_number_of_points_compiles_once(experiments):
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"))
    many = np.resize(POINTS, (67, 2))
    pulls = profile(problem, many, data).nuisances
    few = slopes(problem, many[:3], pulls[:3], np.ones((3, 2)), data)
    with clock() as time:
        found = slopes(problem, many, pulls, np.ones((67, 2)), data)
    assert time.compilations == 0
    np.testing.assert_allclose(found, np.resize(few, 67), rtol=1e-10)
    assert slopes(problem, many[:0], pulls[:0], np.ones((0, 2)), data).shape == (0,)
