"""Fits on the page: their table, pulls, correlations and spectra."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jaxmed.inference.results import NO_MEDIATOR, prefers_mediator
from jaxmed.results.page import figures
from jaxmed.results.page.blocks import UNITS, Drawing, Part, numbers_csv, quantity
from jaxmed.results.page.svg import drawing
from jaxmed.results.saved import Saved

_HEAD = ("fit", "best fit, 1σ interval", "−2 log L", "SM − fit", "bins", "free", "status")
_SPECTRUM = ("sm", "signal", "background", "total", "observed", "error")


def fits(saved: Saved) -> Iterator[Part]:
    """Best fits in a table, the pulls of each and their correlations."""
    parts, file = saved.parts.items(), saved.path.stem
    pulls = [
        (name, n, e["value"], e["error"])
        for name, fit in parts
        for n, e in fit["nuisances"].items()
    ]
    yield Part(
        head=_HEAD,
        rows=[_fit_row(name, fit) for name, fit in parts],
        drawings=[each for name, fit in parts for each in _fit_drawings(file, name, fit)],
        downloads=[numbers_csv(f"{file}_pulls", ("fit", "nuisance", "value", "error"), pulls)],
    )


def spectra(saved: Saved) -> Iterator[Part]:
    """Spectra of every fit with residuals."""
    yield Part(
        drawings=[
            _spectrum(f"{each['title']}: {fit}", f"spectrum_{fit}_{name}", each)
            for fit, content in saved.parts.items()
            for name, each in content.get("spectra", {}).items()
        ]
    )


def spectrum(saved: Saved) -> Iterator[Part]:
    """What `jaxmed spectrum` saved."""
    title = f"{saved.content.get('title', saved.path.stem)}: {saved.content.get('label', '')}"
    yield Part(drawings=[_spectrum(title, saved.path.stem, saved.content)])


def estimates(fit: Mapping[str, Any]) -> list[str]:
    """Parameters of a fit, or words if they mean nothing, and normalisations without a prior."""
    floating = fit.get("floating", {})
    fitted = {name: fit["nuisances"][name] for name in floating}
    if not prefers_mediator(fit["parameters"], fit["delta_chi2_sm"]):
        return [NO_MEDIATOR, *(_estimate(n, e, floating[n]) for n, e in fitted.items())]
    units = UNITS | floating
    both = fit["parameters"] | fitted
    return [_estimate(n, e, units.get(n, "1")) for n, e in both.items()] or ["no free parameter"]


def _estimate(name: str, estimate: Mapping[str, Any], unit: str) -> str:
    found = quantity(name, estimate["value"], unit)
    if estimate["interval"]:
        low, high = estimate["interval"]
        return f"{found} ({low:.3g} to {high:.3g})"
    return f"{found}, {'at the edge of its box' if estimate['at_bound'] else 'flat'}"


def _fit_row(name: str, fit: Mapping[str, Any]) -> tuple[object, ...]:
    likelihood = f"{2 * fit['nll']:.2f}", f"{fit['delta_chi2_sm']:z.2f}"
    return (name, estimates(fit), *likelihood, fit["n_bins"], fit["n_free"], fit["status"])


def _fit_drawings(file: str, name: str, fit: Mapping[str, Any]) -> Iterator[Drawing]:
    """Pulls and correlations, where there are any."""
    pulls = {n: e for n, e in fit["nuisances"].items() if n not in fit.get("floating", {})}
    if pulls:
        yield drawing(f"{name}: pulls", f"{file}_{name}_pulls", figures.pulls_figure, pulls)
    found = fit.get("covariance", {"names": ()})
    names = found.get("coordinates", found["names"])
    if len(names) > 1:
        matrix = np.array(found["matrix"], dtype=float)
        sigma = np.sqrt(np.diag(matrix))
        content = names, matrix / np.outer(sigma, sigma)
        title = f"{file}_{name}_correlations"
        rows = [(n, *row) for n, row in zip(names, content[1].tolist(), strict=True)]
        table = numbers_csv(title, ("name", *names), rows)
        yield drawing(
            f"{name}: correlations", title, figures.correlation_figure, *content, csv=table
        )


def _spectrum(title: str, name: str, found: Mapping[str, Any]) -> Drawing:
    columns = {key: found[key] for key in _SPECTRUM if key in found}
    if "standard" in found:
        columns["standard_model_fit"] = found["standard"]["total"]
    pairs = zip(found["bins"], *columns.values(), strict=True)
    head = (f"low_{found['unit']}", f"high_{found['unit']}", *columns)
    table = numbers_csv(name, head, [(*edges, *cells) for edges, *cells in pairs])
    return drawing(title, name, figures.spectrum_figure, found, csv=table)
