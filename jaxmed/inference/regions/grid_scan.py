"""Profiled -log L on a grid of the model parameters."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jaxmed.experiments.model import Experiment, as_group
from jaxmed.inference.engine.memory import LARGEST
from jaxmed.inference.problem import Data, Problem, make_problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.results import Surface
from jaxmed.models.choose import get_model
from jaxmed.models.model import Choice


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
    constraints: Sequence[str] = (),
    **axes: Sequence[float],
) -> Surface:
    """-log L, profiled over the nuisances, on a grid.

    Args:
        experiments: one data set or several.
        model: a preset name or whatever else makes a model (`get_model`).
        fixed: name -> value held fixed.
        constraints: measurements added to the likelihood by name: 'rho', for a model with U(1)_X charges.
        axes: grid values of every free model parameter by name, such as g=..., mass=... [MeV].

    Raises:
        ValueError: unknown names, a free parameter without an axis, a constraint on a model without charges, or
            JAX in 32-bit mode.
    """
    group = as_group(experiments)
    problem = make_problem(group, get_model(model), fixed, constraints=constraints)
    if set(axes) != set(problem.parameters):
        raise ValueError(f"grid axes {sorted(axes)}: expected {sorted(problem.parameters)}")
    by_name = {p.name: p for p in problem.model.parameters}
    internal = {
        name: np.array([by_name[name].internal(v) for v in axes[name]])
        for name in problem.parameters
    }
    return scan_problem(problem, group, internal).surface


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
    logs = {p.name: p.log for p in problem.model.parameters}
    surface = Surface(
        axes={name: 10**values if logs[name] else values for name, values in axes.items()},
        nll=found.nll.reshape(shape),
        status=found.status.reshape(shape),
        gradient_norm=found.gradient_norm.reshape(shape),
    )
    return Scanned(surface, points, found.nuisances)
