"""Every analysis and model file with a mistake is refused in one sentence, by the hundred."""

import math
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from toml_text import dumped

from jaxmed.analysis.read import read_analysis

FITS = Path(__file__).resolve().parents[2] / "fits"
FILES = sorted(
    [
        FITS / "combined.toml",
        FITS / "posterior.toml",
        *(FITS / "examples" / "models").glob("*.toml"),
    ]
)
NEVER = [
    math.nan,
    math.inf,
    [[]],
    {"zzz": "?"},
    "(",
    True,
]  # no key takes any of these, `alone` apart
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)


def places(value, path=()):
    """Paths of all values within a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def refused(path, text):
    """Read a file that must be refused."""
    path.write_text(text)
    with pytest.raises(ValueError) as problem:
        read_analysis(path)
    sentence = str(problem.value)
    assert path.name in sentence
    assert "\n" not in sentence
    assert "expected" in sentence


@EVERY_FILE
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_mistake_is_accepted(path, data):
    content = tomllib.loads(path.read_text())
    *where, key = data.draw(st.sampled_from(list(places(content))))
    table = content
    for step in where:
        table = table[step]
    kind = data.draw(st.sampled_from(["value", "unknown"]))
    # which normalisations float, and may have a prior, the data say
    assume(where[-1:] != ["priors"] or kind == "value")
    if kind == "value" or isinstance(table, list):
        # what an option's text may be, its experiment says when it is loaded; a unit may be any
        text = (where[:1] == ["alternatives"] or key == "unit") and isinstance(table[key], str)
        never = [bad for bad in NEVER if not (text and isinstance(bad, str))]
        # nor of whom a prior is
        never = [bad for bad in never if not (key == "priors" and isinstance(bad, dict))]
        bad = data.draw(st.sampled_from(never))
        table[key] = "(" if key in ("alone", "log") else bad
    else:
        table[f"{key} {key}"] = 1 if where[-1:] == ["constants"] else table.pop(key)
    with tempfile.TemporaryDirectory() as place:
        refused(
            Path(place) / "job.toml", "".join(f"{k} = {dumped(v)}\n" for k, v in content.items())
        )


@EVERY_FILE
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_are_read_or_refused(path, data):
    content = path.read_bytes()
    a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    middle = data.draw(st.binary(max_size=6) | st.just(content[a:b] * 2))
    with tempfile.TemporaryDirectory() as place:
        job = Path(place) / "job.toml"
        job.write_bytes(content[:a] + middle + content[b:])
        try:
            assert read_analysis(job).experiments
        except ValueError as problem:
            assert "job.toml" in str(problem)
            assert "\n" not in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "experiments = ['texono']\noptions = { texono = { electron_couplings = 3 } }",
        "experiments = ['texono']\nfree = [[1]]",
        "experiments = ['texono']\nfixed = { mass = [1] }",
        "experiments = [['texono']]",
        "experiments = ['texono\\u0000']",
        "experiments = ['a/\\u0000b']",
        f"experiments = ['{'x' * 300}/y']",
        "experiments = ['texono']\nmodel = ''",
        "experiments = ['texono']\nmodel = 'a.toml'",
        "experiments = ['texono']\ngrid = " + "9" * 5000,
        "experiments = ['texono']\nmodel = { charges = { x_h = 1e300 } }",
    ],
)
def test_odd_files_end_in_a_sentence(tmp_path, text):
    """Where a file is read without a mistake of its own, planning the fits refuses it."""
    path = tmp_path / "job.toml"
    path.write_text(text)
    with pytest.raises(ValueError) as problem:
        read_analysis(path).parts()
    assert "\n" not in str(problem.value)


def test_a_mark_at_the_start_and_line_ends_of_windows_are_no_mistake(tmp_path):
    path = tmp_path / "job.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b"name = 'bom'\r\nexperiments = ['texono']\r\n")
    assert read_analysis(path).name == "bom"


def test_a_long_file_s_mistake_names_the_file(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text("grid = " + "9" * 5000)
    with pytest.raises(ValueError, match=r"job\.toml: expected TOML"):
        read_analysis(path)
