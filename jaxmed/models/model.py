"""A model is what a fit varies: a name, parameters with their box, and a pure function from them to couplings."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jax import Array

from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import (
    Couplings,
    Epsilon,
)
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

    def value(self, coordinate: Any) -> Any:
        """The value, of any shape, at the fit's coordinate."""
        return 10**coordinate if self.log else coordinate

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
        normalisations: those of its parameters that are no couplings but nuisances without a prior of the
            experiments, which the fit then reports, scans and limits as it does a coupling.
    """

    name: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Values], Couplings]
    standard: tuple[float, ...]
    charges: Charges | None = None
    undefined: str = ""
    normalisations: tuple[str, ...] = ()

    def values(self, coordinates: Values) -> Values:
        """Parameter values at the fit's coordinates (log10 where a parameter is fitted as such)."""
        return {p.name: p.value(coordinates[p.name]) for p in self.parameters}

    def couplings(self, coordinates: Values) -> Couplings:
        """Couplings at the fit's coordinates."""
        return self.build(self.values(coordinates))

    @property
    def has_mediator(self) -> bool:
        """Whether the model has a coupling and a mass."""
        return {"g", "mass"} <= {p.name for p in self.parameters}


Choice = str | Model | Charges | Epsilon | Callable[[Values], Couplings]
"""What stands for a model wherever one is asked for, see `get_model`."""
ELECTROMAGNETIC = {
    "magnetic_moment": Parameter("mu_nu", 1e-14, 1e-6, True, "mu_B"),
    "charge_radius": Parameter("r2_nu", -100.0, 100.0, False, "1e-32 cm^2"),
    "millicharge": Parameter("q_nu", -100.0, 100.0, False, "1e-12 e"),
}
"""What a structure without a mediator of its own has in place of g and mass (`theory.structures`)."""
MEDIATOR = (Parameter("g", 1e-9, 1.0, True, "1"), Parameter("mass", 1e-6, 1e5, True, "MeV"))
# log10 of g and mass: g = 1e-30 adds less than 1e-20 of any amplitude, which in float64 is the standard model.
DECOUPLED = (-30.0, 0.0)


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
