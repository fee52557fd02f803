"""A scan as a result: on disk and back, what is refused, its lowest point, words, rows and figures."""

import json
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.inference.results import CONVERGED, UNCONVERGED, UNDEFINED
from jaxmed.results.provenance import provenance
from jaxmed.results.scans import Coordinate, ScanResult
from jaxmed.results.store import read_npz, to_json, write_npz

HEADER = {
    "model": "u1r",
    "experiments": ["xenon1t"],
    "axes": [
        {"name": "g", "unit": "1", "log": True, "array": "axis_g"},
        {"name": "mass", "unit": "MeV", "log": True, "array": "axis_mass"},
    ],
    "nuisances": ["flux"],
    "nll_sm": 8.0,
    "method": {"batch": 16, "chunk": 32},
    "provenance": provenance([]) | {"titles": {"xenon1t": "XENON1T"}},
}
ARRAYS = {
    "axis_g": np.array([1e-6, 2e-6, 3e-6]),
    "axis_mass": np.array([0.1, 1.0]),
    "nll": np.array([[3.0, 2.0], [1.0, 0.5], [4.0, 5.0]]),
    "status": np.array([[0, 0], [0, 2], [0, 0]], dtype=np.int8),
    "gradient_norm": np.full((3, 2), 1 / 3e6),
    "nuisances": np.arange(6.0).reshape(3, 2, 1) / 7,
}


def plane(n_g=25, n_mass=21, **changes):
    """A valley of constant depth along the diagonal, narrower than most of what separates its points."""
    g, mass = np.geomspace(1e-7, 1e-5, n_g), np.geomspace(0.01, 1.0, n_mass)
    distance = np.subtract.outer(np.log10(g), np.log10(mass)) + 5
    nll = 3 + (distance / 0.1) ** 2 / 2
    found = {
        "model": "u1r",
        "experiments": ["xenon1t"],
        "parameters": {"g": Coordinate("1", True), "mass": Coordinate("MeV", True)},
        "axes": {"g": g, "mass": mass},
        "nll": nll,
        "status": np.zeros(nll.shape, np.int8),
        "gradient_norm": np.zeros(nll.shape),
        "nuisances": {},
        "nll_sm": 9.0,
        "method": {"batch": 1, "chunk": 1},
        "provenance": provenance([]) | {"titles": {"xenon1t": "XENON1T"}},
    }
    return ScanResult(**found | changes)


def with_toys():
    """Two of six points in the region, one without toys, one whose toys failed."""
    drawn = np.array([[40, 40], [40, 20], [40, 0]])
    q = np.array([[5.0, 3.0], [1.0, 0.0], [7.0, np.nan]])
    critical = np.array([[2.7, np.inf], [2.7, 2.7], [2.8, np.nan]])
    arrays = {
        "drawn": drawn,
        "failed": np.array([[0, 9], [0, 0], [0, 0]]),
        "q": q,
        "critical": critical,
        "critical_error": critical / 7,
        "p": np.array([[0.02, 0.08], [0.4, 1.0], [0.01, 0.0]]),
        "p_error": np.full((3, 2), 0.01),
        "accepted": np.array([[False, False], [True, True], [False, False]]),
    }
    toys = {"toys": {"number": 40, "cl": 0.9, "seed": 2}}
    return ScanResult.from_npz(HEADER | toys, ARRAYS | arrays)


def arrays_of(found):
    """Every array of a result by name."""
    own = {name: getattr(found, name) for name in ("nll", "status", "gradient_norm")}
    toys = {f"toys.{n}": v for n, v in dict(found.toys or {}).items() if isinstance(v, np.ndarray)}
    return own | {f"axis {n}": v for n, v in found.axes.items()} | found.nuisances | toys


@pytest.mark.parametrize("make", [with_toys, plane, lambda: ScanResult.from_npz(HEADER, ARRAYS)])
@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_what_is_saved_is_read(tmp_path, make, suffix):
    found, path = make(), tmp_path / f"scan.{suffix}"
    assert found.save(path) == path
    content = json.loads(path.read_text()) if suffix == "json" else None
    again = ScanResult.read(content) if content else ScanResult.from_npz(*read_npz(path, "scan"))
    assert again == found
    for name, array in arrays_of(found).items():
        there = arrays_of(again)[name]
        assert there.dtype == array.dtype, name
        np.testing.assert_array_equal(there, array, err_msg=name)
    assert (content or read_npz(path).header)["kind"] == "scan"


