"""Sensitivities: what would improve an experiment's expected limit most, and that limit in the exclusion plot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxmed.results.page.downloads import Numbers
from jaxmed.results.page.plot_layer import Layer, line, owner, rounded, who
from jaxmed.results.page.tags import Html, section, table, tag
from jaxmed.results.saved import Saved, understanding

_MOST_COLUMNS = 5
_KEY = (
    "How far the expected limit on g′ falls if a property becomes 10 % better, most useful first; a negative number: "
    "the limit grows."
)


def sensitivity_section(results: Sequence[Saved]) -> Html | None:
    """One table for each experiment: its properties and what each would buy at every mass."""
    found: list[Html] = []
    for saved in (s for s in results if s.kind == "sensitivity"):
        with understanding(saved):
            found += [tag("h3", _title(saved.content)), _table(saved.content), _missing(saved)]
    key = tag("p", _KEY, class_="soft")
    return section("What would improve a limit", "sensitivity", key, found) if found else None


def sensitivity_layers(saved: Saved) -> list[Layer]:
    """The expected limit."""
    content = saved.content
    mass, expected = content["mass_mev"], content["g_expected"]
    layer = Layer(_title(content), owner(_as_results(content)))
    layer.lines = [line(mass, expected, 1) | {"dots": True}]
    layer.limit = {"x": mass, "y": rounded(expected), "flag": list(content["flag"])}
    rows = list(zip(mass, expected, content["flag"], strict=True))
    limits = Numbers(f"{saved.path.stem}_limits", ("mass_MeV", "g_expected", "flag"), rows)
    layer.tables = [limits, _gains(saved.path.stem, content)]
    return [layer]


def _title(content: Mapping[str, Any]) -> str:
    return f"{who(_as_results(content))}: expected {100 * content['cl']:g} % limit"


def _as_results(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "experiments": [content["experiment"]]}


def _table(content: Mapping[str, Any]) -> Html:
    masses = content["mass_mev"]
    shown = np.unique(np.linspace(0, len(masses) - 1, _MOST_COLUMNS).round().astype(int)).tolist()
    head = ("property", "now", *(f"{masses[m]:.4g} MeV" for m in shown))
    rows = [
        (knob["name"], knob["now"], *(_percent(knob["gain_10_percent"][m]) for m in shown))
        for knob in content["knobs"]
    ]
    return table(head, rows)


def _percent(gain: float | None) -> str:
    return "no limit" if gain is None else f"{100 * gain:.2f} %"


def _missing(saved: Saved) -> Html:
    reasons = (f"{name}: {reason}" for name, reason in saved.content["missing"].items())
    return tag("p", "; ".join(reasons), class_="soft")


def _gains(stem: str, content: Mapping[str, Any]) -> Numbers:
    rows = [
        (mass, knob["name"], knob["now"], slope, gain)
        for knob in content["knobs"]
        for mass, slope, gain in zip(
            content["mass_mev"], knob["dlng_dlnx"], knob["gain_10_percent"], strict=True
        )
    ]
    return Numbers(f"{stem}_gains", ("mass_MeV", "property", "now", "dlng_dlnx", "gain"), rows)
