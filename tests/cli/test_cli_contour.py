"""jaxmed contour as a user runs it: files, JSON keys, exit codes, one sentence for an error."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.contours import contours, contours_result
from jaxmed.analysis.read import read_analysis
from jaxmed.cli import app
from jaxmed.data_tables import packaged
from jaxmed.experiments import load
from jaxmed.inference.regions.contour_lines import ContourLine
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.regions.grid_scan import scan
from jaxmed.results.contours import ContoursResult, contours_figure
from jaxmed.results.load import load_result
from jaxmed.results.rows import together

PLANE = ("--g", "2e-7:1e-5:12", "--mass", "1e-3:1:10")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(app, ["contour", *arguments, "--no-cache"])

    return call


@pytest.mark.slow
def test_xenon1t_s_excess_does_not_survive_xenonnt(run, tmp_path):
    """The default: each alone and both together."""
    done = run(*PLANE, "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "results" / "contour_xenon.json").read_text())
    assert found.keys() == {"xenon", "xenon1t", "xenonnt"}
    alone, other, both = found["xenon1t"], found["xenonnt"], found["xenon"]
    assert both["experiments"] == ["xenon1t", "xenonnt"]
    for name in ("xenon1t", "xenonnt"):
        assert found[name]["experiments"] == [*found[name]["provenance"]["titles"]] == [name]
    assert alone["delta_chi2_sm"] == pytest.approx(13.15, abs=0.01)
    # both together prefer nothing to the standard model: less than a third of a unit
    assert 0 <= both["delta_chi2_sm"] < 0.3
    assert [c["cl"] for c in alone["contours"]] == [0.6827, 0.9, 0.9545]
    closed = [[line["closed"] for line in c["lines"]] for c in alone["contours"]]
    # 6.17 below the best fit at the lightest masses: within 6.18, the region of 95.45 % does not end there
    assert closed == [[True], [True], [False]]
    for each in (other, both):
        assert [[line["closed"] for line in c["lines"]] for c in each["contours"]] == [[False]] * 3
    # and XENONnT alone excludes what XENON1T prefers by eight standard deviations
    best = alone["best"]
    there = scan(load("xenonnt"), g=[best["g"]], mass=[best["mass_mev"]]).nll.item()
    assert 2 * (there - other["nll"]) == pytest.approx(73.1, abs=0.2)


def test_files_and_keys(run, tmp_path):
    done = run("--experiments", "xenon1t", "--cl", "0.9", *PLANE, "--out", "mine")
    assert done.exit_code == 0, done.output
    names = {p.name for p in (tmp_path / "mine").iterdir()}
    assert names == {f"contour_xenon1t.{suffix}" for suffix in ("json", "png", "pdf")}
    assert "closed" in done.stdout
    (found,) = json.loads((tmp_path / "mine" / "contour_xenon1t.json").read_text()).values()
    assert found.keys() == {
        "kind", "format", "model", "experiments", "constraints", "fixed", "free", "options", "box", "scan", "best",
        "nll", "nll_sm", "delta_chi2_sm", "contours", "points", "undefined", "provenance",
    }  # fmt: skip
    assert list(found)[:2] == ["kind", "format"]
    assert found["provenance"]["dtype"] == "float64"
    ((line,),) = (c["lines"] for c in found["contours"])
    assert line["exact"]
    middle = len(line["g"]) // 3
    value = scan(load("xenon1t"), g=[line["g"][middle]], mass=[line["mass_mev"][middle]]).nll.item()
    threshold = found["contours"][0]["threshold"]
    assert 2 * (value - found["nll"]) == pytest.approx(threshold, abs=1e-3)
    points = found["points"]
    assert min(points["delta_chi2"]) > 0
    assert len({len(values) for values in points.values()}) == 1


@pytest.mark.slow
def test_python_finds_the_same(run, tmp_path):
    """With everything that an option can say."""
    plane = ("--g", "5e-7:5e-6:4", "--mass", "0.02:0.2:4")
    options = ("--option", "xenon1t.solar_model=agss09met", "--box", "mass=1e-2:1")
    held = ("--set", "xenon1t_efficiency=0.3", "--free", "signal_strength")
    done = run("--experiments", "xenon1t", "--cl", "0.8", *plane, *options, *held)
    assert done.exit_code == 0, done.output
    theirs = load_result(tmp_path / "results" / "contour_xenon1t.json")["xenon1t"]
    mine = contours(
        "xenon1t",
        cl=0.8,
        g=np.geomspace(5e-7, 5e-6, 4),
        mass="0.02:0.2:4",
        options={"xenon1t": {"solar_model": "agss09met"}},
        box={"mass": (1e-2, 1.0)},
        fixed={"xenon1t_efficiency": 0.3},
        free=["signal_strength"],
    )
    assert isinstance(theirs, ContoursResult)
    assert theirs.model_copy(update={"provenance": mine.provenance}) == mine
    assert (mine.fixed, mine.free) == ({"xenon1t_efficiency": 0.3}, ["signal_strength"])
    assert (mine.box, mine.cl) == ({"mass": (1e-2, 1.0)}, (0.8,))
    assert mine.mass.min() == pytest.approx(0.02) and mine.mass.max() == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.toml"], "nothing.toml: expected a TOML file"),
        (["--experiments", "xenon1"], "did you mean xenon1t?"),
        (["--model", "u2r"], "unknown model 'u2r'"),
        (["--model", "weak_mixing"], "has no mediator"),
        (["--cl", "90"], "confidence level cl = 90.0"),
        (["--cl", "most"], "cl = 'most': expected numbers"),
        (["--g", "1e-7:1e-5"], "g = '1e-7:1e-5': expected numbers"),
        (["--g", "1e-5:1e-7:9"], "with 0 < low < high"),
        (["--mass", "1,2"], "at least 3 ascending values from 1e-06 to 88692.4 MeV"),
        (["--mass", "1,2,3", "--box", "mass=1:2"], "ascending values from 1 to 2 MeV"),
        (["--set", "mass=1"], "free are g, expected g and mass"),
        (["--constraint", "roh"], "unknown constraint 'roh'"),
        (["--out", "taken"], "cannot write to taken"),
    ],
)
def test_errors_are_one_sentence(run, tmp_path, arguments, message):
    (tmp_path / "taken").write_text("a file, not a folder")
    done = run(*arguments)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert lines[0].startswith("error: ")
    assert {p.name for p in tmp_path.iterdir()} == {"taken"}


def test_the_packaged_analysis_is_the_xenon_question():
    job = read_analysis(packaged("fits") / "xenon.toml")
    assert (job.experiments, job.alone) == (("xenon1t", "xenonnt"), True)


@pytest.fixture
def found(experiments):
    """Contours with a loop at one level, and the best fit where it is wanted."""
    around = np.array([0.9, 1.1, 1.0, 0.9])
    line = ContourLine(1e-6 * around, 0.05 * around, True, np.ones(4, dtype=bool))

    def call(title, g_best, mass_best):
        regions = Contours(
            (0.6827, 0.8), (2.3, 3.2), ((line,), ()), g_best, mass_best, 10.0, 12.0,
            np.geomspace(1e-7, 1e-5, 3), np.geomspace(0.01, 1, 3), np.ones(3), np.ones(3, dtype=bool),
        )  # fmt: skip
        experiment = replace(experiments["xenon1t"], title=title)
        return contours_result(Analysis.of(experiments=experiment), regions)

    return {"a": call("A", 1e-6, 0.05), "b": call("B", 0.0, np.nan)}


def test_figure_names_what_it_shows(found):
    figure = contours_figure(found)
    (panel,) = figure.axes
    assert panel.get_xlabel() == r"$M_{Z'}$ [MeV]"
    assert panel.get_ylabel() == r"$g'$ (dimensionless)"
    assert [t.get_text() for t in panel.get_legend().get_texts()] == [
        "1σ",
        "80 %: everything in the plane is allowed",
    ]
    fits = [t.get_text() for t in figure.legends[0].get_texts()]
    assert fits[0].startswith("A: best at $g'$ = 1e-06")
    assert "4.0 below" in fits[0]
    assert fits[1] == "B: no mediator preferred"
    # two outlines, one star
    assert sorted(line.get_marker() for line in panel.lines) == ["*", "None", "None"]
    low, high = panel.get_xlim()
    assert low < 0.045 < 0.055 < high


def words(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


def test_it_is_drawn_on_given_axes(found):
    panel = Figure().subplots()
    assert found["a"].plot(panel, color="red", title="mine") is panel
    assert {line.get_color() for line in panel.lines} == {"red"}
    assert panel.get_title() == "mine"
    assert words(panel)[:2] == ["1σ", "80 %: everything in the plane is allowed"]
    other = found["b"].plot()
    assert words(other)[-1] == "no mediator preferred"
    assert other.get_title() == "u1r: B, allowed regions"


def test_a_best_fit_outside_is_said(found):
    far = found["a"].model_copy(update={"scan": {"mass": np.array([0.06, 0.1, 0.2])}})
    panel = far.plot()
    assert panel.get_xlim() == pytest.approx((0.06, 0.2))
    assert words(panel)[-1].endswith("below the SM,\noutside of what is shown")
    assert [line.get_marker() for line in panel.lines] == ["None"]


def test_a_plane_without_an_edge_says_so(found):
    plain = found["b"].model_copy(update={"contours": found["b"].contours[1:]})
    for figure in (contours_figure({"b": plain}), contours_figure({"b": plain, "c": plain})):
        (panel,) = figure.axes
        assert [text.get_text() for text in panel.texts] == ["everything in the plane is allowed"]
        assert not panel.lines


def test_fits_of_one_title_are_told_apart_and_projections_expected(found):
    figure = contours_figure({"one": found["a"], "two": found["a"]})
    assert [t.get_text()[:5] for t in figure.legends[0].get_texts()] == ["one: ", "two: "]
    made = found["a"].provenance | {"titles": {"a": "A (projection)"}}
    projection = found["a"].model_copy(update={"provenance": made})
    assert projection.plot().get_title() == "u1r: A (projection), expected regions"


def test_table_has_a_row_for_each_level(found):
    table = together({name: each.table() for name, each in found.items()}, named=True)
    assert [row[0] for row in table.rows] == ["a", "", "b", ""]
    assert [row[1] for row in table.rows] == ["1e-06", "", "no mediator preferred", ""]
    assert table.rows[1][5] == "none: everything in the plane is allowed"


def test_it_survives_the_disk(found, tmp_path):
    for name, each in found.items():
        assert load_result(each.save(tmp_path / f"{name}.json")) == each
        assert load_result(each.save(tmp_path / f"{name}.npz")) == each
    a, b = found["a"], found["b"]
    assert a != b
    assert (a.g_best, a.mass_best, a.prefers_mediator) == (1e-6, 0.05, True)
    assert (b.g_best, np.isnan(b.mass_best), b.prefers_mediator) == (0.0, True, False)
    np.testing.assert_array_equal(a.delta, np.ones(3))
    columns = a.to_dataframe()
    assert list(columns.columns) == ["cl", "line", "mass_mev", "g"]
    np.testing.assert_array_equal(columns["mass_mev"], a.lines[0][0].mass)
    assert len(columns) == 4 and len(a.model_copy(update={"contours": []}).to_dataframe()) == 0
