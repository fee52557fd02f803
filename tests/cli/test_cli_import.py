"""jaxmed import: a folder that check, fit, limit and scan take."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner
from workspaces import EVERY

import jaxmed
from jaxmed.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ws.json").write_text(json.dumps(EVERY["shapesys_with_zeros"]))
    return lambda *arguments: CliRunner().invoke(app, list(arguments), prog_name="jaxmed")


def test_what_is_imported_is_checked_and_fitted(run, tmp_path):
    done = run("import", "ws.json", "mine")
    assert done.exit_code == 0, done.output
    assert "try: jaxmed fit mine/analysis.toml" in done.output
    done = run("check", "mine", "--json", "-")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
    assert facts["totals"]["background"]["SR_signal"] == 18.0
    assert facts["nuisances"] == ["mu", "own_1", "own_2"]
    done = run("fit", "mine/analysis.toml", "--out", "found")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "found" / "results.json").read_text())["mine"]
    assert found["parameters"]["mu"]["value"] == pytest.approx(1.21149, abs=1e-4)
    # the spectrum is that of the best fit, the signal included
    assert sum(found["spectra"]["mine"]["total"]) == pytest.approx(
        sum(found["spectra"]["mine"]["observed"]), rel=0.05
    )
    done = run("limit", "mine/analysis.toml", "--out", "found")
    assert done.exit_code == 0, done.output
    assert "excludes zero" in done.output


def test_what_would_improve_it_is_said_and_an_export_refused(run):
    assert run("import", "ws.json", "mine").exit_code == 0
    done = run("sensitivity", "mine/analysis.toml", "--out", "found")
    assert done.exit_code == 0, done.output
    found = jaxmed.load_result("found/sensitivity_mu_mine.json")
    low, high = found.g_expected
    # without a signal mu = 0 is expected, and the lower end is that of its box
    assert np.isnan(low) and 0 < high < 5
    assert all(np.isfinite(knob.dlng_dlnx[1]) for knob in found.knobs)
    done = run("export", "mine/analysis.toml", "--hs3", "out.json")
    assert done.exit_code == 2
    assert "mu is a normalisation of an experiment, expected a coupling" in done.output
    done = run("export", "--experiments", "mine", "--mass", "1", "--hs3", "out.json")
    assert done.exit_code == 2
    assert "export the workspace that it was imported from" in " ".join(done.output.split())


def test_a_benchmark_refuses_it(run):
    assert run("import", "ws.json", "mine").exit_code == 0
    done = run("bench", "--experiments", "mine", "--quick")
    assert done.exit_code == 2
    assert "expected none that are asymmetric or of single bins" in " ".join(done.output.split())


@pytest.mark.slow
def test_feldman_cousins_takes_it(run, tmp_path):
    assert run("import", "ws.json", "mine").exit_code == 0
    config = tmp_path / "mine" / "analysis.toml"
    config.write_text(config.read_text() + "[scan]\nmu = [0.0, 1.2, 5.0]\n")
    done = run("scan", "mine/analysis.toml", "--toys", "200", "--out", "grid", "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
    assert found["toys"]["accepted"] == [False, True, False]


def test_mistakes_are_said_and_nothing_is_written(run, tmp_path):
    (tmp_path / "wrong.json").write_text("{}")
    done = run("import", "wrong.json", "mine")
    assert done.exit_code == 2
    assert "error: wrong.json: expected the channels of a pyhf workspace" in done.output
    done = run("import", "nowhere.json", "mine")
    assert done.exit_code == 2
    assert "expected JSON with a pyhf workspace or HS3, found no file" in done.output
    assert not (tmp_path / "mine").exists()
    assert run("import", "ws.json").exit_code == 0
    done = run("import", "ws.json", "ws")
    assert done.exit_code == 2
    assert "ws/experiment.toml is there already: expected a folder without it" in done.output
