"""What every command shares: options, set-up, progress, errors, output."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import jax
import typer
from platformdirs import user_cache_path
from rich.console import Console
from rich.table import Table

from jaxmed.analysis.analysis import check_experiments
from jaxmed.cli.names import (
    complete_constraint,
    complete_experiments,
    complete_model,
    complete_sided,
)
from jaxmed.results.store import prepare_file, prepare_folder, to_json, write_atomically

# Results go to standard output, everything said about them to standard error.
console = Console(stderr=True)

Config = Annotated[
    Path | None, typer.Argument(help="Analysis in TOML; the combined fit if left out.")
]
OtherModel = Annotated[
    str | None,
    typer.Option("--model", help="Model instead of the file's.", autocompletion=complete_model),
]
OtherExperiments = Annotated[
    str | None,
    typer.Option(
        "--experiments",
        help="Experiments instead of the file's: a,b,...",
        autocompletion=complete_experiments,
    ),
]
Experiments = Annotated[
    str, typer.Option(help="One or more: a,b,...", autocompletion=complete_experiments)
]
Out = Annotated[Path, typer.Option(help="Folder for results and figures; made if missing.")]
Json = Annotated[str | None, typer.Option("--json", help="Also write the JSON here; - prints it.")]
ModelName = Annotated[
    str,
    typer.Option(
        help="u1r, b_minus_l, universal, hypercharge, ... or your own in a TOML file.",
        autocompletion=complete_model,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Value of another parameter of the model: name=number, repeatable."),
]
Masses = Annotated[
    str, typer.Option("--mass", help="Masses in MeV: 0.01,1,10 or low:high:number (logarithmic).")
]
Sided = Annotated[
    str,
    typer.Option(
        help="two: g' with -2 Delta log L below the chi^2_1 quantile of the level (2.706 at 90 %), which may exclude "
        "zero. one: upper limit only, quantile of twice the level less one (1.642), all g' below the best fit allowed.",
        autocompletion=complete_sided,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of the toys: the same one gives the same toys.")]
Constraint = Annotated[
    list[str] | None,
    typer.Option(
        help="Measurement added to the likelihood: rho. May be repeated.",
        autocompletion=complete_constraint,
    ),
]
Overlays = Annotated[
    list[str] | None,
    typer.Option(
        "--overlay",
        help="Curve of your own: FILE.csv[:LABEL] with columns mass_MeV,g. May be repeated.",
    ),
]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Keep compiled programs between runs.")
]


def say(sentence: str, style: str | None = None) -> None:
    """One line on standard error, as it is."""
    console.print(sentence, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)


def say_written(paths: Iterable[Path]) -> None:
    """Name every file written."""
    for path in paths:
        say(f"wrote {path}")


def one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Turn an expected error into one sentence and exit code 2."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except ValueError as problem:
            say(f"error: {problem}", style="bold red")
            raise typer.Exit(2) from None
        except OSError as problem:
            where = problem.filename or "standard output"
            say(f"error: cannot write {where}: {problem.strerror}", style="bold red")
            raise typer.Exit(2) from None

    return wrapped


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
    if cache:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        # the defaults skip most of our programs: each compiles in about a second
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder() -> Path:
    """Folder of compiled programs: the user's cache directory, XDG_CACHE_HOME or the platform's."""
    return user_cache_path("jaxmed", appauthor=False)


@contextmanager
def progress(total: float, what: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on standard error; yields the function that moves it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda share: bar.advance(task, share)


def finish(content: dict[str, Any], json: str | None, path: Path | None = None) -> None:
    """Write JSON to its place in the output folder and wherever --json says."""
    text = to_json(content)
    if path is not None:
        write_atomically(path, text.encode())
    if json == "-":
        write_out(text)
    elif json is not None:
        write_atomically(Path(json), text.encode())


def prepare(out: Path | None, json: str | None) -> None:
    """Refuse at once what could not be written at the end; `out` is None without a folder."""
    if json not in (None, "-"):
        prepare_file(Path(json))
    if out is not None:
        prepare_folder(out)


def experiment_names(text: str) -> tuple[str, ...]:
    """Names from 'a,b,c'; ValueError for one that is unknown or repeated."""
    return check_experiments(tuple(name.strip() for name in text.split(",") if name.strip()))


def one_experiment(text: str) -> str:
    """A single name; ValueError for several, or one that is unknown."""
    if "," in text:
        raise ValueError(f"experiment = '{text}': expected one name")
    (name,) = experiment_names(text)
    return name


def settings(texts: list[str] | None) -> dict[str, float]:
    """Numbers by name from 'name=number'; ValueError for anything else, or a name given twice."""
    found: dict[str, float] = {}
    for name, value in by_name("set", texts, "number").items():
        try:
            found[name] = float(value)
        except ValueError:
            raise ValueError(f"--set {name}={value}: expected name=number") from None
    return found


def by_name(option: str, texts: list[str] | None, what: str) -> dict[str, str]:
    """Texts by name from 'name=text', given by a repeatable option; ValueError for anything else, or a name twice."""
    found: dict[str, str] = {}
    for text in texts or []:
        name, _, value = text.partition("=")
        if not name or not value or name in found:
            raise ValueError(f"--{option} {text}: expected name={what}, each name once")
        found[name] = value
    return found


def printer(json: str | None) -> Console:
    """Tables go to standard output unless JSON does."""
    return console if json == "-" else _Patient()


def print_table(target: Console, table: Table) -> None:
    """A pipe has no width of its own: give the table all it wants, so that no number is cut."""
    if not target.is_terminal:
        wanted = Console(width=1000).measure(table).maximum
        target = _Patient(file=target.file, width=wanted)
    target.print(table)


def write_out(text: str) -> None:
    """Write to standard output, as long as somebody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _stop_printing()


class _Patient(Console):
    """A console that outlives its reader, such as `head`: files are written all the same."""

    def on_broken_pipe(self) -> None:
        """Print to nowhere from now on."""
        _stop_printing()


def _stop_printing() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
