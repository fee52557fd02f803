"""A matplotlib figure as SVG within the page: in its colours, and without the styles that its policy forbids."""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from xml.etree.ElementTree import Element, fromstring, tostring

import matplotlib.style
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter

from jaxmed import colours
from jaxmed.results.page.blocks import file_name

COLOURS = {
    "blue": colours.BLUE,
    "orange": colours.ORANGE,
    "green": colours.GREEN,
    "purple": colours.PURPLE,
    "red": colours.RED,
    "sky": colours.SKY,
    "black": colours.BLACK,
    "grey": colours.DARK_GREY,
    "pale": colours.GREY,
}
"""Variables of the page by the colours of the figures: a dark page has other values for some."""
_VARIABLES = {colour.lower(): f"var(--{name})" for name, colour in COLOURS.items()}
_LOOK = {
    "svg.fonttype": "none",  # text stays text, to be searched and read aloud
    "text.parse_math": False,  # a user's dollar sign is one
    "axes.edgecolor": colours.DARK_GREY,
    "axes.axisbelow": True,
    "grid.color": colours.GREY,
    "grid.linewidth": 0.4,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "lines.linewidth": 1.6,
}
_ROOT = {
    "class": "chart",
    "role": "img",
    "font-family": "system-ui, sans-serif",
    "fill": "var(--black)",
    "fill-rule": "evenodd",
    "stroke-linejoin": "round",
}
_WIDTH = 5.6  # [inch]
_FORMULAS = {
    "$M_{Z'}$": "M_Z′",
    "$g'$": "g′",
    r"$\sin^2\theta_W$": "sin²θ_W",
    r"$-2\,\Delta\log L$": "−2 Δ log L",
    r"$q = -2\,\Delta\log L$": "q = −2 Δ log L",
    r"$\Delta\chi^2$": "Δχ²",
    "$q_0$": "q₀",
    "$-$": "−",
}
"""All formulas of our figures, as text."""
_FORMULA = re.compile("|".join(map(re.escape, _FORMULAS)))
_POWER = re.compile(r"(\d+)e([+−-]\d+)")
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECIMALS = re.compile(r"-?\d+\.\d+")
_SIZE = re.compile(r"[\d.]+px")


def inline_svg(name: str, title: str, draw: Callable[[], Figure]) -> Markup:
    """What `draw` draws, in this look whatever the user's is; equal figures give equal text.

    Args:
        name: of the figure; ids are made of it, so that no two figures share one.
        title: for those who cannot see it.
        draw: makes the figure.

    Raises:
        ValueError: it cannot be drawn.
    """
    file = io.StringIO()
    look = ["default", _LOOK | {"svg.hashsalt": name}]
    # what matplotlib has to say about a glyph or a flat axis helps no reader of a page
    with matplotlib.style.context(look), warnings.catch_warnings(action="ignore"):
        try:
            figure = draw()
            _suit_a_page(figure)
            # savefig draws twice
            FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
        except (ArithmeticError, RuntimeError) as problem:
            raise ValueError(f"{title}: it cannot be drawn: {problem}") from None
    root = fromstring(_NO_XML.sub("\ufffd", file.getvalue()))
    drawn = (
        child
        for child in root
        if child.tag.endswith(("}g", "}defs")) and child.find("{*}style") is None
    )
    made = Element("svg", _ROOT, viewBox=root.attrib["viewBox"])
    made.attrib |= {"aria-label": title, "data-name": file_name(name)}
    made.extend(_joined(each for part in drawn for each in _plain(part)))
    return Markup(tostring(made, encoding="unicode"))


def _suit_a_page(figure: Figure) -> None:
    """As wide as a card, on its ground, and without formulas, which this look leaves as they are written."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(_WIDTH, height * _WIDTH / width)
    figure.patch.set_visible(False)
    for panel in figure.axes:
        panel.patch.set_visible(False)
        # the card has one
        panel.set_title("")
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text(_FORMULA.sub(lambda found: _FORMULAS[found[0]], text.get_text()))
    for axis in (axis for panel in figure.axes for axis in (panel.xaxis, panel.yaxis)):
        if axis.get_scale() == "log":
            axis.set_major_formatter(_Powers())
            axis.set_minor_formatter(_Powers(labelOnlyBase=False))


class _Powers(LogFormatter):
    """Powers of ten as text."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return _POWER.sub(_power, super().__call__(x, pos))


def _power(found: re.Match[str]) -> str:
    raised = str(int(found[2].replace("−", "-"))).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )
    return f"10{raised}" if found[1] == "1" else f"{found[1]}·10{raised}"


def _plain(element: Element) -> Iterator[Element]:
    """An element with attributes for its styles, or its content where it is a group that says nothing."""
    tag = element.tag.rpartition("}")[2]
    given = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    if tag == "path" and "d" not in given:  # what is no number is drawn as nothing
        return
    styles = dict(each.split(": ", 1) for each in given.pop("style", "").split("; ") if each)
    if tag == "g":
        given.pop("id", None)
    if tag == "use":  # as a transform, so that what is drawn again from it needs no other rule
        given["transform"] = f"translate({given.pop('x')} {given.pop('y')})"
    if tag == "path" and "id" in given:  # a marker has the styles of where it is used
        styles = {}
    if given.get("transform", "").startswith("rotate(-0"):
        del given["transform"]
    # older matplotlib names size and families in one
    size = _SIZE.search(styles.pop("font", ""))
    styles.pop("font-family", None)
    given |= {k: _VARIABLES.get(v, v) for k, v in styles.items()}
    given |= {"font-size": size[0]} if size else {}
    rounded = {k: _DECIMALS.sub(_two_decimals, " ".join(v.split())) for k, v in given.items()}
    made = Element(tag, rounded)
    made.text = element.text and (element.text if tag == "text" else None)
    made.extend(_joined(inner for child in element for inner in _plain(child)))
    if tag == "g" and not rounded:
        yield from made
    else:
        _share(made)
        yield made


def _joined(elements: Iterable[Element]) -> Iterator[Element]:
    """Lines that follow each other and look alike as one."""
    for look, run in groupby(elements, _look_of_line):
        first, *rest = run
        if look is not None:
            first.attrib["d"] = " ".join(each.attrib["d"] for each in (first, *rest))
            rest = []
        yield from (first, *rest)


def _look_of_line(element: Element) -> dict[str, str] | None:
    if element.tag != "path" or element.get("fill") != "none":
        return None
    return {key: value for key, value in element.attrib.items() if key != "d"}


def _share(group: Element) -> None:
    """Say once what all markers of a group have in common."""
    if group.tag != "g" or not len(group) or any(child.tag != "use" for child in group):
        return
    alike = set.intersection(*(set(child.attrib.items()) for child in group))
    for key, value in alike:
        if key.startswith(("fill", "stroke")):
            group.attrib[key] = value
            for child in group:
                del child.attrib[key]


def _two_decimals(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
