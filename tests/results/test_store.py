"""Files are written whole or not at all; JSON holds no NaN."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from jaxmed.results import store
from jaxmed.results.store import (
    file_stem,
    prepare_file,
    prepare_folder,
    to_json,
    write_atomically,
)


def test_numbers_that_are_not_finite_become_null():
    content = {"a": np.array([1.0, np.nan]), "b": (np.float64(2.5), math.inf), "c": np.int64(3)}
    assert json.loads(to_json(content)) == {"a": [1.0, None], "b": [2.5, None], "c": 3}


def test_a_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_ends_half_written_leaves_the_old_one(tmp_path, monkeypatch, problem):
    def fail(*_):
        raise problem

    path = tmp_path / "results.json"
    path.write_text("old")
    monkeypatch.setattr(store, "_publish", fail)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


def test_no_device_is_replaced_by_a_file():
    with pytest.raises(ValueError, match="cannot write '/dev/null': expected the name of a file"):
        prepare_file(Path("/dev/null"))


def test_files_are_named_after_what_they_are_about():
    assert (
        file_stem("limit", "b_minus_l", "texono", "my-exp_2") == "limit_b_minus_l_texono_my-exp_2"
    )


HOSTILE = (
    "../up",
    "./exp",
    "/abs",
    "a b",
    "",
    ".",
    "..",
    "[/bold]",
    "é",
    "\udcff",
    "a\nb",
    "x" * 400,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_a_path_or_too_long(tmp_path, name):
    stem = file_stem("fit", name)
    assert stem.isascii() and not set(stem) & set("/\\. \n[]") and 0 < len(stem) < 200
    write_atomically(tmp_path / f"{stem}.json", b"{}")
    assert [p.name for p in tmp_path.iterdir()] == [f"{stem}.json"]


def test_names_that_differ_give_files_that_differ():
    names = [*HOSTILE, "___up", "a_b", "x" * 401, "x" * 402]
    assert len({file_stem("fit", name) for name in names}) == len(names)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot write to"):
        prepare_folder(tmp_path / "file" / "below")
    with pytest.raises(ValueError, match="cannot write"):
        write_atomically(tmp_path / "nowhere" / "x.json", b"")


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    for name, message in (
        ("taken", "name of a file"),
        ("no/x", "No such"),
        ("x" * 300, "too long"),
    ):
        with pytest.raises(ValueError, match=f"cannot write.*{message}"):
            prepare_file(tmp_path / name)
        with pytest.raises(ValueError, match="cannot write"):
            write_atomically(tmp_path / name, b"x")
    prepare_file(tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
