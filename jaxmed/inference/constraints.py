"""Measurements that constrain a model without being an experiment: terms a fit can switch on by name."""

from collections.abc import Callable, Sequence

from jax import Array

from jaxmed.models.model import Model, Values
from jaxmed.theory.charges import Charges
from jaxmed.theory.rho import rho_nll
from jaxmed.user_files.keys import unknown


def _rho(charges: Charges, values: Values) -> Array:
    """Rho_0 of the global electroweak fit, 1.00038 +- 0.00020 (Eqs. 31-33 of arXiv:2106.12364).

    It is 1.9 standard deviations above the standard model's 1: the standard model itself pays 1.8.
    """
    return rho_nll(values["g"], values["mass"], charges.h)


CONSTRAINTS: dict[str, Callable[[Charges, Values], Array]] = {"rho": _rho}


def check_constraints(names: Sequence[str], model: Model) -> tuple[str, ...]:
    """The names as a tuple.

    Raises:
        ValueError: an unknown or repeated name, or a model without U(1)_X charges, about which rho says nothing.
    """
    for name in names:
        if name not in CONSTRAINTS:
            raise ValueError(unknown("constraint", name, CONSTRAINTS))
    if len(set(names)) != len(names):
        raise ValueError(f"constraints = {list(names)}: expected each at most once")
    if names and model.charges is None:
        raise ValueError(
            f"constraint '{names[0]}' with model '{model.name}': expected a model with U(1)_X charges, "
            "such as u1r"
        )
    return tuple(names)


def constraint_nll(names: Sequence[str], model: Model, values: Values) -> Array | float:
    """Sum of the terms `names`, each relative to its saturated model.

    Args:
        names: as `check_constraints` returns them.
        model: with charges, if there are names.
        values: model parameters by name, in their own unit.
    """
    if model.charges is None:
        return 0.0
    return sum((CONSTRAINTS[name](model.charges, values) for name in names), 0.0)
