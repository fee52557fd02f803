"""The page: one file that needs nothing else, from templates that escape all that they are given."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from jaxmed.colours import SERIES
from jaxmed.results.overlay import SavedOverlay
from jaxmed.results.page.layers import Layer, layers
from jaxmed.results.page.sections import sections
from jaxmed.results.page.sources import sources
from jaxmed.results.page.summary import summary
from jaxmed.results.page.svg import COLOURS
from jaxmed.results.saved import Saved

_NAMES = {value: name for name, value in COLOURS.items()}


def report_page(
    folder: Path, results: Sequence[Saved], overlays: Sequence[SavedOverlay] = ()
) -> str:
    """The report of a folder.

    Args:
        folder: where the results were, for the title.
        results: what `read_saved` found there.
        overlays: a user's own curves, {label, mass_mev, g} each.

    Raises:
        ValueError: a damaged file, or a figure that cannot be drawn.
    """
    plane = layers(results, overlays)
    palette = "".join(f"--{name}:{value};" for name, value in COLOURS.items())
    style = f":root{{{palette}}}\n{_resource('page.css')}"
    script = "".join(_resource(f"{name}.js") for name in ("reading", "plane", "save"))
    return (
        _templates()
        .get_template("page.html")
        .render(
            title=f"jaxmed: {folder.resolve().name}",
            summary=summary(results),
            layers=_drawn(plane),
            sections=sections(results),
            **sources(results),
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    )


def _drawn(plane: Sequence[Layer]) -> list[dict[str, Any]]:
    """Layers as plane.js wants them, one colour for each owner in the order in which they come."""
    owners = list(dict.fromkeys(layer.owner for layer in plane))
    colours = [_NAMES[SERIES[i % len(SERIES)]] for i in range(len(owners))]
    kept = [{k: v for k, v in vars(each).items() if k != "owner"} for each in plane]
    return [
        each | {"colour": colours[owners.index(layer.owner)]}
        for each, layer in zip(kept, plane, strict=True)
    ]


def _policy(style: str, script: str) -> str:
    """Nothing from anywhere: only this style and this script, by their hashes."""
    allowed = (f"style-src '{_digest(style)}'", f"script-src '{_digest(script)}'")
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _resource(name: str) -> str:
    return (files("jaxmed.results.page") / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("jaxmed.results.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return found
