"""Saved limits, contours, scans and posteriors as tables for HEPData."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from jaxmed.inference.results import STATUS
from jaxmed.results.contours import without_edge
from jaxmed.results.saved import Saved, method_words, numbers, understanding

_MASS, _COUPLING = ("$M_{Z'}$", "MeV"), ("$g'$", "")
_LABELS = {"mass": _MASS, "g": _COUPLING}
_CREDIBLE = (
    "Edge of the credible region, densest per decade of coupling and mass, vertex by vertex, nuisances marginalised. "
    "Where a line ends, the edge of the priors closes it."
)
_CONFIDENCE = (
    "Edge of the confidence region in the same plane, vertex by vertex, nuisances profiled."
)
_SUMMARY = "Posterior medians with equal-tailed intervals; nuisances in standard deviations of their constraints."

Column = tuple[tuple[str, str], Sequence[Any]]
"""Name and unit, and the values."""


class HepTable(NamedTuple):
    """One table: name, what it says, qualifiers, columns one chooses, columns that follow, and the file it is from."""

    name: str
    description: str
    qualifiers: dict[str, str]
    independent: Sequence[Column]
    dependent: Sequence[Column]
    source: str


def hepdata_tables(results: Iterable[Saved]) -> list[HepTable]:
    """Tables of all limits, contours, scans and posteriors; a user's own curves over them are left out.

    Raises:
        ValueError: none of the results is one of these, or a file whose content jaxmed does not write.
    """
    found: list[HepTable] = []
    for saved in results:
        if saved.kind in READERS:
            with understanding(saved):
                found += READERS[saved.kind](saved)
    if not found:
        raise ValueError(
            "no limit, contour, scan or posterior among the results: expected at least one"
        )
    return found


def _limit(saved: Saved) -> list[HepTable]:
    content = saved.content
    dependent = [
        (_COUPLING, content["g_upper"]),
        (("Remark", ""), content["flag"]),
        *(
            ((f"$g'$ expected without a mediator, {int(n):+d} sigma", ""), values)
            for n, values in content.get("g_expected", {}).items()
        ),
    ]
    name = saved.path.stem.replace("_", " ")
    description = f"Upper limit on the coupling, {method_words(content)}, outermost if there are several intervals."
    qualifiers = _qualifiers(content) | {"CL": _percent(content["cl"])}
    return [
        HepTable(
            name,
            description,
            qualifiers,
            [(_MASS, content["mass_mev"])],
            dependent,
            saved.path.name,
        )
    ]


def _bounds(saved: Saved) -> list[HepTable]:
    content = saved.content
    common = {"model": content["model"], "cl": content["cl"], "method": "asymptotic"}
    common |= {"sided": content.get("sided")}
    return [
        table._replace(name=f"{table.name} {name}")
        for name, each in content["likelihood"].items()
        for table in _limit(saved._replace(content=each | common))
    ]


def _contours(saved: Saved) -> list[HepTable]:
    description = "Edge of the allowed region, vertex by vertex, nuisances profiled."
    return [
        _edge(
            saved,
            f"{saved.path.stem} {name}",
            description if level["lines"] else _no_lines(content, level),
            _qualifiers(content) | {"CL": _percent(level["cl"])},
            level,
        )
        for name, content in saved.parts.items()
        for level in content["contours"]
    ]


def _no_lines(content: Mapping[str, Any], level: Mapping[str, Any]) -> str:
    delta = numbers(content["points"]["delta_chi2"])
    return f"The contour has no lines: {without_edge(delta, level['threshold'])}."


def _posterior(saved: Saved) -> list[HepTable]:
    """The credible and confidence regions of g and mass, and medians with intervals of all that was sampled."""
    found = []
    for name, content in saved.parts.items():
        title, asked = f"posterior {name}", _qualifiers(content)
        priors = "; ".join(f"{parameter} {prior}" for parameter, prior in content["priors"].items())
        assumed = asked | ({"Priors": priors} if priors else {})
        for level in content["credible"] or []:
            cl = {"Probability": _percent(level["probability"])}
            if level["lines"]:
                found.append(_edge(saved, f"{title} credible", _CREDIBLE, assumed | cl, level))
        for level in (content["confidence"] or {"contours": []})["contours"]:
            cl = {"CL": _percent(level["cl"])}
            if level["lines"]:
                found.append(_edge(saved, f"{title} confidence", _CONFIDENCE, asked | cl, level))
        found.append(_summaries(saved, title, content, assumed))
    return found


def _edge(
    saved: Saved, title: str, description: str, qualifiers: dict[str, str], level: Mapping[str, Any]
) -> HepTable:
    """The lines around one region, an empty one if there are none; its share, the last qualifier, ends the name."""
    lines = level["lines"]
    if not lines:
        lines = [{"mass_mev": [None], "g": [None]}]
    number = [i for i, line in enumerate(lines, 1) for _ in line["g"]]
    mass, g = ([v for line in lines for v in line[key]] for key in ("mass_mev", "g"))
    share = list(qualifiers.values())[-1].replace("%", "percent")
    independent = [(("Line", ""), number), (_MASS, mass)]
    return HepTable(
        f"{title} {share}", description, qualifiers, independent, [(_COUPLING, g)], saved.path.name
    )


def _summaries(
    saved: Saved, title: str, content: Mapping[str, Any], qualifiers: dict[str, str]
) -> HepTable:
    found = {**content["parameters"], **content["nuisances"]}
    columns = {
        "Median": "0.5",
        "68 %, low": "0.16",
        "68 %, high": "0.84",
        "90 %, low": "0.05",
        "90 %, high": "0.95",
    }
    dependent = [
        ((heading, ""), [each["quantiles"][q] for each in found.values()])
        for heading, q in columns.items()
    ]
    independent = [(("Parameter", ""), [f"{n} [MeV]" if n == "mass" else n for n in found])]
    return HepTable(
        f"{title} summary", _SUMMARY, qualifiers, independent, dependent, saved.path.name
    )


def _scan(saved: Saved) -> list[HepTable]:
    header, arrays = saved.content, saved.arrays
    values = [arrays[axis["array"]].tolist() for axis in header["axes"]]
    points = list(product(*values))
    names = [
        _LABELS.get(axis["name"], (axis["name"], "" if axis["unit"] == "1" else axis["unit"]))
        for axis in header["axes"]
    ]
    independent = [(name, [p[i] for p in points]) for i, name in enumerate(names)]
    nll = arrays["nll"].ravel()
    status = [STATUS[i] for i in arrays["status"].ravel()]
    dependent = [
        (("$-2 \\Delta \\log L$", ""), _above_lowest(nll)),
        (("Status", ""), status),
    ]
    if "p" in arrays:
        dependent.append((("p-value, from toys", ""), arrays["p"].ravel().tolist()))
    description = (
        "Above the lowest point, nuisances profiled. Where the status is excluded the number is a lower bound, where "
        "it is unconverged an upper one, and where it is undefined the model gives none: neither excluded nor allowed."
    )
    return [
        HepTable(
            saved.path.stem,
            description,
            _qualifiers(header),
            independent,
            dependent,
            saved.path.name,
        )
    ]


READERS: dict[str, Callable[[Saved], list[HepTable]]] = {
    "limit": _limit,
    "bounds": _bounds,
    "contours": _contours,
    "posterior": _posterior,
    "scan": _scan,
}


def _above_lowest(nll: np.ndarray) -> list[float]:
    """-2 Delta log L, NaN where the model is undefined."""
    return (2 * (nll - np.fmin.reduce(nll))).tolist()


def _qualifiers(content: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "Model": str(content["model"]),
        "Experiments": ", ".join(content["experiments"]),
        "Constraints": ", ".join(content.get("constraints", [])),
    }
    return {name: text for name, text in found.items() if text}


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
