"""A fit problem: experiments, a model, and which parameters are free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.forward import components, require_float64
from jaxmed.experiments.likelihood import data_nll, pull_nll
from jaxmed.experiments.model import STRENGTH, Experiment
from jaxmed.theory.models import Model

PULL_BOX = (-5.0, 5.0)
_STRENGTH_BOX = (-1.0, 19.0)

Data = tuple[Experiment, ...]


@dataclass(frozen=True)
class Problem:
    """The structure of a fit; hashable, so that jit compiles once for each. Data travels beside it.

    Attributes:
        model: what turns parameters into couplings.
        parameters: free model parameters.
        nuisances: free nuisances.
        fixed: (name, value) of everything held fixed, model parameters in the fit's coordinate.
    """

    model: Model
    parameters: tuple[str, ...]
    nuisances: tuple[str, ...]
    fixed: tuple[tuple[str, float], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Free parameters, model parameters first."""
        return self.parameters + self.nuisances

    @property
    def box(self) -> np.ndarray:
        """Edges of every free parameter in the fit's coordinate, (n_free, 2)."""
        boxes = {p.name: p.box for p in self.model.parameters}
        boxes[STRENGTH] = _STRENGTH_BOX
        return np.array([boxes.get(name, PULL_BOX) for name in self.names]).reshape(-1, 2)

    def values(self, x: Array) -> dict[str, Array]:
        """All values by name from the free ones (n_free,)."""
        free = {name: x[i] for i, name in enumerate(self.names)}
        return free | {name: jnp.asarray(value) for name, value in self.fixed}

    def nll(self, x: Array, data: Data) -> Array:
        """-log(L/L_sat) + pulls at the free values x (n_free,)."""
        values = self.values(x)
        couplings = self.model.couplings(values)
        parts = [components(e, couplings) for e in data]
        pulls = {k: v for k, v in values.items() if k not in self._model_names}
        return data_nll(data, parts, pulls) + pull_nll(pulls)

    @property
    def _model_names(self) -> set[str]:
        return {p.name for p in self.model.parameters}


def make_problem(
    experiments: Sequence[Experiment],
    model: Model,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
) -> Problem:
    """Check the names and sort parameters into free and fixed.

    Args:
        experiments: data sets.
        model: what is fitted.
        fixed: name -> value held fixed: model parameters in their own unit, nuisances in sigma.
        free: names freed beyond the default; 'signal_strength' is fixed unless named.

    Raises:
        ValueError: no experiments, two of one name, an unknown name, a fixed value outside its box, or JAX in
            32-bit mode.
    """
    require_float64()
    names = [e.name for e in experiments]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"experiments = {names}: expected at least one, each at most once")
    by_name = {p.name: p for p in model.parameters}
    nuisances = tuple(dict.fromkeys(n for e in experiments for n in e.nuisances))
    known = [*by_name, *nuisances, STRENGTH]
    for name in [*(fixed or {}), *free]:
        if name not in known:
            raise ValueError(f"unknown parameter '{name}': expected one of {', '.join(known)}")
    held = {STRENGTH: 0.0} | dict(fixed or {})
    for name in free:
        held.pop(name, None)
    for name, value in held.items():
        held[name] = _held(by_name[name], value) if name in by_name else float(value)
    return Problem(
        model=model,
        parameters=tuple(name for name in by_name if name not in held),
        nuisances=tuple(name for name in (*nuisances, STRENGTH) if name not in held),
        fixed=tuple(sorted(held.items())),
    )


def _held(parameter, value: float) -> float:
    low, high = parameter.low, parameter.high
    if not low <= value <= high:
        raise ValueError(
            f"{parameter.name} = {value} {parameter.unit}: expected a value from {low:g} to {high:g}"
        )
    return parameter.internal(value)
