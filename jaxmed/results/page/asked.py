"""What was asked, by which command, and on what it was computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxmed.results.page.tags import Html, section, table, tag
from jaxmed.results.saved import Saved, understanding

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
