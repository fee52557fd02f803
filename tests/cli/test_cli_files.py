"""Files that are none, folders of others and names that mean something: each a sentence, before any work."""

import os
import re

import folders
import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.cli import app

LIMIT = '{"mass_mev": [1], "g_upper": [%s], "cl": 0.9, "intervals": [[]], "provenance": {}}'


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What a command says that is refused."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 2, done.output
        assert done.stdout == "" and done.stderr.count("\n") == 1, done.output
        assert done.stderr.startswith("error: ")
        return done.stderr.removeprefix("error: ").removesuffix("\n")

    return call


@pytest.mark.parametrize("command", ["report", "cite", "hepdata"])
def test_damaged_results_are_named(refused, tmp_path, command):
    extra = ["--out", "new"] if command == "hepdata" else []
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "limit.json").write_text(LIMIT % ("1" + "0" * 400))
    said = refused(command, "digits", *extra)
    assert said == "digits/limit.json: expected JSON, but it has an integer of 401 digits"
    (tmp_path / "bytes").mkdir()
    np.savez(tmp_path / "bytes" / "scan.npz", header=np.array([b"a"]))
    said = refused(command, "bytes", *extra)
    assert said == "bytes/scan.npz: expected a whole result of jaxmed (.npz), found none"
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "results.json")
    assert refused(command, "pipe", *extra).endswith("found no regular file")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["limit", "scan", "contour"])
def test_a_curve_that_is_no_file_is_refused(refused, tmp_path, command):
    os.mkfifo(tmp_path / "fifo.csv")
    mass = ["--mass", "1"] if command == "limit" else []
    for name in ("fifo.csv", "/dev/zero", "/dev/zero:label"):
        said = refused(command, *mass, "--overlay", name)
        assert said == f"{name.removesuffix(':label')}: expected a CSV table, found no regular file"


@pytest.mark.parametrize("name", ["./z[/bold]", "./:smile:", "./two\nlines", "./\x1b[31mred"])
def test_names_are_no_markup_and_no_second_line(refused, name):
    shown = repr(name.removeprefix("./"))[1:-1]
    sentence = f"{shown}/experiment.toml: expected a TOML file with an experiment, found no file"
    assert refused("limit", "--mass", "1", "--experiments", name) == sentence
    assert refused("fit", "--experiments", name) == sentence
    assert refused("check", name) == sentence
    assert refused("report", name).startswith(f"{shown}: expected a folder with results")


@pytest.mark.slow
def test_titles_are_shown_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = folders.copy("texono", tmp_path)
    title = 'title = "[/bold] [red]x[/red] :smile: $a_b {0}"'
    text = (folder / "experiment.toml").read_text()
    (folder / "experiment.toml").write_text(re.sub("(?m)^title = .*$", title, text))
    shown = "[/bold] [red]x[/red] :smile: $a_b {0} (template)"
    done = CliRunner().invoke(app, ["check", str(folder), "--no-cache"])
    assert (done.exit_code, shown in done.stdout) == (0, True), done.output
    ask = ["limit", "--experiments", str(folder), "--mass", "1", "--no-cache"]
    (tmp_path / "curve.csv").write_text("mass_MeV,g\n0.1,1e-5\n10,1e-4\n")
    done = CliRunner().invoke(app, [*ask, "--overlay", "curve.csv:[/red]$x"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "results" / "limit_u1r_texono_ten_bins.png").exists()


def test_json_goes_where_it_is_asked_for_and_into_no_device(refused):
    done = CliRunner().invoke(app, ["model", "--g", "1e-6", "--mass", "1", "--json", "x.json"])
    assert done.exit_code == 0 and done.stderr == "wrote x.json\n"
    said = refused("model", "--g", "1e-6", "--mass", "1", "--json", "/dev/null")
    assert said == "cannot write '/dev/null': expected the name of a file"
