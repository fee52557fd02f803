"""A user's own model from a pure Python function, with a box for each of its parameters."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.models.model import DECOUPLED, MEDIATOR, Model, Parameter, Values
from jaxmed.models.presets import absent
from jaxmed.models.undefined import undefined_words
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.scalars import real
from jaxmed.user_files import keys

Columns = Mapping[str, np.ndarray]
Terms = Sequence[tuple[Sequence[str], Sequence[str]]]
"""Names of couplings of neutrinos, and of charged fermions, to the same mediator."""

_MOST_EXTRA = 4
# Points on which a box is searched for regions where a model is undefined.
_GRID_POINTS = 40_000
_DECOUPLED_PRODUCT = 1e-26  # of a neutrino's and a charged fermion's coupling at g = 1e-30


def own_model(
    name: str,
    build: Callable[[Values], Couplings],
    *,
    parameters: Sequence[Parameter] = (),
    strengths: Collection[str] = ("g",),
) -> Model:
    """A model from a pure function.

    Args:
        name: for tables, JSON and file names.
        build: parameter values by name, () each -> Couplings, pure JAX; `mediator` makes Couplings. The same function
            gives an equal model: nothing is compiled twice.
        parameters: beside g and mass, or in place of them to change their boxes.
        strengths: parameters that are all zero in the standard model, such as g and a magnetic moment.

    Raises:
        ValueError: a bad name or box, too many parameters, or a function that does not return Couplings with three
            neutrinos, is finite nowhere, or whose mediator does not decouple as g goes to zero.
    """
    model = with_parameters(name, _Own(name, build), parameters, strengths=strengths)

    def evaluate(columns: Columns) -> tuple[Columns, Terms]:
        found = jax.vmap(model.build)({name: jnp.asarray(x) for name, x in columns.items()})
        leaves = {name: np.asarray(leaf) for name, leaf in _named(found).items()}
        # of those of several flavours each
        columns = {
            f"{name}[{i}]" if leaf.ndim == 2 else name: column
            for name, leaf in leaves.items()
            for i, column in enumerate(leaf.T if leaf.ndim == 2 else [leaf])
        }
        terms = [("eps_nu", ("eps_e", "eps_u", "eps_d", "axial_e"))]
        if found.flips:
            terms += [("scalar_nu", ("scalar_e", "scalar_u", "scalar_d"))]
            terms += [(f"{each}_nu", (f"{each}_e",)) for each in ("pseudoscalar", "tensor")]
            terms += [("magnetic", ())]
        return columns, [(tuple(f"{nu}[{i}]" for i in range(3)), others) for nu, others in terms]

    return checked(model, f"model '{name}'", evaluate, strengths)


def _named(couplings: Couplings) -> dict[str, Any]:
    """All leaves by name."""
    flips = couplings.flips._asdict() if couplings.flips else {}
    return {k: x for k, x in couplings._asdict().items() if k != "flips"} | flips


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
        found = jax.tree.map(real, found)
        shapes = {name: leaf.shape for name, leaf in _named(found).items()}
        for name, shape in shapes.items():
            allowed = [(3,) if name.endswith("_nu") or name == "magnetic" else ()]
            if shape not in allowed + ([(3,)] if name.startswith("nc_") else []):
                raise ValueError(
                    f"model '{self.name}' returns shapes {shapes}: expected (3,) for eps_nu, () for the rest"
                )
        return found


def with_parameters(
    name: str,
    build: Callable[[Values], Couplings],
    parameters: Sequence[Parameter],
    first: Sequence[Parameter] = MEDIATOR,
    strengths: Collection[str] = ("g",),
) -> Model:
    """A model whose first parameters are g and mass; `parameters` replace those of their name, or come after.

    Args:
        name: for tables, JSON and file names.
        build: as for `own_model`.
        parameters: as for `own_model`.
        first: in place of g and mass.
        strengths: parameters without which there is the standard model.

    Raises:
        ValueError: a bad name, a box that is none, or too many parameters.
    """
    keys.identifier("model.name", name)
    given = {p.name: p for p in parameters}
    if len(given) != len(parameters):
        raise ValueError(f"parameters of model '{name}': expected each name once")
    own = [given.get(p.name, p) for p in first]
    extra = [p for p in parameters if p.name not in {p.name for p in first}]
    if len(extra) > _MOST_EXTRA:
        beside = " and ".join(p.name for p in first)
        raise ValueError(
            f"model '{name}' has {len(extra)} parameters{f' beside {beside}' if first else ''}: "
            f"expected at most {_MOST_EXTRA}"
        )
    for parameter in (*own, *extra):
        _check_box(parameter, name)
        if parameter.name in strengths and not (
            parameter.log or parameter.low <= 0 <= parameter.high
        ):
            raise ValueError(
                f"box of '{parameter.name}' in model '{name}': got {parameter.low:g} to {parameter.high:g}, "
                "expected 0 within it, where there is the standard model"
            )
    standard = [_standard(p, p.name in strengths) for p in (*own, *extra)]
    return Model(name, (*own, *extra), build, tuple(standard))


def _standard(parameter: Parameter, strength: bool) -> float:
    if strength:
        return absent(parameter)
    if parameter.name == "mass":
        return DECOUPLED[1]
    return 0.0 if parameter.low <= 0 <= parameter.high else sum(parameter.box) / 2


def checked(
    model: Model,
    where: str,
    evaluate: Callable[[Columns], tuple[Columns, Terms]],
    strengths: Collection[str],
) -> Model:
    """The model with words about where in its box it is undefined, searched for on a grid.

    Args:
        model: from `with_parameters`.
        where: begins a complaint.
        evaluate: parameters by name (n,) -> numbers by name (n,), which have to be finite, and which of them are
            couplings of neutrinos and of charged fermions to the same.
        strengths: parameters without which there is the standard model.

    Raises:
        ValueError: no finite number where the strengths go to zero, or in the whole box; or something is left there.
    """
    axes = [np.linspace(*p.box, _points_along(model)) for p in model.parameters]
    own = zip(model.parameters, model.standard, axes, strict=True)
    without = [np.array([at]) if p.name in strengths else axis for p, at, axis in own]
    decoupled = np.concatenate([[model.standard], _product(without)])
    found, terms, finite = _values(model, decoupled, where, evaluate)
    with np.errstate(over="ignore"):
        left = max(
            _largest(found, nu, finite) * _largest(found, others, finite) for nu, others in terms
        )
    if not left <= _DECOUPLED_PRODUCT:
        without_it = " and ".join(strengths)
        raise ValueError(
            f"{where}: a neutrino's times a charged fermion's coupling is {left:g} as {without_it} goes to 0, "
            f"expected 0: without {without_it} there is the standard model"
        )
    points = _product(axes)
    defined = _values(model, points, where, evaluate)[2]
    # any value of the other parameters will do without the strengths
    standard = tuple(map(float, decoupled[np.argmax(finite)]))
    words = undefined_words(model.parameters, points, ~defined)
    return replace(model, standard=standard, undefined=words)


def _largest(found: Columns, keys: Sequence[str], finite: np.ndarray) -> float:
    """Of the absolute values of some; 1 of none, as of a neutrino's moments."""
    return max((float(np.max(np.abs(found[key][finite]))) for key in keys), default=1.0)


