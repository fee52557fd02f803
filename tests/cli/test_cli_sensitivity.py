"""jaxmed sensitivity."""

import csv
import json

import folders
import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.cli import app

TEXONO = str(folders.EXAMPLES / "texono")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["sensitivity", *arguments, "--no-cache"])


@pytest.mark.slow
def test_it_ranks_what_buys_most(run, tmp_path):
    done = run(TEXONO, "--model", "b_minus_l", "--mass", "0.1,1", "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["flag"] == ["ok", "ok"]
    assert [k["name"] for k in found["knobs"]] == ["systematic texono_scale", "error"]
    gains = np.array([k["gain_10_percent"] for k in found["knobs"]])
    assert np.all(gains[0] > gains[1])
    slopes = np.array([k["dlng_dlnx"] for k in found["knobs"]])
    np.testing.assert_allclose(gains, 1 - 0.9**slopes)
    assert found["missing"].keys() == {"exposure", "threshold", "resolution"}
    assert "exposure: -, Gaussian errors" in done.stderr
    out = tmp_path / "results"
    assert {p.suffix for p in out.iterdir()} == {".json", ".csv", ".png", ".pdf"}
    with (out / "sensitivity_b_minus_l_texono_ten_bins.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert float(rows[0]["dlng_dlnx"]) == pytest.approx(slopes[0, 0], rel=1e-6)


def test_many_masses_are_curves(run, tmp_path):
    done = run("texono", "--mass", "0.01:100:9", "--out", "here")
    assert done.exit_code == 0, done.output
    assert "g' <" in done.stdout
    assert (tmp_path / "here" / "sensitivity_u1r_texono.png").stat().st_size > 10_000


def test_a_model_without_effect_says_that_there_is_no_limit(run):
    done = run("texono", "--model", "l_mu_l_tau", "--mass", "1", "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["g_expected"] == [None]
    assert "none (edge)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xenon1", "--mass", "1"], "did you mean xenon1t?"),
        (["xenon1t,texono", "--mass", "1"], "experiments = xenon1t, texono: expected one"),
        (["texono", "--mass", "1", "--cl", "1"], "confidence level cl = 1.0"),
        (["texono", "--mass", "-1"], "mass = -1.0 MeV"),
        (["nowhere/", "--mass", "1"], "nowhere/experiment.toml: expected a TOML file"),
        (["texono", "--mass", "1", "--model", "weak_mixing"], "has no mediator"),
    ],
)
def test_errors_are_one_sentence(run, tmp_path, arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    (line,) = (line for line in done.stderr.splitlines() if line.strip())
    assert line.startswith("error: ")
    assert message in line
    assert not list(tmp_path.iterdir())
