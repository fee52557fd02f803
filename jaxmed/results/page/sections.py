"""Sections of the page between the exclusion plot and the sources: a section for each kind of result."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from jaxmed.results.kinds import KINDS
from jaxmed.results.page.blocks import Download, as_csv
from jaxmed.results.page.svg import inline_svg
from jaxmed.results.result import Result
from jaxmed.results.rows import Rows
from jaxmed.results.saved import Saved


class Card(NamedTuple):
    """A figure: its title, its SVG and its numbers."""

    title: str
    svg: Markup
    downloads: Sequence[Download]


class Part(NamedTuple):
    """One result, in the order in which it is shown."""

    title: str
    sentences: Sequence[str]
    tables: Sequence[Rows]
    cards: Sequence[Card]
    downloads: Sequence[Download]


def sections(results: Sequence[Saved]) -> dict[type[Result], list[Part]]:
    """What there is to show of each kind; kinds of which there is nothing are left out.

    Raises:
        ValueError: a damaged file, or a figure that cannot be drawn.
    """
    parts = {kind: [_part(s) for s in results if type(s.result) is kind] for kind in KINDS.values()}
    return {kind: found for kind, found in parts.items() if found}


def _part(saved: Saved) -> Part:
    with saved.understood() as result:
        heading = result.heading if saved.alone else f"{saved.name}: {result.heading}"
        numbers = [as_csv(_joined(saved.stem, n), each) for n, each in result.numbers().items()]
        cards = list(_cards(saved.stem, result))
        return Part(heading, result.notes(), result.tables(), cards, numbers)


def _cards(stem: str, result: Result) -> Iterator[Card]:
    for title, draw, columns in result.drawings():
        name = _joined(stem, title)
        numbers = [as_csv(name, columns)] if columns else []
        yield Card(title, inline_svg(name, title, draw), numbers)


def _joined(stem: str, name: str) -> str:
    return f"{stem}_{name}" if name else stem
