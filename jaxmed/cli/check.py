"""jaxmed check."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.run import run_check
from jaxmed.cli import common
from jaxmed.experiments.folder import MAIN
from jaxmed.results.own_experiment import check_table


@common.one_sentence
def check(
    folder: Annotated[Path, typer.Argument(help=f"Folder with {MAIN} and its tables.")],
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Check an experiment of your own line by line; say what was found, or the first mistake."""
    common.set_up(cache)
    common.prepare(None, json)
    found = run_check(folder.parent if folder.name == MAIN else folder)
    common.print_table(common.printer(json), check_table(found))
    common.say(
        f"{folder}: no mistake found; use it by this path wherever an experiment is asked for"
    )
    common.finish(found, json)
