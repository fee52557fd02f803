"""Finished chunks: which points, what is refused, what is left of a kill."""

import numpy as np
import pytest

from jaxmed.analysis.chunks import Chunks, fingerprint, read_job, same_job, write_job

ARRAYS = {"nll": np.arange(3.0)}


@pytest.fixture
def chunks(tmp_path):
    found = Chunks(tmp_path, "f" * 64)
    found.prepare()
    return found


def test_chunks_come_back(chunks):
    chunks.write(1, ARRAYS)
    np.testing.assert_array_equal(chunks.read(1)["nll"], ARRAYS["nll"])
    with pytest.raises(ValueError, match="found no file"):
        chunks.read(0)


def test_chunks_of_others_are_refused(chunks, tmp_path):
    Chunks(tmp_path, "0" * 64).write(0, ARRAYS)
    with pytest.raises(ValueError, match=r"000000.npz belongs to another computation"):
        chunks.read(0)
    chunks.write(1, ARRAYS)
    chunks.path(1).rename(chunks.path(2))
    with pytest.raises(ValueError, match=r"000002.npz belongs to another computation"):
        chunks.read(2)


def test_what_a_kill_leaves_is_removed(chunks):
    chunks.write(0, ARRAYS)
    half = chunks.path(1).with_name(".000001.npz.abcd")
    half.write_bytes(b"half")
    chunks.tidy()
    assert not half.exists()
    assert chunks.path(0).exists()


def test_a_job_is_known_by_what_it_is(tmp_path):
    assert read_job(tmp_path) is None
    assert read_job(tmp_path / "none") is None
    identity = {"model": "u1r", "axes": {"g": np.array([1e-6, 2e-6])}, "options": {}}
    write_job(tmp_path, identity, {"batch": 64, "chunk": 256})
    held = read_job(tmp_path)
    assert held is not None
    assert held["plan"] == {"batch": 64, "chunk": 256}
    same_job(tmp_path, held, identity)
    for other, word in (
        ({"model": "b_minus_l"}, 'model is "u1r" there and "b_minus_l" here'),
        ({"axes": {"g": np.array([1e-6, np.nextafter(2e-6, 1)])}}, "axes is"),
        ({"new": 1}, "new is null there and 1 here"),
    ):
        with pytest.raises(ValueError, match=f"holds another computation .{word}"):
            same_job(tmp_path, held, identity | other)
    with pytest.raises(ValueError, match=r"options is \{\} there and null here"):
        same_job(tmp_path, held, {k: v for k, v in identity.items() if k != "options"})


def test_the_fingerprint_is_that_of_all_of_it():
    one = fingerprint({"a": 1, "b": 2}, {"batch": 8})
    assert one == fingerprint({"b": 2, "a": 1}, {"batch": 8})
    assert one != fingerprint({"a": 1, "b": 3}, {"batch": 8})
    assert one != fingerprint({"a": 1, "b": 2}, {"batch": 16})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"identity": {}, "plan": 3}',
        '{"identity": {}, "plan": {}}',
        '{"identity": {}, "plan": {"batch": 8}}',
        '{"identity": {}, "plan": {"batch": 8, "chunk": 0}}',
        '{"identity": {}, "plan": {"batch": true, "chunk": 8}}',
        "\x00",
    ],
)
def test_a_damaged_job_is_refused(tmp_path, content):
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(ValueError, match=r"job.json: expected the description of a computation"):
        read_job(tmp_path)


def test_chunks_without_a_job_are_refused(chunks, tmp_path):
    chunks.write(0, ARRAYS)
    with pytest.raises(ValueError, match=r"holds chunks but no job.json"):
        read_job(tmp_path)
