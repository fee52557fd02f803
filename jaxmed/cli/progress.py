"""Progress of the longest commands: points per second and the time left."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from jaxmed.cli.terminal import console, say

Quiet = Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")]
_QUIET_SECONDS = 60.0


@contextmanager
def point_progress(total: int, what: str, quiet: bool) -> Generator[Callable[[float], None]]:
    """A bar on standard error, or a line every minute for logs; yields what to tell of finished points."""
    start = time.monotonic()
    done = 0.0
    with _lines(what) if quiet else _bar(total, what) as show:

        def tick(points: float) -> None:
            nonlocal done
            done += points
            show(done, pace(done, total, time.monotonic() - start))

        yield tick


def pace(done: float, total: int, seconds: float) -> str:
    """How far, how fast and how much longer, in words."""
    if done <= 0 or seconds <= 0:
        return f"{done:.0f} of {total} points"
    speed = done / seconds
    left = max(total - done, 0.0) / speed
    return f"{done:.0f} of {total} points, {speed:.3g} points/s, {_duration(left)} left"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


@contextmanager
def _bar(total: int, what: str) -> Generator[Callable[[float, str], None]]:
    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(), TextColumn("{task.fields[pace]}"))
    # a file would keep an empty line of it
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, total=max(total, 1), pace="")
        yield lambda done, words: bar.update(task, completed=done, pace=words)


@contextmanager
def _lines(what: str) -> Generator[Callable[[float, str], None]]:
    last = time.monotonic()

    def show(done: float, words: str) -> None:
        del done
        nonlocal last
        if time.monotonic() - last > _QUIET_SECONDS:
            last = time.monotonic()
            say(f"{what}: {words}")

    yield show
