"""Directions of the model parameters along which a fit is flat."""

import numpy as np

from jaxmed.inference.problem import Problem

_STEP = 0.1  # of the box width: what is flat costs less than one unit of -2 log L over this much
_PART = 0.05  # of the largest component: less does not count

Valley = dict[str, float]
"""A direction in the fit's coordinates by parameter, its largest component 1."""


def valleys(problem: Problem, hessian: np.ndarray, held: np.ndarray) -> tuple[Valley, ...]:
    """Flat directions around a minimum, nuisances profiled, flattest first.

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
    values, vectors = np.linalg.eigh((hessian[:split, :split] - profiled) * np.outer(step, step))
    return tuple(
        _named(problem.parameters, step * vectors[:, i]) for i in np.flatnonzero(values < 1)
    )


def _named(names: tuple[str, ...], direction: np.ndarray) -> Valley:
    unit = direction / direction[np.argmax(np.abs(direction))]
    return {name: float(x) for name, x in zip(names, unit, strict=True) if abs(x) > _PART}
