"""How long JAX spent compiling, and how often it did."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jax

_PREFIX = "/jax/core/compile/"
_COMPILATION = _PREFIX + "backend_compile_duration"


@dataclass
class Clock:
    """Seconds in one thread: in all, and of them tracing and compiling; and the number of compilations."""

    thread: int = field(default_factory=threading.get_ident)
    start: float = field(default_factory=time.perf_counter)
    compile_seconds: float = 0.0
    compilations: int = 0
    total_seconds: float = 0.0

    @property
    def run_seconds(self) -> float:
        """All but compilation."""
        return max(self.total_seconds - self.compile_seconds, 0.0)


_running: list[Clock] = []


@contextmanager
def clock() -> Generator[Clock]:
    """Time a block; JAX reports every compilation within it."""
    _listen()
    here = Clock()
    _running.append(here)
    try:
        yield here
    finally:
        _running.remove(here)
        here.total_seconds = time.perf_counter() - here.start


def _record(event: str, duration_secs: float, **kwargs: str | int) -> None:
    del kwargs
    if event.startswith(_PREFIX):
        for each in (c for c in _running if c.thread == threading.get_ident()):
            each.compile_seconds += duration_secs
            each.compilations += event == _COMPILATION


def _listen() -> None:
    """Register once; JAX has no public way to take a listener back."""
    if not _listening:
        jax.monitoring.register_event_duration_secs_listener(_record)
        _listening.append(True)


_listening: list[bool] = []
Tick = Callable[[float], None] | None
"""Called with the share of the work done since the last call; None for silence."""


def advance(tick: Tick, share: float) -> None:
    """Report a share of the work, if anybody listens."""
    if tick:
        tick(share)
