"""A user's own model from a pure Python function, with a box for each of its parameters."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.models.model import DECOUPLED, MEDIATOR, Model, Parameter, Values
from jaxmed.models.undefined import undefined_words
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scalars import real
from jaxmed.user_files import keys

Columns = Mapping[str, np.ndarray]

_MOST_EXTRA = 4
# Points on which a box is searched for regions where a model is undefined.
_GRID_POINTS = 40_000
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
        ValueError: a bad name or box, too many parameters, or a function that does not return Couplings with three
            neutrinos, is finite nowhere, or whose mediator does not decouple as g goes to zero.
    """
    model = with_parameters(name, _Own(name, build), parameters)

    def evaluate(columns: Columns) -> Columns:
        found = jax.vmap(model.build)({name: jnp.asarray(x) for name, x in columns.items()})
        leaves = {name: np.asarray(leaf) for name, leaf in found._asdict().items()}
        nu = leaves.pop("eps_nu")
        named = {f"eps_nu[{i}]": column for i, column in enumerate(nu.T)}
        return named | {k: leaves.pop(k) for k in ("eps_e", "eps_u", "eps_d")} | leaves

    return checked(model, f"model '{name}'", evaluate)


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


def checked(model: Model, where: str, evaluate: Callable[[Columns], Columns]) -> Model:
    """The model with words about where in its box it is undefined, searched for on a grid.

    Args:
        model: from `with_parameters`.
        where: begins a complaint.
        evaluate: parameters by name (n,) -> numbers by name (n,): couplings of the three neutrinos, of e, u and d, and
            what else has to be finite.

    Raises:
        ValueError: no finite number wherever g goes to zero, or in the whole box; or a mediator that does not decouple.
    """
    names = [p.name for p in model.parameters]
    axes = [np.linspace(*p.box, _points_along(model)) for p in model.parameters]
    coupling = names.index("g")
    without = [*axes[:coupling], np.array(model.standard[:1]), *axes[coupling + 1 :]]
    decoupled = np.concatenate([[model.standard], _product(without)])
    found, finite = _values(model, decoupled, where, evaluate)
    with np.errstate(over="ignore"):
        nu, others = (
            np.abs([found[key][finite] for key in keys]).max(axis=0)
            for keys in (list(found)[:3], list(found)[3:6])
        )
        left = np.max(nu * others)
    if not left <= _DECOUPLED_PRODUCT:
        raise ValueError(
            f"{where}: a neutrino's times a charged fermion's coupling is {left:g} as g goes to 0, expected 0: "
            "without g there is the standard model"
        )
    points = _product(axes)
    defined = _values(model, points, where, evaluate)[1]
    # any mass and any other parameter will do without g
    standard = tuple(map(float, decoupled[np.argmax(finite)]))
    words = undefined_words(model.parameters, points, ~defined)
    return replace(model, standard=standard, undefined=words)


def _points_along(model: Model) -> int:
    """Along each parameter, odd, so that the middle of a box is among them."""
    return int(_GRID_POINTS ** (1 / len(model.parameters))) | 1


def _product(axes: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)


def _values(
    model: Model, points: np.ndarray, where: str, evaluate: Callable[[Columns], Columns]
) -> tuple[Columns, np.ndarray]:
    """Numbers by name at points in the fit's coordinates (n, n_parameters), and where all are finite, (n,)."""
    coordinates = dict(zip((p.name for p in model.parameters), points.T, strict=True))
    columns = {name: np.asarray(x) for name, x in model.values(coordinates).items()}
    with np.errstate(all="ignore"):
        found = {k: np.broadcast_to(x, len(points)) for k, x in evaluate(columns).items()}
    finite = np.logical_and.reduce([np.isfinite(x) for x in found.values()])
    if not finite.any():
        key, value = next((k, x[0]) for k, x in found.items() if not np.isfinite(x[0]))
        at = ", ".join(f"{k} = {x[0]:g}" for k, x in columns.items())
        raise ValueError(
            f"{where}: {key} is {value} at {at}: expected a finite number, there or anywhere beside"
        )
    return found, finite


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
