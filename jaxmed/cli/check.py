"""jaxmed check."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_check
from jaxmed.cli.common import (
    Cache,
    Json,
    finish,
    one_sentence,
    prepare,
    print_table,
    printer,
    say,
    set_up,
)
from jaxmed.experiments.folder import MAIN
from jaxmed.results.own_experiment import check_table


@one_sentence
def check(
    folder: Annotated[Path, typer.Argument(help=f"Folder with {MAIN} and its tables.")],
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Check an experiment of your own line by line; say what was found, or the first mistake."""
    set_up(cache)
    prepare(None, json)
    found = run_check(folder.parent if folder.name == MAIN else folder)
    print_table(printer(json), check_table(found))
    say(f"{folder}: no mistake found; use it by this path wherever an experiment is asked for")
    finish(found, json)
