"""The processes of one job notice when one of them ends: each gives signs of life in the folder that they share."""

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from jaxmed.results.store import prepare_folder

_BEAT_SECONDS = 3.0
# Counted in readings, not in seconds: a file system that stalls for everybody makes nobody look dead.
_MISSED = 5
_MISSED_AT_FIRST = 20


class Partners:
    """The processes of one job.

    Attributes:
        complete: whether all work is done, after which each may end; no until the job says so.
    """

    def __init__(self) -> None:
        """Nothing is done yet."""
        self.complete: Callable[[], bool] = lambda: False


@contextmanager
def partners(
    folder: Path, index: int, number: int, lost: Callable[[str], None]
) -> Generator[Partners]:
    """Give signs of life to the others, and look for theirs.

    Args:
        folder: that all processes share, made if missing.
        index: of this process, from 0.
        number: of processes.
        lost: called with a sentence, in a thread of its own, once another process has ended before all work was done.

    Raises:
        ValueError: the folder cannot be written to.
    """
    found = Partners()
    if number == 1:
        yield found
        return
    prepare_folder(folder)
    others = [_Partner(_sign(folder, i), i) for i in range(number) if i != index]
    own, ended = _sign(folder, index), threading.Event()

    def watch() -> None:
        beat = 0
        while not ended.wait(_BEAT_SECONDS if beat else 0):
            beat += 1
            # a full disk is found and told of by who writes chunks
            with suppress(OSError):
                own.write_text(f"{os.getpid()} {beat}", encoding="utf-8")
            gone = [other.index for other in others if other.gone()]
            if gone and not found.complete():
                lost(_sentence(gone[0], folder))
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
        own.unlink(missing_ok=True)


class _Partner:
    """Another process as its signs show it."""

    def __init__(self, path: Path, index: int) -> None:
        self.path, self.index = path, index
        # an earlier run may have left it
        self.last = _read(path)
        self.heard = False
        self.missed = 0

    def gone(self) -> bool:
        """Whether it has taken its sign away, or has not changed it for too long."""
        found = _read(self.path)
        self.heard = self.heard or found not in (self.last, None)
        self.missed = self.missed + 1 if found == self.last else 0
        self.last = found
        if self.heard and found is None:
            return True
        return self.missed > (_MISSED if self.heard else _MISSED_AT_FIRST)


def _sentence(index: int, folder: Path) -> str:
    return (
        f"process {index} of this job has ended before its work was done, or cannot write to {folder} any more: "
        "start all again with --resume"
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _sign(folder: Path, index: int) -> Path:
    return folder / f".process-{index}"
