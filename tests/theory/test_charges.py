from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jaxmed.theory.charges import THREE_Y, anomalies, charges, yukawa_sums

RATIONAL = st.fractions(-5, 5, max_denominator=60)

# (multiplicity, chirality, Y, T3-doublet, colour-triplet, X of Table 1), written out on its own.
FIELDS = {
    "l_l": (2, +1, Fraction(-1), True, False, lambda q, lep, h: lep),
    "q_l": (6, +1, Fraction(1, 3), True, True, lambda q, lep, h: q),
    "nu_r": (1, -1, Fraction(0), False, False, lambda q, lep, h: lep + h),
    "e_r": (1, -1, Fraction(-2), False, False, lambda q, lep, h: lep - h),
    "u_r": (3, -1, Fraction(4, 3), False, True, lambda q, lep, h: q + h),
    "d_r": (3, -1, Fraction(-2, 3), False, True, lambda q, lep, h: q - h),
}


def loop(vertex, q, lep, h):
    return sum(n * side * vertex(x(q, lep, h), y) for n, side, y, _, _, x in FIELDS.values())


@given(RATIONAL, RATIONAL, RATIONAL)
def test_each_coefficient_is_the_sum_over_its_triangles(q, lep, h):
    got = anomalies(q, lep, h)
    assert got.xxx == loop(lambda x, y: x**3, q, lep, h)
    assert got.xxy == loop(lambda x, y: x**2 * y, q, lep, h)
    assert got.xyy == loop(lambda x, y: x * y**2, q, lep, h)
    assert got.yyy == loop(lambda x, y: y**3, q, lep, h) == 0
    assert got.grav_grav_x == loop(lambda x, y: x, q, lep, h)
    doublets = [(n, x) for n, _, _, doublet, _, x in FIELDS.values() if doublet]
    assert got.su2_su2_x == sum(Fraction(n, 2) * x(q, lep, h) for n, x in doublets)
    triplets = [(n, s, x) for n, s, _, _, triplet, x in FIELDS.values() if triplet]
    assert got.su3_su3_x == sum(Fraction(n, 3) * s * x(q, lep, h) for n, s, x in triplets)


@given(RATIONAL, RATIONAL)
def test_all_vanish_on_the_line(q, h):
    assert all(coefficient == 0 for coefficient in anomalies(q, -3 * q, h))


@given(RATIONAL, RATIONAL, RATIONAL)
def test_some_remains_off_the_line(q, lep, h):
    assume(lep + 3 * q != 0)
    assert any(coefficient != 0 for coefficient in anomalies(q, lep, h))


@given(RATIONAL, RATIONAL, RATIONAL)
def test_coefficients_are_the_known_multiples_of_the_condition(q, lep, h):
    condition = lep + 3 * q
    expected = (-6 * h**2, -4 * h, -2, 0, 1, 0, 0)
    assert list(anomalies(q, lep, h)) == [factor * condition for factor in expected]


@given(RATIONAL, RATIONAL, RATIONAL)
def test_every_yukawa_term_is_invariant(q, lep, h):
    assert list(yukawa_sums(charges(q, lep, h))) == [0, 0, 0, 0, 0]


def test_hypercharge_leaves_the_yukawa_terms_invariant():
    assert list(yukawa_sums(THREE_Y)) == [0, 0, 0, 0, 0]
    assert [Fraction(y, 3) for y in THREE_Y[:6]] == [y for _, _, y, _, _, _ in FIELDS.values()]


@pytest.mark.parametrize("field", range(8))
def test_a_wrong_charge_breaks_some_yukawa_term(field):
    wrong = [*charges(0, 0, 1)]
    wrong[field] += 1
    assert any(yukawa_sums(type(THREE_Y)(*wrong)))


@given(RATIONAL, RATIONAL, RATIONAL)
def test_charges_are_table_1(q, lep, h):
    got = charges(q, lep, h)
    assert list(got[:6]) == [x(q, lep, h) for *_, x in FIELDS.values()]
    assert (got.h, got.sigma) == (h, -2 * (lep + h))


def test_presets():
    paper = charges(0, 0, 1)
    assert paper.nu_r == paper.u_r == -paper.e_r == -paper.d_r == 1  # Eq. 21
    assert paper.l_l == paper.q_l == 0
    b_minus_l = charges(Fraction(2, 3), -2, 0)
    assert list(b_minus_l[:6]) == [-2, Fraction(2, 3), -2, -2, Fraction(2, 3), Fraction(2, 3)]
    hypercharge = charges(Fraction(1, 3), -1, 1)
    assert [3 * x for x in hypercharge[:7]] == list(THREE_Y[:7])


def test_floats_and_traced_values_work():
    np.testing.assert_allclose(
        anomalies(0.3, 0.7, 1.1), (-11.616, -7.04, -3.2, 0, 1.6, 0, 0), atol=1e-14
    )
    slopes = jax.jit(jax.grad(lambda lep: anomalies(0.3, lep, 1.1).xyy))(0.7)
    np.testing.assert_allclose(slopes, -2.0, rtol=1e-14)


@pytest.mark.parametrize("bad", [(np.nan, 0, 1), (0, np.inf, 1), (0, 0, np.nan)])
def test_bad_input_is_refused(bad):
    for function in (anomalies, charges):
        with pytest.raises(ValueError, match="expected a finite number"):
            function(*bad)
