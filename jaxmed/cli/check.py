"""jaxmed check."""

import os
from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.experiments import load
from jaxmed.experiments.folder import MAIN, read_folder
from jaxmed.results.own_experiment import check_table, describe_folder


@common.one_sentence
def check(
    folder: Annotated[Path, typer.Argument(help=f"Folder with {MAIN} and its tables.")],
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Check an experiment of your own line by line; say what was found, or the first mistake."""
    common.set_up(cache)
    common.prepare(None, json)
    place = folder.parent if folder.name == MAIN else folder
    found = describe_folder(read_folder(place), load(f"{place}{os.sep}"))
    sentence = (
        f"{folder}: no mistake found; use it by this path wherever an experiment is asked for"
    )
    common.finish(found, json, tables=[check_table(found).rich()], sentences=[sentence])
