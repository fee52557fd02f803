"""Directions of the model parameters along which a fit is flat."""

import numpy as np

from jaxmed.inference.problem import Problem

_STEP = 0.1  # of the box width: what is flat costs less than one unit of -2 log L over this much
_PART = 0.25  # of a direction in units of the box: less counts only where it costs as much as what is not flat

Valley = dict[str, float]
"""A direction in the fit's coordinates by parameter, its largest component 1."""


def valleys(problem: Problem, hessian: np.ndarray, held: np.ndarray) -> tuple[Valley, ...]:
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
    found = []
    for along in vectors.T[values < 1]:
        has = (np.abs(along) > _PART) | (np.diag(scaled) * along**2 > 1)
        found.append(_named(problem.parameters, step * along, has))
    return tuple(found)


def _named(names: tuple[str, ...], direction: np.ndarray, has: np.ndarray) -> Valley:
    unit = direction / direction[np.argmax(np.abs(direction) * has)]
    return {name: float(x) for name, x, own in zip(names, unit, has, strict=True) if own}
