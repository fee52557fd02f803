"""Truths at which limits are worth a calibration: the standard model, and couplings from no effect to excluded."""

from itertools import product
from math import erf, sqrt
from typing import NamedTuple

import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.inference.problem import Settings, make_problem
from jaxmed.inference.regions.allowed import first_parameter
from jaxmed.inference.regions.grid_scan import grid_values
from jaxmed.inference.regions.intervals import intervals
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.sensitivity import asimov
from jaxmed.models.model import Parameter

# Masses [MeV] below and above which nothing new happens, and how many; as many of any other parameter, over its box.
_LIGHT, _HEAVY, _VALUES = 1e-3, 1e3, 10
# Couplings at each mass, and the effects of the first and the last one in standard deviations.
_COUPLINGS, _NOTHING, _MUCH = 9, 0.1, 5.0
Points = list[dict[str, float]]
"""All free model parameters by name in their own unit; g = 0 is the standard model."""


class MassLine(NamedTuple):
    """Couplings at one mass [MeV], and the limit to expect there."""

    mass: float
    couplings: list[float]
    g_expected: float


def truths(analysis: Analysis) -> tuple[Points, np.ndarray | None]:
    """The points of an analysis, and the limit to expect at the mass of each, (n,), if couplings are chosen by it.

    Raises:
        ValueError: values for what is not free, or `around_limits` finds nothing.
    """
    problem = analysis.problem
    names, given = problem.parameters, grid_values(problem, analysis.scan, _VALUES)
    if len(names) == 1 and names[0] not in ("g", *analysis.scan):
        return [{names[0]: value} for value in _around_ends(analysis)], None
    if "g" not in names or not {*names} <= {"g", "mass"}:
        every = product(*(values.tolist() for values in given.values()))
        return [dict(zip(names, values, strict=True)) for values in every], None
    masses, couplings = mass_values(analysis), analysis.scan.get("g")
    if couplings is None:
        lines = around_limits(analysis, masses)
    else:
        lines = [MassLine(mass, couplings.tolist(), np.nan) for mass in masses]
    # without a coupling the mass means nothing, unless sets are of couplings at that mass
    alone = lines[:1] if analysis.regions else lines
    plane = [
        ({"g": g, "mass": line.mass}, line.g_expected)
        for line in lines
        for g in [0.0] * (line in alone) + line.couplings
    ]
    points = [{name: point[name] for name in names} for point, _ in plane]
    return points, np.array([limit for _, limit in plane]) if couplings is None else None


def mass_values(analysis: Analysis) -> list[float]:
    """Masses [MeV]: that which is held, those that are given, or ten from light mediators to heavy ones."""
    mass = next(p for p in analysis.narrowed.parameters if p.name == "mass")
    if "mass" in analysis.fixed:
        return [analysis.fixed["mass"]]
    if "mass" in analysis.scan:
        return analysis.scan["mass"].tolist()
    low, high = max(mass.low, _LIGHT), min(mass.high, _HEAVY)
    ends = (low, high) if low < high else (mass.low, mass.high)
    return _rounded(np.geomspace(*ends, _VALUES), mass)


def around_limits(analysis: Analysis, masses: list[float]) -> list[MassLine]:
    """Couplings at each mass [MeV] by their effect on the counts to expect in the standard model.

    Masses at which none is excluded are left out.

    Raises:
        ValueError: there is no other.
    """
    data, model = analysis.data, analysis.narrowed
    fixed = {n: x for n, x in analysis.fixed.items() if n != "mass"}
    settings: Settings = {"fixed": fixed, "free": analysis.free}
    problem = make_problem(data, model, **settings)
    expected = [asimov(problem, each) for each in data]
    none, limit, much = (
        limits(expected, model, masses=masses, cl=level, **settings)
        for level in (_level(_NOTHING), analysis.level(), _level(_MUCH))
    )
    coupling = next(p for p in model.parameters if p.name == "g")
    ends = zip(masses, none.intervals, limit.g_upper, much.g_upper, strict=True)
    lines = [
        MassLine(mass, _rounded(np.geomspace(low[0][1], high, _COUPLINGS), coupling), float(g))
        for mass, low, g, high in ends
        if np.isfinite(high)
    ]
    if not lines:
        raise ValueError(
            f"{', '.join(analysis.names)}: expected a coupling within its box that is clearly excluded at some mass, "
            "found none: give values of g"
        )
    return lines


def _around_ends(analysis: Analysis) -> list[float]:
    """Values of the only parameter, the standard model's among them, as couplings are chosen by `around_limits`.

    Raises:
        ValueError: nothing is excluded within its box.
    """
    problem, (parameter, standard) = analysis.problem, first_parameter(analysis.problem)
    settings: Settings = {"fixed": analysis.fixed, "free": analysis.free}
    expected = [asimov(problem, each) for each in analysis.data]
    none, much = (
        intervals(expected, problem.model, cl=_level(effect), **settings)
        for effect in (_NOTHING, _MUCH)
    )
    if "edge" in much.flag:
        raise ValueError(
            f"{', '.join(analysis.names)}: expected values of {parameter.name} within its box that are clearly "
            f"excluded, found none: give values of {parameter.name}"
        )
    low, high = much.intervals[0][0], much.intervals[-1][1]
    if parameter.log:
        values = np.geomspace(none.intervals[0][1], high, _COUPLINGS)
        return [0.0, *_rounded(values, parameter)]
    return sorted({standard, *_rounded(np.linspace(low, high, _COUPLINGS), parameter)})


def _level(effect: float) -> float:
    """Confidence level of an effect in standard deviations."""
    return erf(effect / sqrt(2))


def refuse_one_sided(analysis: Analysis) -> None:
    """ValueError for an experiment whose counts cannot be drawn."""
    for each in analysis.data:
        if each.one_sided:
            raise ValueError(
                f"{each.name} is a one-sided count with a background that nobody knows: expected an experiment whose "
                "counts can be drawn"
            )


def _rounded(values: np.ndarray, parameter: Parameter) -> list[float]:
    """Those within the box to three digits: the same on every machine."""
    short = [float(f"{x:.3g}") for x in values]
    return [x for x in short if parameter.low <= x <= parameter.high]
