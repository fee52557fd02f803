"""jaxmed hepdata."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli.common import one_sentence, say_written
from jaxmed.report.bibliography import bibliography
from jaxmed.report.hepdata import READERS, hepdata_tables, write_submission
from jaxmed.report.saved import read_saved


@one_sentence
def hepdata(
    results: Annotated[
        list[Path], typer.Argument(help="Folders or files with limits, contours or scans.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the submission, empty or new.")],
) -> None:
    """HEPData submission from saved limits, contours and scans, checked by HEPData's validator."""
    found = [saved for path in results for saved in read_saved(path) if saved.kind in READERS]
    tables = hepdata_tables(found)
    say_written(write_submission(tables, bibliography(found), out))
