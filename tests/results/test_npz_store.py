"""Results on disk: what NumPy alone can read, and what is refused."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxmed.results import store
from jaxmed.results.store import read_npz, write_npz

ARRAYS = {
    "nll": np.array([[1.5, np.inf], [np.nan, -0.0]]),
    "converged": np.array([True, False]),
    "names": np.array(["a", "längere"]),
    "none": np.zeros((0, 3)),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("npz") / "result.npz"
    write_npz(path, "toys", {"seed": 3, "missing": float("nan"), "name": "ν"}, ARRAYS)
    return path


def test_what_is_written_is_read(written):
    header, arrays = read_npz(written, "toys")
    assert (header["format"], header["kind"], header["seed"]) == (1, "toys", 3)
    assert header["missing"] is None
    assert header["name"] == "ν"
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].tobytes() == array.tobytes()


def test_numpy_alone_reads_it(written):
    with np.load(written, allow_pickle=False) as file:
        header = json.loads(bytes(file["header"]))
        np.testing.assert_array_equal(file["nll"], ARRAYS["nll"])
    assert header["kind"] == "toys"


def test_equal_content_gives_equal_bytes(written, tmp_path):
    again = tmp_path / "again.npz"
    write_npz(again, "toys", {"seed": 3, "missing": None, "name": "ν"}, ARRAYS)
    assert again.read_bytes() == written.read_bytes()


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_goes_unnoticed(written, tmp_path, data):
    content = bytearray(written.read_bytes())
    if data.draw(st.booleans(), label="truncate"):
        content = content[: data.draw(st.integers(0, len(content) - 1), label="length")]
    else:
        at = data.draw(st.integers(0, len(content) - 1), label="at")
        content[at] ^= data.draw(st.integers(1, 255), label="flip")
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    try:
        header, arrays = read_npz(path)
    except ValueError as problem:
        assert "\n" not in str(problem)
    else:
        # a byte of the archive that says nothing about its content, such as a time
        whole = read_npz(written)
        assert header == whole.header
        assert {k: v.tobytes() for k, v in arrays.items()} == {
            k: v.tobytes() for k, v in whole.arrays.items()
        }


def test_an_array_exchanged_behind_the_header_is_noticed(written, tmp_path):
    with np.load(written) as file:
        arrays = dict(file)
    np.savez(tmp_path / "other.npz", **(arrays | {"nll": arrays["nll"] + 1}))
    with pytest.raises(ValueError, match=r"other.npz is damaged: the checksum"):
        read_npz(tmp_path / "other.npz")


class _Trap:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def test_pickles_are_neither_written_nor_opened(tmp_path):
    path = tmp_path / "trap.npz"
    with pytest.raises(ValueError, match=r"array 'x' for .*trap.npz: expected numbers or text"):
        write_npz(path, "scan", {}, {"x": np.array([_Trap()], dtype=object)})
    assert not path.exists()
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([1, "a"], dtype=object), allow_pickle=True)
    start = buffer.getvalue()[: buffer.getvalue().index(b"\n") + 1]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", start + pickle.dumps(_Trap()))
    with pytest.raises(ValueError, match="expected a whole result of jaxmed"):
        read_npz(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"x.npz: expected a whole result of jaxmed"):
        read_npz(tmp_path / "x.npz")
    with pytest.raises(ValueError, match=r"none.npz: expected a result of jaxmed, found no file"):
        read_npz(tmp_path / "none.npz")


def test_what_unpacks_to_more_than_a_result_has_is_not_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "bomb.npz", header=np.zeros(10**7))
    assert (tmp_path / "bomb.npz").stat().st_size < 10**5
    monkeypatch.setattr(store, "_LARGEST", 1e6)
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("unpacked"))
    with pytest.raises(ValueError, match="a result of jaxmed of at most 1 MB, found 80 MB"):
        read_npz(tmp_path / "bomb.npz")


@pytest.mark.parametrize("shape", [(10**12,), (10**12, 0), (2,) * 64])
def test_a_header_that_promises_too_much_is_not_believed(tmp_path, shape):
    buffer = io.BytesIO()
    promise = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, promise)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("header.npy", buffer.getvalue())
    with pytest.raises(ValueError, match="a result of jaxmed of at most 2 GB, found"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize("array", [np.array([b"a"]), np.array([1j]), np.zeros(2, "i4,f8")])
def test_only_numbers_truth_values_and_text_are_read(tmp_path, array):
    write_npz(tmp_path / "x.npz", "toys", {}, {"x": array})
    with pytest.raises(ValueError, match=r"x.npz: expected a whole result of jaxmed"):
        read_npz(tmp_path / "x.npz")


def test_other_arrays_kinds_and_formats_are_refused(written, tmp_path):
    np.savez(tmp_path / "plain.npz", nll=np.zeros(3))
    with pytest.raises(ValueError, match="expected a whole result of jaxmed"):
        read_npz(tmp_path / "plain.npz")
    with pytest.raises(ValueError, match="expected a result of kind 'scan', found 'toys'"):
        read_npz(written, "scan")
    with np.load(written) as file:
        arrays = dict(file)
    header = json.loads(bytes(arrays["header"])) | {"format": 2}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "new.npz", **arrays)
    with pytest.raises(ValueError, match="expected format 1, found 2"):
        read_npz(tmp_path / "new.npz")
