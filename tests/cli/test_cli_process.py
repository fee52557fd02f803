"""The command as a process: version, closed streams, a bad environment, signals; one line for each, no traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import pytest
from matplotlib.image import imread

MEDIATOR = ("model", "--g", "1e-6", "--mass", "1", "--no-cache")


def run(*arguments, shell="", **environment):
    """A new process, its streams as a shell redirects them."""
    command = ["bash", "-c", f'exec "$@" {shell}', "-", sys.executable, "-m", "jaxmed", *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_the_version_is_that_of_the_package_and_of_what_computes():
    done = run("--version")
    numbers = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "numpy"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"jaxmed {version('jaxmed')} ({numbers})\n"


def test_it_is_called_jaxmed_however_it_was_started():
    assert "Usage: jaxmed fit [OPTIONS]" in run("fit", "--help").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "shell"),
    [
        ((*MEDIATOR, "--json", "-"), ">&-"),
        (MEDIATOR, ">/dev/full"),
        (("--help",), ">/dev/full"),
    ],
)
def test_standard_output_that_takes_nothing_is_one_sentence(arguments, shell):
    done = run(*arguments, shell=shell)
    reason = "Bad file descriptor" if "-" in shell else "No space left on device"
    assert done.stderr == f"error: cannot write standard output: {reason}\n"
    assert done.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
def test_nobody_who_hears_the_words_costs_no_number(shell):
    done = run(*MEDIATOR, "--json", "-", shell=shell)
    assert done.returncode == 0
    assert json.loads(done.stdout)["model"] == "u1r"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"JAX_ENABLE_X64": "maybe"}, "invalid truth value 'maybe' for environment"),
        ({"JAX_ENABLE_X64": "0"}, "jaxmed needs 64-bit floats"),
        ({"JAX_PLATFORMS": "nonsense"}, "JAX finds no device for JAX_PLATFORMS='nonsense'"),
    ],
)
def test_an_environment_that_jax_cannot_use_is_one_sentence(environment, message):
    done = run(*MEDIATOR, **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("error: ") and message in done.stderr


@pytest.mark.slow
def test_an_environment_that_concerns_nobody_changes_nothing():
    terminal = {"TERM": "dumb", "COLUMNS": "x", "PYTHONIOENCODING": "ascii"}
    done = run(*MEDIATOR, MPLBACKEND="nonsense", **terminal)
    assert (done.returncode, done.stderr) == (0, "")
    assert "theta" in done.stdout


STYLE = """
text.usetex: True
font.family: Nonsense
backend: nonsense
lines.linewidth: 30
savefig.dpi: 10
savefig.bbox: tight
"""
SPECTRUM = ("spectrum", "--experiment", "texono", "--g", "1e-6", "--mass", "1", "--no-cache")


@pytest.mark.slow
def test_a_user_s_matplotlibrc_changes_no_figure(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "matplotlibrc").write_text(STYLE)
    # the first has to build its cache of fonts, and nobody hears of it
    for out, where in (("plain", tmp_path / "new"), ("styled", tmp_path)):
        done = run(*SPECTRUM, "--out", str(tmp_path / out), MPLCONFIGDIR=str(where))
        assert done.returncode == 0, done.stderr
        assert all(line.startswith("wrote ") for line in done.stderr.splitlines())
    plain, styled = (tmp_path / out / "spectrum_texono.png" for out in ("plain", "styled"))
    assert plain.read_bytes() == styled.read_bytes()
    assert imread(plain).shape[1] == 6.4 * 300


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_work_with_one_line(tmp_path, number):
    arguments = ["limit", "--method", "fc", "--toys", "100000", "--mass", "1", "--no-cache"]
    command = [sys.executable, "-m", "jaxmed", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:
        while not (tmp_path / "results").exists():
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(number)
        assert process.communicate(timeout=10) == ("", f"ended by {number.name}\n")
    assert process.returncode == 128 + number
    assert not list(tmp_path.iterdir())