def _points_along(model: Model) -> int:
    """Along each parameter, odd, so that the middle of a box is among them."""
    return int(_GRID_POINTS ** (1 / len(model.parameters))) | 1


def _product(axes: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)


def _values(
    model: Model,
    points: np.ndarray,
    where: str,
    evaluate: Callable[[Columns], tuple[Columns, Terms]],
) -> tuple[Columns, Terms, np.ndarray]:
    """Both at points in the fit's coordinates (n, n_parameters), and where all numbers are finite, (n,)."""
    coordinates = dict(zip((p.name for p in model.parameters), points.T, strict=True))
    columns = {name: np.asarray(x) for name, x in model.values(coordinates).items()}
    with np.errstate(all="ignore"):
        numbers, terms = evaluate(columns)
        found = {k: np.broadcast_to(x, len(points)) for k, x in numbers.items()}
    finite = np.logical_and.reduce([np.isfinite(x) for x in found.values()])
    if not finite.any():
        key, value = next((k, x[0]) for k, x in found.items() if not np.isfinite(x[0]))
        at = ", ".join(f"{k} = {x[0]:g}" for k, x in columns.items())
        raise ValueError(
            f"{where}: {key} is {value} at {at}: expected a finite number, there or anywhere beside"
        )
    return found, terms, finite


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
