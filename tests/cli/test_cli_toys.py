"""jaxmed significance, limit and scan with toys, as a user runs them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app
from jaxmed.inference.hypothesis.feldman_cousins import feldman_cousins


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; the compilation cache is left alone."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--no-cache"])


@pytest.mark.slow
def test_significance_writes_json_and_toys(run, tmp_path):
    done = run("significance", "--toys", "30", "--seed", "3", "--json", "-")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    path = tmp_path / "results" / "significance_u1r_xenon1t.npz"
    assert json.loads(path.with_suffix(".json").read_text()) == content
    found = jaxmed.load_result(path)
    assert found.header["kind"] == "toys"
    assert found.header["method"] == {"test": "significance", "number": 30, "seed": 3}
    assert found.header["provenance"]["data_sha256"]
    q = found.arrays["q"]
    assert q.shape == found.arrays["status_best"].shape == (30,)
    extreme = np.count_nonzero(q >= content["q0"])
    assert content["p_values"]["everywhere"]["value"] == (1 + extreme) / 31
    assert content["failed"] == {"background": [], "local": [], "best": []}


@pytest.mark.slow
def test_limits_from_toys(run, tmp_path):
    done = run(
        *("limit", "--experiments", "texono", "--mass", "1", "--method", "fc", "--toys", "30"),
        *("--expected", "40", "--json", "-"),
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert (content["method"], content["toys"], content["seed"]) == ("fc", 30, 1)
    assert content["threshold"] is None and content["sided"] is None
    assert "confidence level, Feldman-Cousins" in " ".join(done.stderr.split())
    low, median, high = (f"{content['g_expected'][s][0]:.3g}" for s in ("-1", "0", "1"))
    assert f"{median} ({low} to {high})" in done.stderr
    bands = [content["g_expected"][s][0] for s in ("-2", "-1", "0", "1", "2")]
    assert bands == sorted(bands)
    assert bands[2] == pytest.approx(2.56e-5, rel=0.1)
    assert content["g_upper"][0] == pytest.approx(2.6e-5, rel=0.1)
    assert (tmp_path / "results" / "limit_u1r_texono.pdf").exists()


SCAN = """
experiments = ["xenon1t"]
[scan]
g = [1.1e-6, 1.6e-6, 1e-3]
mass = [0.058, 1.0]
"""


def test_a_scan_with_toys_is_that_of_feldman_cousins(run, tmp_path, experiments):
    (tmp_path / "job.toml").write_text(SCAN)
    asked = ("scan", "job.toml", "--toys", "40", "--seed", "2", "--quiet")
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "1 of 6 points are in the 90% Feldman-Cousins region" in done.output
    found = jaxmed.load_result(tmp_path / "results" / "scan.npz")
    assert found.header["toys"] == {"number": 40, "cl": 0.9, "seed": 2}
    assert found.arrays["accepted"].tolist() == [[False, False], [True, False], [False, False]]
    assert np.isnan(found.arrays["critical"][2]).all() and np.all(found.arrays["p"][2] == 0)
    axes = {"g": [1.1e-6, 1.6e-6], "mass": [0.058, 1.0]}
    alone = feldman_cousins(experiments["xenon1t"], number=40, seed=2, **axes)
    np.testing.assert_array_equal(found.arrays["p"][:2], alone.p)
    np.testing.assert_allclose(found.arrays["q"][:2], alone.q, atol=1e-6)
    (tmp_path / "results" / "chunks" / "000000.npz").unlink()
    again = run(*asked, "--resume", "--json", "-")
    content = json.loads(again.stdout)["toys"]
    assert (content["n_accepted"], content["n_failed"]) == (1, 0)
    np.testing.assert_array_equal(content["p"], found.arrays["p"])
    assert run("scan", "job.toml", "--toys", "41", "--resume").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("significance", "--toys", "0"), "toys = 0: expected at least 1"),
        (("significance", "--model", "weak_mixing"), "has no mediator"),
        (("scan", "--toys", "5"), "toys = 5: expected at least 10 for cl = 0.9"),
        (("scan", "--toys", "50", "--cl", "1"), "cl = 1.0: expected a number between 0 and 1"),
        (("limit", "--mass", "1", "--method", "bayes"), "method 'bayes': expected one of"),
        (("limit", "--mass", "1", "--method", "fc", "--toys", "5"), "expected at least 10"),
        (("limit", "--mass", "1", "--expected", "0"), "toys = 0: expected at least 1"),
        (
            ("limit", "--mass", "1", "--method", "fc", "--constraint", "rho"),
            "toys are drawn for experiments only",
        ),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    done = run(*arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output
