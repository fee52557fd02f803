"""The page: sections, style and script in one file that needs nothing else."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jaxmed.results import style
from jaxmed.results.citations import Bibliography, bibliography, reference
from jaxmed.results.page.downloads import download
from jaxmed.results.page.exclusion_plot import plane_section
from jaxmed.results.page.layers import layers
from jaxmed.results.page.posteriors import posteriors_section
from jaxmed.results.page.sections import (
    curves_section,
    fits_section,
    significance_section,
    spectra_section,
)
from jaxmed.results.page.sensitivities import sensitivity_section
from jaxmed.results.page.tags import Html, join, section, table, tag
from jaxmed.results.saved import Saved, understanding

_NAMED = {
    "blue": style.BLUE,
    "orange": style.ORANGE,
    "green": style.GREEN,
    "purple": style.PURPLE,
    "red": style.RED,
    "sky": style.SKY,
    "black": style.BLACK,
    "grey": style.DARK_GREY,
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
        f".c{i}{{--c:var(--{by_value[value]})}}" for i, value in enumerate(style.SERIES)
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


# Files that say nothing which the result beside them does not.
_BESIDE = ("surface", "toys")


def asked_section(results: Sequence[Saved]) -> Html:
    """What each file answers, by which command, with which versions."""
    rows, machines = [], {}
    for saved in results:
        with understanding(saved):
            if saved.kind not in _BESIDE:
                rows.append(_asked(saved))
            for part in saved.parts.values():
                machines |= dict.fromkeys([_machine(part)] if "provenance" in part else [])
    head = ("file", "results", "model", "experiments", "what else", "command")
    computed = [tag("p", sentence, class_="soft") for sentence in machines]
    return section("What was asked", "asked", table(head, rows), computed)


def _asked(saved: Saved) -> tuple[object, ...]:
    """One row for a file: what its results have in common, and what each was asked."""
    parts = saved.parts.values()
    experiments = dict.fromkeys(e for part in parts for e in _experiments(part))
    words = dict.fromkeys(word for part in parts for word in _what_else(part))
    commands = dict.fromkeys(part.get("provenance", {}).get("command") for part in parts)
    return (
        saved.path.name,
        ", ".join(saved.parts),
        ", ".join(dict.fromkeys(str(part["model"]) for part in parts if "model" in part)),
        ", ".join(experiments),
        "; ".join(words),
        [tag("code", command or "from Python") for command in commands],
    )


def _experiments(part: Mapping[str, Any]) -> list[str]:
    return part.get("experiments") or list(part.get("provenance", {}).get("titles", {}))


def _what_else(part: Mapping[str, Any]) -> list[str]:
    asked = {
        "CL": part.get("cl") or [level["cl"] for level in part.get("contours", [])],
        "method": _method(part.get("method")),
        "constraints": part.get("constraints"),
        "held fixed": part.get("fixed"),
        "freed": part.get("free"),
        "grid": part.get("grid"),
        "toys": part.get("toys"),
        "options": part.get("options"),
    }
    return [f"{key}: {_words(value)}" for key, value in asked.items() if value]


def _method(found: object) -> object:
    """How it was done, as far as results depend on it."""
    if not isinstance(found, Mapping):
        return found
    return {key: value for key, value in found.items() if key not in ("batch", "chunk")}


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {_words(v)}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _machine(part: Mapping[str, Any]) -> str:
    found = part["provenance"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return f"Computed in {found['dtype']} on {found['device']} with {versions}."


def data_section(results: Sequence[Saved], cited: Bibliography) -> Html:
    """Data sets, the papers behind them, BibTeX and checksums."""
    titles: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for saved in results:
        with understanding(saved):
            for part in saved.parts.values():
                found = part.get("provenance", {})
                titles |= {str(k): str(v) for k, v in found.get("titles", {}).items()}
                hashes |= {str(k): str(v) for k, v in found.get("data_sha256", {}).items()}
    papers = [tag("li", _paper(entry)) for entry in cited.entries.values()]
    unknown = [tag("li", key, " (no BibTeX known)") for key in cited.unknown]
    sums = table(("table", "SHA-256"), [(n, tag("code", h)) for n, h in sorted(hashes.items())])
    return section(
        "Data and citations",
        "data",
        tag("p", "Data: ", ", ".join(titles.values()) or "none named", "."),
        tag("ol", papers, unknown),
        tag("p", download("references.bib", "text/x-bibtex", str(cited)), class_="downloads"),
        tag("details", tag("summary", "BibTeX"), tag("pre", str(cited)), class_="screen"),
        tag("details", tag("summary", "Checksums of the data"), sums, class_="screen"),
    )


def _paper(entry: str) -> Html:
    found = reference(entry)
    who = found.get("author", "").replace(" and others", " et al.").split(" and ")
    names = f"{who[0]} et al." if len(who) > 3 else ", ".join(who)
    by = found.get("collaboration")
    where = " ".join(found[k] for k in ("journal", "volume") if k in found)
    place = [where, found.get("pages"), found.get("year") and f"({found['year']})"]
    ids = [found.get(key) for key in ("howpublished", "note")]
    ids.append(found.get("doi") and f"doi:{found['doi']}")
    ids.append(found.get("eprint") and f"arXiv:{found['eprint']}")
    text = [f"{names}{f' ({by})' if by else ''}" if names else by, tag("i", found.get("title", ""))]
    parts = [*text, " ".join(p for p in place if p), *ids]
    return join(x for i, p in enumerate([p for p in parts if p]) for x in ([", ", p] if i else [p]))
