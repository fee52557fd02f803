"""How often the standard model alone looks at least as much like a mediator as the data do."""

from collections.abc import Sequence
from functools import partial
from math import erfc, sqrt
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.p_values import (
    LikelihoodRatios,
    PValue,
    check_toys,
    data_as_toy,
    fit_all,
    fit_both,
    p_value,
    standard_point,
    z_of,
)
from jaxmed.inference.problem import Data, Problem, Settings, pose
from jaxmed.inference.profile.profile import standard_start
from jaxmed.inference.regions.allowed import first_parameter
from jaxmed.inference.regions.intervals import only_parameter
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.inference.toys.global_fit import GlobalFitter, make_fitter
from jaxmed.models.model import Choice


class Significance(NamedTuple):
    """A test of the standard model against a mediator, with toys.

    Attributes:
        q0: 2 (nll of the standard model - nll of the best fit), the data's.
        best: model parameters of the best fit in their own unit.
        nll_sm: -log(L/L_sat) + pulls of the data in the standard model, nuisances fitted.
        nll_best: the same at the best fit.
        everywhere: p-value of q0 with g and the mass free in the toys too: the look-elsewhere effect included.
        local: p-value of q0 with the mass held at its best fit in the toys; `everywhere` where there is no mass.
        local_asymptotic: what half a chi^2 of one degree of freedom says instead of `local`, or the whole if `signed`.
        fit_sm: goodness of fit of the standard model: share of its toys with nll_sm at least as large.
        fit_best: goodness of fit of the best fit: share of its toys with nll_best at least as large.
        toys: background-only toys, tested with g and the mass free.
        toys_local: the same toys with the mass held.
        toys_best: toys of the best fit.
        signed: whether what is tested may be on either side of the standard model.
        undefined: in words, where in its box the model is undefined: no best fit is looked for there.
    """

    q0: float
    best: dict[str, float]
    nll_sm: float
    nll_best: float
    everywhere: PValue
    local: PValue
    local_asymptotic: PValue
    fit_sm: PValue
    fit_best: PValue
    toys: LikelihoodRatios
    toys_local: LikelihoodRatios
    toys_best: LikelihoodRatios
    signed: bool = False
    undefined: str = ""


class _Truth(NamedTuple):
    """A truth to draw from, and the grid on which global minima are looked for."""

    problem: Problem
    x: np.ndarray
    fitter: GlobalFitter


def significance(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    number: int = 10_000,
    seed: int = 1,
    tick: Tick = None,
    **settings: Unpack[Settings],
) -> Significance:
    """Test the standard model against a mediator of any coupling and mass, or any value of one parameter, with toys.

    A toy whose fit does not converge stays in the total and counts as more extreme than the data.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator or one free parameter.
        number: of toys, of the standard model and as many of the best fit.
        seed: of the toys: background-only ones are numbers 0 to `number` - 1 of its stream, those of the best fit
            the next ones.
        tick: called with the share of the work done since the last call.
        **settings: what is fixed, free and constrained (`problem.Settings`).

    Raises:
        ValueError: fewer than one toy, neither a mediator nor one free parameter, g held fixed, unknown names, or
            JAX in 32-bit mode.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    problem, group = pose(experiments, model, **settings)
    check_tested(problem)
    truth = _standard(problem, group)
    data = _test(truth, group, data_as_toy(truth.problem, group))
    best = _parameters(truth.problem, data.best[0])
    local, data_local = truth, data
    if problem.model.has_mediator:
        held = {**(settings.get("fixed") or {}), "mass": best["mass"]}
        at_mass: Settings = {**settings, "fixed": held}
        local = _standard(pose(group, problem.model, **at_mass)[0], group)
        data_local = _test(local, group, data_as_toy(local.problem, group))
    background = draw(truth.problem, group, truth.x, seed, number)
    signal = draw(truth.problem, group, data.best[0], seed, number, first=number)
    toys = fit_all(background, partial(_test, truth, group), tick, 0.45)
    toys_local = toys
    if local is not truth:
        toys_local = fit_all(background, partial(_test, local, group), tick, 0.1)
    at_best = truth._replace(x=data.best[0])
    toys_best = fit_all(signal, partial(_test, at_best, group), tick, 0.45)
    signed = not first_parameter(problem)[0].log
    found = _result(data, float(data_local.q[0]), signed, best, toys, toys_local, toys_best)
    return found._replace(undefined=problem.model.undefined)


def check_tested(problem: Problem) -> None:
    """ValueError unless g is free, or one parameter of a model without a mediator."""
    if not problem.model.has_mediator:
        only_parameter(problem)
    elif "g" not in problem.parameters:
        raise ValueError("g is held fixed: expected it free, it is what is tested")


def _standard(problem: Problem, data: Data) -> _Truth:
    """The standard model with the nuisances that the data prefer."""
    start = standard_start(problem, data)
    x = np.append(standard_point(problem), start.nuisances)
    return _Truth(problem, x, make_fitter(problem, data, start.nuisances))


def _test(truth: _Truth, data: Data, toys: Toys) -> LikelihoodRatios:
    return fit_both(truth.problem, data, toys, truth.x, truth.fitter)


def _parameters(problem: Problem, x: np.ndarray) -> dict[str, float]:
    """All model parameters in their own unit, within their box."""
    held = dict(problem.fixed) | dict(zip(problem.parameters, x.tolist(), strict=False))
    values = {}
    for p in problem.model.parameters:
        value = p.value(held[p.name])
        # the standard model is g = 0, below the box
        absent = p.name == problem.parameters[0] and p.log and value < p.low
        values[p.name] = 0.0 if absent else min(max(value, p.low), p.high)
    return values


def _result(
    data: LikelihoodRatios,
    q0_local: float,
    signed: bool,
    best: dict[str, float],
    toys: LikelihoodRatios,
    local: LikelihoodRatios,
    at_best: LikelihoodRatios,
) -> Significance:
    q0, nll_sm, nll_best = (float(leaf[0]) for leaf in (data.q, data.nll, data.nll_best))
    # half of chi^2 where the best fit cannot be on either side of the standard model
    chi2 = 1.0 if q0 == 0 else erfc(sqrt(q0 / 2)) * (1.0 if signed else 0.5)
    sm_nll = np.where(toys.failed, np.inf, toys.nll)
    best_nll = np.where(at_best.failed, np.inf, at_best.nll_best)
    return Significance(
        q0=q0,
        best=best,
        nll_sm=nll_sm,
        nll_best=nll_best,
        everywhere=p_value(q0, toys.extreme_q),
        local=p_value(q0_local, local.extreme_q),
        local_asymptotic=PValue(chi2, 0.0, z_of(chi2)),
        fit_sm=p_value(nll_sm, sm_nll),
        fit_best=p_value(nll_best, best_nll),
        toys=toys,
        toys_local=local,
        toys_best=at_best,
        signed=signed,
    )
