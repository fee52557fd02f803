"""Users' files are opened only if they are regular and small enough, by every reader."""

import json
import os

import pytest

from jaxmed.results.overlay import read_overlays
from jaxmed.results.store import read_npz
from jaxmed.user_files.columns import read_columns
from jaxmed.user_files.files import read_bytes, read_text
from jaxmed.user_files.json_files import read_json
from jaxmed.user_files.keys import read_toml

READERS = {
    "toml": lambda path: read_toml(path, "an analysis"),
    "csv": lambda path: read_columns(path, ("a",)),
    "overlay": lambda path: read_overlays([str(path)]),
    "json": lambda path: read_json(path, "a result"),
    "npz": read_npz,
}


@pytest.fixture(params=READERS)
def refused(request):
    """What a reader says of a path, without the path."""

    def sentence(path):
        with pytest.raises(ValueError) as found:
            READERS[request.param](path)
        said = str(found.value)
        assert said.startswith(f"{path}: expected ") and "\n" not in said
        return said.removeprefix(str(path))

    return sentence


def test_nothing_but_a_regular_file_is_opened(refused, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "none").endswith("found no file")
    assert refused(tmp_path).endswith("found a folder")
    for name in ("fifo", "link"):
        assert refused(tmp_path / name).endswith("found no regular file")
    assert "symbolic links" in refused(tmp_path / "loop")
    assert "too long" in refused(tmp_path / ("x" * 300))


def test_an_endless_device_is_not_read(refused, tmp_path):
    (tmp_path / "endless").symlink_to("/dev/zero")
    assert refused(tmp_path / "endless").endswith("found no regular file")


def test_nothing_too_large_is_read(refused, tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**10)
    assert refused(tmp_path / "large").endswith("B, found 10 GB")


def test_a_size_that_the_system_does_not_tell_is_found_on_reading(tmp_path):
    path = tmp_path / "memory"
    path.symlink_to("/proc/self/maps")
    if not path.is_file() or path.stat().st_size:
        pytest.skip("no such files here")
    with pytest.raises(ValueError, match=r"expected lines of at most 1 kB, found 1\.001 kB"):
        read_bytes(path, "lines", 1000)


def test_text_is_utf_8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "x"
    path.write_bytes("\ufeffν".encode())
    assert read_text(path, "text", 10) == "ν"
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="x: expected text in UTF-8, but"):
        read_text(path, "text", 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9" * 400, "an integer of 400 digits"),
        ("9" * 9999, "an integer of 9999 digits"),
        (str(2**63), "an integer of 19 digits"),
        ("1e999", "the number '1e999', which is too large"),
        ("-1" + "0" * 400 + ".5", "which is too large"),
        ("NaN", "NaN where a number or null should be"),
        ("[" * 100_000, "recursion"),
        ("{", "Expecting property name"),
        ("", "Expecting value"),
    ],
)
def test_json_with_what_no_result_has_is_refused(tmp_path, text, message):
    path = tmp_path / "x.json"
    path.write_text(f'{{"a": {text}}}' if text not in ("", "{") else text)
    with pytest.raises(ValueError, match=r"x\.json: expected JSON, but ") as found:
        read_json(path, "a result")
    assert message in str(found.value) and len(str(found.value)) < 300 + len(str(path))


def test_json_keeps_every_number_that_a_result_has(tmp_path):
    content = {"a": [2**63 - 1, -(2**63), 1.7e308, 5e-324, -0.0, 0, True, None, "1" * 400]}
    (tmp_path / "x.json").write_text(json.dumps(content))
    assert read_json(tmp_path / "x.json", "a result") == content
