"""Factors on counts: interpolation code 4, errors of single bins, and their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments.likelihood.factors import (
    asymmetric_factors,
    local_factors,
)
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.likelihood.yields import counts, counts_range
from jaxmed.experiments.model import Component
from jaxmed.models.model import Parameter

ENDS = np.array([[0.8, 1.3], [1.1, 1.2], [1.25, 0.7], [0.02, 6.0]])
NAMES = ("a", "b", "c", "d")
PART = Component(
    np.ones((1, 3)),
    np.array([0.1, 1.0]),
    (),
    (),
    ("e", "f"),
    floating=(Parameter("f", -2.0, 5.0, False, "1"), Parameter("k_1", -0.99, 9.0, False, "1")),
    zeros=(("f", 0.0), ("k_1", -1.0)),
    asymmetric=NAMES,
    ends=ENDS,
    local=("k_1", "s_1", "s_2"),
    local_widths=np.array([[1.0, 0.0, 0.0], [0.2, 0.0, 0.0], [0.0, 0.3, 0.0]]),
)
EVERY = (*NAMES, "e", "f", *PART.local)
POINTS = (-4.9, -1.5, -1.0, -0.999, -0.4, 0.0, 0.3, 0.999, 1.0, 1.7, 4.2)


def _at(value: float) -> Pulls:
    return Pulls(EVERY, jnp.full(len(EVERY), value))


@pytest.mark.parametrize("z", POINTS)
def test_code_4_is_a_power_outside_and_a_polynomial_inside(z):
    found = np.asarray(asymmetric_factors(PART, _at(z))[0])
    if abs(z) >= 1:
        power = ENDS[:, 1] ** z if z > 0 else ENDS[:, 0] ** -z
        np.testing.assert_allclose(found, power, rtol=1e-13)
        return
    # a polynomial of sixth degree through 1, with value and two derivatives of the powers at either end
    logs = np.log(ENDS)
    for own, (low, high), (log_low, log_high) in zip(found, ENDS, logs, strict=True):
        rows, right = [[1.0, *[0.0] * 6]], [1.0]
        for end, base, log in ((1.0, high, log_high), (-1.0, low, -log_low)):
            for order in range(3):
                monomials = [np.polynomial.Polynomial.basis(k) for k in range(7)]
                rows.append([(p.deriv(order) if order else p)(end) for p in monomials])
                right.append(base * log**order)
        expected = np.polynomial.Polynomial(np.linalg.solve(rows, right))(z)
        assert own == pytest.approx(expected, rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("z", [z for z in POINTS if abs(z) != 1])
@pytest.mark.parametrize("function", [asymmetric_factors, local_factors])
def test_derivatives_are_those_of_autodiff(function, z):
    def along(t):
        return function(PART, _at(t))[0]

    if function is local_factors and z < -0.99:
        return  # beyond the range of what floats
    slope = jax.jacfwd(along)
    value, first, second = function(PART, _at(z))
    np.testing.assert_allclose(value, along(z), rtol=1e-13)
    np.testing.assert_allclose(first, slope(z), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(second, jax.jacfwd(slope)(z), rtol=1e-11, atol=1e-11)


def test_factors_of_single_bins_act_where_they_belong():
    value = np.asarray(local_factors(PART, _at(0.5))[0])
    expected = [[1.5, 1.0, 1.0], [1.1, 1.0, 1.0], [1.0, 1.15, 1.0]]
    np.testing.assert_allclose(value, expected, rtol=1e-14)


def test_nothing_leaves_its_range():
    rng = np.random.default_rng(1)
    low = Pulls(EVERY, jnp.array([-3.0, -5.0, -0.5, -1.0, -2.0, -2.0, -0.99, -3.0, -2.0]))
    high = Pulls(EVERY, jnp.array([2.0, 0.8, 0.9, 1.0, 3.0, 5.0, 4.0, 3.0, 3.0]))
    least, most = counts_range([PART], low, high)
    for _ in range(300):
        share = rng.choice([0.0, 1.0, rng.uniform()], size=len(EVERY))
        at = Pulls(EVERY, low.values + share * (high.values - low.values))
        mu = counts([PART], at)
        assert (least - 1e-9 <= mu).all() and (mu <= most + 1e-9).all()
