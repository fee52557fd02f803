"""A user's own model from a pure Python function, with a box for each of its parameters."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed import keys
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.models import DECOUPLED, MEDIATOR, Model, Parameter, Values
from jaxmed.theory.scalars import real

_MOST_EXTRA = 4
_DECOUPLED_PRODUCT = 1e-26  # of a neutrino's and a charged fermion's coupling at g = 1e-30


def own_model(
    name: str, build: Callable[[Values], Couplings], *, parameters: Sequence[Parameter] = ()
) -> Model:
    """A model from a pure function.

    Args:
        name: for tables, JSON and file names.
        build: parameter values by name, () each -> Couplings, pure JAX; `mediator` makes Couplings. The same function
            gives an equal model: nothing is compiled twice.
        parameters: beside g and mass, or in place of them to change their boxes.

    Raises:
        ValueError: a bad name or box, too many parameters, or a function that does not return finite Couplings with
            three neutrinos, or whose mediator does not decouple as g goes to zero.
    """
    model = with_parameters(name, _Own(name, build), parameters)
    points = corners(model)
    columns = {p.name: jnp.asarray([point[p.name] for point in points]) for p in model.parameters}
    found = [np.asarray(leaf) for leaf in jax.vmap(model.build)(columns)]
    for i, point in enumerate(points):
        at = ", ".join(f"{k} = {v:g}" for k, v in point.items())
        leaves = [leaf[i] for leaf in found]
        for field, leaf in zip(Couplings._fields, leaves, strict=True):
            if not np.all(np.isfinite(leaf)):
                raise ValueError(
                    f"model '{name}': {field} = {leaf} at {at}: expected a finite number"
                )
        if point["g"] < model.parameters[0].low:
            require_decoupled(f"model '{name}'", leaves[1], np.array(leaves[2:5]))
    return model


@dataclass(frozen=True)
class _Own:
    """A user's function, its result checked for shape and made floating-point."""

    name: str
    build: Callable[[Values], Couplings]

    def __call__(self, values: Values) -> Couplings:
        found: Any = self.build(values)
        if not isinstance(found, Couplings):
            raise ValueError(
                f"model '{self.name}' returns {type(found).__name__}: expected jaxmed.Couplings"
            )
        leaves = [real(leaf) for leaf in found]
        shapes = [leaf.shape for leaf in leaves]
        if shapes != [(), (3,), *[()] * (len(leaves) - 2)]:
            wrong = dict(zip(Couplings._fields, shapes, strict=True))
            raise ValueError(
                f"model '{self.name}' returns shapes {wrong}: expected (3,) for eps_nu, () for the rest"
            )
        return Couplings(*leaves)


def with_parameters(
    name: str, build: Callable[[Values], Couplings], parameters: Sequence[Parameter]
) -> Model:
    """A model whose first parameters are g and mass; `parameters` replace those of their name, or come after.

    Raises:
        ValueError: a bad name, a box that is none, or too many parameters.
    """
    keys.identifier("model.name", name)
    given = {p.name: p for p in parameters}
    if len(given) != len(parameters):
        raise ValueError(f"parameters of model '{name}': expected each name once")
    extra = [p for p in parameters if p.name not in ("g", "mass")]
    if len(extra) > _MOST_EXTRA:
        raise ValueError(
            f"model '{name}' has {len(extra)} parameters beside g and mass: expected at most {_MOST_EXTRA}"
        )
    for parameter in parameters:
        _check_box(parameter, name)
    first = tuple(given.get(p.name, p) for p in MEDIATOR)
    standard = tuple(0.0 if p.low <= 0 <= p.high else sum(p.box) / 2 for p in extra)
    return Model(name, (*first, *extra), build, (*DECOUPLED, *standard))


def corners(model: Model) -> list[dict[str, float]]:
    """Low, middle and high of every parameter, and for g also the 1e-30 of the standard model."""
    axes = []
    for p, standard in zip(model.parameters, model.standard, strict=True):
        ends = [p.box[0], sum(p.box) / 2, p.box[1]]
        axes.append([standard, *ends] if p.name == "g" else ends)
    names = [p.name for p in model.parameters]
    return [
        {k: float(v) for k, v in model.values(dict(zip(names, point, strict=True))).items()}
        for point in product(*axes)
    ]


def require_decoupled(where: str, nu: np.ndarray, others: np.ndarray) -> None:
    """ValueError unless couplings of neutrinos and charged fermions, taken at g = 1e-30, give no exchange."""
    left = np.max(np.abs(nu)) * np.max(np.abs(others))
    if left > _DECOUPLED_PRODUCT:
        raise ValueError(
            f"{where}: a neutrino's times a charged fermion's coupling is {left:g} as g goes to 0, expected 0: "
            "without g there is the standard model"
        )


def _check_box(parameter: Parameter, model: str) -> None:
    name, low, high, log, _ = parameter
    mediator = name in ("g", "mass")
    if mediator and not log:
        raise ValueError(f"'{name}' in model '{model}': expected a logarithmic parameter")
    finite = math.isfinite(low) and math.isfinite(high)
    if not (finite and low < high and (low > 0 or not log)):
        raise ValueError(
            f"box of '{name}' in model '{model}': got {low:g} to {high:g}, expected low < high"
            + (", both positive" if log else "")
        )
