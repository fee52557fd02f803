"""Limits along a line of masses, asymptotic or from toys, and what to expect; or intervals of one parameter."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.progress import Share, part, running
from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.expected_limits import Expected, expected_ends, expected_limits
from jaxmed.inference.hypothesis.feldman_cousins_limits import (
    AcceptedLine,
    check_precision,
    fc_interval,
    fc_limits,
)
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.regions.allowed import in_unit
from jaxmed.inference.regions.intervals import check_interval, intervals, only_parameter
from jaxmed.inference.regions.limits import Limits, check_line
from jaxmed.inference.regions.limits import limits as asymptotic
from jaxmed.inference.regions.mass_lines import check_plane
from jaxmed.inference.regions.nuisance_effects import nuisance_effects
from jaxmed.models.model import Choice, Parameter
from jaxmed.results.intervals import IntervalResult
from jaxmed.results.limits import SIGMAS, LimitsResult
from jaxmed.results.overlay import Overlay

_TOYS = 1000


def limits(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    masses: float | Sequence[float] | np.ndarray | str | None = None,
    cl: float = 0.90,
    sided: str = "two",
    method: str = "asymptotic",
    toys: int = _TOYS,
    expected: int | None = None,
    seed: int = 1,
    progress: bool = False,
    **common: Unpack[Common],
) -> LimitsResult | IntervalResult:
    """Upper limit on g at each mass, or intervals of the only parameter, with nuisances profiled and islands found.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`).
        masses: of the mediator [MeV]; left out where only one parameter is free, such as a magnetic moment.
        cl: confidence level, between 0 and 1.
        sided: 'two' or 'one' (`inference.regions.limits.limits`); Feldman-Cousins decides by itself.
        method: 'asymptotic' or 'fc', Feldman-Cousins.
        toys: at each coupling at most, for 'fc'.
        expected: add the limits expected without a mediator, from so many toys.
        seed: of the toys.
        progress: show a bar.
        **common: what is fixed, free and constrained, options of the experiments, and the box (`Common`).

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    given = {"masses": masses, "cl": cl, "sided": sided, "method": method, "toys": toys}
    analysis = Analysis.of(
        experiments=experiments, model=model, expected=expected, seed=seed, **given, **common
    )
    check_limits(analysis)
    with running(analysis, f"Limits from {analysis.name}", progress) as tick:
        return find_limits(analysis, tick)


def check_limits(analysis: Analysis) -> None:
    """ValueError for what can be refused before any work."""
    check_one_or_line(analysis)
    if analysis.method == "fc":
        if analysis.sided != "two":
            raise ValueError(
                f"sided = {analysis.sided}: expected it left out with method fc, since Feldman-Cousins' ordering "
                "decides by itself whether an interval has one end or two"
            )
        check_toys(analysis.toys or _TOYS, analysis.seed, analysis.constraints)
        check_precision(analysis.toys or _TOYS, analysis.level())
    if analysis.expected is not None:
        check_toys(analysis.expected, analysis.seed, analysis.constraints)


def check_one_or_line(analysis: Analysis) -> None:
    """ValueError unless limits can be found on g at masses that are given, or on one parameter without them."""
    if of_one_parameter(analysis):
        check_interval(analysis.problem, analysis.level(), analysis.sided)
    else:
        check_line(analysis.narrowed, analysis.line(), analysis.level(), analysis.sided)
        check_plane(analysis.problem)


def of_one_parameter(analysis: Analysis) -> bool:
    """Whether no line of masses is asked for: that there is one is then an error, unless one parameter is free."""
    return not analysis.masses and len(analysis.problem.parameters) == 1


def find_limits(
    analysis: Analysis, tick: Share, overlays: Sequence[Overlay] = ()
) -> LimitsResult | IntervalResult:
    """The limits of a checked analysis; `overlays` are kept with those along a line of masses."""
    if of_one_parameter(analysis):
        return _find_interval(analysis, tick)
    return find_line(analysis, tick, overlays)


def find_line(analysis: Analysis, tick: Share, overlays: Sequence[Overlay] = ()) -> LimitsResult:
    """Those along a line of masses."""
    data, model = analysis.data, analysis.narrowed
    line: dict[str, Any] = {"masses": analysis.line(), "cl": analysis.level(), **analysis.settings}
    ranking: dict[str, np.ndarray] | None = None
    share, seed = part(tick, 1.0 if analysis.expected is None else 0.5), analysis.seed
    if analysis.method == "fc":
        number = analysis.toys or _TOYS
        found = fc_limits(data, model, number=number, seed=seed, tick=share, **line)
    else:
        found = asymptotic(data, model, sided=analysis.sided, tick=share, **line)
        ranking = nuisance_effects(analysis.problem, data, found)
    without = None
    if analysis.expected is not None:
        line |= {"sided": analysis.sided, "number": analysis.expected, "seed": seed}
        without = expected_limits(data, model, tick=share, **line)
    return limits_result(analysis, found, without, ranking, overlays)


def _find_interval(analysis: Analysis, tick: Share) -> IntervalResult:
    data, model, parameter = analysis.data, analysis.narrowed, only_parameter(analysis.problem)
    share = part(tick, 1.0 if analysis.expected is None else 0.5)
    ask: dict[str, Any] = {"cl": analysis.level(), "tick": share, **analysis.settings}
    found: dict[str, Any] = {}
    if analysis.method == "fc":
        toys = {"number": analysis.toys or _TOYS, "seed": analysis.seed}
        line = fc_interval(data, model, **toys, **ask)
        found |= _of_toys(parameter, line) | {"toys": toys["number"]}
    else:
        found |= intervals(data, model, sided=analysis.sided, **ask)._asdict()
        found |= {"sided": analysis.sided}
    if analysis.expected is not None:
        number = {"sided": analysis.sided, "number": analysis.expected, "seed": analysis.seed}
        without = expected_ends(data, model, **number, **ask)
        found["ends_expected"] = dict(zip(SIGMAS, without.ends, strict=True))
        found["expected"] = {"toys": len(without.toys), "failed": without.failed}
    own = {"parameter": parameter.name, "unit": parameter.unit, "log": parameter.log}
    own |= {"cl": analysis.level(), "method": analysis.method}
    if {"toys", "expected"} & {*found}:
        own["seed"] = analysis.seed
    return IntervalResult(**asked(analysis), **own, **found)


def _of_toys(parameter: Parameter, line: AcceptedLine) -> dict[str, Any]:
    """Fields of what toys accept along a parameter."""
    # the first of a logarithmic one stands for the standard model
    value = in_unit(parameter, float(line.along[0]), line.along)
    own = {"sided": None, "threshold": np.nan, "value": value}
    return own | {"p": line.found.p, "p_error": line.found.p_error, **line.allowed._asdict()}


def limits_result(
    analysis: Analysis,
    found: Limits,
    without: Expected | None = None,
    ranking: dict[str, np.ndarray] | None = None,
    overlays: Sequence[Overlay] = (),
) -> LimitsResult:
    """What was found as a result, with limits expected without a mediator and a ranking if there are any."""
    toys: dict[str, Any] = {"toys": analysis.toys or _TOYS} if analysis.method == "fc" else {}
    if without is not None:
        toys["g_expected"] = dict(zip(SIGMAS, without.g_upper, strict=True))
        toys["expected"] = {"toys": len(without.toys), "failed": without.failed.tolist()}
    if toys:
        toys["seed"] = analysis.seed
    return LimitsResult(
        **asked(analysis),
        cl=analysis.level(),
        method=analysis.method,
        sided=found.sided,
        threshold=found.threshold,
        mass_mev=found.mass,
        g_upper=found.g_upper,
        g_best=found.g_best,
        flag=found.flag,
        intervals=found.intervals,
        ranking=ranking,
        overlays=[o.as_json() for o in overlays] or None,
        **toys,
    )
