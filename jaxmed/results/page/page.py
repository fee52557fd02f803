"""The page: sections, style and script in one file that needs nothing else."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jaxmed.results import colours
from jaxmed.results.citations import bibliography
from jaxmed.results.page.asked import asked_section
from jaxmed.results.page.exclusion_plot import plane_section
from jaxmed.results.page.layers import layers
from jaxmed.results.page.posteriors import posteriors_section
from jaxmed.results.page.references import data_section
from jaxmed.results.page.sections import (
    curves_section,
    fits_section,
    significance_section,
    spectra_section,
)
from jaxmed.results.page.sensitivities import sensitivity_section
from jaxmed.results.page.tags import Html, tag
from jaxmed.results.saved import Saved

_NAMED = {
    "blue": colours.BLUE,
    "orange": colours.ORANGE,
    "green": colours.GREEN,
    "purple": colours.PURPLE,
    "red": colours.RED,
    "sky": colours.SKY,
    "black": colours.BLACK,
    "grey": colours.DARK_GREY,
}


def report_page(
    folder: Path, results: Sequence[Saved], overlays: Sequence[dict[str, Any]] = ()
) -> str:
    """The report of a folder.

    Args:
        folder: where the results were, for the title.
        results: what `read_saved` found there.
        overlays: a user's own curves, {label, mass_mev, g} each.

    Raises:
        ValueError: a file whose content jaxmed does not write.
    """
    shown = layers(results, overlays)
    sections = [
        asked_section(results),
        fits_section(results),
        posteriors_section(results),
        plane_section(shown) if shown else None,
        curves_section(results),
        sensitivity_section(results),
        significance_section(results),
        spectra_section(results),
        data_section(results, bibliography([r for r in results if _has_provenance(r)])),
    ]
    style = _palette() + _resource("page.css")
    script = _resource("reading.js") + _resource("plane.js") if shown else ""
    title = f"jaxmed: {folder.resolve().name}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(style)),
    )
    intro = "Light vector mediators in neutrino scattering: results as jaxmed saved them."
    body = tag(
        "body",
        tag("header", tag("h1", title), tag("p", intro, class_="soft"), _contents(sections)),
        tag("main", sections),
        tag("script", Html(script)) if script else None,
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _has_provenance(saved: Saved) -> bool:
    return all("provenance" in part for part in saved.parts.values())


def _contents(sections: Sequence[Html | None]) -> Html:
    """Links to the headings."""
    found = (
        section.partition('<h2 id="')[2].partition("</h2>")[0] for section in sections if section
    )
    pairs = (text.partition('">') for text in found)
    return tag("nav", [tag("a", Html(title), href=f"#{anchor}") for anchor, _, title in pairs])


def _palette() -> str:
    """The colours of the figures as variables, and a class for each series."""
    named = "".join(f"--{name}:{value};" for name, value in _NAMED.items())
    by_value = {value: name for name, value in _NAMED.items()}
    series = "".join(
        f".c{i}{{--c:var(--{by_value[value]})}}" for i, value in enumerate(colours.SERIES)
    )
    return f":root{{{named}}}{series}\n"


def _policy(style: str, script: str) -> str:
    """Nothing from anywhere: only this style and this script, by their hashes."""
    allowed = {"style-src": style, "script-src": script}
    rules = [f"{kind} '{_digest(text)}'" for kind, text in allowed.items() if text]
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _resource(name: str) -> str:
    return (files("jaxmed.results.page") / name).read_text(encoding="utf-8")
