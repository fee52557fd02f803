"""The exclusion plot: its data for the script, and one switch for each layer."""

import json
from collections.abc import Iterable, Sequence

from jaxmed.results.page.downloads import csv_link
from jaxmed.results.page.layers import Layer
from jaxmed.results.page.tags import Html, tag
from jaxmed.results.style import SERIES

# Of a swatch: solid, dashed, dotted, dash-dotted, as in plane.js.
_DASHES = (None, "6 3", "2 3", "7 3 2 3")
_HINT = (
    "Point at the plot for numbers. Δ = −2 Δ log L above the best fit, nuisances profiled, is read at the nearest "
    "computed point, limits are interpolated in mass; ≥, ≤ and ≈ mark bounds. Drag to move, turn the wheel to zoom; "
    "on the keyboard: arrows (with Shift for longer steps), +, − and 0."
)
_KEY = (
    "Edges of fits and scans are 1σ, 2σ and 3σ for two parameters: solid, dashed and dotted, like the levels of "
    "contours in their order. Limits are solid with dots, and pale bars show what they allow. Expected limits are "
    "dashed in their 1σ and 2σ bands, quick bounds and regions from toys dash-dotted, overlays dotted. Credible "
    "regions are filled, darker where fewer per cent are. A star is a best fit."
)


def plane_section(layers: Sequence[Layer]) -> Html:
    """The plot, its read-out, its switches, and the numbers of every layer."""
    colours = _colours(layers)
    buttons = [
        tag("button", text, type="button", data_action=action, aria_label=label)
        for action, text, label in (
            ("in", "+", "Zoom in"),
            ("out", "−", "Zoom out"),
            ("reset", "Reset", "Reset the view"),
        )
    ]
    plot = tag(
        "div",
        tag("div", buttons, tag("span", _HINT, class_="soft screen"), class_="tools"),
        tag(
            "svg",
            id="plane",
            tabindex="0",
            role="application",
            aria_label="Exclusion plot: coupling g' against mass M_Z'",
            aria_describedby="readout",
        ),
        tag("ul", id="readout", aria_live="polite"),
        tag("noscript", tag("p", "This plot needs JavaScript; the numbers below do not.")),
    )
    switches = [_switch(i, layer, colours[layer.owner]) for i, layer in enumerate(layers)]
    tables = [numbers for layer in layers for numbers in layer.tables]
    return tag(
        "section",
        tag("h2", "Exclusion plot", id="exclusion"),
        tag(
            "div",
            plot,
            tag("fieldset", tag("legend", "Layers"), switches, tag("p", _KEY, class_="soft")),
            class_="exclusion",
        ),
        tag("ul", [tag("li", csv_link(each)) for each in tables], class_="downloads"),
        data_json(layers, colours),
    )


def data_json(layers: Iterable[Layer], colours: dict[str, int]) -> Html:
    """The layers as data; '<' is escaped, so that no text can end the element."""
    content = [
        {
            "name": layer.name,
            "colour": colours[layer.owner],
            "on": layer.on,
            "lines": layer.lines,
            "bars": layer.bars,
            "bands": layer.bands,
            "regions": layer.regions,
            "stars": layer.stars,
            "points": layer.points,
            "limit": layer.limit,
        }
        for layer in layers
    ]
    text = json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return tag("script", Html(text), type="application/json", id="layers")


def _colours(layers: Iterable[Layer]) -> dict[str, int]:
    """One colour for each owner, in the order in which they come."""
    owners = dict.fromkeys(layer.owner for layer in layers)
    return {owner: i % len(SERIES) for i, owner in enumerate(owners)}


def _switch(index: int, layer: Layer, colour: int) -> Html:
    styles = {each["style"] for each in layer.lines}
    style = styles.pop() if len(styles) == 1 else 0
    line = tag("line", x1=0, y1=4, x2=24, y2=4, class_="curve", stroke_dasharray=_DASHES[style])
    swatch = tag(
        "svg",
        tag("rect", width=24, height=8, class_="region") if layer.regions else line,
        class_=f"swatch c{colour}",
        viewBox="0 0 24 8",
        aria_hidden="true",
    )
    box = tag("input", type="checkbox", data_index=index, checked=layer.on)
    return tag("label", box, swatch, tag("span", layer.name), class_="layer")
