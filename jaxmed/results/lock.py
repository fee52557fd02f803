"""One writer at a time for a folder of results."""

import errno
import fcntl
import json
import os
import platform
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

LOCK = ".jaxmed.lock"
_LONGEST = 4096
# what some network file systems answer to a request for a lock
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def sole_writer(folder: Path, note: Callable[[str], None]) -> Generator[None]:
    """Hold a folder, so that no other process of jaxmed writes to it.

    The system lets go of the lock of a killed process; what is written in its file then says who that was.

    Args:
        folder: a folder that can be written to.
        note: hears of a process that was killed while it held the folder.

    Raises:
        ValueError: another process holds the folder, or one on another host may.
    """
    path = folder / LOCK
    try:
        file, sure = _open_locked(path)
    except BlockingIOError:
        raise ValueError(_in_use(folder, _read_holder(path))) from None
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror}") from None
    with file:
        holder = _holder(file.read(_LONGEST))
        if holder:
            _check_gone(folder, holder, sure)
            note(
                f"{folder} was held by {_words(holder)}, which was killed: what it wrote may be incomplete"
            )
        file.seek(0)
        file.truncate()
        json.dump({"process": os.getpid(), "host": platform.node()}, file)
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _open_locked(path: Path) -> tuple[TextIO, bool]:
    """The file, and whether its file system knows locks; BlockingIOError if another process has it locked."""
    while True:
        # no user's file is written to through a link
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        file = os.fdopen(number, "r+", encoding="utf-8", errors="replace")
        sure = True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                file.close()
                raise
            sure = False
        # the one before may have removed the file after it was opened here
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(number), path.stat()):
                return file, sure
        file.close()


def _check_gone(folder: Path, holder: dict[str, Any], sure: bool) -> None:
    """ValueError if the process that a free lock names may still be at work; `sure`: not on this host."""
    if holder["host"] != platform.node():
        raise ValueError(
            f"{folder} is held by {_words(holder)}, which cannot be asked from here: if it is not running any more, "
            f"remove {folder / LOCK}"
        )
    if not sure and _runs(holder["process"]):
        raise ValueError(_in_use(folder, holder))


def _runs(process: int) -> bool:
    """Whether a process of this host is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _in_use(folder: Path, holder: dict[str, Any]) -> str:
    who = _words(holder) if holder else "another process"
    return f"{folder} is in use by {who}: wait until it has ended, or choose another --out"


def _words(holder: dict[str, Any]) -> str:
    return f"process {holder['process']} on {holder['host']}"


def _read_holder(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return _holder(file.read(_LONGEST))
    except OSError:
        return {}


def _holder(text: str) -> dict[str, Any]:
    """Process and host as a lock file names them; empty where it does not."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    kinds = {"process": int, "host": str}
    known = isinstance(found, dict) and all(type(found.get(k)) is t for k, t in kinds.items())
    return found if known else {}
