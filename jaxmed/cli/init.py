"""jaxmed init."""

import os
import re
import shlex
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from jaxmed.cli import common
from jaxmed.cli.names import own_name
from jaxmed.data_tables import packaged
from jaxmed.experiments.folder import MAIN
from jaxmed.results.store import prepare_folder, write_atomically
from jaxmed.user_files.keys import unknown


class Starter(NamedTuple):
    """What a start is copied from, in fits/examples, to which main file, and a command to try on it."""

    source: str
    main: str
    command: str


STARTS = {
    "model": Starter(
        "models/kinetic_mixing.toml",
        "model.toml",
        "limit --model {main} --set mixing=0.5 --experiments texono --mass 0.1:10:5",
    ),
    "experiment": Starter("experiments/germanium", MAIN, "check {folder}"),
    "analysis": Starter("analysis.toml", "analysis.toml", "fit {main}"),
}
"""By what one may begin with."""
_NAME = re.compile(rb'^name = "[^"]*"', re.MULTILINE)


def complete_start(incomplete: str) -> list[str]:
    """What one may begin with."""
    return [kind for kind in STARTS if kind.startswith(incomplete)]


@common.one_sentence
def init(
    kind: Annotated[
        str,
        typer.Argument(help=f"One of {', '.join(STARTS)}.", autocompletion=complete_start),
    ],
    folder: Annotated[Path, typer.Argument(help="Where it goes; made if missing.")],
) -> None:
    """Write a commented start of a model, an experiment or an analysis of your own, which runs as it is."""
    if kind not in STARTS:
        raise ValueError(unknown("start", kind, STARTS))
    start = STARTS[kind]
    source = packaged("fits") / "examples" / start.source
    files = {path.name: path for path in sorted(source.iterdir())} if source.is_dir() else {}
    files = files or {start.main: source}
    for name in files:
        if os.path.lexists(folder / name):
            raise ValueError(f"{folder / name} is there already: expected a folder without it")
    prepare_folder(folder)
    for name, path in files.items():
        text = path.read_bytes()
        if name == MAIN:
            text = _NAME.sub(f'name = "{own_name(folder)}"'.encode(), text, count=1)
        write_atomically(folder / name, text)
    common.say_written(folder / name for name in files)
    # a folder ends in a slash: even one with the name of a published experiment is then the user's own
    places = {"main": str(folder / start.main), "folder": f"{folder}{os.sep}"}
    quoted = {key: shlex.quote(place) for key, place in places.items()}
    common.say(f"try: jaxmed {start.command.format(**quoted)}")
