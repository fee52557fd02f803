"""jaxmed hepdata."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.cli import common
from jaxmed.results.citations import bibliography
from jaxmed.results.hepdata import write_submission
from jaxmed.results.saved import hepdata_tables, read_saved


@common.one_sentence
def hepdata(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folders or files with limits, contours, scans, posteriors."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the submission, empty or new.")],
) -> None:
    """HEPData submission from saved limits, contours, scans and posteriors, checked by HEPData's validator.

    Of a posterior it takes the edges of its credible and confidence regions, medians and intervals, not the samples.
    """
    saved = [each for path in results for each in read_saved(path)]
    tables = hepdata_tables(saved)
    used = {table.source for table in tables}
    cited = bibliography([each.result for each in saved if each.path.name in used])
    common.prepare(out, None)
    common.say_written(write_submission(tables, cited, out))
    left = dict.fromkeys(each.path.name for each in saved if each.path.name not in used)
    if left:
        common.say(f"left out {', '.join(left)}: no limit, contour, scan or posterior")
