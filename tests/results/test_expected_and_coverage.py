"""Expected limits and coverage as results: on disk and back, words, rows, figures, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import jaxmed
from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.coverage_plan import coverage_result
from jaxmed.analysis.expected import expected_result
from jaxmed.inference.hypothesis.coverage import Coverage
from jaxmed.inference.hypothesis.expected_limits import Expected

MASS = np.array([0.01, 1.0, 100.0])
BANDS = np.array([2.0**n * np.array([1e-6, 3e-6, np.nan]) for n in range(-2, 3)])
POINTS = [{"g": 0.0, "mass": 1.0}, {"g": 2e-5, "mass": 0.05}]


@pytest.fixture(scope="module")
def expected():
    asked = Analysis.of(experiments="texono", masses=MASS, cl=0.95, seed=4)
    toys = np.arange(21.0).reshape(7, 3) / 3e6
    return expected_result(asked, Expected(MASS, BANDS, toys, np.array([0, 2, 0])))


@pytest.fixture(scope="module")
def covered():
    asked = Analysis.of(experiments="texono", toys=60, cl=0.9, seed=4)
    found = Coverage(
        value=np.array([0.9, 0.8]),
        error=np.full(2, 0.01),
        asymptotic=np.array([0.95, 0.98]),
        asymptotic_error=np.full(2, 0.007),
        critical=np.array([2.8, np.inf]),
        failed=np.array([0, 7]),
        exact=np.zeros(2, dtype=bool),
    )
    return coverage_result(asked, POINTS, {"background": 1.0}, False, found)


@pytest.fixture(params=["expected", "covered"])
def found(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_it_survives_the_disk(found, tmp_path, suffix):
    again = jaxmed.load_result(found.save(tmp_path / f"x{suffix}"))
    assert again == found and str(again) == str(found)
    for name, value in dict(found).items():
        if isinstance(value, np.ndarray):
            assert getattr(again, name).dtype == value.dtype
            np.testing.assert_array_equal(getattr(again, name), value)


def test_it_is_drawn_on_given_axes(found):
    left, right = Figure().subplots(1, 2)
    assert found.plot(left, title="mine") is left
    assert left.get_title() == "mine" and left.get_legend() and not right.lines
    assert found.plot().get_title().startswith("u1r: TEXONO")


def test_expected_limits_are_as_they_were(expected):
    assert expected.g_upper.shape == (5, 3) and expected.toys.shape == (7, 3)
    np.testing.assert_array_equal(expected.g_upper, BANDS)
    np.testing.assert_array_equal(expected.mass, MASS)


def test_expected_limits_in_words(expected):
    text = " ".join(str(expected).split())
    assert "Expected limits at 95 % confidence level without a mediator, two-sided" in text
    assert expected.table().rows[0] == ["0.01", "1e-06", "5e-07 to 2e-06", "2.5e-07 to 4e-06"]
    assert expected.table().rows[2] == ["100", "none", "none to none", "none to none"]
    assert expected.notes()[0].startswith("no expected limit at 1 of 3 masses")
    assert expected.notes()[1] == "up to 2 toys of a mass did not converge, and have no limit"
    columns = expected.columns()
    np.testing.assert_array_equal(columns["g_expected_-1"], BANDS[1])


def test_the_figure_says_that_they_are_expected(expected):
    panel = expected.plot()
    texts = [t.get_text() for t in panel.get_legend().get_texts()]
    assert texts == ["2σ expected", "1σ expected", "median expected"]
    np.testing.assert_array_equal(panel.lines[0].get_ydata(), BANDS[2])


def test_a_single_mass_has_bars():
    asked = Analysis.of(experiments="texono", masses=0.01)
    one = Expected(MASS[:1], BANDS[:, :1], np.ones((7, 1)), np.zeros(1, int))
    panel = expected_result(asked, one).plot()
    low, high = panel.get_xlim()
    widths = [np.ptp(c.get_paths()[0].vertices[:, 0]) for c in panel.collections]
    assert low < 0.005 and high > 0.02 and all(0 < width < 0.005 for width in widths)
    heights = [c.get_paths()[0].vertices[:, 1] for c in panel.collections]
    assert (heights[0].min(), heights[0].max()) == (BANDS[0, 0], BANDS[4, 0])


def test_coverage_in_words(covered):
    assert covered.table().rows == [
        ["standard model", "90.0 %", "1.0 %", "95.0 %", "2.8"],
        ["g' 2e-05, M_Z' 0.05 MeV", "80.0 %", "1.0 %", "98.0 %", "inf"],
    ]
    close, point = "within 1 % or three errors", "g' 2e-05, M_Z' 0.05 MeV"
    assert covered.notes() == [
        f"asymptotic regions cover 90 % of the toys at 0 of 2 points, {close}; more at 2, 98.0 % at {point}",
        f"Feldman-Cousins regions cover 90 % of the toys at 1 of 2 points, {close}; less at 1, 80.0 % at {point}",
        f"7 toys did not converge and count as not covered, the most 7 at {point}",
    ]
    assert covered.columns()["mass"] == [1.0, 0.05]
    panel = covered.plot()
    assert panel.get_yticklabels()[0].get_text() == "standard model"
    assert panel.get_ylim() == (1.5, -0.5), "the first point on top"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"points": 3}, "points = 3: expected a list of points such as"),
        ({"points": [3]}, r"points\[0\] = 3: expected numbers by name"),
        ({"points": []}, "expected at least one"),
        (
            {"points": [{"g": -1, "mass": 1}]},
            r"points\[0\]\.g = -1: expected a value from .*, or 0",
        ),
        ({"points": [{"g": "x", "mass": 1}]}, r"points\[0\]\.g = 'x': expected a finite number"),
        ({"points": [{"g": 1e-6}]}, "expected g, mass"),
        ({"points": [{"gg": 1, "mass": 1}]}, r"unknown parameter in points\[0\] 'gg' \(did you"),
        ({"points": POINTS, "nuisances": 3}, "nuisances = 3: expected numbers by name"),
        ({"points": POINTS, "nuisances": {"x": 1}}, "unknown nuisance 'x'"),
        ({"points": POINTS, "constraints": ["rho"]}, "toys are drawn for experiments only"),
        ({"points": POINTS, "number": 0}, "toys = 0: expected a whole number from 1"),
        ({"points": POINTS, "cl": 1.0}, "cl = 1.0: expected a number between 0 and 1"),
    ],
)
def test_bad_questions_about_coverage_are_one_sentence(asked, message):
    with pytest.raises(ValueError, match=message) as problem:
        jaxmed.coverage("texono", **asked)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"masses": []}, "key 'masses' is missing"),
        ({"masses": 1e9}, r"mass = 1000000000\.0 MeV: expected values from"),
        ({"masses": 1.0, "number": 0}, "expected = 0: expected a whole number from 1"),
        ({"masses": 1.0, "constraints": ["rho"]}, "toys are drawn for experiments only"),
        ({"masses": 1.0, "fixed": {"g": 1e-6}}, "expected g and mass alone"),
        ({"masses": 1.0, "model": "weak_mixing"}, "has no mediator"),
    ],
)
def test_bad_questions_about_expected_limits_are_one_sentence(asked, message):
    with pytest.raises(ValueError, match=message) as problem:
        jaxmed.expected_limits("texono", **asked)
    assert "\n" not in str(problem.value)
