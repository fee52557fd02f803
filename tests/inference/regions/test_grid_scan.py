"""Values along an axis: what is read, one sentence for the rest, and the order of the points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxmed.inference.problem import make_problem
from jaxmed.inference.regions.grid_scan import axis_values, grid_points, grid_values, read_values
from jaxmed.models.choose import get_model
from jaxmed.models.model import MEDIATOR, Parameter

G, MASS = MEDIATOR
ANGLE = Parameter("sin2_theta_w", 0.05, 0.6, False, "1")


def test_ranges_are_even_in_the_coordinate_of_the_fit():
    values = axis_values(MASS, "1e-2:100:5", "mass")
    np.testing.assert_allclose(values, [0.01, 0.1, 1, 10, 100], rtol=1e-14)
    np.testing.assert_allclose(axis_values(ANGLE, "0.1:0.5:3", "s2"), [0.1, 0.3, 0.5], rtol=1e-14)
    assert axis_values(G, [1e-6, 1], "g").tolist() == [1e-6, 1.0]
    assert axis_values(G, "1e-6, 2e-6", "g").tolist() == [1e-6, 2e-6]


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ("one", "scan.g = 'one': expected numbers like"),
        ("1e-8:1e-3", "expected numbers like"),
        ("1e-3:1e-8:5", "with 0 < low < high"),
        ("0:1e-3:5", "with 0 < low < high"),
        ("1e-8:1e-3:1", "number at least 2"),
        ("1e-8:1e-3:10002", "at most 10001"),
        ("1e-8:1e-3:2.5", "expected numbers like"),
        ("1e-10:1e-3:5", "scan.g = 1e-10: expected values from 1e-09 to 1"),
        ("1e-8:2:5", "expected values from"),
        ([], "expected 'low:high:number' or a list of numbers"),
        (["1e-6"], "or a list of numbers"),
        ([True], "or a list of numbers"),
        (3, "or a list of numbers"),
        ({"low": 1}, "or a list of numbers"),
        ([float("nan")], "scan.g = nan: expected values from"),
        ([1e-5, 1e-6], "in ascending order"),
        ([1e-6, 1e-6], "in ascending order"),
    ],
)
def test_mistakes_are_one_sentence(given_, message):
    with pytest.raises(ValueError, match=message) as problem:
        axis_values(G, given_, "scan.g")
    assert "\n" not in str(problem.value)


@given(st.text(alphabet="0123456789.:,e-+naif ", max_size=20), st.booleans())
def test_any_text_is_read_or_refused(text, log):
    try:
        values = read_values("mass", text, log=log)
    except ValueError as problem:
        assert str(problem).startswith("mass = '")
    else:
        assert values.ndim == 1
        assert values.size >= 1


def test_what_is_left_out_covers_the_box(experiments):
    problem = make_problem([experiments["xenon1t"]], get_model("u1r"))
    values = grid_values(problem, {"mass": np.array([0.1, 1.0])}, 10)
    assert list(values) == ["g", "mass"]
    np.testing.assert_allclose(values["g"], np.geomspace(1e-9, 1, 10), rtol=1e-12)
    points = grid_points(problem, values)
    assert points.shape == (20, 2)
    np.testing.assert_allclose(points[:3], [[-9, -1], [-9, 0], [-8, -1]], atol=1e-12)


def test_only_free_parameters_have_a_grid(experiments):
    held = make_problem([experiments["xenon1t"]], get_model("u1r"), {"mass": 1.0})
    with pytest.raises(ValueError, match="grid for 'mass': expected a free parameter, g"):
        grid_values(held, {"mass": np.array([1.0])}, 10)
    none = make_problem([experiments["xenon1t"]], get_model("standard_model"))
    with pytest.raises(ValueError, match="'standard_model' has no free parameter"):
        grid_values(none, {}, 10)
