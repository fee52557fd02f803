"""Results as one .npz: a JSON header and plain arrays, readable with NumPy alone.

    with np.load("scan.npz") as file:
        header = json.loads(bytes(file["header"]))
        nll = file["nll"]

`header` is an array of bytes (uint8) with UTF-8 JSON, whose keys for every kind of result are

    format   version of this layout, 1
    kind     what the file holds, such as "scan"
    sha256   of all other arrays: name, type, shape and bytes of each, in the order of their names

and whatever the kind adds. Arrays are numbers, booleans or fixed-width text; nothing is pickled.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxmed.results.store import to_json, write_atomically

FORMAT = 1
_HEADER = "header"


class Result(NamedTuple):
    """A result read from disk.

    Attributes:
        header: what the JSON header says; `header["kind"]` tells what the arrays are.
        arrays: the arrays by name.
    """

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]


def write_npz(
    path: Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Write a result, whole or not at all.

    Equal content gives equal bytes. A number in the header that is not finite becomes null.

    Raises:
        ValueError: an array of Python objects, or the folder cannot be written to.
    """
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise ValueError(f"array '{name}' for {path}: expected numbers or text, got objects")
    own = {"format": FORMAT, "kind": kind, "sha256": checksum(arrays)}
    text = np.frombuffer(to_json(own | dict(header) | own).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **{_HEADER: text, **arrays})  # pyright: ignore[reportArgumentType]
    write_atomically(path, buffer.getvalue())


def read_npz(path: Path, kind: str | None = None) -> Result:
    """Read a result and verify it; nothing is ever unpickled.

    Args:
        path: the file.
        kind: the kind it has to be; any if None.

    Raises:
        ValueError: no such file, not a result of jaxmed, of another format or kind, or damaged.
    """
    if not path.is_file():
        raise ValueError(f"{path}: expected a result of jaxmed, found no file")
    try:
        # from memory: NumPy leaves a file open whose archive it cannot read
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
        found, layout, digest = header["kind"], header["format"], header["sha256"]
    # zipfile, zlib and NumPy have a dozen kinds of error for bytes that they do not know
    except Exception:
        raise ValueError(f"{path}: expected a whole result of jaxmed (.npz), found none") from None
    if layout != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, found {layout}")
    if kind not in (None, found):
        raise ValueError(f"{path}: expected a result of kind '{kind}', found '{found}'")
    if checksum(arrays) != digest:
        raise ValueError(
            f"{path} is damaged: the checksum of its arrays is not the one in its header"
        )
    return Result(header, arrays)


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over name, type, shape and bytes of every array, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
