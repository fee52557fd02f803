"""Numbers for download: CSV in a link, without a server."""

import base64
import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from jaxmed.results.page.tags import Html, tag


class Numbers(NamedTuple):
    """A table for download: its name, its columns, and rows as they were saved."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    @property
    def text(self) -> str:
        """CSV with every digit; an empty cell where there is no number."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows(self.rows)
        return file.getvalue()


def csv_link(numbers: Numbers) -> Html:
    """A link that saves the table as <name>.csv."""
    return download(f"{numbers.name}.csv", "text/csv", numbers.text)


def download(name: str, media: str, content: str) -> Html:
    """A link that saves a text; what could not be in a file name becomes _."""
    data = base64.b64encode(content.encode()).decode()
    safe = re.sub(r"[^\w.+-]+", "_", name)
    return tag("a", safe, href=f"data:{media};charset=utf-8;base64,{data}", download=safe)
