"""A long computation on disk: finished chunks, each whole, verified and tied to one configuration."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.results.store import prepare_folder, read_npz, to_json, write_atomically, write_npz
from jaxmed.user_files.json_files import read_json
from jaxmed.user_files.keys import is_there

_JOB = "job.json"
_FOLDER = "chunks"
_KIND = "chunk"


@dataclass(frozen=True)
class Chunks:
    """The chunks of one computation.

    Attributes:
        out: folder of the computation.
        fingerprint: of everything that the numbers depend on.
    """

    out: Path
    fingerprint: str

    @property
    def folder(self) -> Path:
        """Where they are."""
        return chunk_folder(self.out)

    def prepare(self) -> None:
        """Make the folder of the chunks; ValueError if it cannot be written to."""
        prepare_folder(self.folder)

    def path(self, i: int) -> Path:
        """The file of chunk i."""
        return self.folder / f"{i:06d}.npz"

    def write(self, i: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep chunk i, whole or not at all; ValueError if the folder cannot be written to."""
        write_npz(self.path(i), _KIND, {"chunk": i, "fingerprint": self.fingerprint}, arrays)

    def read(self, i: int) -> dict[str, np.ndarray]:
        """The arrays of chunk i, each (n, ...) over its points.

        Raises:
            ValueError: it is missing, damaged, or belongs to another computation.
        """
        header, arrays = read_npz(self.path(i), _KIND)
        if (header.get("fingerprint"), header.get("chunk")) != (self.fingerprint, i):
            raise ValueError(f"{self.path(i)} belongs to another computation")
        return arrays

    def tidy(self) -> None:
        """Remove what killed processes left half written; to be called when nobody writes any more."""
        for pattern in (".*.npz.*", ".process-*"):
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)


def chunk_folder(out: Path) -> Path:
    """Where the chunks of a computation are, below its own folder."""
    return out / _FOLDER


def read_job(out: Path) -> dict[str, Any] | None:
    """What the folder says about the computation it holds; None if it holds none.

    Raises:
        ValueError: there is something that cannot be understood.
    """
    path = out / _JOB
    if not is_there(path.exists):
        if any(chunk_folder(out).glob("*.npz")):
            raise ValueError(f"{out} holds chunks but no {_JOB}: choose another folder") from None
        return None
    try:
        job = read_json(path, "the description of a computation")
    except ValueError:
        job = None
    if not _is_job(job):
        raise ValueError(f"{path}: expected the description of a computation, found something else")
    return job


def _is_job(job: Any) -> bool:
    """Whether it has an identity, and a plan: positive sizes, that of chunks among them."""
    if not isinstance(job, dict) or not all(
        isinstance(job.get(k), dict) for k in ("identity", "plan")
    ):
        return False
    sizes = job["plan"]
    return "chunk" in sizes and all(type(n) is int and n > 0 for n in sizes.values())


def write_job(out: Path, identity: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """Say what the chunks of a folder belong to, before the first one is written."""
    content = to_json({"identity": dict(identity), "plan": dict(plan)})
    write_atomically(out / _JOB, content.encode())


def same_job(out: Path, held: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """ValueError, with the first difference, unless the folder's computation is this one."""
    there, here = held["identity"], json.loads(to_json(dict(identity)))
    for key in [*here, *there]:
        if there.get(key) != here.get(key):
            raise ValueError(
                f"{out} holds another computation ({key} is {_short(there.get(key))} there and "
                f"{_short(here.get(key))} here): choose another folder"
            )


def fingerprint(identity: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """SHA-256 of everything that the numbers depend on."""
    content = json.loads(to_json({"identity": dict(identity), "plan": dict(plan)}))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
