"""jaxmed report."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli.common import one_sentence, say_written
from jaxmed.report.files import write_atomically
from jaxmed.report.html.page import report_page
from jaxmed.report.saved import read_saved


@one_sentence
def report(
    folder: Annotated[Path, typer.Argument(help="Folder with results; report.html goes there.")],
) -> None:
    """One HTML page from saved results: fits, pulls, spectra, exclusion plot, numbers, citations."""
    results = read_saved(folder)
    if folder.is_file():
        raise ValueError(f"{folder}: expected a folder with results, found a file")
    page = folder / "report.html"
    write_atomically(page, report_page(folder, results).encode())
    say_written([page])
