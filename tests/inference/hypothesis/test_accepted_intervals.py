"""Intervals from p-values along a line."""

import numpy as np
import pytest

from jaxmed.inference.hypothesis.accepted_intervals import accepted_intervals


def test_ends_are_interpolated():
    along = np.array([-8.0, -7.0, -6.0, -5.0])
    none = np.zeros(4)
    ((low, high),) = accepted_intervals(along, np.array([1.0, 1.0, 0.2, 0.0]), none, 0.1)
    assert low == -8
    assert high == pytest.approx(-5.5)
    ((low, high),) = accepted_intervals(along, np.array([0.0, 0.05, 0.15, 0.5]), none, 0.1)
    assert low == pytest.approx(-6.5)
    assert high == -5
    assert accepted_intervals(along, none, none, 0.1) == ()


def test_a_gap_within_the_errors_is_scatter():
    along, p = np.linspace(-7.5, -5, 6), np.array([0.0, 0.2, 0.09, 0.3, 0.0, 0.4])
    assert len(accepted_intervals(along, p, np.full(6, 0.001), 0.1)) == 3
    ((first, last), _) = accepted_intervals(along, p, np.full(6, 0.01), 0.1)
    assert first < -7 < -6 < last
