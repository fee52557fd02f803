"""Asymptotic intervals of a model's only parameter, such as a magnetic moment: its whole box scanned."""

from collections.abc import Sequence
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Problem, Settings, pose
from jaxmed.inference.regions.allowed import find_allowed, first_parameter, in_unit
from jaxmed.inference.regions.limits import limit_threshold
from jaxmed.inference.regions.minima import refine_minima
from jaxmed.inference.regions.samples import sample
from jaxmed.models.model import Choice, Parameter

_STEPS_PER_DECADE, _STEPS = 20, 400  # of the first scan, in a logarithmic and in a linear parameter


class Intervals(NamedTuple):
    """What is allowed of one parameter.

    Attributes:
        value: of the parameter in its unit, 0 for the standard model of a logarithmic one, (n,).
        nll: profiled there, NaN where the model is undefined, (n,).
        best: value at the lowest of these.
        intervals: allowed, ascending; an end at the box is not a limit.
        flag: as of `limits.Limits`, and "edge" for either end of a parameter with a sign.
        threshold: allowed means -2 Delta log L below this quantile of chi^2 with one degree of freedom.
    """

    value: np.ndarray
    nll: np.ndarray
    best: float
    intervals: tuple[tuple[float, float], ...]
    flag: str
    threshold: float


def only_parameter(problem: Problem) -> Parameter:
    """The model parameter that alone is free; ValueError if there are others, or none."""
    if len(problem.parameters) != 1:
        raise ValueError(
            f"model '{problem.model.name}': free are {', '.join(problem.parameters) or 'none'}, "
            "expected one parameter alone, or g and mass"
        )
    return first_parameter(problem)[0]


def check_interval(problem: Problem, cl: float, sided: str) -> float:
    """Threshold of -2 Delta log L; ValueError as `intervals` raises."""
    parameter, threshold = only_parameter(problem), limit_threshold(cl, sided)
    if sided == "one" and not parameter.log:
        raise ValueError(
            f"sided = one: expected two for {parameter.name}, which may have either sign"
        )
    return threshold


def intervals(
    experiments: Experiment | Sequence[Experiment],
    model: Choice,
    *,
    cl: float = 0.90,
    sided: str = "two",
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Intervals:
    """Values of the only free parameter with q = -2 Delta log L below a threshold, as for `limits.limits`.

    Args:
        experiments: one data set or several; all nuisances are profiled.
        model: with one free parameter.
        cl: confidence level.
        sided: 'two', or 'one' for what cannot be negative.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: cl or sided as for `limits.limits`, one-sided of what may be negative, not one free parameter, or
            whatever `problem.pose` refuses.
    """
    problem, data = pose(experiments, model, **settings)
    threshold = check_interval(problem, cl, sided)
    parameter, standard = first_parameter(problem)
    low, high = problem.box[0]
    number = round(_STEPS_PER_DECADE * (high - low)) if parameter.log else _STEPS
    grid = np.union1d(np.linspace(low, high, number + 1), standard)
    scanned = sample(problem, np.zeros(grid.size, dtype=int), grid[:, None], data)
    advance(tick, 0.5)
    samples = refine_minima(problem, scanned, scanned.lowest + threshold / 2, data)
    advance(tick, 0.25)
    (found,) = find_allowed(problem, samples, threshold / 2, sided, data)
    advance(tick, 0.25)
    values = in_unit(parameter, standard, samples.along)
    return Intervals(values, samples.nll, found.best, found.intervals, found.flag, threshold)
