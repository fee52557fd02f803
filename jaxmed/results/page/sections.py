"""Fits with their pulls, spectra, scans of one parameter, and significances."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxmed.inference.results import NO_MEDIATOR, prefers_mediator
from jaxmed.results.page.charts import curve_chart, pulls_chart, spectrum_chart
from jaxmed.results.page.downloads import Numbers, csv_link
from jaxmed.results.page.tags import Html, section, table, tag
from jaxmed.results.saved import Saved, numbers, understanding

_SPECTRUM = ("sm", "signal", "background", "total", "observed", "error")
_LABELS = {"g": "g′", "mass": "M_Z′ [MeV]"}


def fits_section(results: Sequence[Saved]) -> Html | None:
    """Best fits in a table, and the pulls of each."""
    rows, cards, nuisances = [], [], []
    for saved in (s for s in results if s.kind == "fits"):
        with understanding(saved):
            for name, fit in saved.parts.items():
                rows.append(_fit_row(name, fit))
                floating = fit.get("floating", {})
                with_prior = {n: e for n, e in fit["nuisances"].items() if n not in floating}
                if with_prior:
                    pulls = tag("h3", name), pulls_chart(name, with_prior)
                    cards.append(tag("figure", *pulls))
                nuisances += [
                    (name, n, e["value"], e["error"]) for n, e in fit["nuisances"].items()
                ]
    if not rows:
        return None
    head = ("fit", "best fit, 1σ interval", "−2 log L", "SM − fit", "bins", "free", "status")
    pulls = Numbers("pulls", ("fit", "nuisance", "value", "error"), nuisances)
    return section(
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
    return section("Spectra", "spectra", tag("p", key, class_="soft"), grid) if cards else None


def curves_section(results: Sequence[Saved]) -> Html | None:
    """Scans along one parameter, and the numbers of those that are no plane."""
    cards = []
    for saved in (s for s in results if s.kind == "scan"):
        with understanding(saved):
            cards += _curve(saved)
    return section("Scans", "scans", tag("div", cards, class_="cards")) if cards else None


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
    return section("Significance", "significance", table(head, rows)) if rows else None


def _fit_row(name: str, fit: Mapping[str, Any]) -> tuple[object, ...]:
    units = {"mass": "MeV"} | fit.get("floating", {})
    fitted = {n: fit["nuisances"][n] for n in fit.get("floating", {})}
    cells = [tag("div", NO_MEDIATOR)]
    if prefers_mediator(fit["parameters"], fit["delta_chi2_sm"]):
        cells, fitted = [], fit["parameters"] | fitted
    cells += [tag("div", _estimate(n, e, units.get(n, "1"))) for n, e in fitted.items()]
    return (
        name,
        cells or "no free parameter",
        f"{2 * fit['nll']:.2f}",
        f"{fit['delta_chi2_sm']:.2f}",
        fit["n_bins"],
        fit["n_free"],
        fit["status"],
    )


def _estimate(name: str, estimate: Mapping[str, Any], unit: str) -> str:
    unit = "" if unit == "1" else f" {unit}"
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
    if len(wide) == 1 and np.isfinite(saved.arrays["nll"]).any():
        name, unit = wide[0]["name"], wide[0]["unit"]
        label = _LABELS.get(name, name if unit == "1" else f"{name} [{unit}]")
        nll = numbers(saved.arrays["nll"].ravel().tolist())
        chart = curve_chart(
            title, label, values[name], 2 * (nll - np.nanmin(nll)), bool(wide[0]["log"])
        )
    return [tag("figure", tag("h3", title), chart, tag("div", link, class_="downloads"))]
