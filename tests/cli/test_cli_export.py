"""jaxmed export: two files, and sentences that say what they are."""

import json

import pytest
from typer.testing import CliRunner

from jaxmed.cli import app

AT = ("export", "--experiments", "xenon1t", "--model", "b_minus_l", "--mass", "0.06", "--no-cache")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments), prog_name="jaxmed")


@pytest.mark.slow
def test_both_files(run, tmp_path):
    done = run(*AT, "--hs3", "one.json", "--pyhf", "two.json")
    assert done.exit_code == 0, done.output
    hs3, pyhf = (json.loads((tmp_path / name).read_text()) for name in ("one.json", "two.json"))
    assert hs3["likelihoods"][0]["distributions"] == ["xenon1t"]
    assert pyhf["observations"][0]["name"] == "xenon1t"
    text = " ".join(done.output.split())
    assert "-log L is that of jaxmed plus" in text
    assert "-2 log L is off by at most" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (AT, "no file to write: expected --hs3 FILE, --pyhf FILE or both"),
        ((*AT[:5], "--hs3", "a.json"), "free parameters of model 'b_minus_l' = g, mass"),
        ((*AT, "--hs3", "nowhere/a.json"), "cannot write nowhere/a.json"),
    ],
)
def test_mistakes(run, tmp_path, arguments, sentence):
    done = run(*arguments)
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())
    assert not list(tmp_path.iterdir())