def test_the_file_has_its_documented_layout(tmp_path):
    header, arrays = read_npz(with_toys().save(tmp_path / "scan.npz"))
    assert {k: header[k] for k in HEADER} == HEADER
    assert header["toys"] == {"number": 40, "cl": 0.9, "seed": 2}
    assert arrays.keys() - ARRAYS.keys() == OF_EXCLUDED.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_json_has_its_documented_keys():
    content = json.loads(to_json(with_toys().content()))
    assert [*content][:2] == ["kind", "format"]
    assert content["status"] == [
        ["converged"] * 2,
        ["converged", "unconverged"],
        ["converged"] * 2,
    ]
    assert content["best"]["parameters"] == {"g": 2e-6, "mass": 0.1}
    assert (content["n_points"], content["n_converged"], content["n_unconverged"]) == (6, 5, 1)
    assert content["delta_chi2_sm"] == 14.0
    assert (content["toys"]["n_accepted"], content["toys"]["n_failed"]) == (2, 9)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"nll": np.zeros((2, 3))}, r"expected nll \(3, 2\) numbers, found \(2, 3\)"),
        ({"status": np.full((3, 2), 4)}, "status: expected one of converged, excluded"),
        ({"status": np.zeros((3, 2))}, "status: expected one of converged, excluded"),
        ({"axis_g": np.zeros((3, 1))}, r"axis g: expected numbers \(n,\), found \(3, 1\)"),
        ({"axis_g": np.array(["a", "b", "c"])}, "axes.g = .*expected an array of numbers"),
        ({"status": np.zeros(6, int)}, r"expected status \(3, 2\) numbers, found \(6,\)"),
        ({"nll": np.full((3, 2), "x")}, "nll = .*expected an array of numbers"),
        ({"nuisances": np.zeros((3, 2, 2))}, r"expected nuisances \(..., 1\)"),
        ({"nuisances": np.zeros((2, 2, 1))}, r"expected flux \(3, 2\) numbers"),
        ({"nuisances": None}, "header and arrays of a scan, but 'nuisances' is missing"),
        ({"axis_g": None}, "but 'axis_g' is missing"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, message):
    kept = {k: v for k, v in (ARRAYS | arrays).items() if v is not None}
    with pytest.raises(ValueError, match=message) as problem:
        ScanResult.from_npz(HEADER, kept)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("axes", [3, ["g"], [{"name": "g"}], None])
def test_a_header_that_does_not_fit_is_refused(axes):
    with pytest.raises(ValueError, match=r"expected the header and arrays of a scan, but"):
        ScanResult.from_npz(HEADER | {"axes": axes}, ARRAYS)


def test_a_file_of_the_first_version_is_read(tmp_path):
    """It names no box and no freed parameters, and its options are texts."""
    old = HEADER | {"charges": None, "options": {"xenon1t": {"atomic": "free"}}, "toys": None}
    write_npz(tmp_path / "scan.npz", "scan", old, ARRAYS)
    found = ScanResult.from_npz(*read_npz(tmp_path / "scan.npz"))
    assert found.options == {"xenon1t": {"atomic": "free"}} and found.toys is None
    with pytest.raises(AttributeError, match=r"q: this scan has no toys, jaxmed\.feldman_cousins"):
        _ = found.q


def test_an_upper_bound_is_not_the_lowest_point():
    assert ScanResult.from_npz(HEADER, ARRAYS).lowest == (1, 0)
    none = np.full_like(ARRAYS["status"], UNCONVERGED)
    assert ScanResult.from_npz(HEADER, ARRAYS | {"status": none}).lowest == (1, 1)


def test_its_words():
    text = str(with_toys())
    assert "g' 2e-06" in text and "M_Z' 0.1 MeV" in text and "14.00" in text
    assert "2 of 6 points are in the 90% Feldman-Cousins region; 9 toys did not converge" in text
    assert "<table>" in with_toys()._repr_html_()


def test_rows(monkeypatch):
    found = with_toys()
    columns = found.columns()
    assert {len(v) for v in columns.values()} == {6}
    at = 3
    assert (columns["g"][at], columns["mass"][at], columns["status"][at]) == (
        2e-6,
        1.0,
        "unconverged",
    )
    assert columns["p"][at] == found.p[1, 1] and columns["nll"][at] == 0.5
    pandas = type(sys)("pandas")
    pandas.DataFrame = lambda columns: ("frame", sorted(columns))
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    assert found.to_dataframe() == ("frame", sorted(columns))


