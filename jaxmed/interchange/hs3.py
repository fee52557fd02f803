"""A likelihood in the HEP Statistics Serialization Standard (HS3).

Counts are HistFactory channels: a sample for each power of the coupling and each background, with its normalisations
as normfactors and its shapes as shapefactors, whose parameters are generic functions of the nuisances. Where the
likelihood does something to the events of a bin, one function holds them all: a maximum for counts that may be too few
and for bins that may be empty, the mean of a Gaussian for a chi^2.
"""

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln, xlogy

from jaxmed.experiments.likelihood.nll import FLOOR
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import PULL_BOX, Data, Problem
from jaxmed.interchange.functions import (
    Functions,
    factor,
    number,
    polynomial,
    power,
    shape_factors,
)
from jaxmed.interchange.parts import PolynomialPart, acting_nuisances, always_above_floor, parts_of
from jaxmed.interchange.polynomial import free_parameter, signal_polynomials
from jaxmed.models.model import Parameter

Json = dict[str, Any]
VERSION = "0.2"
"""Of the standard."""
_ONE = "one"
_LOG_2PI = float(np.log(2 * np.pi))


class _Terms(NamedTuple):
    """What one experiment adds to a document, and what its terms have beside jaxmed's -log L."""

    distributions: list[Json]
    data: list[Json]
    auxiliary: list[Json]
    constant: float


def hs3_document(problem: Problem, data: Data) -> Json:
    """The likelihood of a problem with one free parameter of its model.

    Args:
        problem: what is free, and where the rest is held.
        data: its experiments.

    Returns:
        The document. Its -log L is jaxmed's plus `misc.jaxmed.constant`, which depends on the data only.

    Raises:
        ValueError: constraints, several free parameters, or a signal that is no polynomial in the only one.
    """
    parameter, functions = free_parameter(problem), Functions()
    signals = signal_polynomials(problem, data)
    coupling = _symbol(parameter.name)
    terms = [
        _counts(e, parts_of(e, signal), functions, coupling)
        for e, signal in zip(data, signals, strict=True)
    ]
    names = acting_nuisances(data)
    constraints = _constraints(problem, names)
    channels = [each for t in terms for each in t.distributions]
    auxiliary = [*(each for t in terms for each in t.auxiliary), *constraints]
    observed = [each for t in terms for each in t.data]
    constant = sum(t.constant for t in terms) + _LOG_2PI / 2 * len(constraints)
    return {
        "metadata": {
            "hs3_version": VERSION,
            "packages": [{"name": "jaxmed", "version": version("jaxmed")}],
            "description": _description(problem, data),
        },
        "distributions": [*channels, *auxiliary],
        "functions": functions.listed(),
        "data": observed,
        "likelihoods": [
            {
                "name": "likelihood",
                "distributions": [each["name"] for each in channels],
                "data": [each["name"] for each in observed],
                "aux_distributions": [each["name"] for each in auxiliary],
            }
        ],
        **_analysis(problem, parameter, names),
        "misc": {"jaxmed": {"constant": constant}},
    }


def _analysis(problem: Problem, parameter: Parameter, names: Sequence[str]) -> Json:
    """What is asked of the likelihood: the coupling, within the box, from a start."""
    coupling = _symbol(parameter.name)
    start = float(np.sqrt(parameter.low * parameter.high)) if parameter.log else 0.0
    axes = [_range(coupling, parameter.low, parameter.high), *_ranges(problem, names)]
    values = [
        {"name": coupling, "value": start},
        *_values(problem, names),
        {"name": _ONE, "value": 1.0, "const": True},
    ]
    return {
        "domains": [{"name": "box", "type": "product_domain", "axes": axes}],
        "parameter_points": [{"name": "start", "parameters": values}],
        "analyses": [
            {
                "name": "analysis",
                "likelihood": "likelihood",
                "parameters_of_interest": [coupling],
                "domains": ["box"],
                "init": "start",
            }
        ],
    }


def _counts(
    e: Experiment, parts: Sequence[PolynomialPart], functions: Functions, coupling: str
) -> _Terms:
    n, name = np.asarray(e.observed, dtype=float), re.sub(r"\W", "_", e.name)
    if e.gaussian:
        error = np.asarray(e.error, dtype=float)
        means = _events(parts, functions, name, coupling)
        bins = [
            {
                "name": f"{name}_bin_{b}",
                "type": "gaussian_dist",
                "x": float(n[b]),
                "mean": mean,
                "sigma": float(error[b]),
            }
            for b, mean in enumerate(means)
        ]
        return _Terms([], [], bins, float(np.log(error).sum() + _LOG_2PI / 2 * n.size))
    axes = [{"name": f"{name}_{axis.name}", "edges": list(axis.edges)} for axis in e.axes]
    if e.one_sided or not always_above_floor(e, tuple(parts)):
        samples = [_together(e, _events(parts, functions, name, coupling), functions, name, n)]
    else:
        samples = [s for part in parts for s in _samples(part, functions, name, coupling)]
    channel = {"name": name, "type": "histfactory_dist", "axes": axes, "samples": samples}
    counted = {"name": f"{name}_data", "type": "binned", "axes": axes, "contents": n.tolist()}
    constant = float((gammaln(n + 1) + n - xlogy(n, n)).sum())
    return _Terms([channel], [counted], [], constant)


