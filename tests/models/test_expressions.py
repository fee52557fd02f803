"""The grammar of couplings: values against Python's own arithmetic, and one sentence for every mistake."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxmed.models.expressions import FUNCTIONS, parse

NAMES = ("g", "mass", "m_mu")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("g", 3.0),
        ("-g^2", -9.0),
        ("(-g)^2", 9.0),
        ("2^3^2", 512.0),
        ("2**-1", 0.5),
        ("8/4/2", 1.0),
        ("1 - 2 - 3", -4.0),
        ("1 + 2*g - mass/4", 6.5),
        (" - - 2 * - g ", -6.0),
        ("1.5e-3*.5E1", 7.5e-3),
        ("log(exp(g)) + log10(100)", 5.0),
        ("sqrt(mass^2) * abs(-g)", 6.0),
        ("max(g, mass) - min(g, mass)", 1.0),
        ("4*atan(1) + sin(0) + cos(0) + tan(0) + tanh(0)", math.pi + 1),
    ],
)
def test_values(text, wanted):
    values = {"g": 3.0, "mass": 2.0}
    assert float(parse(text, NAMES).value(values)) == pytest.approx(wanted, rel=1e-15)
    assert float(parse(text, NAMES).value(values, np)) == pytest.approx(wanted, rel=1e-15)


_numbers = st.floats(0.1, 10).map(repr)
_texts = st.recursive(
    _numbers | st.sampled_from(["g", "mass"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join)
        | inner.map("({})".format)
        | inner.map("-{}".format)
        | inner.map("abs({})".format)
        | st.tuples(inner, st.integers(0, 3)).map(lambda x: f"({x[0]})**{x[1]}")
    ),
    max_leaves=8,
)


@given(_texts)
def test_the_order_of_operations_is_python_s(text):
    values = {"g": 1.3, "mass": 0.7}
    try:
        wanted = eval(text, {"abs": abs}, values)
    except ZeroDivisionError:
        return
    got = float(parse(text, ("g", "mass")).value(values, np))
    assert got == pytest.approx(wanted, rel=1e-12, abs=1e-300)


def test_it_is_pure_jax():
    expression = parse("g^2 * log(mass) / (1 + mass)^2", NAMES)
    g, mass = jnp.array([1e-3, 0.5]), jnp.array([2.0, 3.0])
    batch = jax.jit(jax.vmap(lambda g, m: expression.value({"g": g, "mass": m})))(g, mass)
    np.testing.assert_allclose(batch, g**2 * np.log(mass) / (1 + mass) ** 2, rtol=1e-14)
    slope = jax.grad(lambda g: expression.value({"g": g, "mass": 2.0}))(0.0)
    assert slope == 0.0


def test_equal_texts_are_equal_and_hash_alike():
    assert parse("g*2", NAMES) == parse("g*2", NAMES)
    assert hash(parse("g*2", NAMES)) == hash(parse("g*2", NAMES))
    assert parse("g*2", NAMES) != parse("g*3", NAMES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "position 1: got the end, expected a number, a name or '[(]'"),
        ("g +", "position 4: got the end, expected a number"),
        ("g g", "position 3: got 'g', expected an operator or the end"),
        ("2 * gg", r"position 5: got 'gg', expected one of g, mass, .*did you mean g\?"),
        ("(g", "position 3: got the end, expected '\\)'"),
        ("g)", "position 2: got '\\)', expected an operator or the end"),
        ("log g", "position 5: got 'g', expected '\\('"),
        ("log(g, 2)", "position 6: got ',', expected '\\)'"),
        ("max(g)", "position 6: got '\\)', expected ','"),
        ("g ; 1", "position 3: got ';', expected a number, a name"),
        ("g.real", "position 2: got '\\.', expected"),
        ("__import__('os')", "position 1: got '__import__', expected one of"),
        ("g[0]", "position 2: got '\\['"),
        ("lambda", "position 1: got 'lambda'"),
        ("2g", "position 2: got 'g', expected an operator"),
        ("1e", "position 2: got 'e', expected an operator"),
        ("γ", "position 1: got 'γ'"),
        ("g\n+\x00", "position 4: got"),
        ("(" * 60 + "g" + ")" * 60, "expected at most 40 brackets"),
        ("2^" * 60 + "g", "expected at most 40 powers"),
        ("g+" * 300 + "g", "expected at most 500 characters"),
    ],
)
def test_mistakes_name_the_place(text, message):
    with pytest.raises(ValueError, match=message) as problem:
        parse(text, NAMES)
    assert "\n" not in str(problem.value)


def test_a_long_row_of_signs_is_no_recursion():
    assert float(parse("-" * 499 + "g", NAMES).value({"g": 2.0}, np)) == -2.0


@given(st.text(max_size=60) | st.text("g()+-*/^., 1e", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parsed = parse(text, NAMES)
    except ValueError as problem:
        assert "expected" in str(problem)
        return
    with np.errstate(all="ignore"):
        np.float64(parsed.value({"g": np.float64(1), "mass": np.float64(2), "m_mu": 3.0}, np))


def test_every_function_has_the_arity_it_says():
    for name, arity in FUNCTIONS.items():
        text = f"{name}({', '.join(['0.5'] * arity)})"
        assert np.isfinite(float(parse(text, ()).value({}, np)))


def test_a_long_text_is_quoted_around_its_mistake():
    with pytest.raises(ValueError) as problem:
        parse("g + " * 60 + "? + " + "g + " * 50 + "g", ("g",))
    sentence = str(problem.value)
    assert len(sentence) < 200
    assert "position 241: got '?'" in sentence
    assert sentence.startswith("'...") and "...'," in sentence
