"""The jaxmed command."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from jaxmed.config import Analysis, check_experiments, default_analysis, read_analysis
from jaxmed.report.files import prepare_folder, to_json, write_atomically

app = typer.Typer(
    name="jaxmed",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Which (g', M_Z') of a light mediator do TEXONO, COHERENT and XENON prefer, allow and exclude?",
    epilog="Start with: jaxmed fit",
)
# Results go to standard output, everything said about them to standard error.
console = Console(stderr=True)

Out = Annotated[Path, typer.Option(help="Folder for results and figures; made if missing.")]
Json = Annotated[str | None, typer.Option("--json", help="Also write the JSON here; - prints it.")]
ModelName = Annotated[str, typer.Option(help="u1r, b_minus_l, universal, hypercharge, ...")]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Keep compiled programs between runs.")
]


def main() -> None:
    """Entry point of the jaxmed command."""
    app()


def _one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Turn an expected error into one sentence and exit code 2."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except ValueError as problem:
            console.print(f"[bold red]error:[/] {problem}", highlight=False, soft_wrap=True)
            raise typer.Exit(2) from None

    return wrapped


def _set_up(cache: bool) -> None:
    """64-bit floats, and the compilation cache where it belongs."""
    if os.environ.get("JAX_ENABLE_X64", "1").lower() in ("0", "false"):
        raise ValueError("jaxmed needs 64-bit floats, but JAX_ENABLE_X64 turns them off: unset it")
    jax.config.update("jax_enable_x64", True)
    if cache:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
        # the defaults skip most of our programs: each compiles in about a second
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder() -> Path:
    """Folder of compiled programs: the user's cache directory, XDG_CACHE_HOME or the platform's."""
    default = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or default).expanduser() / "jaxmed"


@contextmanager
def _progress(total: float, what: str) -> Iterator[Callable[[float], None]]:
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


def _finish(content: dict[str, Any], json: str | None, path: Path | None = None) -> None:
    """Write JSON to its place in the output folder and wherever --json says."""
    text = to_json(content)
    if path is not None:
        write_atomically(path, text.encode())
    if json == "-":
        sys.stdout.write(text)
    elif json:
        write_atomically(Path(json), text.encode())


def _prepare(out: Path, json: str | None) -> None:
    """Refuse at once what could not be written at the end."""
    if json not in (None, "-") and not Path(json).absolute().parent.is_dir():
        raise ValueError(f"cannot write {json}: its folder does not exist")
    prepare_folder(out)


def _names(text: str) -> tuple[str, ...]:
    return check_experiments(tuple(name.strip() for name in text.split(",") if name.strip()))


@app.command(epilog="Example: jaxmed fit --model b_minus_l --experiments texono,xenon1t --out bl")
@_one_sentence
def fit(
    config: Annotated[
        Path | None, typer.Argument(help="Analysis in TOML; the combined fit if left out.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to fit instead of the file's.")] = None,
    experiments: Annotated[
        str | None, typer.Option(help="Experiments instead of the file's: a,b,...")
    ] = None,
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Fit g', M_Z' and every nuisance; each experiment alone as well if the analysis says so."""
    from jaxmed.jobs import run_fits, save_fits

    analysis = _analysis(config, model, experiments)
    _set_up(cache)
    _prepare(out, json)
    names = [analysis.name, *(analysis.experiments if analysis.alone else ())]
    with _progress(len(names), f"Fitting {', '.join(names)}") as tick:
        done = run_fits(analysis, tick)
    _say_fits(done, cache)
    for path in save_fits(done, out):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    _finish(done.as_json(), json, out / "results.json")
    if not all(result.converged for result in done.results.values()):
        raise typer.Exit(1)


