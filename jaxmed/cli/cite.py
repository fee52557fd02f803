"""jaxmed cite."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.results.citations import bibliography
from jaxmed.results.saved import read_saved
from jaxmed.results.store import prepare_file, write_atomically


@common.one_sentence
def cite(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folders or files (.json, .npz) that a command has written."),
    ],
    out: Annotated[Path | None, typer.Option(help="Write the BibTeX here; else print it.")] = None,
) -> None:
    """BibTeX of exactly the data, flux and method that results used, sorted, each once."""
    if out is not None:
        prepare_file(out)
    found = bibliography([saved.result for path in results for saved in read_saved(path)])
    if out is None:
        common.write_out(str(found))
    else:
        write_atomically(out, str(found).encode())
        common.say_written([out])
    if found.unknown:
        common.say(f"no BibTeX is known for {', '.join(found.unknown)}: add it yourself")
