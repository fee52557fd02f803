"""HTML from the inside out: whatever is not HTML yet is text, and is escaped."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

_VOID = {"meta", "input", "br"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *content: object, **attributes: object) -> Html:
    """One element.

    Args:
        name: of the element.
        content: Html as it is, lists one by one, anything else as escaped text; None is left out.
        attributes: `class_` for class, `data_x` for data-x; True has no value, None and False are left out.
    """
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(content)}</{name}>")


def join(content: Iterable[object]) -> Html:
    """All of it, one after the other."""
    return Html("".join(map(_text, content)))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], **attributes: object) -> Html:
    """A table that scrolls by itself where it is too wide."""
    heading = tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head]))
    body = tag("tbody", [tag("tr", [tag("td", cell) for cell in row]) for row in rows])
    return tag("div", tag("table", heading, body, **attributes), class_="scroll", tabindex="0")


def section(title: str, anchor: str, *content: object) -> Html:
    """A part of the page under a heading that can be linked to."""
    return tag("section", tag("h2", title, id=anchor), *content)


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def _text(item: object) -> str:
    if item is None:
        return ""
    if isinstance(item, Html):
        return item
    if isinstance(item, list | tuple):
        return join(item)
    return html.escape(str(item))