@app.command(
    epilog="Example: jaxmed limit --model b_minus_l --experiments texono --mass 1e-3:1e3:61"
)
@_one_sentence
def limit(
    mass: Annotated[
        str, typer.Option(help="Masses in MeV: 0.01,1,10 or low:high:number (logarithmic).")
    ],
    model: ModelName = "u1r",
    experiments: Annotated[str, typer.Option(help="One or more: a,b,...")] = "texono",
    cl: Annotated[float, typer.Option(help="Confidence level.")] = 0.9,
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Upper limit on g' at each mass, nuisances profiled, the whole line scanned for islands."""
    from jaxmed.inference.limits import check_line
    from jaxmed.jobs import run_limit
    from jaxmed.report.tables import limit_table

    names, masses = _names(experiments), _masses(mass)
    check_line(model, masses, cl)
    _set_up(cache)
    _prepare(out, json)
    with _progress(1.0, f"Limits from {', '.join(names)}") as tick:
        content, found, figures = run_limit(names, model, masses, cl, out, tick)
    _print_table(_printer(json), limit_table(found, cl))
    for path in figures:
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    _finish(content, json, out / f"limit_{model}_{'_'.join(names)}.json")


@app.command(epilog="Example: jaxmed spectrum --experiment xenon1t --g 1.6e-6 --mass 0.06")
@_one_sentence
def spectrum(
    experiment: Annotated[str, typer.Option(help="One experiment.")],
    g: Annotated[float, typer.Option(help="Coupling g'.")],
    mass: Annotated[float, typer.Option(help="Mediator mass in MeV.")],
    model: ModelName = "u1r",
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    from jaxmed.jobs import run_spectrum
    from jaxmed.report.tables import spectrum_table
    from jaxmed.theory.models import couplings

    (name,) = _names(experiment) if "," not in experiment else (None,)
    if name is None:
        raise ValueError(f"experiment = '{experiment}': expected one name")
    _set_up(cache)
    chosen = couplings(model, g=g, mass=mass)
    _prepare(out, json)
    found, figures = run_spectrum(name, chosen, f"{model}, g' = {g:g}, M_Z' = {mass:g} MeV", out)
    _print_table(_printer(json), spectrum_table(name, found))
    for path in figures:
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    _finish(found.as_json(), json, out / f"spectrum_{name}.json")


def _analysis(config: Path | None, model: str | None, experiments: str | None) -> Analysis:
    """The file's analysis with what the command line changes."""
    from dataclasses import replace

    from jaxmed.theory.models import get_model

    analysis = read_analysis(config or default_analysis())
    if model is not None:
        analysis = replace(analysis, model=get_model(model))
    if experiments is not None:
        names = _names(experiments)
        kept = {k: v for k, v in analysis.options.items() if k in names}
        alone = analysis.alone and len(names) > 1
        analysis = replace(analysis, experiments=names, options=kept, alone=alone)
    return analysis


def _masses(text: str) -> np.ndarray:
    """Masses [MeV] from 'a,b,c' or 'low:high:number'."""
    expected = "expected numbers like 0.01,1,10 or low:high:number like 1e-3:1e3:61"
    try:
        if ":" not in text:
            return np.array([float(part) for part in text.split(",")])
        low, high, number = text.split(":")
        start, end, count = float(low), float(high), int(number)
    except ValueError:
        raise ValueError(f"mass = '{text}': {expected}") from None
    if not (0 < start < end < float("inf") and count >= 2):
        raise ValueError(f"mass = '{text}': {expected}, with 0 < low < high and number at least 2")
    return np.geomspace(start, end, count)


def _printer(json: str | None) -> Console:
    """Tables go to standard output unless JSON does."""
    return console if json == "-" else Console()


def _print_table(target: Console, table: Table) -> None:
    """A pipe has no width of its own: give the table all it wants, so that no number is cut."""
    if not target.is_terminal:
        wanted = Console(width=1000).measure(table).maximum
        target = Console(file=target.file, width=wanted)
    target.print(table)


def _say_fits(done: Any, cache: bool) -> None:
    from jaxmed.report.tables import explanations, fit_table

    _print_table(console, fit_table(done.results))
    for sentence in explanations(done.results):
        console.print(sentence, highlight=False, soft_wrap=True)
    compiling = sum(r.compile_seconds for r in done.results.values())
    running = sum(r.run_seconds for r in done.results.values())
    where = f"; compiled programs are kept in {cache_folder()}" if cache else ""
    console.print(
        f"{compiling:.1f} s compiling, {running:.1f} s running{where}",
        highlight=False,
        soft_wrap=True,
    )
