"""jaxmed report, cite and hepdata as a user runs them, from a limit that the command has written."""

import json
import re

import pytest
from typer.testing import CliRunner

from jaxmed.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Limits of TEXONO with a curve of one's own."""
    folder = tmp_path_factory.mktemp("limit")
    (folder / "own.csv").write_text("mass_MeV,g\n0.1,3e-6\n10,2e-5\n")
    curve = f"{folder / 'own.csv'}:Smith et al."
    arguments = ["--experiments", "texono", "--mass", "1,10", "--overlay", curve, "--no-cache"]
    done = CliRunner().invoke(app, ["limit", *arguments, "--out", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def test_a_limit_becomes_a_page_references_and_a_submission(run, results, tmp_path):
    content = json.loads((results / "limit_u1r_texono.json").read_text())
    assert (
        content["overlays"][0] | {"mass_mev": [0.1, 10.0], "g": [3e-6, 2e-5]}
        == (content["overlays"][0])
    )
    assert content["provenance"]["command"] is None, "it ran inside the tests"
    done = run("report", str(results))
    assert done.exit_code == 0, done.output
    assert "report.html" in done.stderr
    page = (results / "report.html").read_text()
    assert "u1r: TEXONO: 90 % limit, two-sided" in page and "Smith et al." in page
    done = run("cite", str(results), "--out", "refs.bib")
    assert done.exit_code == 0, done.output
    keys = re.findall(r"^@\w+\{(\S+),$", (tmp_path / "refs.bib").read_text(), re.MULTILINE)
    assert {"TEXONO:2009knm", "Mueller:2011nm", "Wilks:1938dza", "jaxmed"} < set(keys)
    assert keys == sorted(keys) and "XENON:2020rca" not in keys
    done = run("cite", str(results / "limit_u1r_texono.json"))
    assert done.stdout == (tmp_path / "refs.bib").read_text()


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_submission_is_one_command(run, results, tmp_path):
    pytest.importorskip("hepdata_lib")
    done = run("hepdata", str(results), "--out", "submission")
    assert done.exit_code == 0, done.output
    names = {p.name for p in (tmp_path / "submission").iterdir()}
    assert names == {"limit_u1r_texono.yaml", "submission.yaml", "submission.tar.gz"}
    again = run("hepdata", str(results), "--out", "submission")
    assert again.exit_code == 2 and "empty or a new folder" in again.stderr


@pytest.mark.parametrize("command", ["report", "cite", "hepdata"])
def test_folders_without_results_are_one_sentence(run, tmp_path, command):
    extra = ["--out", "new"] if command == "hepdata" else []
    for name, text in (("missing", "expected a folder"), (".", "found none")):
        done = run(command, name, *extra)
        assert done.exit_code == 2, done.output
        assert text in done.stderr and done.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["limit", "scan", "contour"])
def test_a_wrong_unit_is_one_sentence_before_any_work(run, tmp_path, command):
    (tmp_path / "own.csv").write_text("mass_GeV,g\n0.1,3e-6\n")
    extra = ["--mass", "1"] if command == "limit" else []
    done = run(command, *extra, "--overlay", "own.csv")
    assert done.exit_code == 2, done.output
    sentence = "own.csv, line 1: got column 'mass_GeV', expected mass_MeV: convert the masses from GeV to MeV"
    assert done.stderr == f"error: {sentence}\n"
    assert [p.name for p in tmp_path.iterdir()] == ["own.csv"]
