"""Models: a name, parameters with their box, and a pure function from parameters to couplings."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.constants import GAMMA_Z, M_Z, SIN2_THETA_W
from jaxmed.theory.charges import PAPER, Charges, yukawa_sums
from jaxmed.theory.charges import charges as table_1
from jaxmed.theory.couplings import (
    Couplings,
    Epsilon,
    from_charges,
    from_epsilon,
    standard_model,
)
from jaxmed.theory.gauge import apart_from_z
from jaxmed.theory.scalars import Scalar, is_traced
from jaxmed.user_files.keys import hint

Values = Mapping[str, Array | float]
Number = TypeVar("Number", bound=Scalar)


class Parameter(NamedTuple):
    """A fit parameter, its box, and whether the fit moves in its decimal logarithm.

    Attributes:
        name: such as g or mass.
        low: lower edge of the box, in `unit`.
        high: upper edge, likewise.
        log: fitted as log10.
        unit: "1" or "MeV".
    """

    name: str
    low: float
    high: float
    log: bool
    unit: str

    def internal(self, value: float) -> float:
        """The fit's coordinate of a value."""
        return math.log10(value) if self.log else value

    @property
    def box(self) -> tuple[float, float]:
        """The edges in the fit's coordinate."""
        return self.internal(self.low), self.internal(self.high)


@dataclass(frozen=True)
class Model:
    """What a fit varies and how couplings follow from it.

    Attributes:
        name: for tables and JSON.
        parameters: what is fitted.
        build: parameter values by name -> Couplings; pure JAX. Hashed with the model: equal models share their
            compiled programs.
        standard: the fit's coordinates of the standard model, one for each parameter.
        charges: U(1)_X charges; None for a mediator without a gauge group, given by its couplings.
        undefined: in words, where in its box couplings are not numbers; empty if they are everywhere.
    """

    name: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Values], Couplings]
    standard: tuple[float, ...]
    charges: Charges | None = None
    undefined: str = ""

    def values(self, coordinates: Values) -> Values:
        """Parameter values at the fit's coordinates (log10 where a parameter is fitted as such)."""
        return {
            p.name: 10 ** coordinates[p.name] if p.log else coordinates[p.name]
            for p in self.parameters
        }

    def couplings(self, coordinates: Values) -> Couplings:
        """Couplings at the fit's coordinates."""
        return self.build(self.values(coordinates))

    @property
    def has_mediator(self) -> bool:
        """Whether the model has a coupling and a mass."""
        return {"g", "mass"} <= {p.name for p in self.parameters}


Choice = str | Model | Charges | Epsilon | Callable[[Values], Couplings]
"""What stands for a model wherever one is asked for, see `get_model`."""

MEDIATOR = (Parameter("g", 1e-9, 1.0, True, "1"), Parameter("mass", 1e-6, 1e5, True, "MeV"))
_LARGEST_G = 1e3  # far from any perturbative one, and its powers are still numbers

# log10 of g and mass: g = 1e-30 adds less than 1e-20 of any amplitude, which in float64 is the standard model.
DECOUPLED = (-30.0, 0.0)


def charged(name: str, charges: Charges) -> Model:
    """A U(1)_X with the given charges, such as `charges(x_q, x_l, x_h)`.

    The box of a Z' that mixes with the Z ends a width of the Z below M_Z: above begins, for every g', the gap of the
    level crossing, where no vacuum has its mass. In the gap, and within a width of it (`gauge.apart_from_z`), couplings
    are NaN.

    Raises:
        ValueError: the charges forbid the mass of a charged fermion or of the neutrino; traced ones pass.
    """
    numbers = Charges(*map(_plain, charges))
    size = 0.0 if is_traced(*numbers) else max(map(abs, numbers))
    for term, carried in yukawa_sums(numbers)._asdict().items():
        if is_traced(carried):
            continue
        if term != "majorana" and not abs(carried) <= 1e-12 * size:
            raise ValueError(
                f"charges of '{name}': the {term} Yukawa term carries X = {carried:g}, expected 0 "
                "(Eqs. 13-16); build the table with charges(x_q, x_l, x_h)"
            )
    g, mass = MEDIATOR
    box = (g, mass._replace(high=M_Z - GAMMA_Z)) if _mixes(numbers) else MEDIATOR
    return Model(name, box, _Charged(numbers), DECOUPLED, numbers)


def _mixes(charges: Charges) -> bool:
    """Whether the Z' mixes with the Z, as far as it is known."""
    return is_traced(charges.h) or charges.h != 0


def direct(name: str, epsilon: Epsilon) -> Model:
    """A mediator given by its couplings per unit g."""
    nu, *rest = epsilon
    plain = Epsilon(tuple(map(_plain, nu)), *map(_plain, rest))
    return Model(name, MEDIATOR, _Direct(plain), DECOUPLED)


def _plain(x: Any) -> Any:
    """A number that can be hashed, unless it is traced."""
    return x if is_traced(x) else float(x)


def weak_mixing() -> Model:
    """The standard model with a free weak mixing angle."""
    box = (Parameter("sin2_theta_w", 0.05, 0.6, False, "1"),)
    return Model("weak_mixing", box, _weak_mixing, (SIN2_THETA_W,))


