"""How often Feldman-Cousins sets contain the truth."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.feldman_cousins import Setting, critical_value, set_up
from jaxmed.inference.hypothesis.p_values import (
    LikelihoodRatios,
    at_least,
    check_toys,
    fit_both,
    in_chunks,
)
from jaxmed.inference.problem import Problem, Settings, pose
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.regions.limits import chi2_quantile
from jaxmed.inference.results import UNDEFINED
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.models.model import Choice
from jaxmed.user_files.keys import unknown


class Coverage(NamedTuple):
    """Coverage at each point, (n,) each.

    Attributes:
        value: fraction of toys whose Feldman-Cousins set contains the truth.
        error: binomial, with that of the critical value, which comes from as many independent toys.
        asymptotic: fraction whose asymptotic set does, chi^2 with one degree of freedom for each free parameter.
        critical: the critical values of q.
        failed: toys with a fit that did not converge; they count as not covered.
    """

    value: np.ndarray
    error: np.ndarray
    asymptotic: np.ndarray
    critical: np.ndarray
    failed: np.ndarray


def coverage(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    points: Sequence[Mapping[str, float]],
    nuisances: Mapping[str, float] | None = None,
    cl: float = 0.90,
    tick: Tick = None,
    number: int = 2000,
    seed: int = 1,
    **settings: Unpack[Settings],
) -> Coverage:
    """Fraction of toys of each point whose Feldman-Cousins set contains the point.

    Arguments are those of `jaxmed.coverage`, with experiments loaded, and `tick`, called with the share of the work
    done since the last call.

    Raises:
        ValueError: fewer than one toy, cl outside (0, 1), unknown names, no points, one where the model is undefined,
            or JAX in 32-bit mode.
    """
    check_toys(number, seed, settings.get("constraints") or ())
    problem, group = pose(experiments, model, **settings)
    asymptotic = _chi2_quantile(cl, len(problem.parameters))
    inner = _inner(problem, points)
    shift = _shift(problem, nuisances or {})
    setting = set_up(problem, group)
    at = profile(problem, inner, group, start=setting.start)
    for point, status in zip(points, at.status, strict=True):
        if status == UNDEFINED:
            raise ValueError(
                f"point {dict(point)}: model '{problem.model.name}' is undefined there"
            )
    rows = []
    for i, (point, own) in enumerate(zip(inner, at.nuisances, strict=True)):
        share = 0.5 / len(inner)
        test = partial(_test, setting, seed=seed, number=number, tick=tick, share=share)
        critical, _ = critical_value(test(point, own, first=2 * i * number).extreme_q, cl)
        found = test(point, shift(own), first=(2 * i + 1) * number)
        rows.append((*_covered(found.extreme_q, critical, cl, asymptotic), found.failed.sum()))
    return Coverage(*(np.array(column) for column in zip(*rows, strict=True)))


def _covered(
    q: np.ndarray, critical: float, cl: float, asymptotic: float
) -> tuple[float, float, float, float]:
    # q of the toys and of the critical value scatter alike
    error = np.sqrt(2 * cl * (1 - cl) / q.size)
    # what ties with the critical value is in the set, as it is where p-values decide
    inside = at_least(critical, q)
    return float(np.mean(inside)), error, float(np.mean(q <= asymptotic)), critical


def _test(
    setting: Setting,
    point: np.ndarray,
    nuisances: np.ndarray,
    *,
    first: int,
    seed: int,
    number: int,
    tick: Tick,
    share: float,
) -> LikelihoodRatios:
    """Draw toys of a point, and fit them."""
    x = np.append(point, nuisances)
    toys = draw(setting.problem, setting.data, x, seed, number, first=first)

    def fit(chunk: Toys) -> LikelihoodRatios:
        return fit_both(setting.problem, setting.data, chunk, x, setting.fitter)

    return in_chunks(toys, fit, tick, share)


def _chi2_quantile(cl: float, parameters: int) -> float:
    one = chi2_quantile(cl)
    if parameters not in (1, 2):
        raise ValueError(f"{parameters} free model parameters: expected one or two")
    return one if parameters == 1 else -2 * float(np.log1p(-cl))


def _inner(problem: Problem, points: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Points in the fit's coordinates, (n, n_parameters)."""
    if not points:
        raise ValueError("points = []: expected at least one")
    by_name = {p.name: p for p in problem.model.parameters}
    standard = dict(zip(by_name, problem.model.standard, strict=True))
    for point in points:
        if set(point) != set(problem.parameters):
            raise ValueError(f"point {dict(point)}: expected {', '.join(problem.parameters)}")
    return np.array(
        [
            [
                standard[n] if n == "g" and point[n] == 0 else by_name[n].internal(point[n])
                for n in problem.parameters
            ]
            for point in points
        ]
    )


def _shift(problem: Problem, nuisances: Mapping[str, float]) -> Callable[[np.ndarray], np.ndarray]:
    """A function that puts nuisances where they are asked to be."""
    for name in nuisances:
        if name not in problem.nuisances:
            raise ValueError(unknown("nuisance", name, problem.nuisances))

    def put(own: np.ndarray) -> np.ndarray:
        pairs = zip(problem.nuisances, own, strict=True)
        return np.array([nuisances.get(name, float(value)) for name, value in pairs])

    return put
