"""Errors from the Hessian, and words where an error would mean nothing."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from jaxmed.inference.problem import Problem
from jaxmed.inference.results import Estimate

_AT_BOUND = 1e-3  # of the box width
_CORRELATED = 0.9  # with an undetermined parameter: as undetermined
_ALONG = 0.5  # share of the flattest direction that counts as being on it


class Errors(NamedTuple):
    """Estimates by name, the covariance of those with an error, and the gradient of the free ones."""

    by_name: dict[str, Estimate]
    covariance: np.ndarray
    names: tuple[str, ...]
    free_gradient: np.ndarray


def at_bounds(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Which free parameters x (n_free,) sit at an edge of their box, (n_free,)."""
    low, high = problem.box.T
    return np.minimum(x - low, high - x) < _AT_BOUND * (high - low)


def estimates(
    problem: Problem,
    x: np.ndarray,
    gradient: np.ndarray,
    hessian: np.ndarray,
    flat: Collection[str] = (),
) -> Errors:
    """Estimates at a minimum.

    A parameter at an edge of its box, on a flat direction, or whose 1 sigma interval would leave the box, gets words
    and no error; the errors of the others are then conditional on it.

    Args:
        problem: names and boxes.
        x: minimum in the fit's coordinates, (n_free,).
        gradient: there, (n_free,).
        hessian: there, (n_free, n_free).
        flat: names of the parameters on flat directions (`flat_directions`).
    """
    at_bound = at_bounds(problem, x)
    lost = at_bound | np.isin(problem.names, list(flat))
    usable, covariance = _determined(problem, x, lost, hessian)
    sigma = np.zeros(x.size)
    sigma[usable] = np.sqrt(np.diag(covariance))
    by_name = {
        name: _estimate(problem, name, x[i], sigma[i] if i in usable else None, bool(at_bound[i]))
        for i, name in enumerate(problem.names)
    }
    names = tuple(problem.names[i] for i in usable)
    return Errors(by_name, covariance, names, gradient[~at_bound])


def _determined(
    problem: Problem, x: np.ndarray, lost: np.ndarray, hessian: np.ndarray
) -> tuple[list[int], np.ndarray]:
    """Indices with a 1 sigma interval inside the box, and their covariance.

    The least determined parameter goes until the rest is determined: a nuisance still moves with the others, a
    parameter of the model, at which the errors of the others are, takes those tied to it along a valley.
    """
    usable: list[int] = np.flatnonzero(~lost).tolist()
    moving: list[int] = []
    low, high = problem.box.T
    while usable:
        free = usable + moving
        scale = (high - low)[free]
        scaled = hessian[np.ix_(free, free)] * np.outer(scale, scale)
        values, vectors = np.linalg.eigh(scaled)
        if values[0] > 1e-9 * max(values[-1], 1.0):
            n = len(usable)
            covariance = (np.linalg.inv(scaled) * np.outer(scale, scale))[:n, :n]
            sigma = np.sqrt(np.diag(covariance))
            room = np.minimum(x - low, high - x)[usable]
            if np.all(sigma < room):
                return usable, covariance
            worst = int(np.argmax(sigma / room))
            if usable[worst] >= len(problem.parameters):
                moving.append(usable.pop(worst))
                continue
            tied = np.flatnonzero(np.abs(covariance[worst]) > _CORRELATED * sigma * sigma[worst])
        else:
            flattest = np.abs(vectors[:, 0])
            tied = np.flatnonzero(flattest > _ALONG * flattest.max())
        gone = {free[k] for k in tied}
        usable, moving = ([i for i in kept if i not in gone] for kept in (usable, moving))
    return [], np.zeros((0, 0))


def _estimate(
    problem: Problem, name: str, x: float, sigma: float | None, at_bound: bool
) -> Estimate:
    log = name in {p.name for p in problem.model.parameters if p.log}
    low, high = problem.box[problem.names.index(name)]
    units = {p.name: p.unit for p in (*problem.model.parameters, *problem.floating)}
    unit = f" {units[name]}" if units.get(name, "1") != "1" else ""

    def outward(coordinate: float) -> float:
        return float(10**coordinate if log else coordinate)

    value = outward(x)
    if at_bound:
        edge = "lower" if x - low < high - x else "upper"
        note = (
            f"at the {edge} edge of its box, {outward(low if edge == 'lower' else high):.3g}{unit}"
        )
        return Estimate(value, None, None, True, note)
    if sigma is None:
        box = f"{outward(low):.3g} to {outward(high):.3g}{unit}"
        note = f"flat: the data do not determine it within its box, {box}"
        return Estimate(value, None, None, False, note)
    error = value * np.log(10) * sigma if log else sigma
    return Estimate(value, float(error), (outward(x - sigma), outward(x + sigma)), False, "")


_STEP = 0.1  # of the box width: what is flat costs less than one unit of -2 log L over this much
_HALF = 0.5  # or over this much without a logarithm, where a tenth is no decade: no 1 sigma interval fits
_PART = 0.25  # of a direction in units of the box: less counts only where it costs as much as what is not flat
FlatDirection = dict[str, float]
"""A direction in the fit's coordinates by parameter, its largest component 1."""


def flat_directions(
    problem: Problem, hessian: np.ndarray, held: np.ndarray
) -> tuple[FlatDirection, ...]:
    """Flat directions around a minimum, nuisances profiled, flattest first.

    A direction has a parameter if it goes along it, or if it moves it by more than a standard deviation that all other
    parameters, held, would leave it: alone it would seem determined. What has a parameter leaves it without an error.

    Args:
        problem: names and boxes.
        hessian: of -log L in the fit's coordinates, (n_free, n_free).
        held: which parameters sit at an edge of their box, (n_free,); nuisances among them do not move.
    """
    split = len(problem.parameters)
    if not split:
        return ()
    moving = split + np.flatnonzero(~held[split:])
    mixed = hessian[:split, moving]
    profiled = mixed @ np.linalg.pinv(hessian[np.ix_(moving, moving)]) @ mixed.T
    step = _STEP * np.diff(problem.box[:split], axis=1)[:, 0]
    scaled = (hessian[:split, :split] - profiled) * np.outer(step, step)
    values, vectors = np.linalg.eigh(scaled)
    by_name = {p.name: p.log for p in problem.model.parameters}
    log = np.array([by_name[name] for name in problem.parameters])
    found = []
    for value, along in zip(values, vectors.T, strict=True):
        has = (np.abs(along) > _PART) | (np.diag(scaled) * along**2 > 1)
        if value < (1 if log[has].any() else (_STEP / _HALF) ** 2):
            found.append(_named(problem.parameters, step * along, has))
    return tuple(found)


def _named(names: tuple[str, ...], direction: np.ndarray, has: np.ndarray) -> FlatDirection:
    unit = direction / direction[np.argmax(np.abs(direction) * has)]
    return {name: float(x) for name, x, own in zip(names, unit, has, strict=True) if own}
