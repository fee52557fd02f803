"""Posteriors as JSON and as a table."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from rich.table import Table

from jaxmed.inference.bayes.samples import Posterior, Summary
from jaxmed.inference.regions.contours import Contours
from jaxmed.results.contours import contours_json
from jaxmed.results.credible import Region, credible
from jaxmed.results.store import provenance

UNITS = {"mass": "MeV"}
_LABELS = {"g": "g'", "mass": "M_Z'", "sin2_theta_w": "sin2 theta_W"}


def credible_plane(found: Posterior, probabilities: tuple[float, ...]) -> tuple[Region, ...]:
    """Credible regions, densest per decade of g and of mass, in log10 g and log10 mass [MeV]."""
    samples = np.stack([np.log10(found.samples[name]).ravel() for name in ("g", "mass")], axis=1)
    return credible(samples, found.density, probabilities)


def posterior_json(
    found: Posterior, regions: tuple[Region, ...] | None, confidence: Contours | None
) -> dict[str, Any]:
    """One posterior.

    Keys: model, experiments, constraints; priors {name: text}; sampler {chains, samples, warmup, seed, divergences,
    steps, acceptance}; parameters and nuisances {name: {mean, std, quantiles {"0.05": ...}, r_hat, ess_bulk,
    ess_tail}}; warnings []; credible [{probability, lines [{closed, mass_mev[], g[]}], rings [{mass_mev[], g[]}]}],
    densest per decade of g and mass, the rings closed along the edges of the priors, [] where the data say nothing;
    confidence {best, delta_chi2_sm,
    contours, points} as in the file of `jaxmed contour`; provenance.
    """
    chains, samples = found.diverging.shape
    made = provenance(found.experiments)
    versions = {package: version(package) for package in ("numpyro", "arviz")}
    names = {"parameters": found.parameters}
    names["nuisances"] = tuple(n for n in found.summaries if n not in found.parameters)
    return {
        "model": found.model,
        "experiments": [e.name for e in found.experiments],
        "constraints": list(found.constraints),
        "priors": {name: str(prior) for name, prior in found.priors.items()},
        "sampler": {
            "chains": chains,
            "samples": samples,
            "warmup": found.warmup,
            "seed": found.seed,
            "divergences": found.divergences,
            "steps": float(found.steps.mean()),
            "acceptance": float(found.acceptance.mean()),
        },
        **{
            kind: {name: found.summaries[name]._asdict() for name in group}
            for kind, group in names.items()
        },
        "warnings": found.warnings,
        "credible": _regions(regions),
        "confidence": _confidence(found, confidence),
        "provenance": made | {"versions": made["versions"] | versions},
    }


def posterior_table(results: Mapping[str, Posterior]) -> Table:
    """One row per model parameter, or per nuisance of a model without any."""
    table = Table(title="Posteriors: medians with 68 % and 90 % intervals", title_justify="left")
    for heading in ("fit", "parameter", "median", "68 %", "90 %", "R-hat", "ESS", "diverged"):
        table.add_column(heading, no_wrap=True)
    for name, found in results.items():
        first, last = name, str(found.divergences)
        for parameter in found.summaries if not found.parameters else found.parameters:
            summary = found.summaries[parameter]
            table.add_row(first, *_row(parameter, summary), last)
            first = last = ""
    return table


def _row(name: str, summary: Summary) -> tuple[str, ...]:
    q = {key: f"{value:.3g}" for key, value in summary.quantiles.items()}
    unit = f" [{UNITS[name]}]" if name in UNITS else ""
    return (
        f"{_LABELS.get(name, name)}{unit}",
        q["0.5"],
        f"{q['0.16']} to {q['0.84']}",
        f"{q['0.05']} to {q['0.95']}",
        f"{summary.r_hat:.3f}",
        f"{min(summary.ess_bulk, summary.ess_tail):.0f}",
    )


def _regions(regions: tuple[Region, ...] | None) -> list[dict[str, Any]] | None:
    if regions is None:
        return None
    return [
        {
            "probability": region.probability,
            "lines": [
                {"closed": bool(np.all(line[0] == line[-1]))} | _vertices(line)
                for line in region.lines
            ],
            "rings": [_vertices(ring) for ring in region.rings],
        }
        for region in regions
    ]


def _vertices(line: np.ndarray) -> dict[str, np.ndarray]:
    return {"mass_mev": 10 ** line[:, 1], "g": 10 ** line[:, 0]}


def _confidence(found: Posterior, lines: Contours | None) -> dict[str, Any] | None:
    if lines is None:
        return None
    whole = contours_json(lines, found.model, found.experiments, found.constraints)
    return {key: whole[key] for key in ("best", "delta_chi2_sm", "contours", "points")}
