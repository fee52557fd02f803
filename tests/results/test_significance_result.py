"""A significance as a result: on disk and back, words for zero of n toys, its figure of toys, what is refused."""

import json

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from saved_results import significance_found

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.significances import significance_result
from jaxmed.colours import BLUE
from jaxmed.inference.hypothesis.p_values import PValue
from jaxmed.results.load import load_result
from jaxmed.results.significance import SignificanceResult
from jaxmed.results.store import read_npz, to_json

TOYS = ("toys", "toys_local", "toys_best")


@pytest.fixture(scope="module")
def found():
    return significance_result(Analysis.of(experiments="xenon1t", seed=7), significance_found())


def test_a_npz_keeps_everything(found, tmp_path):
    again = load_result(found.save(tmp_path / "x.npz"))
    assert again == found
    for name in TOYS:
        for one, other in zip(getattr(again, name), getattr(found, name), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert again.fit_best == PValue(1.0, 0.005, -np.inf), "null in JSON, and in the header"


def test_json_keeps_all_but_the_toys(found, tmp_path):
    again = load_result(found.save(tmp_path / "x.json"))
    assert to_json(again.content()) == to_json(found.content())
    assert again.fit_best.z == -np.inf and str(again) == str(found)
    for use in (again.plot, again.columns, lambda: again.save(tmp_path / "y.npz")):
        with pytest.raises(ValueError, match=r"toys are not in the JSON: expected the \.npz"):
            use()


def test_the_arrays_of_the_npz(found, tmp_path):
    header, arrays = read_npz(found.save(tmp_path / "x.npz"), "significance")
    names = ("q", "nll", "nll_least", "least", "status", "numbers")
    assert arrays.keys() == {f"{n}{s}" for n in names for s in ("", "_local", "_best")}
    np.testing.assert_array_equal(arrays["q_local"], found.toys_local.q)
    np.testing.assert_array_equal(arrays["nll_best"], found.toys_best.nll)
    assert np.flatnonzero(arrays["status"] == 2).tolist() == found.failed["background"] == [2]
    assert header["method"] == {"test": "significance", "number": 100, "seed": 7}


def test_zero_of_n_toys_is_a_bound(found):
    """The p-value that is saved stays (k + 1) / (n + 1)."""
    rows = {row[0]: row[1:] for row in found.table().rows}
    assert rows["standard model, mass of the best fit"] == ["< 1/100", "", "> 2.30"]
    assert rows["standard model, any mass"] == ["0.0007", "0.0003", "3.20"]
    assert rows["the same, half a chi^2"] == ["0.00014", "", "3.63"]
    assert rows["goodness of fit, best fit"] == ["1", "0.005", ""]
    assert found.local.value == 1 / 101
    texts = [t.get_text() for t in found.plot().get_legend().get_texts()]
    assert "mass of the best fit: p < 1/100 (> 2.30σ)" in texts


def test_the_figure_has_the_toys_and_the_data(found):
    panel = found.plot()
    bars = [
        p
        for p in panel.patches
        if hasattr(p, "get_height") and to_hex(p.get_facecolor()) == BLUE.lower()
    ]
    assert sum(bar.get_height() for bar in bars) == 99, (
        "all background-only toys but the failed one"
    )
    (curve,) = (line for line in panel.lines if line.get_linestyle() == "--")
    # half of the toys at zero, and half a chi^2 of one degree of freedom
    assert np.sum(curve.get_ydata()) == pytest.approx(100 * (1 - 1.2e-4), rel=1e-3)
    at = next(line for line in panel.lines if line.get_label() == "data: $q_0$ = 13.20")
    assert at.get_xdata() == [13.2, 13.2] and panel.get_xlim()[1] > 13.2
    assert panel.get_yscale() == "log" and "toys" in panel.get_ylabel()


def test_it_is_drawn_on_given_axes(found):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert found.plot(left, title="mine") is left
    assert left.get_title() == "mine" and not right.patches


def test_rows_are_toys(found):
    columns = found.columns()
    assert {len(v) for v in columns.values()} == {100}
    np.testing.assert_array_equal(columns["q_local"], found.toys_local.q)


def test_failed_toys_are_named(found):
    assert found.notes()[0] == (
        "1 background toys did not converge and count as more extreme: numbers [2]"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p_values": {}}, "p_values: expected everywhere, local"),
        ({"best": {"g": 1.0}}, "best: expected g, mass"),
        ({"method": {"test": "significance", "number": 0, "seed": 1}}, "number = 0: expected"),
        ({"method": {}}, r"key 'method\.number' is missing"),
        ({"q0": "x"}, "q0 = 'x': expected a finite number"),
        ({"unheard": 1}, "unknown key 'unheard'"),
    ],
)
def test_what_does_not_fit_is_refused(found, change, message):
    content = json.loads(to_json(found.content()))
    with pytest.raises(ValueError, match=message) as problem:
        SignificanceResult.read(content | change)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": None}, "expected an array 'q' in a significance"),
        ({"nll_local": np.zeros(3)}, r"expected nll of toys_local \(100,\) numbers, found \(3,\)"),
        ({"q_best": np.full(100, "x")}, "expected q of toys_best"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(found, tmp_path, change, message):
    header, arrays = read_npz(found.save(tmp_path / "x.npz"))
    kept = {k: v for k, v in (arrays | change).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        SignificanceResult.from_npz(header, kept)
