"""jaxmed report."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli.common import one_sentence, say_written
from jaxmed.cli.options import Overlays
from jaxmed.results.overlay import read_overlays
from jaxmed.results.page.page import report_page
from jaxmed.results.saved import read_saved
from jaxmed.results.store import write_atomically


@one_sentence
def report(
    folder: Annotated[Path, typer.Argument(help="Folder with results; report.html goes there.")],
    overlay: Overlays = None,
) -> None:
    """One HTML page from saved results: fits, pulls, spectra, exclusion plot, numbers, citations."""
    if folder.is_file():
        raise ValueError(f"{folder}: expected a folder with results, found a file")
    curves = [each.as_json() for each in read_overlays(overlay)]
    page = folder / "report.html"
    write_atomically(page, report_page(folder, read_saved(folder), curves).encode())
    say_written([page])
