"""Crossings of known functions: smooth, steep, with a kink, with a jump, undefined."""

from typing import NamedTuple

import numpy as np
import pytest

from jaxmed.inference.problem import make_problem
from jaxmed.inference.regions import level as crossings
from jaxmed.inference.regions.level import Profile, find_crossings
from jaxmed.models.choose import get_model


class Found(NamedTuple):
    nll: np.ndarray
    nuisances: np.ndarray
    converged: np.ndarray


# name: function of the first coordinate, where it crosses 1
FUNCTIONS = {
    "cubic": (lambda x: x**3, 1.0),
    "flat then steep": (lambda x: 10.0 ** (8 * (x - 1.3)), 1.3),
    "kink": (lambda x: np.where(x < 0.7, 0.2 * x, 0.14 + 30 * (x - 0.7)), 0.7 + 0.86 / 30),
    "jump": (lambda x: np.where(x < 1.7, 0.0, 5.0), 1.7),
    "undefined beside": (lambda x: np.where(np.abs(x - 1.4) < 0.1, np.nan, x**3), 1.0),
}


@pytest.fixture
def analytic(monkeypatch, experiments):
    """find_crossings on a function instead of data; returns it and the sizes of its batches."""

    def solve(name, start, end, converges=np.isfinite):
        function, _ = FUNCTIONS[name]
        sizes = []

        def profile(problem, points, data, start):
            sizes.append(len(points))
            x = points[:, 0]
            return Found(function(x), np.zeros((len(x), 0)), converges(x))

        monkeypatch.setattr(crossings, "profile", profile)
        ends = [
            Profile(p, function(p[:, 0]), np.zeros((len(p), 0)))
            for p in (np.stack([x, 0 * x + 3], axis=1) for x in (start, end))
        ]
        data = (experiments["texono"],)
        problem = make_problem(data, get_model("u1r"))
        return find_crossings(problem, *ends, np.ones(len(start)), data), sizes

    return solve


@pytest.mark.parametrize("name", FUNCTIONS)
def test_crossing_is_found(analytic, name):
    start, end = np.array([0.0, 0.2, 0.65]), np.array([1.8, 2.0, 5.0])
    found, sizes = analytic(name, start, end)
    np.testing.assert_allclose(found.points[:, 0], FUNCTIONS[name][1], atol=3e-5)
    np.testing.assert_array_equal(found.points[:, 1], 3.0)
    assert found.certain.all()
    assert len(sizes) < 60


def test_smooth_crossings_take_few_points(analytic):
    """Bisection from a bracket of 0.1 takes 14 points to 1e-5."""
    found, sizes = analytic("flat then steep", np.array([1.24]), np.array([1.34]))
    assert found.points[0, 0] == pytest.approx(1.3, abs=1e-5)
    assert sum(sizes) <= 6


def test_no_segments_are_no_crossings(analytic):
    found, sizes = analytic("cubic", np.zeros(0), np.zeros(0))
    assert found.points.shape == (0, 2)
    assert sizes == []


def test_end_on_the_level_is_the_crossing(analytic):
    found, _ = analytic("cubic", np.array([1.0]), np.array([1.8]))
    np.testing.assert_array_equal(found.points, [[1.0, 3.0]])
    assert found.nll.item() == 1.0
    assert found.certain.all()


def test_undefined_crossing_is_not_certain(analytic, monkeypatch):
    """It crosses 1 within a gap; the point is where the gap begins."""
    gap = (lambda x: np.where(np.abs(x - 1.4) < 0.3, np.nan, x - 0.4), None)
    monkeypatch.setitem(FUNCTIONS, "gap", gap)
    found, _ = analytic("gap", np.array([0.0, 0.65]), np.array([1.8, 5.0]))
    np.testing.assert_allclose(found.points[:, 0], 1.1, atol=1e-5)
    assert np.isfinite(found.nll).all()
    assert not found.certain.any()


@pytest.mark.parametrize("lower_side", [True, False])
def test_certain_needs_convergence_at_the_point_itself(analytic, lower_side):
    """The lower side of the jump is closer to the level: it is the point, whichever side was profiled last."""
    start, end = np.array([0.0, 0.2, 0.65]), np.array([1.8, 2.0, 5.0])
    found, _ = analytic("jump", start, end, lambda x: (x < 1.7) == lower_side)
    np.testing.assert_array_equal(found.nll, 0.0)
    np.testing.assert_array_equal(found.certain, lower_side)
