"""A model from whatever names or makes one, and its couplings."""

import math
from pathlib import Path

import jax
import numpy as np

from jaxmed.models.from_file import read_model
from jaxmed.models.from_function import own_model
from jaxmed.models.model import Choice, Model, other_values
from jaxmed.models.presets import charged, direct, preset
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import (
    Couplings,
    Epsilon,
)
from jaxmed.theory.scalars import Scalar, is_traced

_LARGEST_G = 1e3  # far from any perturbative one, and its powers are still numbers


def get_model(model: Choice) -> Model:
    """A model from whatever names or makes one.

    Args:
        model: a preset name, the path of a TOML file with a [model] table (`from_file.read_model`), charges, couplings
            per unit g, a pure function from parameter values to Couplings (`from_function.own_model`), or a Model.

    Raises:
        ValueError: unknown preset, or a file or function that makes no model.
    """
    if isinstance(model, Model):
        return model
    if isinstance(model, Charges):
        return charged("charges", model)
    if isinstance(model, Epsilon):
        return direct("epsilon", model)
    if callable(model):
        return own_model(getattr(model, "__name__", "own"), model)
    if model.endswith(".toml"):
        return read_model(Path(model))
    return preset(model)


def mediator_model(model: Choice) -> Model:
    """The same; ValueError also if the model has no mediator."""
    chosen = get_model(model)
    if not chosen.has_mediator:
        raise ValueError(f"model '{chosen.name}' has no mediator: expected one with g and mass")
    return chosen


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
    chosen = mediator_model(model)
    if not (is_traced(g) or 0 <= g <= _LARGEST_G):
        raise ValueError(f"coupling g = {g}: expected a finite number from 0 to {_LARGEST_G:g}")
    if not (is_traced(mass) or 0 < mass < math.inf):
        raise ValueError(f"mass = {mass} MeV: expected a finite positive number")
    values: dict[str, Scalar] = {"g": g, "mass": mass} | other_values(chosen, others)
    found = chosen.build(values)
    leaves = jax.tree.leaves(found)
    if not (is_traced(*leaves) or all(np.isfinite(leaf).all() for leaf in leaves)):
        at = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        why = "its couplings are not numbers there"
        if chosen.charges is not None:
            why = "no real v_s gives this mass, or it is within a width of the Z of those (level repulsion)"
        raise ValueError(f"model '{chosen.name}' is undefined at {at}: {why}")
    return found
