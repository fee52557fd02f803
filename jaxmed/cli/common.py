"""What every command shares: options, set-up, errors, and the order in which results are written."""

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from signal import SIGINT, Signals
from typing import Annotated, Any, NamedTuple, TypeVar

import jax
import typer
from platformdirs import user_cache_path
from rich.table import Table

from jaxmed.cli import signals
from jaxmed.cli.terminal import print_table, printer, say, write_out
from jaxmed.cli.terminal import say_written as say_written
from jaxmed.results.lock import LOCK, sole_writer
from jaxmed.results.store import prepare_file, prepare_folder, to_json, write_atomically
from jaxmed.results.style import own_style
from jaxmed.user_files.keys import is_there, one_line

Out = Annotated[Path, typer.Option(help="Folder for results and figures; made if missing.")]
Json = Annotated[str | None, typer.Option("--json", help="Also write the JSON here; - prints it.")]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Keep compiled programs between runs.")
]


class Outputs(NamedTuple):
    """Where results go: the folder, and what --json says."""

    out: Path
    json: str | None


T = TypeVar("T")
_HELD: ContextVar[ExitStack] = ContextVar("held")
"""What the running command lets go of when it ends."""


def one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Turn an expected error into one sentence and exit code 2."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            with own_style(), ExitStack() as held:
                _HELD.set(held)
                command(*args, **kwargs)
        except ValueError as problem:
            say(f"error: {problem}", style="bold red")
            raise typer.Exit(2) from None
        except OSError as problem:
            where = problem.filename or "standard output"
            say(f"error: cannot write {where}: {problem.strerror}", style="bold red")
            raise typer.Exit(2) from None
        except MemoryError as problem:
            say(f"error: not enough memory: {one_line(problem)}", style="bold red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as ended:
            number = Signals(ended.args[0] if ended.args else SIGINT)
            say(f"ended by {number.name}")
            raise typer.Exit(128 + number) from None

    return wrapped


def give_up(sentence: str) -> None:
    """End the process at once, from any thread: what is on disk is whole, and the main thread may be in JAX."""
    say(f"error: {sentence}", style="bold red")
    os._exit(2)


def set_up(cache: bool) -> None:
    """64-bit floats, and the compilation cache where it belongs."""
    if os.environ.get("JAX_ENABLE_X64", "1").lower() in ("0", "false"):
        raise ValueError("jaxmed needs 64-bit floats, but JAX_ENABLE_X64 turns them off: unset it")
    jax.config.update("jax_enable_x64", True)
    try:
        jax.devices()
    except RuntimeError as problem:
        platforms = os.environ.get("JAX_PLATFORMS", "")
        raise ValueError(
            f"JAX finds no device for JAX_PLATFORMS='{platforms}': {problem}"
        ) from None
    # without a home to be found, it would come to be below the current folder
    if cache and cache_folder().is_absolute():
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        # the defaults skip most of our programs: each compiles in about a second
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder() -> Path:
    """Folder of compiled programs: the user's cache directory, XDG_CACHE_HOME or the platform's."""
    return user_cache_path("jaxmed", appauthor=False)


def finish(
    content: dict[str, Any],
    json: str | None,
    path: Path | None = None,
    *,
    numbers: Callable[[], Iterable[Path]] = tuple,
    figures: Callable[[], Iterable[Path]] = tuple,
    tables: Iterable[Table] = (),
    sentences: Iterable[str] = (),
) -> None:
    """Numbers to disk, then figures, then the terminal: what fails costs nothing that comes before it.

    Args:
        content: the result as JSON.
        json: what --json says: a file, or - for standard output.
        path: where the JSON belongs in the output folder, if it does.
        numbers: writes all other numbers; the files written.
        figures: draws them; the files written.
        tables: for standard output, unless the JSON goes there.
        sentences: for standard error.

    Raises:
        typer.Exit: with code 1 after everything else, if a figure fails.
        ValueError: numbers cannot be written.
        OSError: standard output cannot be written to.
    """
    # of a large scan it would take long for nothing
    text = "" if path is None and json is None else to_json(content)
    targets = [path] if path is not None else []
    if json not in (None, "-"):
        targets.append(Path(json))
    for target in targets:
        write_atomically(target, text.encode())
    written = [*targets, *numbers()]
    failure = _drawn(figures, written)
    try:
        if json == "-":
            write_out(text)
        for table in tables:
            print_table(printer(json), table)
    finally:
        for sentence in sentences:
            say(sentence)
        say_written(written)
    if failure:
        say(f"error: a figure cannot be drawn, all numbers are kept: {failure}", style="bold red")
        raise typer.Exit(1)


def _drawn(figures: Callable[[], Iterable[Path]], written: list[Path]) -> str:
    """Draw, and add the files to those written; why it failed, if it did."""
    try:
        written.extend(figures())
    # whatever Matplotlib cannot do to numbers, the numbers are worth more than it
    except Exception as problem:
        return one_line(problem) or type(problem).__name__
    return ""


def prepare(out: Path | None, json: str | None) -> None:
    """Refuse at once what could not be written at the end, and hold the folder until the command ends.

    Args:
        out: folder of the results, made if missing; None without one.
        json: what --json says.

    Raises:
        ValueError: one of the two cannot be written, or another process writes to the folder.
    """
    if json not in (None, "-"):
        prepare_file(Path(json))
    if out is not None:
        new = not is_there(out.exists)
        prepare_folder(out)
        if new:
            _HELD.get().callback(_remove_if_empty, out)
            signals.tidy_up.append(out.rmdir)
        hold(sole_writer(out, say))
        signals.tidy_up.append((out / LOCK).unlink)


def hold(resource: AbstractContextManager[T]) -> T:
    """Enter a context that the command leaves when it ends, however it does."""
    return _HELD.get().enter_context(resource)


def _remove_if_empty(folder: Path) -> None:
    """A command that is refused leaves nothing behind."""
    with suppress(OSError):
        folder.rmdir()
