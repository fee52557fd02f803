"""A small table that a terminal, a notebook and a page show alike."""

import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

_SHOWN = 6  # rows at each end of a table that is printed in Python


class Rows(NamedTuple):
    """A table.

    Attributes:
        title: over it.
        head: names of the columns.
        rows: text of the cells, which may have several lines; never markup, whatever it holds.
        right: indices of the columns whose cells end at the right, numbers that one compares.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()

    def rich(self) -> Table:
        """For a terminal."""
        table = Table(title=Text(self.title), title_justify="left")
        for i, name in enumerate(self.head):
            table.add_column(
                Text(name), justify="right" if i in self.right else "left", no_wrap=True
            )
        for row in self.rows:
            table.add_row(*(Text(cell) for cell in row))
        return table

    def html(self) -> str:
        """For a notebook."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.head)
        lines = (
            "".join(f"<td>{escape(cell).replace(chr(10), '<br>')}</td>" for cell in row)
            for row in self.rows
        )
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f"<table><caption>{escape(self.title)}</caption><tr>{head}</tr>{body}</table>"

    def __str__(self) -> str:
        """As wide as it wants to be, without colours; of a long table the first and the last rows."""
        console = Console(file=io.StringIO(), width=1000, color_system=None)
        left = len(self.rows) - 2 * _SHOWN
        if left > 1:
            between = [f"... {left} more", *("" for _ in self.head[1:])]
            rows = [*self.rows[:_SHOWN], between, *self.rows[-_SHOWN:]]
            console.print(self._replace(rows=rows).rich())
        else:
            console.print(self.rich())
        assert isinstance(console.file, io.StringIO)
        return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def together(tables: Mapping[str, Rows], named: bool) -> Rows:
    """Tables of one kind as one, with a first column of their names unless there is one without a name."""
    first = next(iter(tables.values()))
    if not named:
        return first
    rows = [
        (name if i == 0 else "", *row)
        for name, table in tables.items()
        for i, row in enumerate(table.rows)
    ]
    return Rows(first.title, ("fit", *first.head), rows, [i + 1 for i in first.right])
