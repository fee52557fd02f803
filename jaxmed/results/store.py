"""Write results, each file whole or not at all: JSON with provenance, and .npz that NumPy alone can read.

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
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from jaxmed.user_files.files import open_file, too_large
from jaxmed.user_files.json_files import parse_json
from jaxmed.user_files.keys import is_there

# A text has no line break of its own in JSON: what begins with one is a list over several lines.
_LIST = re.compile(r"\[\n\s+([-+.\w\s,]+?)\s+\]")
# systems allow 255, and the name of a temporary file is longer
_LONGEST_NAME = 150


def file_stem(*names: str) -> str:
    """Name of a file, without its suffix, from the names of what it is about.

    Args:
        names: such as the kind of result, its model and experiments; never what a user typed to find them.

    Returns:
        The names joined by _, if that is portable: up to 150 ASCII letters, digits, - and _. Else what is left of it,
        and eight digits that tell it from others of which the same is left.
    """
    name = "_".join(names)
    portable = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_LONGEST_NAME]
    if portable == name:
        return name
    return f"{portable}_{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def prepare_folder(path: Path) -> Path:
    """Make sure that files can be written to a folder; ValueError if not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as problem:
        raise ValueError(f"cannot write to {path}: {problem.strerror}") from None
    return path


def prepare_file(path: Path) -> None:
    """Make sure that a file can be written; ValueError if not."""
    # a device would be replaced by a file
    if not path.name or (is_there(path.exists) and not path.is_file()):
        raise ValueError(f"cannot write '{path}': expected the name of a file")
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}."):
            pass
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name beside the target, then rename.

    Raises:
        ValueError: the folder cannot be written to.
    """
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(content)
                file.flush()
                _publish(Path(file.name), path)
            except BaseException:  # Ctrl-C too leaves nothing half written
                Path(file.name).unlink()
                raise
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None


def _publish(written: Path, path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    written.chmod(0o666 & ~umask)
    written.replace(path)


def to_json(content: Mapping[str, Any]) -> str:
    """JSON text, a list of numbers on one line; a number that is not finite becomes null."""
    text = json.dumps(_plain(content), indent=2, allow_nan=False)
    return _LIST.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


FORMAT = 1
_HEADER = "header"
# [bytes] A scan of five million points with all nuisances has half of it.
_LARGEST = 2e9
_LARGEST_TABLE = 20e6
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# truth values, whole numbers, numbers, text
_KINDS = "biufU"


class Archive(NamedTuple):
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


def read_npz(path: Path, kind: str | None = None) -> Archive:
    """Read a result and verify it; nothing is ever unpickled.

    Args:
        path: the file.
        kind: the kind it has to be; any if None.

    Raises:
        ValueError: no such file, not a result of jaxmed, of another format or kind, or damaged.
    """
    with open_file(path, "a result of jaxmed", _LARGEST) as file:
        with _whole(path):
            size = _unpacked(file)
        if size > _LARGEST:
            raise ValueError(too_large(path, "a result of jaxmed", _LARGEST, size))
        file.seek(0)
        with _whole(path), np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
            header = parse_json(arrays.pop(_HEADER).tobytes())
            found, layout, digest = header["kind"], header["format"], header["sha256"]
    if layout != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, found {layout}")
    if kind not in (None, found):
        raise ValueError(f"{path}: expected a result of kind '{kind}', found '{found}'")
    if checksum(arrays) != digest:
        raise ValueError(
            f"{path} is damaged: the checksum of its arrays is not the one in its header"
        )
    return Archive(header, arrays)


@contextmanager
def _whole(path: Path) -> Generator[None]:
    """ValueError for whatever goes wrong with bytes that zipfile, zlib or NumPy do not know."""
    try:
        yield
    # a dozen kinds of error
    except Exception:
        raise ValueError(f"{path}: expected a whole result of jaxmed (.npz), found none") from None


def _unpacked(file: BinaryIO) -> int:
    """Memory [bytes] that the arrays of an archive take as its directory and their headers say, nothing unpacked.

    An array without elements counts as if each of its axes had one: it may still have no end of rows.
    """
    size, largest = 0, 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as array:
                shape, _, kind = _HEADERS[np.lib.format.read_magic(array)](array)
            if kind.kind not in _KINDS:
                raise ValueError(f"{member.filename} holds {kind}")
            size += member.file_size
            largest = max(largest, math.prod(max(n, 1) for n in shape) * kind.itemsize)
    return max(size, largest)


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over name, type, shape and bytes of every array, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
