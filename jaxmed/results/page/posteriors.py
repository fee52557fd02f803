"""Posteriors on the page: what was assumed, how it was sampled, what to distrust, and what was found."""

from collections.abc import Iterator, Mapping
from typing import Any

from jaxmed.results.page import figures
from jaxmed.results.page.blocks import Part, digits, label, numbers_csv
from jaxmed.results.page.layers import stem
from jaxmed.results.page.svg import drawing
from jaxmed.results.saved import Saved

_HEAD = ("parameter", "median", "68 %", "90 %", "R-hat", "ESS, bulk", "ESS, tails")
_QUANTILES = ("0.05", "0.16", "0.5", "0.84", "0.95")
_CHAINS = ("r_hat", "ess_bulk", "ess_tail")


def posteriors(saved: Saved) -> Iterator[Part]:
    """One part for each."""
    for name, found in saved.parts.items():
        yield _posterior(stem(saved, name), name, found)


def _posterior(file: str, name: str, found: Mapping[str, Any]) -> Part:
    priors = [f"{label(n)} {_prior(prior)}" for n, prior in found["priors"].items()]
    made = found["sampler"]
    sampler = (
        f"NUTS: {made['chains']} chains of {made['samples']} samples after {made['warmup']} steps of warm-up, "
        f"seed {made['seed']}; {made['divergences']} divergences, acceptance {made['acceptance']:.2f}, "
        f"{made['steps']:.1f} leapfrog steps per sample."
    )
    kinds = {"parameter": found["parameters"], "nuisance": found["nuisances"]}
    both = [(kind, n, each) for kind, group in kinds.items() for n, each in group.items()]
    ends = ("r_hat", "ess_bulk", "ess_tail")
    columns = ("kind", "name", "mean", "std", *(f"quantile_{q}" for q in _QUANTILES), *ends)
    cells = [
        (
            kind,
            n,
            e["mean"],
            e["std"],
            *(e["quantiles"][q] for q in _QUANTILES),
            *(e[k] for k in ends),
        )
        for kind, n, e in both
    ]
    drawings = []
    if found["credible"]:
        drawings.append(drawing(f"{name}: regions", f"{file}_regions", figures.plane_figure, found))
    if found["nuisances"]:
        content = figures.intervals_figure, found["nuisances"]
        drawings.append(drawing(f"{name}: nuisances", f"{file}_nuisances", *content))
    return Part(
        title=name,
        warnings=[str(warning) for warning in found["warnings"]],
        words=[f"Priors: {'; '.join(priors) or 'those of the nuisances only'}.", sampler],
        head=("parameter", "median", "68 %", "90 %", "R-hat", "ESS, bulk", "ESS, tails"),
        rows=[_posterior_row(n, each) for _, n, each in both],
        drawings=drawings,
        downloads=[numbers_csv(f"{file}_summary", columns, cells)],
    )


def _posterior_row(name: str, summary: Mapping[str, Any]) -> tuple[object, ...]:
    low, inner_low, median, inner_high, high = (summary["quantiles"][q] for q in _QUANTILES)
    intervals = f"{digits(inner_low)} to {digits(inner_high)}", f"{digits(low)} to {digits(high)}"
    chains = (
        digits(summary["r_hat"], ".3f"),
        *(digits(summary[f"ess_{k}"], ".0f") for k in ("bulk", "tail")),
    )
    return (label(name), digits(median), *([each] for each in intervals), *chains)


def _prior(text: str) -> str:
    kind, first, second = text.split(":")
    return f"{kind}, {first} {'±' if kind == 'normal' else 'to'} {second}"
