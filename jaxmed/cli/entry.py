"""The process of the command: streams, signals and what libraries may say, settled before any of them is loaded."""

import io
import logging
import os
import sys
import warnings
from typing import NoReturn

from jaxmed.cli import signals
from jaxmed.cli.terminal import say, send_nowhere
from jaxmed.user_files.keys import one_line


def main() -> None:
    """Entry point of the jaxmed command."""
    # for the records in results, whether started as `jaxmed` or as `python -m jaxmed`
    sys.argv[0] = "jaxmed"
    signals.end_at_once()
    _open_streams()
    _quieten_libraries()
    try:
        # here, since JAX and Matplotlib check the environment when they are loaded
        from jaxmed.cli.commands import app
    except (ImportError, OSError, ValueError) as problem:
        _refuse(f"jaxmed cannot start: {one_line(problem)}")
    signals.end_tidily()
    try:
        app(prog_name="jaxmed")
    except SystemExit as done:
        signals.leave(done.code)
        raise
    except OSError as problem:
        send_nowhere(sys.stdout)
        _refuse(f"cannot write standard output: {problem.strerror}")


def _refuse(sentence: str) -> NoReturn:
    say(f"error: {sentence}", style="bold red")
    sys.exit(2)


def _open_streams() -> None:
    """Make a closed standard stream one that cannot be written to: else the next file opened would be taken for it."""
    while (number := os.open(os.devnull, os.O_RDONLY)) <= 2:
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that has no letter for a sigma shows something else
            stream.reconfigure(errors="replace")


def _quieten_libraries() -> None:
    """What JAX, NumPy and Matplotlib warn of is for developers, who ask for it with `python -W`."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # files are drawn, never windows
    os.environ["MPLBACKEND"] = "agg"
