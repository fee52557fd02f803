"""jaxmed significance and jaxmed limit with toys, as a user runs them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app


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
    assert content["threshold"] is None
    bands = [content["g_expected"][s][0] for s in ("-2", "-1", "0", "1", "2")]
    assert bands == sorted(bands)
    assert bands[2] == pytest.approx(2.56e-5, rel=0.1)
    assert content["g_upper"][0] == pytest.approx(2.6e-5, rel=0.1)
    assert (tmp_path / "results" / "limit_u1r_texono.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("significance", "--toys", "0"), "toys = 0: expected at least 1"),
        (("significance", "--model", "weak_mixing"), "has no mediator"),
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
