"""An experiment of one's own on the command line: check it, and use its path like a name."""

import json
from pathlib import Path

import folders
import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.analysis.read import read_analysis
from jaxmed.cli import app

TEXONO = str(folders.EXAMPLES / "texono")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--no-cache"])


@pytest.mark.slow
@pytest.mark.parametrize("name", folders.NAMES)
def test_check_says_what_it_found(run, tmp_path, name):
    done = run("check", str(folders.EXAMPLES / name), "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    wanted = {
        "germanium": (14, 35417, 209280),
        "xenon": (29, 20206, 13741),
        "texono": (10, 341.99, 0),
        "argon": (8, 9341.2, 13500),
        "cawo4": (25, 86.62, 407.7),
    }
    bins, standard, background = wanted[name]
    assert len(found["bins"]) == bins
    assert found["totals"]["standard_model"] == pytest.approx(standard, rel=1e-3)
    assert sum(found["totals"]["background"].values()) == pytest.approx(background, rel=1e-3)
    assert found["status"] == ("template" if name == "texono" else "projection")
    assert set(found["files"]) == {p.name for p in (folders.EXAMPLES / name).glob("*.csv")}
    assert not list(tmp_path.iterdir())
    plain = run("check", str(folders.EXAMPLES / name / "experiment.toml"))
    assert plain.exit_code == 0
    assert "standard model" in plain.stdout
    assert "no mistake found" in plain.stderr


@pytest.mark.slow
def test_every_command_takes_the_path(run, tmp_path):
    done = run("spectrum", "--experiment", TEXONO, "--g", "1e-6", "--mass", "1", "--json", "-")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["unit"] == "MeV"
    options = ["--experiments", f"xenonnt,{TEXONO}", "--mass", "10", "--json", "-"]
    done = run("limit", "--model", "b_minus_l", *options)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["experiments"] == ["xenonnt", "texono_ten_bins"]
    assert found["flag"] == ["ok"]
    assert "texono_ten_bins/rates.csv" in found["provenance"]["data_sha256"]
    done = run("fit", "--experiments", TEXONO, "--json", "-")
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout).values()
    assert result["n_bins"] == 10
    plane = ("--g", "1e-7:1e-4:3", "--mass", "0.1:10:3")
    done = run("contour", "--model", "b_minus_l", "--experiments", TEXONO, *plane)
    assert done.exit_code == 0, done.output
    assert np.isfinite(result["nll"])
    written = {p.name for p in (tmp_path / "results").iterdir()}
    assert "limit_b_minus_l_xenonnt_texono_ten_bins.json" in written
    assert "spectrum_texono_ten_bins.json" in written
    assert "contour_texono_ten_bins.json" in written


def test_an_analysis_names_folders_beside_itself(tmp_path, monkeypatch):
    folders.copy("texono", tmp_path)
    for name in ("texono/", "./texono"):
        (tmp_path / "job.toml").write_text(f'experiments = ["xenonnt", "{name}"]\n')
        job = read_analysis(tmp_path / "job.toml")
        assert job.experiments[0] == "xenonnt"
        assert Path(job.experiments[1]) == tmp_path / "texono"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere"], "nowhere/experiment.toml: expected a TOML file"),
        (["check", "mine"], "mine/rates.csv, line 5: got 'x0336', expected a finite number"),
        (["fit", "--experiments", "mine"], "mine/rates.csv, line 5: got 'x0336'"),
        (["limit", "--mass", "1", "--experiments", "./mine"], "mine/rates.csv, line 5"),
        (["fit", "job.toml"], "job.toml: mine/rates.csv, line 5"),
        (["fit", "--experiments", "no/where"], "no/where/experiment.toml: expected a TOML file"),
        (["fit", "twins.toml"], "expected names that differ"),
    ],
)
def test_a_mistake_is_one_sentence(run, tmp_path, arguments, message):
    folder = folders.copy("texono", tmp_path)
    folders.change(folder.rename(tmp_path / "mine"), "rates.csv", "4,4.5,0.0", "4,4.5,x")
    (tmp_path / "job.toml").write_text('experiments = ["./mine"]\n')
    twins = f'name = "texono_ten_bins"\nalone = true\nexperiments = ["{TEXONO}", "xenon1t"]\n'
    (tmp_path / "twins.toml").write_text(twins)
    before = set(tmp_path.iterdir())
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert lines[0].startswith("error: ")
    assert set(tmp_path.iterdir()) == before