def _samples(part: PolynomialPart, functions: Functions, prefix: str, coupling: str) -> list[Json]:
    """One for each power of the coupling."""
    own = f"{prefix}_{part.name}"
    shared = [_modifier(factor(functions, each, own)) for each in part.scales]
    if part.shapes:
        bins = shape_factors(functions, part, own, coupling)
        names = [name or _ONE for name in bins]
        shared.append({"name": f"{own}_shape", "type": "shapefactor", "parameters": names})
    return [
        {
            "name": f"{part.name}_{p}" if p else part.name,
            "data": {"contents": row.tolist()},
            "modifiers": [*([_modifier(power(functions, coupling, p))] if p else []), *shared],
        }
        for p, row in zip(part.powers, part.nominal, strict=True)
    ]


def _modifier(name: str) -> Json:
    return {"name": name, "type": "normfactor", "parameter": name}


def _events(
    parts: Sequence[PolynomialPart], functions: Functions, prefix: str, coupling: str
) -> list[str]:
    """Names of the events of every bin."""
    sums: list[list[str]] = [[] for _ in range(parts[0].nominal.shape[1])]
    for part in parts:
        own = f"{prefix}_{part.name}"
        factors = [factor(functions, each, own) for each in part.scales]
        powers = [power(functions, coupling, p) if p else "" for p in part.powers]
        shapes = shape_factors(functions, part, own, coupling) if part.shapes else [""] * len(sums)
        for terms, nominal, shape in zip(sums, part.nominal.T, shapes, strict=True):
            if nominal.any():
                events = f"({polynomial(powers, nominal)})"
                terms.append("*".join([events, *factors, *([shape] if shape else [])]))
    return [
        functions.add(f"{prefix}_events_{b}", "+".join(terms) or "0")
        for b, terms in enumerate(sums)
    ]


def _together(
    e: Experiment, events: list[str], functions: Functions, prefix: str, observed: np.ndarray
) -> Json:
    """One sample of all events, of which the likelihood takes a maximum."""
    least = np.maximum(observed, FLOOR) if e.one_sided else np.full(observed.size, FLOOR)
    names = [
        functions.add(f"{prefix}_seen_{b}", f"max({name},{number(low)})")
        for b, (name, low) in enumerate(zip(events, least, strict=True))
    ]
    shape = {"name": f"{prefix}_events", "type": "shapefactor", "parameters": names}
    return {"name": "all", "data": {"contents": [1.0] * len(names)}, "modifiers": [shape]}


def _constraints(problem: Problem, names: Sequence[str]) -> list[Json]:
    floating = {each.name for each in problem.floating}
    return [
        {
            "name": f"{_symbol(name)}_constraint",
            "type": "gaussian_dist",
            "x": 0.0,
            "mean": _symbol(name),
            "sigma": 1.0,
        }
        for name in names
        if name not in floating
    ]


def _ranges(problem: Problem, names: Sequence[str]) -> list[Json]:
    boxes = {p.name: (p.low, p.high) for p in problem.floating}
    free = [name for name in names if name in problem.nuisances]
    return [_range(_symbol(name), *boxes.get(name, PULL_BOX)) for name in free]


def _range(name: str, low: float, high: float) -> Json:
    return {"name": name, "min": float(low), "max": float(high)}


def _values(problem: Problem, names: Sequence[str]) -> list[Json]:
    held = dict(problem.fixed)
    return [
        {"name": _symbol(name), "value": float(held.get(name, 0.0))}
        | ({"const": True} if name in held else {})
        for name in names
    ]


def _symbol(name: str) -> str:
    """A name as a variable of expressions, in which a short word may be a function of the reader's."""
    found = re.sub(r"\W", "_", name)
    return found if "_" in found or found == "g" else f"{found}_"


def _description(problem: Problem, data: Data) -> str:
    own = {p.name: p for p in problem.model.parameters}
    held = [f"{n} = {own[n].value(v):g} {own[n].unit}" for n, v in problem.fixed if n in own]
    at = f" at {', '.join(held)}" if held else ""
    return f"{', '.join(e.title for e in data)}: model {problem.model.name}{at}"
