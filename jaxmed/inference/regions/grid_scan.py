"""Profiled -log L on a grid of the model parameters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.memory import LARGEST
from jaxmed.inference.problem import Data, Problem, pose
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.results import Surface
from jaxmed.models.model import Choice, Parameter


class Scanned(NamedTuple):
    """A scan with what it profiled out.

    Attributes:
        surface: the grid and -log L on it.
        points: grid points in the fit's coordinate, (n_points, n_parameters).
        nuisances: profiled nuisances, (n_points, n_nuisances).
    """

    surface: Surface
    points: np.ndarray
    nuisances: np.ndarray


def scan(
    experiments: Experiment | Sequence[Experiment],
    model: Choice = "u1r",
    *,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
    constraints: Sequence[str] = (),
    **axes: Sequence[float],
) -> Surface:
    """-log L, profiled over the nuisances, on a grid.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`).
        fixed: name -> value held fixed; like `free` and `constraints` as for all fits (`problem.Settings`).
        free: names freed beyond the default.
        constraints: measurements added to the likelihood by name.
        axes: grid values of every free model parameter by name, such as g=..., mass=... [MeV].

    Raises:
        ValueError: unknown names, a free parameter without an axis, a constraint on a model without charges, or
            JAX in 32-bit mode.
    """
    problem, group = pose(experiments, model, fixed=fixed, free=free, constraints=constraints)
    return scan_problem(problem, group, internal_axes(problem, axes)).surface


def internal_axes(
    problem: Problem, axes: Mapping[str, Sequence[float] | np.ndarray]
) -> dict[str, np.ndarray]:
    """Grid values of every free model parameter in the fit's coordinate; ValueError for other names."""
    if set(axes) != set(problem.parameters):
        raise ValueError(f"grid axes {sorted(axes)}: expected {sorted(problem.parameters)}")
    by_name = {p.name: p for p in problem.model.parameters}
    return {
        name: np.array([by_name[name].internal(v) for v in axes[name]])
        for name in problem.parameters
    }


def grid_axes(problem: Problem, number: int) -> dict[str, np.ndarray]:
    """Evenly spaced values over the box of every free model parameter, in the fit's coordinate."""
    boxes = zip(problem.parameters, problem.box, strict=False)
    return {name: np.linspace(low, high, number) for name, (low, high) in boxes}


def scan_problem(
    problem: Problem,
    data: Data,
    axes: Mapping[str, np.ndarray],
    tick: Callable[[float], None] | None = None,
    start: Start | None = None,
    batch: int = LARGEST,
) -> Scanned:
    """Profile on the product of `axes`, given in the fit's coordinate and the problem's order.

    `tick`, `start` and `batch` as for `profile`.
    """
    grids = np.meshgrid(*axes.values(), indexing="ij")
    shape = grids[0].shape if grids else ()
    points = np.stack([g.ravel() for g in grids], axis=-1) if grids else np.zeros((1, 0))
    found = profile(problem, points, data, tick, start, batch=batch)
    by_name = {p.name: p for p in problem.model.parameters}
    surface = Surface(
        axes={name: by_name[name].value(values) for name, values in axes.items()},
        nll=found.nll.reshape(shape),
        status=found.status.reshape(shape),
        gradient_norm=found.gradient_norm.reshape(shape),
    )
    return Scanned(surface, points, found.nuisances)


_MOST = 10_001  # values along one axis


def read_values(name: str, text: str, *, log: bool) -> np.ndarray:
    """Values (n,) from 'a,b,c' or 'low:high:number', evenly spaced in the logarithm if `log`.

    Raises:
        ValueError: anything else; `name` says what it was for.
    """
    expected = "expected numbers like 0.01,1,10 or low:high:number like 1e-3:1e3:61"
    try:
        if ":" not in text:
            return np.array([float(part) for part in text.split(",")])
        low, high, number = text.split(":")
        start, end, count = float(low), float(high), int(number)
    except ValueError:
        raise ValueError(f"{name} = '{text}': {expected}") from None
    positive = start > 0 or not log
    if not (positive and start < end < float("inf") and 2 <= count <= _MOST):
        least = "0 < low < high" if log else "low < high"
        raise ValueError(
            f"{name} = '{text}': {expected}, with {least} and number at least 2, at most {_MOST}"
        )
    return np.geomspace(start, end, count) if log else np.linspace(start, end, count)


def axis_values(parameter: Parameter, given: Any, name: str) -> np.ndarray:
    """Values (n,) of one model parameter in its own unit, from text or a list of numbers.

    Raises:
        ValueError: not readable, not ascending, or outside the parameter's box; `name` says what it was for.
    """
    if isinstance(given, str):
        values = read_values(name, given, log=parameter.log)
    elif isinstance(given, Sequence) and given and all(type(v) in (int, float) for v in given):
        values = np.array(given, dtype=float)
    else:
        raise ValueError(f"{name} = {given!r}: expected 'low:high:number' or a list of numbers")
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    for value in values:
        if not parameter.low <= value <= parameter.high:
            raise ValueError(
                f"{name} = {value}{unit}: expected values from {parameter.low:g} to {parameter.high:g}{unit}"
            )
    if values.size > _MOST or not np.all(np.diff(values) > 0):
        raise ValueError(f"{name}: expected at most {_MOST} values in ascending order")
    return values


def grid_values(
    problem: Problem, given: Mapping[str, np.ndarray], number: int
) -> dict[str, np.ndarray]:
    """Values of every free model parameter in its own unit: those given, else `number` over its box.

    Raises:
        ValueError: values for what is not a free model parameter, or nothing is free.
    """
    free = problem.parameters
    if not free:
        raise ValueError(f"model '{problem.model.name}' has no free parameter: nothing to scan")
    for name in given:
        if name not in free:
            raise ValueError(f"grid for '{name}': expected a free parameter, {' or '.join(free)}")
    by_name = {p.name: p for p in problem.model.parameters}
    boxes = grid_axes(problem, number)
    return {
        name: given[name] if name in given else by_name[name].value(box)
        for name, box in boxes.items()
    }


def grid_points(problem: Problem, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The product of the axes in the fit's coordinate, (n_points, n_parameters), the last axis fastest."""
    by_name = {p.name: p for p in problem.model.parameters}
    internal = [[by_name[name].internal(v) for v in axis] for name, axis in values.items()]
    return np.stack([g.ravel() for g in np.meshgrid(*internal, indexing="ij")], axis=-1)
