"""Whatever a user's file holds, a command ends in a right answer or in one sentence: never in a traceback or a hang.

JAXMED_EXAMPLES=10000 pytest tests/cli/test_generated_inputs.py     # as many of each kind as one has time for
"""

import copy
import json
import os
import shutil
import time
import tomllib
from pathlib import Path

import folders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toml_text import dumped
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app
from jaxmed.results.store import to_json

# hepdata-validator leaves the files open that it reads
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FITS = Path(__file__).resolve().parents[2] / "fits"
_LONGEST = 30.0  # seconds of one command
EXAMPLES = int(os.environ.get("JAXMED_EXAMPLES", "25"))
QUICKLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = st.sampled_from([0, -1, 2, 7, 1e-300, 1e300, 10**400, 0.5, float("nan"), float("inf")])
WORDS = st.sampled_from(
    [
        *(
            "",
            "g",
            "mass",
            "texono",
            "u1r",
            "1:2:3",
            "1e-3:1e3:4",
            "rho",
            "../x",
            "/dev/null",
            "a" * 300,
        ),
        *(
            "[/bold]",
            "{0}",
            "%s",
            "\x00",
            "\x1b[31m",
            "数",
            "<b>",
            "nan",
            "__import__('os')",
            "true",
        ),
    ]
)
VALUES = st.recursive(
    st.one_of(NUMBERS, WORDS, st.booleans(), st.floats(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
ANALYSIS = {
    "name": "one",
    "experiments": ["texono"],
    "model": "b_minus_l",
    "options": {"texono": {"electron_couplings": "tree"}},
    "fixed": {"signal_strength": 0.0},
    "box": {"g": [1e-7, 1e-3], "mass": [1e-3, 1e2]},
    "scan": {"g": "1e-6:1e-4:3", "mass": [0.1, 1.0]},
    "masses": [1.0],
    "cl": [0.9],
    "sided": "two",
    "method": "asymptotic",
    "grid": 5,
    "seed": 1,
    "device": "cpu",
}
COMMANDS = ("limit", "fit", "scan", "spectrum", "model", "sensitivity")


def places(value, path=()):
    """Paths of all values within a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@st.composite
def changed(draw, content):
    """The content with one to three values replaced, left out, or added."""
    found = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        everywhere = list(places(found))
        if not everywhere:
            break
        *where, key = draw(st.sampled_from(everywhere))
        inside = found
        for step in where:
            inside = inside[step]
        what = draw(st.sampled_from(["replace", "replace", "drop", "add"]))
        if what == "drop":
            del inside[key]
        elif what == "add" and isinstance(inside, dict):
            inside[draw(st.one_of(WORDS, st.text(min_size=1, max_size=5)))] = draw(VALUES)
        else:
            inside[key] = draw(VALUES)
    return found


@st.composite
def damaged(draw, text):
    """Bytes with a piece cut out, doubled, or replaced."""
    data = text.encode(errors="replace")
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.integers(0, 20)))
    piece = draw(st.one_of(st.binary(max_size=6), st.just(data[start:end] * 2)))
    return data[:start] + piece + data[end:]


def as_toml(content):
    return "".join(f"{json.dumps(key)} = {dumped(value)}\n" for key, value in content.items())


def ends_well(arguments):
    """Run a command: a result, or one sentence and exit code 2."""
    began = time.monotonic()
    done = CliRunner().invoke(app, arguments, prog_name="jaxmed")
    assert time.monotonic() - began < _LONGEST, arguments
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in (0, 1, 2), arguments
    assert "Traceback" not in done.output
    if done.exit_code == 2:
        said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert len(said) == 1 or "Usage:" in done.stderr, done.stderr
    return done


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@QUICKLY
@given(content=changed(ANALYSIS), command=st.sampled_from(COMMANDS), data=st.data())
def test_analyses(here, content, command, data):
    text = as_toml(content)
    raw = data.draw(st.one_of(st.just(text.encode(errors="replace")), damaged(text)))
    (here / "job.toml").write_bytes(raw)
    shutil.rmtree(here / "out", ignore_errors=True)
    more = ["--g", "1e-6", "--mass", "1"] if command in ("spectrum", "model") else []
    out = [] if command == "model" else ["--out", "out"]
    ends_well([command, "job.toml", *more, *out, "--no-cache"])


@QUICKLY
@given(data=st.data())
def test_models(here, data):
    files = sorted((FITS / "examples" / "models").glob("*.toml"))
    text = data.draw(st.sampled_from(files)).read_text()
    mutated = data.draw(changed(tomllib.loads(text)).map(as_toml))
    raw = data.draw(st.one_of(st.just(mutated.encode(errors="replace")), damaged(text)))
    (here / "own.toml").write_bytes(raw)
    ends_well(["model", "--model", "own.toml", "--g", "1e-6", "--mass", "1"])


@QUICKLY
@given(data=st.data())
def test_folders(here, data):
    shutil.rmtree(here / "texono", ignore_errors=True)
    folder = folders.copy("texono", here)
    path = data.draw(st.sampled_from(sorted(p for p in folder.iterdir() if p.is_file())))
    text = path.read_text()
    if path.suffix == ".toml":
        text = data.draw(st.one_of(st.just(text), changed(tomllib.loads(text)).map(as_toml)))
    path.write_bytes(data.draw(damaged(text)))
    ends_well(["check", "texono/"])


@pytest.mark.slow
@QUICKLY
@given(data=st.data())
def test_curves(here, data):
    text = "# mine\nmass_MeV,g\n0.01,3.2e-6\n0.1,3.9e-6\n1,1e-5\n"
    (here / "own.csv").write_bytes(data.draw(damaged(text)))
    command = ["limit", "--mass", "1", "--overlay", "own.csv", "--out", "out", "--no-cache"]
    ends_well(command)


@pytest.fixture(scope="module")
def results():
    """JSON of some results by their names."""
    # its validator warns while it is imported
    pytest.importorskip("hepdata_lib")
    about = {"fixed": {"mass": 1.0}, "grid": 5}
    found = {
        "fit": jaxmed.fit("texono", "b_minus_l", **about),
        "limit": jaxmed.limits("texono", "b_minus_l", masses=[0.1, 1.0]),
        "scan": jaxmed.scan("texono", "b_minus_l", g=[1e-6, 1e-5, 1e-4], mass=[1.0]),
        "spectrum": jaxmed.spectrum("texono", g=1e-6, mass=1.0),
        "mediator": jaxmed.describe("u1r", g=1e-6, mass=0.1),
        "sensitivity": jaxmed.sensitivity("texono", "b_minus_l", masses=[1.0]),
    }
    return {name: json.loads(to_json(each.content())) for name, each in found.items()}


@pytest.mark.slow
@QUICKLY
@given(data=st.data(), command=st.sampled_from(["report", "cite", "hepdata"]))
def test_results(here, results, data, command):
    content = results[data.draw(st.sampled_from(sorted(results)))]
    text = data.draw(changed(content).map(lambda c: json.dumps(c, default=str)))
    raw = data.draw(st.one_of(st.just(text.encode(errors="replace")), damaged(text)))
    shutil.rmtree(here / "saved", ignore_errors=True)
    (here / "saved").mkdir()
    (here / "saved" / "one.json").write_bytes(raw)
    shutil.rmtree(here / "hep", ignore_errors=True)
    ends_well([command, "saved", *(["--out", "hep"] if command == "hepdata" else [])])
