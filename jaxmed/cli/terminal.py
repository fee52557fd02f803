"""What the user reads: results on standard output, all words about them on standard error, and no text as markup."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table


class _Terminal(Console):
    """A console that takes text as it is, and outlives its reader, such as `head`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def on_broken_pipe(self) -> None:
        """Print to nowhere from now on."""
        send_nowhere(self.file)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Everything printed goes out here: OSError if it cannot, but words about a result never cost the result."""
        try:
            super().__exit__(kind, problem, trace)
        except OSError:
            send_nowhere(self.file)
            if not self.stderr:
                raise


console = _Terminal(stderr=True)


def say(sentence: str, style: str | None = None) -> None:
    """One line on standard error; what is no printable character is shown as its escape."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in sentence)
    console.print(line, style=style, highlight=False, soft_wrap=True)


def say_written(paths: Iterable[Path]) -> None:
    """Name every file written."""
    for path in paths:
        say(f"wrote {path}")


def printer(json: str | None) -> Console:
    """Tables go to standard output unless JSON does."""
    return console if json == "-" else _Terminal()


def print_table(target: Console, table: Table) -> None:
    """A pipe has no width of its own: give the table all it wants, so that no number is cut."""
    if not target.is_terminal:
        wanted = _Terminal(width=1000).measure(table).maximum
        target = _Terminal(stderr=target.stderr, width=wanted)
    target.print(table)


def write_out(text: str) -> None:
    """Write to standard output, as long as somebody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as problem:
        send_nowhere(sys.stdout)
        if not isinstance(problem, BrokenPipeError):
            raise


def send_nowhere(stream: TextIO | Any) -> None:
    """Give up a stream: what is left in it goes nowhere, so that Python's own last flush does not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