def paths(panel, level):
    """Vertices of the pieces of the contour of one level."""
    (found,) = (c for c in panel.collections if getattr(c, "levels", [None])[0] == level)
    return [path.to_polygons(closed_only=False) for path in found.get_paths()]


def test_a_valley_across_the_grid_is_one_region():
    """Between points a quarter of a decade apart its walls would fall apart; its edges are straight lines."""
    panel = plane().plot()
    (pieces,) = paths(panel, pytest.approx(np.log1p(2.30)))
    assert len(pieces) == 2, "one edge on each side"
    for piece in pieces:
        inside = (piece[:, 0] > 0.02) & (piece[:, 0] < 0.5)
        offset = np.log10(piece[inside, 1]) - np.log10(piece[inside, 0]) + 5
        np.testing.assert_allclose(np.abs(offset), 0.1 * np.sqrt(2.30), atol=0.02)


def test_a_region_of_a_single_point_is_not_drawn():
    nll = np.full((25, 21), 20.0)
    nll[12, 10] = 3.0
    texts = [t.get_text() for t in plane(nll=nll).plot().get_legend().get_texts()]
    assert "1σ: narrower than the grid" in texts and "1σ" not in texts


def test_it_is_drawn_on_given_axes():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plane().plot(left, title="mine") is left
    assert left.get_title() == "mine" and left.collections and not right.collections
    assert len(figure.axes) == 2, "no scale of colours beside axes that are not its own"
    panel = plane().plot()
    assert panel.get_title() == "u1r: XENON1T"
    (scale,) = (axes for axes in panel.figure.axes if axes is not panel)
    assert "lowest point" in scale.get_ylabel()
    star = next(line for line in panel.lines if line.get_label() == "lowest point")
    best = plane().best["parameters"]
    assert (star.get_xdata(), star.get_ydata()) == ([best["mass"]], [best["g"]])


def test_undefined_points_stay_white():
    nll = plane().nll.copy()
    nll[:, 5:9] = np.nan
    status = np.where(np.isnan(nll), UNDEFINED, CONVERGED).astype(np.int8)
    panel = plane(nll=nll, status=status).plot()
    hidden = np.ma.getmaskarray(panel.collections[0].get_array())
    (at,) = np.nonzero(hidden.all(axis=0))
    assert (hidden == np.isin(np.arange(hidden.shape[1]), at)).all(), "whole columns"
    # half a step beyond the first and the last of four columns out of 21
    ends = at[[0, -1]] / (hidden.shape[1] - 1) * 20
    np.testing.assert_allclose(ends, [4.5, 8.5], atol=0.06)


def test_a_curve_goes_through_its_points():
    found = plane(n_mass=2)
    line = ScanResult(
        **dict(found)
        | {"axes": found.axes | {"mass": found.axes["mass"][:1]}}
        | {n: getattr(found, n)[:, :1] for n in ("nll", "status", "gradient_norm")}
    )
    panel = line.plot()
    curve, points = panel.lines[:2]
    assert panel.get_title() == "u1r: XENON1T, mass = 0.01 MeV"
    at = np.interp(np.log10(points.get_xdata()), np.log10(curve.get_xdata()), curve.get_ydata())
    near = points.get_ydata() < 10
    np.testing.assert_allclose(at[near], points.get_ydata()[near], atol=0.05)
    assert min(points.get_ydata()) == 0 and panel.get_ylim() == (0, 16)


def test_what_has_no_figure_says_so():
    found = plane(n_mass=2)
    point = ScanResult(
        **dict(found)
        | {"axes": {n: v[:1] for n, v in found.axes.items()}}
        | {n: getattr(found, n)[:1, :1] for n in ("nll", "status", "gradient_norm")}
    )
    with pytest.raises(ValueError, match="the scan has no figure: expected values of g and mass"):
        point.plot()
    assert point.notes()[-1].startswith("no figure: expected values")
    nowhere = plane(nll=np.full((25, 21), np.nan))
    with pytest.raises(ValueError, match="undefined at all points"):
        nowhere.plot()
    assert nowhere.best == {"parameters": {}, "nuisances": {}, "nll": None}
