"""Numbers of a page for download."""

import csv
import io
import re
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from jaxmed.results.shown import Columns


class Download(NamedTuple):
    """A text that a link saves, without a server: the name of its file, its kind and itself."""

    name: str
    media: str
    text: str

    @property
    def file(self) -> str:
        """The name, where what could not be in one becomes _."""
        return file_name(self.name)

    @property
    def href(self) -> str:
        """The text as an address; base64 would be a third longer than the digits that it mostly is."""
        return f"data:{self.media};charset=utf-8,{quote(self.text, safe=',:;/')}"


def as_csv(name: str, columns: Columns) -> Download:
    """Columns with every digit; an empty cell where there is no number."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    lists = (np.asarray(column).tolist() for column in columns.values())
    writer.writerows(["" if v != v else v for v in row] for row in zip_longest(*lists))
    return Download(f"{name}.csv", "text/csv", file.getvalue())


def file_name(text: str) -> str:
    """A text as a name of a file or an element."""
    return re.sub(r"[^\w.+-]+", "_", text)
