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
import platform
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxmed.data_tables import checksums
from jaxmed.experiments import Experiment
from jaxmed.user_files.keys import is_there


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
    if not path.name or is_there(path.is_dir):
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
            except OSError:
                Path(file.name).unlink()
                raise
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None


def _publish(written: Path, path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    written.chmod(0o666 & ~umask)
    written.replace(path)


def to_json(content: dict[str, Any]) -> str:
    """JSON text; a number that is not finite becomes null."""
    return json.dumps(_plain(content), indent=2, allow_nan=False) + "\n"


def provenance(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Command, device, precision, versions, checksums, what to cite, and titles, which say what is a projection."""
    device = jax.devices()[0]
    hashes: dict[str, str] = {}
    for experiment in experiments:
        for folder in experiment.tables:
            hashes |= checksums(folder)
        if experiment.folder:
            hashes |= _own_checksums(experiment)
    return {
        "command": _command(),
        "device": f"{device.platform}: {device.device_kind}",
        "dtype": "float64",
        "versions": {name: version(name) for name in ("jaxmed", "jax", "jaxlib", "optax", "numpy")}
        | {"python": platform.python_version()},
        "data_sha256": hashes,
        "titles": {e.name: e.title for e in experiments},
        "cite": sorted({key for e in experiments for key in e.citations}),
    }


def _command() -> str | None:
    """The command line of jaxmed; None from Python."""
    program, *arguments = sys.argv
    return shlex.join(["jaxmed", *arguments]) if Path(program).stem == "jaxmed" else None


def _own_checksums(experiment: Experiment) -> dict[str, str]:
    """File -> SHA256 of a user's own experiment."""
    files = sorted(p for p in Path(experiment.folder).iterdir() if p.suffix in (".toml", ".csv"))
    return {
        f"{experiment.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
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
