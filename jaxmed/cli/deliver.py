"""Give a command's results away: numbers on disk first, then figures, then the terminal."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.progress import Share, part, running
from jaxmed.cli import common
from jaxmed.results.result import Result
from jaxmed.results.rows import together

T = TypeVar("T")
Draw = Callable[[], list[Path]]
"""Draws and writes figures; the files written."""


def of_each_part(
    analysis: Analysis,
    check: Callable[[Analysis], None],
    find: Callable[[Analysis, Share], T],
    what: str,
    to: common.Outputs,
) -> dict[str, T]:
    """What is found for each part of an analysis, by name, once all are checked and can be written.

    Args:
        analysis: with its parts.
        check: raises ValueError for a part that cannot be.
        find: the result of a checked part.
        what: is being done, for the bar.
        to: where the results will go.
    """
    parts = analysis.parts()
    for each in parts.values():
        check(each)
    common.prepare(*to)
    with running(analysis, f"{what} {', '.join(parts)}") as tick:
        share = part(tick, 1 / len(parts))
        return {name: find(each, share) for name, each in parts.items()}


def deliver(
    results: Mapping[str, Result],
    path: Path | None,
    json: str | None,
    draw: Draw = list,
    by_name: bool = False,
    more: Iterable[str] = (),
    numbers: Callable[[], Iterable[Path]] = tuple,
) -> None:
    """Write the results, draw them, and say what they are.

    Args:
        results: by name of the fit.
        path: of the JSON, if there is one: one result as it is, several by their names.
        json: where --json wants it as well; - prints it.
        draw: what draws the figures.
        by_name: whether a single result stands by its name, too.
        more: sentences beside the notes of the results.
        numbers: writes all other numbers; the files written.

    Raises:
        typer.Exit, ValueError, OSError: as `common.finish`.
    """
    several = by_name or len(results) > 1
    contents = {name: each.content() for name, each in results.items()}
    tables = {name: each.tables() for name, each in results.items()}
    notes = [(name, note) for name, each in results.items() for note in each.notes()]
    common.finish(
        contents if several else next(iter(contents.values())),
        json,
        path,
        numbers=numbers,
        figures=draw,
        tables=[
            together({name: each[i] for name, each in tables.items()}, named=several).rich()
            for i in range(len(next(iter(tables.values()))))
        ],
        sentences=[*(f"{name}: {note}" if several else note for name, note in notes), *more],
    )
