"""Models that have a name, and how charges or couplings per unit g make one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from jaxmed.constants import GAMMA_Z, M_Z, SIN2_THETA_W
from jaxmed.models.model import DECOUPLED, ELECTROMAGNETIC, MEDIATOR, Model, Parameter, Values
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
from jaxmed.theory.scalars import is_traced
from jaxmed.theory.structures import CHARGED, STRUCTURES, interactions
from jaxmed.user_files.keys import hint


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


def direct(name: str, epsilon: Epsilon, structure: str = "vector") -> Model:
    """One interaction (`theory.structures`), given by its couplings per unit g, or of its own parameter."""
    nu, *rest = epsilon
    build = _Direct(Epsilon(tuple(map(_plain, nu)), *map(_plain, rest)), structure)
    if STRUCTURES[structure].massive:
        return Model(name, MEDIATOR, build, DECOUPLED)
    own = ELECTROMAGNETIC[structure]
    return Model(name, (own,), build, (absent(own),))


def scaled(name: str, ranges: Mapping[str, tuple[float, float]]) -> Model:
    """The standard model, and normalisations of an experiment with their ranges: without them they are nearest to 0."""
    box = tuple(Parameter(own, *ends, False, "1") for own, ends in ranges.items())
    without = tuple(min(max(0.0, p.low), p.high) for p in box)
    return Model(name, box, _standard, without, normalisations=tuple(ranges))


def absent(parameter: Parameter) -> float:
    """The coordinate at which what a parameter is the size of is not there."""
    return DECOUPLED[0] if parameter.log else 0.0


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
        couplings = jax.tree.map(lambda leaf: jnp.where(apart, leaf, jnp.nan), found)
        return couplings._replace(mass=found.mass)


@dataclass(frozen=True)
class _Direct:
    epsilon: Epsilon
    structure: str

    def __call__(self, values: Values) -> Couplings:
        if self.structure == "vector":
            return from_epsilon(self.epsilon, values["g"], values["mass"])
        nu, *charged = self.epsilon
        known, massive, _ = STRUCTURES[self.structure]
        size = values["g" if massive else ELECTROMAGNETIC[self.structure].name]
        pairs = zip(CHARGED, charged, strict=True)
        of = {name: size * each for name, each in pairs if name in known}
        term = self.structure, [size * each for each in nu], of
        return interactions(values["mass"] if massive else 1.0, [term])


def _weak_mixing(values: Values) -> Couplings:
    return standard_model(values["sin2_theta_w"])


def _standard(values: Values) -> Couplings:
    del values
    return standard_model(SIN2_THETA_W)


_ALL = Epsilon((1.0, 1.0, 1.0), 1.0, 1.0, 1.0)
_LEPTONS, _NEUTRINOS = _ALL._replace(u=0.0, d=0.0), _ALL._replace(e=0.0, u=0.0, d=0.0)
PRESETS = {
    model.name: model
    for model in (
        charged("u1r", PAPER),
        charged("b_minus_l", table_1(2 / 3, -2.0, 0.0)),
        charged("hypercharge", table_1(1 / 3, -1.0, 1.0)),
        direct("universal", _ALL),
        # differences of lepton numbers at tree level, without the kinetic mixing of their lepton loops
        direct("l_mu_l_tau", Epsilon((0.0, 1.0, -1.0), 0.0, 0.0, 0.0)),
        direct("l_e_l_mu", Epsilon((1.0, -1.0, 0.0), 1.0, 0.0, 0.0)),
        direct("l_e_l_tau", Epsilon((1.0, 0.0, -1.0), 1.0, 0.0, 0.0)),
        direct("scalar_universal", _ALL, "scalar"),
        direct("scalar_lepton", _LEPTONS, "scalar"),
        direct("axial_lepton", _LEPTONS, "axial"),
        # of electrons: a tensor coupling to quarks does not scatter coherently
        direct("tensor_universal", _LEPTONS, "tensor"),
        *(direct(name, _NEUTRINOS, name) for name in ELECTROMAGNETIC),
        weak_mixing(),
        Model("standard_model", (), _standard, ()),
    )
}


def preset(name: str) -> Model:
    """The model of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PRESETS:
        raise ValueError(
            f"unknown model '{name}'{hint(name, PRESETS)}: expected one of {', '.join(PRESETS)}, "
            "or a file that ends in .toml"
        )
    return PRESETS[name]
