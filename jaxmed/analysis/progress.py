"""Work in progress: its device, and its bar on standard error for commands and for `progress=True` in Python."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console

from jaxmed.analysis.analysis import Analysis
from jaxmed.inference.engine.devices import host, on_device

Share = Callable[[float], None]
"""Told the share of the work that was done since the last call."""


@contextmanager
def bar(what: str, shown: bool = True) -> Generator[Share]:
    """A bar on a terminal that is full when the shares told add up to one.

    Args:
        what: is being done.
        shown: whether there is a bar at all.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda share: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as shown_bar:
        task = shown_bar.add_task(what, total=1.0)
        yield lambda share: shown_bar.advance(task, share)


@contextmanager
def running(
    analysis: Analysis, what: str, shown: bool = True, *, small: bool = False
) -> Generator[Share]:
    """Work of an analysis, with a bar: on the device that it asks for, else on the host's processor if it is `small`.

    A fit evaluates a few points at a time, one after the other: each step on an accelerator takes longer to start than
    a processor takes to finish.
    """
    with on_device(analysis.device or (host() if small else "")), bar(what, shown) as tick:
        yield tick


def part(tick: Share, share: float) -> Share:
    """What to tell of a piece of work that is a share of the whole."""
    return lambda done: tick(share * done)
