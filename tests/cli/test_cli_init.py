"""jaxmed init: what it writes runs, says what may be asked, and overwrites nothing."""

import re
import shlex
import tomllib

import pytest
import typer
from typer.testing import CliRunner

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.read import read_analysis
from jaxmed.cli.check import check
from jaxmed.cli.fit import fit
from jaxmed.cli.init import STARTS, complete_start, init
from jaxmed.cli.limit import limit
from jaxmed.data_tables import packaged

TEMPLATE = (packaged("fits") / "examples" / "analysis.toml").read_text()
COMMENTED = re.compile(r"^# (\w+ = .*)$", re.MULTILINE)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    for command in (init, check, fit, limit):
        app.command()(command)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STARTS)
def test_what_it_writes_runs_with_the_command_that_it_names(run, tmp_path, kind):
    # a folder in a folder, with a blank, and for an experiment with the name of a published one
    place = "new one/xenon1t"
    done = run("init", kind, place)
    assert done.exit_code == 0, done.output
    written = [line.removeprefix("wrote ") for line in done.stderr.splitlines()[:-1]]
    assert sorted(written) == sorted(
        str(p.relative_to(tmp_path)) for p in (tmp_path / place).iterdir()
    )
    first, *command = shlex.split(done.stderr.splitlines()[-1].removeprefix("try: "))
    assert first == "jaxmed"
    done = run(*command, "--no-cache")
    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_an_experiment_of_one_s_own_gives_a_limit(run):
    assert run("init", "experiment", "mine").exit_code == 0
    line = ["--experiments", "mine", "--model", "b_minus_l", "--mass", "1", "--no-cache"]
    done = run("limit", *line)
    assert done.exit_code == 0, done.output
    # results have the folder's name
    assert "limit_b_minus_l_mine.json" in done.stderr


@pytest.mark.parametrize("kind", STARTS)
def test_nothing_is_overwritten(run, tmp_path, kind):
    assert run("init", kind, "mine").exit_code == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "mine").iterdir()}
    last = tmp_path / "mine" / sorted(before)[-1]
    last.write_text("mine")
    for name in sorted(before)[:-1]:
        (tmp_path / "mine" / name).unlink()
    done = run("init", kind, "mine")
    assert done.exit_code == 2 and done.stderr.count("\n") == 1
    assert f"mine/{last.name} is there already" in done.stderr
    # not even the files that were missing
    assert [p.name for p in (tmp_path / "mine").iterdir()] == [last.name]
    assert last.read_text() == "mine"


def test_mistakes_are_one_sentence(run, tmp_path):
    (tmp_path / "file").write_text("")
    for kind, place, message in (
        ("modell", "new", "unknown start 'modell' (did you mean model?): expected one of model, "),
        ("model", "file", "file"),
        ("model", "file/new", "file/new"),
    ):
        done = run("init", kind, place)
        assert done.exit_code == 2 and message in done.stderr, done.output
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_shell_completes_starts():
    assert complete_start("") == ["model", "experiment", "analysis"]
    assert complete_start("e") == ["experiment"]


def test_the_template_names_every_key_of_an_analysis_and_needs_one():
    given = list(tomllib.loads(TEMPLATE))
    commented = [line.partition(" = ")[0] for line in COMMENTED.findall(TEMPLATE)]
    assert given == ["experiments"]
    assert [*given, *commented] == list(Analysis.model_fields)


@pytest.mark.parametrize("line", COMMENTED.findall(TEMPLATE))
def test_every_key_of_the_template_may_be_uncommented(tmp_path, line):
    path = tmp_path / "analysis.toml"
    path.write_text(TEMPLATE.replace(f"# {line}", line))
    analysis = read_analysis(path)
    assert analysis.model_fields_set == {"experiments", line.partition(" = ")[0]}
    analysis.parts()
