"""Files are written whole or not at all; JSON holds no NaN."""

import json
import math

import numpy as np
import pytest

from jaxmed.results.store import prepare_file, prepare_folder, to_json, write_atomically


def test_numbers_that_are_not_finite_become_null():
    content = {"a": np.array([1.0, np.nan]), "b": (np.float64(2.5), math.inf), "c": np.int64(3)}
    assert json.loads(to_json(content)) == {"a": [1.0, None], "b": [2.5, None], "c": 3}


def test_a_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


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
