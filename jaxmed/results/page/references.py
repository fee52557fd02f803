"""Data sets, and the papers behind them."""

from collections.abc import Sequence

from jaxmed.results.citations import Bibliography, reference
from jaxmed.results.page.downloads import download
from jaxmed.results.page.tags import Html, join, section, table, tag
from jaxmed.results.saved import Saved, understanding


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
