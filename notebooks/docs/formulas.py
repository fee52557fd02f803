"""MkDocs hook: formulas become MathML, which browsers render by themselves.

The Markdown extension `arithmatex` marks them. A formula that cannot be converted stops the build, and so does a page
that would load anything from elsewhere.
"""

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

_MARKED = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
_CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "msubsup": 3}
_SPACE, _PRIME, _THIN = "{http://www.w3.org/1998/Math/MathML}", "\u2032", "0.17em"
_FOREIGN = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*')


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """The page with MathML for its formulas."""

    def replaced(found: re.Match[str]) -> str:
        latex, display = unescape(found[2]).strip(), "block" if found[1] == "div" else "inline"
        try:
            return mathml(latex, display)
        # the converter has a dozen kinds of error and no common one
        except Exception as problem:
            kind = f"{type(problem).__name__}: {problem}"
            raise PluginError(f"{page.file.src_uri}: formula {latex!r}: {kind}") from None

    return _MARKED.sub(replaced, html)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """The page itself, if a browser would load nothing from elsewhere."""
    if found := _FOREIGN.search(output):
        raise PluginError(f"{page.file.src_uri}: {found[0]} would be loaded from elsewhere")
    return output


def mathml(latex: str, display: str) -> str:
    """MathML of a formula; ValueError for what the converter passes through without a word."""
    root = ElementTree.fromstring(convert(latex, display=display))
    for element in root.iter():
        name = element.tag.removeprefix(_SPACE)
        if "\\" in (element.text or ""):
            raise ValueError(f"unknown command {element.text}")
        if len(element) != _CHILDREN.get(name, len(element)):
            raise ValueError(f"a part of {name} is missing")
        _improve(element, name)
        _stretch(element)
    ElementTree.register_namespace("", _SPACE.strip("{}"))
    return ElementTree.tostring(root, encoding="unicode")


def _improve(element: ElementTree.Element, name: str) -> None:
    """Full-size primes, since the character is raised already, and space around names of functions."""
    if name in ("msup", "msubsup") and element[-1].text == _PRIME:
        base, prime = element[0], element[-1]
        element.remove(prime)
        element.tag = f"{_SPACE}msub" if name == "msubsup" else f"{_SPACE}mrow"
        element[0] = ElementTree.Element(f"{_SPACE}mrow")
        element[0].extend([base, ElementTree.Element(f"{_SPACE}mtext")])
        element[0][1].text = _PRIME
    elif name == "mi" and len(element.text or "") > 1:
        element.tag = f"{_SPACE}mo"
        element.attrib |= {"lspace": _THIN, "rspace": _THIN}


def _stretch(element: ElementTree.Element) -> None:
    """Brackets as high as the matrix between them: in the middle of a row browsers take them for infix operators."""
    for i, child in enumerate(element):
        if child.tag == f"{_SPACE}mtable":
            for at, form in ((i - 1, "prefix"), (i + 1, "postfix")):
                if 0 <= at < len(element) and element[at].tag == f"{_SPACE}mo":
                    element[at].attrib |= {"stretchy": "true", "fence": "true", "form": form}
