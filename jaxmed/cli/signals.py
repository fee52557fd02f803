"""Ctrl-C and SIGTERM: one line and an end within seconds, also while JAX computes."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_GRACE_SECONDS = 3.0
tidy_up: list[Callable[[], None]] = []
"""What is still done before an end by force, the last first."""


def end_at_once() -> None:
    """While libraries are loaded: some take an exception in the middle of it for a mistake of their own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_tidily() -> None:
    """From now on signals become a KeyboardInterrupt of their number; who is not gone after that is ended by force.

    Python cannot act on a signal before a call into JAX returns, and JAX may lose the exception.
    """
    for number in _NUMBERS:
        signal.signal(number, _interrupt)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # Python writes the number there at once, whatever the main thread is doing
    signal.set_wakeup_fd(writer)
    threading.Thread(target=_end_by_force, args=(reader,), daemon=True).start()


def leave(code: object) -> None:
    """End after a signal: threads of JAX may still be at work, and crash if Python is taken down around them."""
    if isinstance(code, int) and code - 128 in _NUMBERS:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del frame
    # raised within a callback of JAX it is lost and printed: `_end_by_force` ends the work then
    sys.unraisablehook = lambda lost: None
    raise KeyboardInterrupt(number)


def _end_by_force(reader: int) -> None:
    (number,) = os.read(reader, 1)
    time.sleep(_GRACE_SECONDS)
    for each in reversed(tidy_up):
        with suppress(OSError):
            each()
    os.write(2, f"ended by {signal.Signals(number).name}\n".encode())
    os._exit(128 + number)
