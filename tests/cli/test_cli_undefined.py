"""Commands on models without numbers in some places, or without any effect: words, and no false statement."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.cli import app
from jaxmed.results.load import load_result

INSIDE = """
[model]
name = "nan_inside"
[model.eps]
nu = ["g", "g", "g"]
e = "g * sqrt((mass - 2) * (mass - 5))"
"""
NO_ELECTRON = """
[model]
name = "none"
eps = {nu = ["g", "g", "g"], e = 0}
"""

# hepdata-validator leaves the files open that it reads
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder with both models."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inside.toml").write_text(INSIDE)
    (tmp_path / "none.toml").write_text(NO_ELECTRON)

    def call(*arguments):
        done = CliRunner().invoke(app, [*arguments, "--no-cache"])
        assert done.exit_code == 0, done.output
        return done

    return call


def said(done):
    return " ".join(done.output.split())


def test_a_scan_is_undefined_in_words_numbers_page_and_hepdata(run, tmp_path):
    ask = ["--model", "inside.toml", "--experiments", "xenon1t", "--g", "1e-7:1e-5:4"]
    done = run("scan", *ask, "--mass", "1,3,4,10", "--out", "out", "--json", "scan.json")
    assert "undefined for g from 1e-07 to 1e-05, mass from 3 to 4 MeV (50 % of 16 points)" in said(
        done
    )
    found = json.loads((tmp_path / "scan.json").read_text())
    for row, status in zip(found["nll"], found["status"], strict=True):
        assert [value is None for value in row] == [s == "undefined" for s in status]
        assert status[1:3] == ["undefined"] * 2 and "undefined" not in (status[0], status[3])
    assert found["n_undefined"] == 8 and found["best"]["parameters"]["mass"] in (1.0, 10.0)
    assert load_result("out").status[:, 1].tolist() == [3] * 4
    assert CliRunner().invoke(app, ["report", "out"]).exit_code == 0
    pytest.importorskip("hepdata_lib")
    yaml = pytest.importorskip("yaml")
    assert CliRunner().invoke(app, ["hepdata", "out", "--out", "hep"]).exit_code == 0
    columns = yaml.safe_load((tmp_path / "hep" / "scan.yaml").read_text())["dependent_variables"]
    delta, status = ([v["value"] for v in column["values"]] for column in columns)
    assert [s == "undefined" for s in status] == [d == "-" for d in delta]
    assert status.count("undefined") == 8


def test_a_scan_without_any_number_is_a_result_too(run, tmp_path):
    ask = ["--model", "inside.toml", "--experiments", "texono", "--g", "1e-7,1e-6,1e-5"]
    done = run("scan", *ask, "--mass", "3,4,4.5", "--out", "out", "--json", "scan.json")
    assert "100 % of 9 points" in said(done)
    found = json.loads((tmp_path / "scan.json").read_text())
    assert found["best"] == {"parameters": {}, "nuisances": {}, "nll": None}
    assert found["delta_chi2_sm"] is None and found["n_undefined"] == 9
    assert CliRunner().invoke(app, ["report", "out"]).exit_code == 0


@pytest.mark.slow
def test_toys_of_a_scan_neither_exclude_nor_accept_there(run):
    ask = ["--model", "inside.toml", "--experiments", "texono", "--g", "1e-8,1e-5", "--mass", "1,3"]
    run("scan", *ask, "--toys", "20", "--out", "out")
    found = load_result("out")
    assert np.isnan(found.p[:, 1]).all() and np.isfinite(found.p[:, 0]).all()
    assert not found.accepted[:, 1].any() and not found.drawn[:, 1].any()


def test_a_limit_names_the_masses(run, tmp_path):
    ask = ["--model", "inside.toml", "--experiments", "texono", "--mass", "1,3,10"]
    done = run("limit", *ask, "--out", "out")
    assert "undefined at 1 of 3 masses" in said(done)
    content = json.loads((tmp_path / "out" / "limit_nan_inside_texono.json").read_text())
    assert content["flag"] == ["ok", "undefined", "ok"]
    assert content["g_upper"][1] is None and content["intervals"][1] == []


@pytest.mark.slow
def test_a_fit_without_a_mediator_has_no_coordinates(run, tmp_path):
    done = run("fit", "--experiments", "texono", "--out", "out")
    assert "no mediator preferred" in said(done)
    fit = json.loads((tmp_path / "out" / "results.json").read_text())["texono"]
    assert fit["parameters"]["g"]["value"] > 0 and fit["delta_chi2_sm"] < 1
    assert CliRunner().invoke(app, ["report", "out"]).exit_code == 0
    assert "no mediator preferred" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_a_fit_says_where_the_model_is_undefined(run, tmp_path):
    done = run("fit", "--experiments", "xenon1t", "--model", "inside.toml", "--out", "out")
    assert "The model is undefined for g from 1e-09 to 1, mass from 2.1" in said(done)
    fit = json.loads((tmp_path / "out" / "results.json").read_text())["xenon1t"]
    assert "MeV" in fit["undefined"] and not 2 < fit["parameters"]["mass"]["value"] < 5


def test_a_model_without_effect_leaves_everything_allowed(run, tmp_path):
    done = run("contour", "--model", "none.toml", "--experiments", "texono", "--out", "out")
    assert said(done).count("everything in the plane is") == 3
    pytest.importorskip("hepdata_lib")
    assert CliRunner().invoke(app, ["hepdata", "out", "--out", "hep"]).exit_code == 0
    text = " ".join((tmp_path / "hep" / "submission.yaml").read_text().split())
    assert "The contour has no lines: everything in the plane is allowed" in text


@pytest.mark.slow
def test_the_posterior_of_a_model_without_effect_is_its_prior(run, tmp_path):
    pytest.importorskip("numpyro")
    ask = ["--model", "none.toml", "--experiments", "texono", "--chains", "2", "--samples", "400"]
    run("posterior", *ask, "--warmup", "200", "--out", "out")
    found = json.loads((tmp_path / "out" / "posterior_texono.json").read_text())["texono"]
    assert found["credible"] == []
    assert (tmp_path / "out" / "posterior_texono.nc").exists()
    assert (tmp_path / "out" / "posterior_texono.png").exists()
    # uniform in log10: the median is the middle of the prior
    for name, number in (("g", found["parameters"]["g"]), ("mass", found["parameters"]["mass"])):
        _, low, high = found["priors"][name].split(":")
        share = np.log10(number["quantiles"]["0.5"] / float(low)) / np.log10(
            float(high) / float(low)
        )
        assert abs(share - 0.5) < 0.15
    assert CliRunner().invoke(app, ["report", "out"]).exit_code == 0


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ('eps = {nu=["1e200*g","0","0"],e="1e200*g"}', "is inf as g goes to 0"),
        (
            'parameters = {g = {low = 1e-31, high = 1.0}}\neps = {nu=["1e-4","0","0"],e="1e-4"}',
            "is 1e-08 as g goes to 0",
        ),
    ],
)
def test_what_does_not_decouple_is_refused_in_one_line(model, message, run, tmp_path):
    (tmp_path / "bad.toml").write_text(f'[model]\nname = "bad"\n{model}')
    ask = ["limit", "--model", "bad.toml", "--experiments", "texono", "--mass", "1"]
    done = CliRunner().invoke(app, ask)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split()) and "Warning" not in done.output
