"""Models: a name, parameters with their box, and a pure function from parameters to couplings."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

from jax import Array

from jaxmed.constants import SIN2_THETA_W
from jaxmed.theory.charges import PAPER, Charges, yukawa_sums
from jaxmed.theory.charges import charges as table_1
from jaxmed.theory.couplings import (
    Couplings,
    Epsilon,
    from_charges,
    from_epsilon,
    standard_model,
)

Values = Mapping[str, Array | float]


class Parameter(NamedTuple):
    """A fit parameter, its box, and whether the fit moves in its decimal logarithm.

    Attributes:
        name: such as g or mass.
        low, high: edges of the box, in `unit`.
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
        build: parameter values by name -> Couplings; pure JAX.
        standard: the fit's coordinates of the standard model, one for each parameter.
        charges: U(1)_X charges; None for a mediator without a gauge group, given by its couplings.
    """

    name: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Values], Couplings]
    standard: tuple[float, ...]
    charges: Charges | None = None

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


MEDIATOR = (Parameter("g", 1e-9, 1.0, True, "1"), Parameter("mass", 1e-6, 1e5, True, "MeV"))


# g = 1e-30 adds less than one part in 1e20 to any amplitude in the box: the standard model in float64.
_DECOUPLED = (-30.0, 0.0)


def charged(name: str, charges: Charges) -> Model:
    """A U(1)_X with the given charges, such as `charges(x_q, x_l, x_h)`.

    Raises:
        ValueError: the charges forbid the mass of a charged fermion or of the neutrino.
    """
    numbers = Charges(*map(float, charges))
    size = max(map(abs, numbers))
    for term, carried in yukawa_sums(numbers)._asdict().items():
        if term != "majorana" and not abs(carried) <= 1e-12 * size:
            raise ValueError(
                f"charges of '{name}': the {term} Yukawa term carries X = {carried:g}, expected 0 "
                "(Eqs. 13-16); build the table with charges(x_q, x_l, x_h)"
            )
    return Model(name, MEDIATOR, partial(_charged, numbers), _DECOUPLED, numbers)


def direct(name: str, epsilon: Epsilon) -> Model:
    """A mediator given by its couplings per unit g."""
    return Model(name, MEDIATOR, partial(_direct, epsilon), _DECOUPLED)


def weak_mixing() -> Model:
    """The standard model with a free weak mixing angle."""
    box = (Parameter("sin2_theta_w", 0.05, 0.6, False, "1"),)
    return Model("weak_mixing", box, _weak_mixing, (SIN2_THETA_W,))


def _charged(charges: Charges, values: Values) -> Couplings:
    return from_charges(charges, values["g"], values["mass"])


def _direct(epsilon: Epsilon, values: Values) -> Couplings:
    return from_epsilon(epsilon, values["g"], values["mass"])


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
        direct("l_mu_l_tau", Epsilon((0.0, 1.0, -1.0), 0.0, 0.0, 0.0)),
        weak_mixing(),
        Model("standard_model", (), _standard, ()),
    )
}


def get_model(model: str | Model | Charges | Epsilon) -> Model:
    """A model from a preset name, charges, couplings per unit g, or itself.

    Raises:
        ValueError: unknown preset.
    """
    if isinstance(model, Model):
        return model
    if isinstance(model, Charges):
        return charged("charges", model)
    if isinstance(model, Epsilon):
        return direct("epsilon", model)
    if model not in PRESETS:
        close = get_close_matches(model, PRESETS, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"unknown model '{model}'{hint}: expected one of {', '.join(PRESETS)}")
    return PRESETS[model]


def couplings(model: str | Model | Charges | Epsilon, *, g: float, mass: float) -> Couplings:
    """Couplings of one mediator.

    Args:
        model: a preset name, a table `charges(x_q, x_l, x_h)`, Epsilon(nu, e, u, d), or a Model.
        g: coupling g', not negative.
        mass: mediator mass [MeV], positive.

    Returns:
        Couplings, leaves ().

    Raises:
        ValueError: unknown model, a model without a mediator, g < 0, mass <= 0, or not finite.
    """
    chosen = get_model(model)
    if not chosen.has_mediator:
        raise ValueError(f"model '{chosen.name}' has no mediator: expected one with g and mass")
    if not (math.isfinite(g) and g >= 0):
        raise ValueError(f"coupling g = {g}: expected a finite number, not negative")
    if not (math.isfinite(mass) and mass > 0):
        raise ValueError(f"mass = {mass} MeV: expected a finite positive number")
    return chosen.build({"g": g, "mass": mass})
