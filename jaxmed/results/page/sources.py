"""Where results come from: files, commands and dates; data, and whom to cite."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from jaxmed.results.citations import bibliography, reference
from jaxmed.results.page.blocks import Download
from jaxmed.results.provenance import Provenance
from jaxmed.results.saved import Saved


def sources(results: Sequence[Saved]) -> dict[str, Any]:
    """What the last sections of the page say.

    Returns:
        files: rows of file, results, date and command; machines: a sentence for each; data: titles; papers: authors,
        title, and where; unknown: keys without an entry; bibtex: the entries; checksums: rows of table and SHA-256.
    """
    files, made = [], [saved.result.provenance for saved in results]
    for path, group in groupby(results, lambda saved: saved.path):
        inside = list(group)
        where = [saved.result.provenance for saved in inside]
        dates = "\n".join(dict.fromkeys(each.get("date", "not saved") for each in where))
        commands = "\n".join(dict.fromkeys(each["command"] or "from Python" for each in where))
        files.append((path.name, "\n".join(saved.name for saved in inside), dates, commands))
    cited = bibliography([saved.result for saved in results])
    return {
        "files": files,
        "machines": list(dict.fromkeys(map(_machine, made))),
        "data": list(dict.fromkeys(title for each in made for title in each["titles"].values())),
        "papers": [_paper(entry) for entry in cited.entries.values()],
        "unknown": cited.unknown,
        "bibtex": Download("references.bib", "text/x-bibtex", str(cited)),
        "checksums": sorted({pair for each in made for pair in each["data_sha256"].items()}),
    }


def _machine(found: Provenance) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return f"Computed in {found['dtype']} on {found['device']} with {versions}."


def _paper(entry: str) -> dict[str, str]:
    found = reference(entry)
    who = found.get("author", "").replace(" and others", " et al.").split(" and ")
    names = f"{who[0]} et al." if len(who) > 3 else ", ".join(who)
    by = found.get("collaboration", "")
    journal = " ".join(found[k] for k in ("journal", "volume") if k in found)
    pages, year = found.get("pages", "").replace("--", "–"), found.get("year")
    place = " ".join(part for part in (journal, pages, year and f"({year})") if part)
    ids = [found.get("howpublished"), found.get("note")]
    ids += [
        f"{word}:{found[key]}"
        for key, word in (("doi", "doi"), ("eprint", "arXiv"))
        if key in found
    ]
    return {
        "authors": f"{names} ({by})" if names and by else names or by,
        "title": found.get("title", ""),
        "where": ", ".join(part for part in (place, *ids) if part),
    }
