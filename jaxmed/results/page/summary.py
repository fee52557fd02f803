"""The summary on top of the page: what was asked, with which options, and what the data say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxmed.inference.results import NO_MEDIATOR, prefers_mediator
from jaxmed.results.bounds import LIKELIHOOD
from jaxmed.results.page.blocks import quantity
from jaxmed.results.page.fits import estimates
from jaxmed.results.page.layer import who
from jaxmed.results.page.scans import p_value
from jaxmed.results.saved import Saved, method_words, numbers, understanding

_ASKED = ("cl", "constraints", "fixed", "free", "box", "toys", "seed", "priors", "options")
_WORDS = {"cl": "CL", "fixed": "held fixed", "free": "freed"}


class Answer(NamedTuple):
    """One result: what it is, what was asked and what was found."""

    title: str
    asked: str
    found: list[str]


def summary(results: Sequence[Saved]) -> list[Answer]:
    """An answer for each result that has one, kind by kind.

    Raises:
        ValueError: a file whose content jaxmed does not write.
    """
    answers = []
    for kind, found in _ANSWERS.items():
        for saved in (each for each in results if each.kind == kind):
            with understanding(saved):
                answers += [
                    Answer(_title(kind, name, part), _asked(part), list(found(part | saved.arrays)))
                    for name, part in saved.parts.items()
                ]
    return answers


def _asked(part: Mapping[str, Any]) -> str:
    """Options as they were given, as far as the result depends on them."""
    given = {key: part.get(key) for key in _ASKED}
    given["cl"] = given["cl"] or [level["cl"] for level in part.get("contours", [])]
    if isinstance(part.get("method"), str):
        given["method"] = method_words(part)
    return "; ".join(
        f"{_WORDS.get(key, key)}: {_words(value)}" for key, value in given.items() if value
    )


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_words(each)}" for key, each in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)


def _fit(fit: Mapping[str, Any]) -> Iterator[str]:
    if fit["status"] != "converged":
        yield f"Do not trust it: the fit is {fit['status']}."
    yield f"Best fit: {'; '.join(estimates(fit))}."
    if prefers_mediator(fit["parameters"], fit["delta_chi2_sm"]):
        yield f"The standard model is {fit['delta_chi2_sm']:z.2f} units of −2 log L worse."
    yield from fit["explanation"]


def _limit(content: Mapping[str, Any]) -> Iterator[str]:
    yield _strongest(content["mass_mev"], content["g_upper"])
    flags = Counter(flag for each in content["flag"] for flag in each.split(", ") if flag != "ok")
    if flags:
        counted = (
            f"{flag} at {number} of {len(content['flag'])} masses" for flag, number in flags.items()
        )
        yield f"To know: {', '.join(counted)}."


def _strongest(masses: Sequence[float], upper: Sequence[float | None]) -> str:
    """A limit where it is strongest and at both ends."""
    known = [(mass, g) for mass, g in zip(masses, numbers(upper), strict=True) if np.isfinite(g)]
    if not known:
        return "There is no limit."
    lowest = min(known, key=lambda each: each[1])
    shown = dict.fromkeys([known[0], lowest, known[-1]])
    return f"{', '.join(f'g′ < {g:.3g} at {mass:.4g} MeV' for mass, g in shown)}."


def _contours(content: Mapping[str, Any]) -> Iterator[str]:
    best, worse = content["best"], content["delta_chi2_sm"]
    if prefers_mediator(("g", "mass"), worse):
        yield f"Best fit: {quantity('g', best['g'])}; {quantity('mass', best['mass_mev'])}."
    else:
        yield f"Best fit: {NO_MEDIATOR}."
    beyond = [f"{100 * e['cl']:g}" for e in content["contours"] if worse > e["threshold"]]
    where = f"outside the regions at {', '.join(beyond)} %" if beyond else "inside all regions"
    yield f"The standard model, {worse:z.2f} units of −2 log L worse, is {where}."


def _posterior(content: Mapping[str, Any]) -> Iterator[str]:
    for name, each in content["parameters"].items():
        low, median, high = (each["quantiles"][q] for q in ("0.16", "0.5", "0.84"))
        yield f"{quantity(name, median)} ({low:.3g} to {high:.3g} with 68 % probability)."
    yield from (f"Warning: {warning}" for warning in content["warnings"])


def _scan(content: Mapping[str, Any]) -> Iterator[str]:
    nll = content["nll"]
    if not np.isfinite(nll).any():
        yield "The model is undefined at all points."
        return
    at = np.unravel_index(np.nanargmin(nll), nll.shape)
    place = (
        quantity(axis["name"], content[axis["array"]][i], axis["unit"])
        for axis, i in zip(content["axes"], at, strict=True)
    )
    yield f"Lowest of {nll.size} points: {', '.join(place)}."
    if content["nll_sm"] is not None:
        worse = 2 * (content["nll_sm"] - float(nll[at]))
        yield f"The standard model is {worse:z.2f} units of −2 log L worse."
    if content.get("toys"):
        accepted = int((content["p"] > 1 - content["toys"]["cl"]).sum())
        yield f"Toys accept {accepted} points at {100 * content['toys']['cl']:g} %."


def _significance(content: Mapping[str, Any]) -> Iterator[str]:
    yield f"The standard model is q₀ = {content['q0']:.2f} units of −2 log L worse than the best fit."
    p = content["p_values"]["everywhere"]
    chance = p_value(content, p)
    sigmas = "" if p["z"] is None else f", {p['z']:.2f}σ"
    yield f"How often it alone looks as much like a mediator of any mass: {chance}{sigmas}."


def _sensitivity(content: Mapping[str, Any]) -> Iterator[str]:
    yield f"Expected: {_strongest(content['mass_mev'], content['g_expected'])}"
    for knob in content["knobs"][:1]:
        gains = numbers(knob["gain_10_percent"])
        if np.isfinite(gains).any():
            gain = f"falls by up to {100 * np.nanmax(gains):.2g} %"
            yield f"What helps most is {knob['name']}: 10 % better, and the limit {gain}."


def _spectrum(content: Mapping[str, Any]) -> Iterator[str]:
    observed, ground, sm, total = (
        float(np.sum(numbers(content[key]))) for key in ("observed", "background", "sm", "total")
    )
    yield f"{observed:.5g} events observed, {ground + sm:.5g} expected without a mediator, {total:.5g} with it."


def _bounds(content: Mapping[str, Any]) -> Iterator[str]:
    for name, each in content["likelihood"].items():
        yield f"{LIKELIHOOD[name]}: {_strongest(each['mass_mev'], each['g_upper'])}"


def _title(kind: str, name: str, part: dict[str, Any]) -> str:
    if kind == "bounds":
        return f"Bounds of arXiv:2106.12364 ({part['model']})"
    if kind == "spectrum":
        return f"Spectrum: {part.get('title', name)}, {part.get('label', '')}"
    return f"Fit {name}: {who(part)}" if kind == "fits" else f"{kind.capitalize()}: {who(part)}"


_ANSWERS: dict[str, Callable[[dict[str, Any]], Iterable[str]]] = {
    "fits": _fit,
    "limit": _limit,
    "contours": _contours,
    "posterior": _posterior,
    "scan": _scan,
    "significance": _significance,
    "sensitivity": _sensitivity,
    "spectrum": _spectrum,
    "bounds": _bounds,
}
