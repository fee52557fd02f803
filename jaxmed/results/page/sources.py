"""Where results come from: files, commands and dates; data, and whom to cite."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxmed.results.citations import bibliography, reference
from jaxmed.results.page.blocks import Download
from jaxmed.results.saved import Saved, provenances, understanding

# Files that say nothing which the result beside them does not.
_BESIDE = ("surface", "toys")


def sources(results: Sequence[Saved]) -> dict[str, Any]:
    """What the last sections of the page say.

    Returns:
        files: rows of file, results, date and command; machines: a sentence for each; data: titles; papers: authors,
        title, and where; unknown: keys without an entry; bibtex: the entries; checksums: rows of table and SHA-256.

    Raises:
        ValueError: a provenance that jaxmed does not write.
    """
    files, machines = [], {}
    titles: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for saved in results:
        made = provenances(saved)
        with understanding(saved):
            if saved.kind not in _BESIDE:
                dates = dict.fromkeys(str(each["date"]) for each in made if "date" in each)
                commands = dict.fromkeys(str(each["command"] or "from Python") for each in made)
                row = list(saved.parts), list(dates) or "not saved", list(commands)
                files.append((saved.path.name, *row))
            for each in made:
                machines[_machine(each)] = None
                titles |= {str(k): str(v) for k, v in each["titles"].items()}
                hashes |= {str(k): str(v) for k, v in each["data_sha256"].items()}
    cited = bibliography([r for r in results if all("provenance" in p for p in r.parts.values())])
    return {
        "files": files,
        "machines": list(machines),
        "data": list(titles.values()),
        "papers": [_paper(entry) for entry in cited.entries.values()],
        "unknown": cited.unknown,
        "bibtex": Download("references.bib", "text/x-bibtex", str(cited)),
        "checksums": sorted(hashes.items()),
    }


def _machine(found: Mapping[str, Any]) -> str:
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
