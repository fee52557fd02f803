"""Posteriors: priors, sampler, summaries and warnings, and their regions in the exclusion plot."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jaxmed.results.page.downloads import Numbers, csv_link
from jaxmed.results.page.plot_layer import Layer, contour_layer, owner, rounded, who
from jaxmed.results.page.tags import Html, section, table, tag
from jaxmed.results.saved import Saved, understanding

_LABELS = {"g": "g′", "mass": "M_Z′ [MeV]", "sin2_theta_w": "sin²θ_W"}
_QUANTILES = ("0.05", "0.16", "0.5", "0.84", "0.95")
_HEAD = ("parameter", "median", "68 %", "90 %", "R-hat", "ESS, bulk", "ESS, tails")
_KEY = (
    "Medians with equal-tailed 68 % and 90 % intervals; nuisances in standard deviations of their constraints. "
    "R-hat compares the chains, 1 is best; ESS is how many independent samples these are worth."
)


def posteriors_section(results: Sequence[Saved]) -> Html | None:
    """Every posterior: what was assumed, how it was sampled, what to distrust, and its numbers."""
    found: list[Html] = []
    for saved in (s for s in results if s.kind == "posterior"):
        with understanding(saved):
            found += [
                _posterior(_stem(saved, name), name, each) for name, each in saved.parts.items()
            ]
    key = tag("p", _KEY, class_="soft")
    return section("Posteriors", "posteriors", key, found) if found else None


def posterior_layers(saved: Saved) -> list[Layer]:
    """Credible regions and, as contours, the confidence regions beside them; none without a plane."""
    return [
        layer
        for name, each in saved.parts.items()
        if each["credible"]
        for layer in (
            _credible_layer(_stem(saved, name), each),
            contour_layer(
                f"{_stem(saved, name)}_confidence",
                each | each["confidence"],
                "confidence contours beside the posterior",
            ),
        )
    ]


def _stem(saved: Saved, name: str) -> str:
    """Of downloads: the file's name, with the fit's where there are several."""
    return saved.path.stem if len(saved.parts) == 1 else f"{saved.path.stem}_{name}"


def _posterior(stem: str, name: str, found: Mapping[str, Any]) -> Html:
    summaries = {**found["parameters"], **found["nuisances"]}
    return tag(
        "div",
        tag("h3", name),
        [tag("p", tag("strong", "Warning: "), w, class_="warning") for w in found["warnings"]],
        tag("p", "Priors: ", _priors(found["priors"])),
        tag("p", _sampler(found["sampler"])),
        table(_HEAD, [_row(n, each) for n, each in summaries.items()]),
        tag("p", csv_link(_numbers(stem, found)), class_="downloads"),
    )


def _priors(found: Mapping[str, str]) -> str:
    texts = (f"{_LABELS.get(name, name)} {_prior(prior)}" for name, prior in found.items())
    return f"{'; '.join(texts) or 'those of the nuisances only'}."


def _prior(text: str) -> str:
    kind, first, second = text.split(":")
    return f"{kind}, {first} {'±' if kind == 'normal' else 'to'} {second}"


def _sampler(found: Mapping[str, Any]) -> str:
    return (
        f"NUTS: {found['chains']} chains of {found['samples']} samples after {found['warmup']} steps of warm-up, "
        f"seed {found['seed']}; {found['divergences']} divergences, acceptance {found['acceptance']:.2f}, "
        f"{found['steps']:.1f} leapfrog steps per sample."
    )


def _row(name: str, summary: Mapping[str, Any]) -> tuple[object, ...]:
    low, inner_low, median, inner_high, high = (summary["quantiles"][q] for q in _QUANTILES)
    return (
        _LABELS.get(name, name),
        _short(median),
        tag("div", f"{_short(inner_low)} to {_short(inner_high)}"),
        tag("div", f"{_short(low)} to {_short(high)}"),
        _short(summary["r_hat"], ".3f"),
        _short(summary["ess_bulk"], ".0f"),
        _short(summary["ess_tail"], ".0f"),
    )


def _short(value: float | None, digits: str = ".3g") -> str:
    return "unknown" if value is None else f"{value:{digits}}"


def _numbers(stem: str, found: Mapping[str, Any]) -> Numbers:
    """Every summary as it was saved."""
    head = ("kind", "name", "mean", "std", *(f"quantile_{q}" for q in _QUANTILES))
    rows = [
        (
            kind,
            name,
            *(each[key] for key in ("mean", "std")),
            *(each["quantiles"][q] for q in _QUANTILES),
            *(each[key] for key in ("r_hat", "ess_bulk", "ess_tail")),
        )
        for kind in ("parameter", "nuisance")
        for name, each in found["parameters" if kind == "parameter" else "nuisances"].items()
    ]
    return Numbers(f"{stem}_summary", (*head, "r_hat", "ess_bulk", "ess_tail"), rows)


def _credible_layer(stem: str, content: dict[str, Any]) -> Layer:
    levels = ", ".join(f"{100 * each['probability']:g}" for each in content["credible"])
    layer = Layer(f"{who(content)}: credible regions at {levels} %", owner(content))
    layer.regions = [
        {
            "level": f"{100 * each['probability']:g} %",
            "rings": [
                {"x": rounded(ring["mass_mev"]), "y": rounded(ring["g"])} for ring in each["rings"]
            ],
        }
        for each in sorted(content["credible"], key=lambda each: each["probability"])
    ]
    head = ("probability", "line", "closed", "mass_MeV", "g")
    layer.tables = [Numbers(f"{stem}_credible", head, list(_vertices(content["credible"])))]
    return layer


def _vertices(regions: Sequence[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    for region in regions:
        for i, edge in enumerate(region["lines"]):
            for mass, g in zip(edge["mass_mev"], edge["g"], strict=True):
                yield region["probability"], i, edge["closed"], mass, g
