"""Open a user's file: a regular one, of a size that such a file can have, looked at before a byte of it is read."""

import stat
from pathlib import Path
from typing import BinaryIO

_UNITS = {1e9: "GB", 1e6: "MB", 1e3: "kB"}


def open_file(path: Path, what: str, largest: float) -> BinaryIO:
    """A file opened for reading.

    Args:
        path: the file.
        what: what it should be, for the message.
        largest: size of what is taken for a slip [bytes].

    Raises:
        ValueError: it is missing, a folder, a FIFO or a device, too large, or may not be read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
            raise ValueError(f"{path}: expected {what}, found {kind}")
        if found.st_size > largest:
            raise ValueError(too_large(path, what, largest, found.st_size))
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{path}: expected {what}, found no file") from None
    except OSError as problem:
        raise ValueError(f"{path}: expected {what}, but {problem.strerror}") from None


def read_bytes(path: Path, what: str, largest: float) -> bytes:
    """The content of a file; arguments and errors of `open_file`."""
    with open_file(path, what, largest) as file:
        try:
            # some files, such as those of /proc, say nothing of their size
            content = file.read(int(largest) + 1)
        except OSError as problem:
            raise ValueError(f"{path}: expected {what}, but {problem.strerror}") from None
    if len(content) > largest:
        raise ValueError(too_large(path, what, largest, len(content)))
    return content


def read_text(path: Path, what: str, largest: float) -> str:
    """The text of a file in UTF-8; arguments and errors of `open_file`, or other bytes."""
    try:
        return read_bytes(path, what, largest).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path}: expected {what} in UTF-8, but {problem}") from None


def too_large(path: Path, what: str, largest: float, size: float) -> str:
    """The sentence for a file that is too large, or unpacks to what is; sizes in bytes."""
    return f"{path}: expected {what} of at most {_size(largest)}, found {_size(size)}"


def _size(size: float) -> str:
    unit = next((unit for unit in _UNITS if size >= unit), 1.0)
    return f"{size / unit:.4g} {_UNITS.get(unit, 'bytes')}"
