"""jaxmed check."""

import os
from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.cli.names import complete_experiment
from jaxmed.experiments import load, published, read_folder
from jaxmed.experiments.folder import MAIN
from jaxmed.results.own_experiment import check_table, describe_folder


@common.one_sentence
def check(
    experiment: Annotated[
        str,
        typer.Argument(
            help=f"Folder with {MAIN} and its tables, or the name of a published data set.",
            autocompletion=complete_experiment,
        ),
    ],
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Check an experiment line by line; say what was found, or the first mistake."""
    common.set_up(cache)
    common.prepare(None, json)
    name = experiment
    if name not in published():
        place = Path(experiment)
        name = f"{place.parent if place.name == MAIN else place}{os.sep}"
    found = describe_folder(read_folder(name), load(name))
    sentence = (
        f"{experiment}: no mistake found; use it by this {'name' if name in published() else 'path'} wherever an "
        "experiment is asked for"
    )
    common.finish(found, json, tables=[check_table(found).rich()], sentences=[sentence])
