"""The sections of the report around the exclusion plot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxmed.report.bibliography import Bibliography, reference
from jaxmed.report.html.charts import curve_chart, pulls_chart, spectrum_chart
from jaxmed.report.html.downloads import Numbers, csv_link, download
from jaxmed.report.html.tags import Html, join, table, tag
from jaxmed.report.saved import Saved, numbers, understanding

# Files that say nothing which the result beside them does not.
_BESIDE = ("surface", "toys")
_SPECTRUM = ("sm", "signal", "background", "total", "observed", "error")
_LABELS = {"g": "g′", "mass": "M_Z′ [MeV]"}


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
    return _section("What was asked", "asked", table(head, rows), computed)


def fits_section(results: Sequence[Saved]) -> Html | None:
    """Best fits in a table, and the pulls of each."""
    rows, cards, nuisances = [], [], []
    for saved in (s for s in results if s.kind == "fits"):
        with understanding(saved):
            for name, fit in saved.parts.items():
                rows.append(_fit_row(name, fit))
                if fit["nuisances"]:
                    pulls = tag("h3", name), pulls_chart(name, fit["nuisances"])
                    cards.append(tag("figure", *pulls))
                nuisances += [
                    (name, n, e["value"], e["error"]) for n, e in fit["nuisances"].items()
                ]
    if not rows:
        return None
    head = ("fit", "best fit, 1σ interval", "−2 log L", "SM − fit", "bins", "free", "status")
    pulls = Numbers("pulls", ("fit", "nuisance", "value", "error"), nuisances)
    return _section(
        "Best fits and pulls",
        "fits",
        table(head, rows),
        tag("div", cards, class_="cards"),
        tag("p", csv_link(pulls), class_="downloads"),
    )


def spectra_section(results: Sequence[Saved]) -> Html | None:
    """Spectra of every fit, and those of `jaxmed spectrum`, with residuals."""
    cards = []
    for saved in results:
        with understanding(saved):
            if saved.kind == "spectrum":
                title = f"{saved.content.get('title', saved.path.stem)}: {saved.content.get('label', '')}"
                cards.append(_spectrum(title, saved.path.stem, saved.content))
            if saved.kind == "fits":
                cards += [
                    _spectrum(f"{each['title']}: {fit}", f"spectrum_{fit}_{name}", each)
                    for fit, content in saved.parts.items()
                    for name, each in content.get("spectra", {}).items()
                ]
    key = (
        "Grey: background; blue: background and standard-model neutrinos; orange-red, dashed: with the mediator; "
        "points: data. Below: data less the dashed line, over their error."
    )
    grid = tag("div", cards, class_="cards")
    return _section("Spectra", "spectra", tag("p", key, class_="soft"), grid) if cards else None


def curves_section(results: Sequence[Saved]) -> Html | None:
    """Scans along one parameter, and the numbers of those that are no plane."""
    cards = []
    for saved in (s for s in results if s.kind == "scan"):
        with understanding(saved):
            cards += _curve(saved)
    return _section("Scans", "scans", tag("div", cards, class_="cards")) if cards else None


def significance_section(results: Sequence[Saved]) -> Html | None:
    """P-values of every test from toys."""
    rows = []
    for saved in (s for s in results if s.kind == "significance"):
        with understanding(saved):
            for test, p in saved.content["p_values"].items():
                error = f" ± {p['error']:.1g}" if p["error"] else ""
                rows.append(
                    (
                        saved.path.stem,
                        test.replace("_", " "),
                        f"{p['value']:.3g}{error}",
                        f"{p['z']:.2f}",
                    )
                )
    head = ("result", "test", "p-value", "standard deviations")
    return _section("Significance", "significance", table(head, rows)) if rows else None


def data_section(results: Sequence[Saved], cited: Bibliography) -> Html:
    """Data sets, the papers behind them, BibTeX and checksums."""
    titles: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for saved in results:
        with understanding(saved):
            for part in saved.parts.values():
                titles |= part.get("provenance", {}).get("titles", {})
                hashes |= part.get("provenance", {}).get("data_sha256", {})
    papers = [tag("li", _paper(entry)) for entry in cited.entries.values()]
    unknown = [tag("li", key, " (no BibTeX known)") for key in cited.unknown]
    sums = table(("table", "SHA-256"), [(n, tag("code", h)) for n, h in sorted(hashes.items())])
    return _section(
        "Data and citations",
        "data",
        tag("p", "Data: ", ", ".join(titles.values()) or "none named", "."),
        tag("ol", papers, unknown),
        tag("p", download("references.bib", "text/x-bibtex", str(cited)), class_="downloads"),
        tag("details", tag("summary", "BibTeX"), tag("pre", str(cited)), class_="screen"),
        tag("details", tag("summary", "Checksums of the data"), sums, class_="screen"),
    )


def _section(title: str, anchor: str, *content: object) -> Html:
    return tag("section", tag("h2", title, id=anchor), *content)


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


def _fit_row(name: str, fit: Mapping[str, Any]) -> tuple[object, ...]:
    cells = [tag("div", _estimate(n, e)) for n, e in fit["parameters"].items()]
    return (
        name,
        cells or "no free parameter",
        f"{2 * fit['nll']:.2f}",
        f"{fit['delta_chi2_sm']:.2f}",
        fit["n_bins"],
        fit["n_free"],
        fit["status"],
    )


def _estimate(name: str, estimate: Mapping[str, Any]) -> str:
    unit = " MeV" if name == "mass" else ""
    found = f"{_LABELS.get(name, name).removesuffix(' [MeV]')} = {estimate['value']:.3g}{unit}"
    if estimate["interval"]:
        low, high = estimate["interval"]
        return f"{found} ({low:.3g} to {high:.3g})"
    return f"{found}, {'at the edge of its box' if estimate['at_bound'] else 'flat'}"


def _spectrum(title: str, name: str, found: Mapping[str, Any]) -> Html:
    columns = {key: found[key] for key in _SPECTRUM if key in found}
    if "standard" in found:
        columns["standard_model_fit"] = found["standard"]["total"]
    rows = [
        (*edges, *cells) for edges, *cells in zip(found["bins"], *columns.values(), strict=True)
    ]
    link = csv_link(
        Numbers(name, (f"low_{found['unit']}", f"high_{found['unit']}", *columns), rows)
    )
    return tag(
        "figure",
        tag("h3", title),
        spectrum_chart(title, found),
        tag("div", link, class_="downloads"),
    )


def _curve(saved: Saved) -> list[Html]:
    axes = saved.content["axes"]
    values = {axis["name"]: saved.arrays[axis["array"]] for axis in axes}
    wide = [axis for axis in axes if values[axis["name"]].size > 1]
    if [axis["name"] for axis in wide] == ["g", "mass"] and len(axes) == 2:
        return []
    grid = np.meshgrid(*values.values(), indexing="ij")
    columns = [*(c.ravel().tolist() for c in grid), saved.arrays["nll"].ravel().tolist()]
    rows = list(zip(*columns, strict=True))
    link = csv_link(Numbers(f"{saved.path.stem}_points", (*values, "nll"), rows))
    held = [f"{n} = {v[0]:g}" for n, v in values.items() if v.size == 1]
    title = ", ".join([str(saved.content["model"]), *saved.content["experiments"], *held])
    chart = None
    if len(wide) == 1:
        name, unit = wide[0]["name"], wide[0]["unit"]
        label = _LABELS.get(name, name if unit == "1" else f"{name} [{unit}]")
        nll = numbers(saved.arrays["nll"].ravel().tolist())
        chart = curve_chart(title, label, values[name], 2 * (nll - nll.min()), bool(wide[0]["log"]))
    return [tag("figure", tag("h3", title), chart, tag("div", link, class_="downloads"))]


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