@dataclass(frozen=True)
class _Charged:
    charges: Charges

    def __call__(self, values: Values) -> Couplings:
        found = from_charges(self.charges, values["g"], values["mass"])
        if not _mixes(self.charges):
            return found
        apart = apart_from_z(values["g"], values["mass"], self.charges.h)
        couplings = (jnp.where(apart, leaf, jnp.nan) for leaf in found)
        return Couplings(*couplings)._replace(mass=found.mass)


@dataclass(frozen=True)
class _Direct:
    epsilon: Epsilon

    def __call__(self, values: Values) -> Couplings:
        return from_epsilon(self.epsilon, values["g"], values["mass"])


def _weak_mixing(values: Values) -> Couplings:
    return standard_model(values["sin2_theta_w"])


def _standard(values: Values) -> Couplings:
    del values
    return standard_model(SIN2_THETA_W)


PRESETS = {
    model.name: model
    for model in (
        charged("u1r", PAPER),
        charged("b_minus_l", table_1(2 / 3, -2.0, 0.0)),
        charged("hypercharge", table_1(1 / 3, -1.0, 1.0)),
        direct("universal", Epsilon((1.0, 1.0, 1.0), 1.0, 1.0, 1.0)),
        # differences of lepton numbers at tree level, without the kinetic mixing of their lepton loops
        direct("l_mu_l_tau", Epsilon((0.0, 1.0, -1.0), 0.0, 0.0, 0.0)),
        direct("l_e_l_mu", Epsilon((1.0, -1.0, 0.0), 1.0, 0.0, 0.0)),
        direct("l_e_l_tau", Epsilon((1.0, 0.0, -1.0), 1.0, 0.0, 0.0)),
        weak_mixing(),
        Model("standard_model", (), _standard, ()),
    )
}


def get_model(model: Choice) -> Model:
    """A model from whatever names or makes one.

    Args:
        model: a preset name, the path of a TOML file with a [model] table (`model_file.read_model`), charges, couplings
            per unit g, a pure function from parameter values to Couplings (`own.own_model`), or a Model.

    Raises:
        ValueError: unknown preset, or a file or function that makes no model.
    """
    if isinstance(model, Model):
        return model
    if isinstance(model, Charges):
        return charged("charges", model)
    if isinstance(model, Epsilon):
        return direct("epsilon", model)
    # imported here: these modules build on this one
    from jaxmed.models.from_file import read_model
    from jaxmed.models.from_function import own_model

    if callable(model):
        return own_model(getattr(model, "__name__", "own"), model)
    if model.endswith(".toml"):
        return read_model(Path(model))
    if model not in PRESETS:
        raise ValueError(
            f"unknown model '{model}'{hint(model, PRESETS)}: expected one of {', '.join(PRESETS)}, "
            "or a file that ends in .toml"
        )
    return PRESETS[model]


def couplings(model: Choice, *, g: Scalar, mass: Scalar, **others: Scalar) -> Couplings:
    """Couplings of one mediator.

    Under jit, vmap or grad numbers cannot be looked at: outside their range, and where the model is undefined, the
    couplings are then what the model's formulas make of them, NaN in the gap beside the Z.

    Args:
        model: a preset name or any other model (`get_model`).
        g: coupling g', not negative.
        mass: mediator mass [MeV], positive.
        others: values of the model's other parameters, if it has any, each within its box.

    Returns:
        Couplings, leaves ().

    Raises:
        ValueError: unknown model, a model without a mediator, g < 0, mass <= 0, or not finite; a parameter that is
            missing, unknown or outside its box; a point where the model is undefined.
    """
    chosen = get_model(model)
    if not chosen.has_mediator:
        raise ValueError(f"model '{chosen.name}' has no mediator: expected one with g and mass")
    if not (is_traced(g) or 0 <= g <= _LARGEST_G):
        raise ValueError(f"coupling g = {g}: expected a finite number from 0 to {_LARGEST_G:g}")
    if not (is_traced(mass) or 0 < mass < math.inf):
        raise ValueError(f"mass = {mass} MeV: expected a finite positive number")
    values: dict[str, Scalar] = {"g": g, "mass": mass} | other_values(chosen, others)
    found = chosen.build(values)
    if not (is_traced(*found) or all(np.isfinite(leaf).all() for leaf in found)):
        at = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        why = "its couplings are not numbers there"
        if chosen.charges is not None:
            why = "no real v_s gives this mass, or it is within a width of the Z of those (level repulsion)"
        raise ValueError(f"model '{chosen.name}' is undefined at {at}: {why}")
    return found


def other_values(model: Model, values: Mapping[str, Number]) -> dict[str, Number]:
    """Values of all parameters beside g and mass; ValueError if one is missing, unknown or outside its box."""
    own = {p.name: p for p in model.parameters if p.name not in ("g", "mass")}
    for name in values:
        if name not in own:
            has = ["g", "mass", *own]
            raise ValueError(
                f"model '{model.name}' has no parameter '{name}'{hint(name, own)}: it has {', '.join(has)}"
            )
    for name, parameter in own.items():
        where = f"from {parameter.low:g} to {parameter.high:g}"
        if name not in values:
            raise ValueError(f"model '{model.name}' needs a value of '{name}', {where}: got none")
        value = values[name]
        if not (is_traced(value) or parameter.low <= value <= parameter.high):
            raise ValueError(f"{name} = {values[name]}: expected a number {where}")
    return dict(values)
