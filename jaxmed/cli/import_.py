"""jaxmed import."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.cli.names import own_name
from jaxmed.interchange.workspace import read_workspace
from jaxmed.interchange.workspace_folder import ANALYSIS, folder_files
from jaxmed.results.store import prepare_folder, write_atomically


@common.one_sentence
def import_(
    workspace: Annotated[
        Path, typer.Argument(help="A pyhf workspace, or HS3 with distributions histfactory_dist.")
    ],
    folder: Annotated[
        Path | None, typer.Argument(help="Where it goes; named after the file if left out.")
    ] = None,
    measurement: Annotated[
        str, typer.Option(help="Of the workspace, or analysis of HS3; the first if left out.")
    ] = "",
) -> None:
    """Make an experiment of a HistFactory likelihood: a folder to fit, scan and draw toys of."""
    found = read_workspace(workspace, measurement)
    place = folder or Path(workspace.stem)
    files = folder_files(found, own_name(place), workspace.name)
    for file in files:
        if os.path.lexists(place / file):
            raise ValueError(f"{place / file} is there already: expected a folder without it")
    prepare_folder(place)
    for file, text in files.items():
        write_atomically(place / file, text.encode())
    common.say_written(place / file for file in files)
    common.say(f"try: jaxmed fit {shlex.quote(str(place / ANALYSIS))}")
