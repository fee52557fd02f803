"""How often Feldman-Cousins sets and asymptotic ones contain the truth."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Unpack

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.hypothesis.every_count import every_count
from jaxmed.inference.hypothesis.feldman_cousins import (
    Setting,
    critical_value,
    set_up,
    setting_at,
)
from jaxmed.inference.hypothesis.p_values import (
    LikelihoodRatios,
    at_least,
    check_toys,
    fit_all,
    fit_both,
)
from jaxmed.inference.problem import Data, Problem, Settings, pose
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.regions.limits import chi2_quantile
from jaxmed.inference.results import EXCLUDED, UNDEFINED
from jaxmed.inference.toys.draw import Toys, draw
from jaxmed.models.model import Choice, Parameter
from jaxmed.user_files.keys import unknown

Put = Callable[[np.ndarray], np.ndarray]
"""From the nuisances that the data prefer, those of the truth."""
_NO_TOYS = {
    UNDEFINED: "undefined",
    EXCLUDED: "more than 500 units of -log L above the standard model",
}
# A sum of probabilities that equals the confidence level up to this has reached it.
_ROUNDING = 1e-9


class Coverage(NamedTuple):
    """Coverage at each point, (n,) each.

    Attributes:
        value: fraction of toys whose Feldman-Cousins set contains the truth.
        error: binomial, with that of the critical value, which comes from as many independent toys.
        asymptotic: fraction whose asymptotic set does, q below a quantile of chi^2 (`chi2_threshold`).
        asymptotic_error: binomial.
        critical: the critical values of q.
        failed: toys with a fit that did not converge; they count as not covered.
        exact: whether it is a sum over all counts instead; its errors are what the sum leaves out.
    """

    value: np.ndarray
    error: np.ndarray
    asymptotic: np.ndarray
    asymptotic_error: np.ndarray
    critical: np.ndarray
    failed: np.ndarray
    exact: np.ndarray


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
    chi2_threshold(cl, len(problem.parameters))
    inner, put = coordinates(problem, group, points), _shift(problem, nuisances or {})
    first = 2 * number * np.arange(len(inner))
    return cover(set_up(problem, group), inner, cl, number, seed, first, put=put, tick=tick)


def cover(
    setting: Setting,
    points: np.ndarray,
    cl: float,
    number: int,
    seed: int,
    first: np.ndarray,
    *,
    at_mass: bool = False,
    put: Put = lambda own: own,
    tick: Tick = None,
    share: float = 1.0,
) -> Coverage:
    """Coverage at points (n, n_parameters) in the fit's coordinates.

    Args:
        setting: from `set_up`.
        points: model parameters of the truths, from `coordinates`.
        cl: confidence level.
        number: of toys that are tested at each point, and as many for its critical value.
        seed: of the toys.
        first: number of each point's first toy in the stream of the seed, (n,); it takes 2 `number`.
        at_mass: whether sets are those of g at the mass of the truth, which every fit holds.
        put: what makes the nuisances of the toys that are tested of those that the data prefer.
        tick: called with parts of `share`.
        share: of the caller's work.
    """
    problem, rows = setting.problem, []
    at = profile(problem, points, setting.data, start=setting.start)
    threshold = chi2_threshold(cl, 1 if at_mass else len(problem.parameters))
    for point, own, start in zip(points, at.nuisances, first.tolist(), strict=True):
        mass = float(point[problem.parameters.index("mass")]) if at_mass else None
        here = setting if mass is None else setting_at(setting, mass)
        truth = _TestedPoint(here, np.append(point, own), np.append(point, put(own)), cl, threshold)
        told = tick, share / len(points)
        row = _summed(truth, *told)
        rows.append(row if row is not None else _sampled(truth, number, seed, start, *told))
    return Coverage(*(np.array(column) for column in zip(*rows, strict=True)))


class _TestedPoint(NamedTuple):
    """One truth: what its fits share, its values (n_free,) for the critical value and for the toys that are tested."""

    setting: Setting
    critical: np.ndarray
    tested: np.ndarray
    cl: float
    threshold: float

    def ratios(self, toys: Toys, x: np.ndarray, tick: Tick, share: float) -> LikelihoodRatios:
        """Fit toys of x."""
        problem, data, _, fitter, _ = self.setting
        return fit_all(toys, lambda some: fit_both(problem, data, some, x, fitter), tick, share)


_Row = tuple[float, float, float, float, float, int, bool]
"""What `Coverage` says about one point."""


def _sampled(
    truth: _TestedPoint, number: int, seed: int, first: int, tick: Tick, share: float
) -> _Row:
    problem, data, cl = truth.setting.problem, truth.setting.data, truth.cl
    critical, tested = (
        truth.ratios(draw(problem, data, x, seed, number, first=i), x, tick, share / 2)
        for i, x in ((first, truth.critical), (first + number, truth.tested))
    )
    q, (least, _) = tested.extreme_q, critical_value(critical.extreme_q, cl)
    # what ties with the critical value is in the set, as it is where p-values decide
    inside, asymptotic = at_least(least, q), float(np.mean(q <= truth.threshold))
    error = float(np.sqrt(cl * (1 - cl) / number))
    failed = int(tested.failed.sum())
    # q of the toys and of the critical value scatter alike
    return float(np.mean(inside)), np.sqrt(2) * error, asymptotic, error, least, failed, False


def _summed(truth: _TestedPoint, tick: Tick, share: float) -> _Row | None:
    """The same from all counts, if they are few."""
    found = every_count(truth.setting.problem, truth.setting.data, truth.critical)
    if found is None:
        return None
    fitted = truth.ratios(found.toys, truth.critical, tick, share)
    q, chance = fitted.extreme_q, found.chance
    order = np.argsort(q)
    reached = np.cumsum(chance[order]) >= truth.cl - _ROUNDING
    critical = float(q[order][np.argmax(reached)]) if reached.any() else np.inf
    value = float(chance[at_least(critical, q)].sum())
    asymptotic = float(chance[q <= truth.threshold].sum())
    error = max(1 - float(chance.sum()), 0.0)
    return value, error, asymptotic, error, critical, int(fitted.failed.sum()), True


def chi2_threshold(cl: float, parameters: int) -> float:
    """Of q for an asymptotic set: the quantile of chi^2 with as many degrees of freedom as there are parameters.

    Raises:
        ValueError: cl outside (0, 1), or not one or two parameters.
    """
    one = chi2_quantile(cl)
    if parameters not in (1, 2):
        raise ValueError(f"{parameters} free model parameters: expected one or two")
    return one if parameters == 1 else -2 * float(np.log1p(-cl))


def coordinates(problem: Problem, data: Data, points: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Points in the fit's coordinates, (n, n_parameters).

    Raises:
        ValueError: other names, no points, one where the model is undefined, or that is so far from what the data allow
            that profiles stop early: toys of it are like nothing that their fits know.
    """
    if not points:
        raise ValueError("points = []: expected at least one")
    by_name = {p.name: p for p in problem.model.parameters}
    standard = dict(zip(by_name, problem.model.standard, strict=True))
    for point in points:
        if set(point) != set(problem.parameters):
            raise ValueError(f"point {dict(point)}: expected {', '.join(problem.parameters)}")
    found = np.array(
        [
            [
                standard[n] if _absent(by_name[n], point[n]) else by_name[n].internal(point[n])
                for n in problem.parameters
            ]
            for point in points
        ]
    )
    for point, status in zip(points, profile(problem, found, data).status, strict=True):
        if status in _NO_TOYS:
            raise ValueError(
                f"point {dict(point)}: model '{problem.model.name}' is {_NO_TOYS[status]} there"
            )
    return found


def _absent(parameter: Parameter, value: float) -> bool:
    """Whether what a logarithmic parameter is the size of is not there."""
    return parameter.log and parameter.name != "mass" and value == 0


def _shift(problem: Problem, nuisances: Mapping[str, float]) -> Put:
    """A function that puts nuisances where they are asked to be."""
    for name in nuisances:
        if name not in problem.nuisances:
            raise ValueError(unknown("nuisance", name, problem.nuisances))

    def put(own: np.ndarray) -> np.ndarray:
        pairs = zip(problem.nuisances, own, strict=True)
        return np.array([nuisances.get(name, float(value)) for name, value in pairs])

    return put
