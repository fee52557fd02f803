"""Whom to cite for a result: BibTeX of exactly the data, flux and method that it used."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from unicodedata import normalize

from jaxmed.data_tables import packaged
from jaxmed.results.result import Result

_ALWAYS = ("Alikhanov:2021dhc", "jax2018github")
_ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", re.MULTILINE)
_PLAIN = {r"\bar\nu": "ν̄", r"\nu": "ν", r"\hat{R}": "R̂"}
_ACCENT = re.compile(r"\{\\(['\"~])(\w)\}")
_COMBINING = {"'": "\u0301", '"': "\u0308", "~": "\u0303"}
_SOFTWARE = """@misc{{jaxmed,
  author  = {{{{the jaxmed developers}}}},
  title   = {{{{jaxmed}}: differentiable fits of light vector mediators}},
  year    = {{2026}},
  note    = {{version {version}}},
  howpublished = {{Python package jaxmed}}
}}"""


class Bibliography(NamedTuple):
    """References of a result.

    Attributes:
        entries: BibTeX by key, in the order of the keys.
        unknown: keys without an entry.
    """

    entries: dict[str, str]
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        """All entries as the text of a .bib file."""
        return "\n\n".join(self.entries.values()) + "\n"


def bibliography(results: Iterable[Result]) -> Bibliography:
    """BibTeX for results, each entry once, sorted by key."""
    results = list(results)
    keys = {*_ALWAYS, *(key for each in results for key in each.cited)}
    versions = {each.provenance["versions"].get("jaxmed", "unknown") for each in results}
    own = {"jaxmed": _SOFTWARE.format(version=", ".join(sorted(versions)))}
    known = _known() | own
    used = sorted({*keys, *own})
    return Bibliography(
        {key: known[key] for key in used if key in known},
        tuple(key for key in used if key not in known),
    )


def reference(entry: str) -> dict[str, str]:
    """The fields of a BibTeX entry as plain text."""
    return {name: _plain(text) for name, text in _FIELD.findall(entry)}


def short_reference(key: str) -> str:
    """Authors and year of a paper that data/ or the methods cite, such as 'Bauer et al. 2018'."""
    found = reference(_known()[key])
    names = [name.partition(",")[0] for name in found["author"].split(" and ")]
    names = [f"{names[0]} et al."] if len(names) > 2 or names[-1] == "others" else names
    return f"{' and '.join(names)} {found['year']}"


@cache
def _known() -> dict[str, str]:
    texts: list[Any] = [packaged("data") / "citations.bib", files("jaxmed.results") / "methods.bib"]
    entries = (_ENTRY.finditer(path.read_text(encoding="utf-8")) for path in texts)
    return {found[2]: found[0] for each in entries for found in each}


def _plain(text: str) -> str:
    for latex, letter in _PLAIN.items():
        text = text.replace(latex, letter)
    text = _ACCENT.sub(lambda found: normalize("NFC", found[2] + _COMBINING[found[1]]), text)
    raised = re.sub(r"\^(\d)", lambda found: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(found[1])], text)
    return re.sub(r"[{}$]", "", raised)
