"""What the command says before it computes: examples, completion, first steps, suggestions."""

import re
import shlex

import folders
import pytest
import typer
from typer.testing import CliRunner

from jaxmed.cli import FIRST, app
from jaxmed.cli.names import (
    complete_analysis,
    complete_experiment_or_analysis,
    complete_experiments,
    complete_model,
)
from jaxmed.experiments import expected, load, published
from jaxmed.inference.problem import check_constraints, make_problem
from jaxmed.models.choose import get_model
from jaxmed.theory.couplings import standard_model
from jaxmed.user_files.keys import hint

COMMANDS = typer.main.get_command(app).commands


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments), prog_name="jaxmed")


def parse(line):
    """What the options of a command line become; an error of click if they do not parse."""
    program, name, *arguments = shlex.split(line)
    assert program == "jaxmed"
    return COMMANDS[name].make_context(name, arguments).params


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_parses(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    # the terminal breaks the line
    text = " ".join(done.output.split())
    example = re.search(rf"Example: (jaxmed {name}( .*|$))", text)
    assert example, text
    assert example[1] == COMMANDS[name].epilog.removeprefix("Example: ")
    given = parse(example[1])
    assert given.keys() == {p.name for p in COMMANDS[name].params}


def test_alone_it_says_what_to_do_first(run):
    done = run()
    assert done.exit_code == 0
    lines = [line.strip() for line in done.output.splitlines() if line.startswith("    jaxmed ")]
    assert lines == list(FIRST)
    assert len(lines) == 3
    for line in lines:
        parse(line)
    assert "jaxmed --help" in done.output


def test_the_quickest_first_step_runs(run):
    _, *arguments = shlex.split(FIRST[2])
    done = run(*arguments, "--no-cache")
    assert done.exit_code == 0, done.output
    assert "mediator" in done.stdout


@pytest.mark.slow
def test_the_second_first_step_runs(run):
    """The first one is README's main job: .ci/run starts with it."""
    assert FIRST[0] == "jaxmed fit"
    _, *arguments = shlex.split(FIRST[1])
    assert run(*arguments, "--no-cache").exit_code == 0


XENON = [name for name in published() if name.startswith("xe")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed(run, monkeypatch, shell):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = run("--show-completion", shell)
    assert done.exit_code == 0
    assert "_JAXMED_COMPLETE" in done.output


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("jaxmed si", ["significance"]),
        ("jaxmed limit --model b_", ["b_minus_l"]),
        ("jaxmed fit --experiments texono,xe", [f"texono,{name}" for name in XENON]),
        ("jaxmed spectrum --experiment coherent_l", ["coherent_lar"]),
        ("jaxmed sensitivity xenonn", [name for name in XENON if name.startswith("xenonn")]),
        ("jaxmed limit --method f", ["fc"]),
        ("jaxmed scan --device g", ["gpu"]),
        ("jaxmed fit --constraint r", ["rho"]),
        ("jaxmed limit --cl", ["--cl"]),
    ],
)
def test_the_shell_completes_names(run, monkeypatch, line, wanted):
    monkeypatch.setenv("_JAXMED_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    assert run().output.split() == wanted


def test_paths_are_completed_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders.copy("texono", tmp_path)
    (tmp_path / "tex").mkdir()
    (tmp_path / "texts.toml").write_text("")
    assert complete_experiments("xenon1t,./te") == ["xenon1t,./tex/", "xenon1t,./texono"]
    assert complete_experiments("texono,tex") == ["texono,tex/"]
    assert complete_model("tex") == ["tex/", "texono/", "texts.toml"]
    assert complete_model("nowhere/") == []
    assert complete_analysis("") == complete_analysis("tex") == ["tex/", "texono/", "texts.toml"]
    assert complete_experiment_or_analysis("texo") == ["texono", "texono/"]
    assert complete_experiments("a,xenon") == [f"a,{name}" for name in XENON]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fti"], "Did you mean 'fit'?"),
        (["fit", "--modle", "u1r"], "--model"),
        (["fit", "--model", "b_minus_L"], "did you mean b_minus_l?"),
        (["fit", "--experiments", "csi"], "did you mean coherent_csi?"),
        (["fit", "--constraint", "roh"], "did you mean rho?"),
        (["limit", "--mass", "1", "--method", "asymptotc"], "did you mean asymptotic?"),
        (["fit", "job.toml"], "did you mean experiments?"),
        (["fit", "fixed.toml"], "did you mean xenon1t_background?"),
        (["fit", "free.toml"], "did you mean signal_strength?"),
        (["fit", "options.toml"], "did you mean solar_model?"),
        (["fit", "values.toml"], "did you mean agss09met?"),
        (["check", "mine"], "did you mean target?"),
    ],
)
def test_misspelt_names_get_a_suggestion(run, tmp_path, arguments, message):
    files = {
        "job.toml": "experimets = ['texono']",
        "fixed.toml": "experiments = ['xenon1t']\nfixed = {xenon1t_backgroud = 0}",
        "free.toml": "experiments = ['xenon1t']\nfree = ['signal_strenght']",
        "options.toml": "experiments = ['xenon1t']\n[options.xenon1t]\nsolar_modl = 'gs98'",
        "values.toml": "experiments = ['xenon1t']\n[options.xenon1t]\nsolar_model = 'agss09'",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n")
    folder = folders.copy("texono", tmp_path).rename(tmp_path / "mine")
    folders.change(folder, "experiment.toml", "[target]", "[tarket]")
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "results").exists()


def test_names_in_python_get_one_too(experiments):
    texono, csi = experiments["texono"], experiments["coherent_csi"]
    for call in (
        lambda: expected(csi, standard_model(), {"sns_flx": 1.0}),
        lambda: make_problem((csi,), get_model("u1r"), {"sns_flx": 1.0}),
    ):
        with pytest.raises(ValueError, match=r"did you mean sns_flux\?"):
            call()
    with pytest.raises(ValueError, match=r"did you mean rho\?"):
        check_constraints(["Rho"], get_model("u1r"))
    with pytest.raises(ValueError, match=r"did you mean klein_nystrand\?"):
        load("coherent_csi", form_factor="klein-nystrand")
    # nothing is suggested where nothing is close
    with pytest.raises(ValueError, match="unknown nuisance 'zzz': expected"):
        expected(texono, standard_model(), {"zzz": 1.0})


def test_a_hint_takes_any_case_and_parts_but_not_scraps():
    assert hint("XENON1T", ["texono", "xenon1t"]) == " (did you mean xenon1t?)"
    assert hint("lar", ["coherent_csi", "coherent_lar"]) == " (did you mean coherent_lar?)"
    assert hint("c", ["coherent_csi"]) == hint("borexino", ["coherent_csi"]) == ""
