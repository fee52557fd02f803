"""jaxmed contour as a user runs it: files, JSON keys, exit codes, one sentence for an error."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.analysis.analysis import read_analysis
from jaxmed.cli import app
from jaxmed.data_tables import packaged
from jaxmed.experiments import load
from jaxmed.inference.regions.contour_lines import ContourLine
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.regions.grid_scan import scan
from jaxmed.results.contours import contours_figure, contours_table

PLANE = ("--g", "2e-7:1e-5:12", "--mass", "1e-3:1:10")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(app, ["contour", *arguments, "--no-cache"])

    return call


def test_xenon1t_s_excess_does_not_survive_xenonnt(run, tmp_path):
    """The default: each alone and both together."""
    done = run(*PLANE, "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "results" / "contour_xenon.json").read_text())
    assert found.keys() == {"xenon", "xenon1t", "xenonnt"}
    alone, other, both = found["xenon1t"], found["xenonnt"], found["xenon"]
    assert both["experiments"] == ["xenon1t", "xenonnt"]
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
        "model", "experiments", "constraints", "best", "nll", "nll_sm", "delta_chi2_sm", "contours", "points",
        "undefined", "provenance", "fixed", "free", "options",
    }  # fmt: skip
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


def _found(g_best, mass_best):
    around = np.array([0.9, 1.1, 1.0, 0.9])
    line = ContourLine(1e-6 * around, 0.05 * around, True, np.ones(4, dtype=bool))
    return Contours(
        (0.6827, 0.8), (2.3, 3.2), ((line,), ()), g_best, mass_best, 10.0, 12.0,
        np.ones(3), np.ones(3), np.ones(3), np.ones(3, dtype=bool),
    )  # fmt: skip


def test_figure_names_what_it_shows():
    figure = contours_figure({"A": _found(1e-6, 0.05), "B": _found(0.0, np.nan)}, "title")
    (panel,) = figure.axes
    assert panel.get_xlabel() == r"$M_{Z'}$ [MeV]"
    assert panel.get_ylabel() == r"$g'$ (dimensionless)"
    assert [t.get_text() for t in panel.get_legend().get_texts()] == ["1σ", "80 %"]
    fits = [t.get_text() for t in figure.legends[0].get_texts()]
    assert fits[0].startswith("A: best at $g'$ = 1e-06")
    assert "4.0 below" in fits[0]
    assert fits[1] == "B: no mediator preferred"
    # two outlines, one star
    assert sorted(len(line.get_xdata()) for line in panel.lines) == [1, 4, 4]
    low, high = panel.get_xlim()
    assert low < 0.045 < 0.055 < high


def test_table_has_a_row_for_each_level():
    table = contours_table({"A": _found(1e-6, 0.05), "B": _found(0.0, np.nan)})
    assert table.row_count == 4
    assert list(table.columns[1].cells) == ["1e-06", "", "no mediator preferred", ""]
    assert list(table.columns[5].cells)[1] == "none: everything in the plane is allowed"
