"""The signal as a polynomial in the only free parameter of a model.

A cross section is a square of amplitudes, and an amplitude holds the product of two couplings: with couplings that are
proportional to g events are A + B g^2 + C g^4, bin by bin, exactly. The coefficients are Taylor's at 0, each worked out
by itself: fitted to events at some couplings, the small ones would be lost beside the large.
"""

from collections.abc import Callable
from math import factorial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.experimental.jet import jet

from jaxmed.experiments.likelihood.forward import channel_events, signal_events
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import Data, Problem
from jaxmed.models.model import Parameter
from jaxmed.theory.couplings import Couplings

TOLERANCE = 1e-12
"""Of the polynomial, relative to the sum of the absolute values of its terms."""
# Mixing of Z and Z' goes on for ever in g^2/g_Z^2: with this power it is exact up to couplings of 1e-3.
_HIGHEST = 8
_CHECKED = 121


class Polynomial(NamedTuple):
    """Events sum_p coefficients[p] g^powers[p].

    Attributes:
        powers: of the parameter, ascending; the first is 0.
        coefficients: of the signal's variants, (n_powers, n_variants, n_bins).
    """

    powers: tuple[int, ...]
    coefficients: np.ndarray


def free_parameter(problem: Problem) -> Parameter:
    """The only one that is free, within its box; ValueError if there are others, or constraints beside the data."""
    if problem.constraints:
        raise ValueError(
            f"constraints = {', '.join(problem.constraints)}: expected none in an export, which holds data sets only"
        )
    free = [p for p in problem.model.parameters if p.name in problem.parameters]
    if len(free) != 1:
        named = ", ".join(p.name for p in free) or "none"
        raise ValueError(
            f"free parameters of model '{problem.model.name}' = {named}: expected one, with values of the others, such "
            "as --mass 0.05 or --set name=number"
        )
    return free[0]


def signal_polynomials(problem: Problem, data: Data) -> tuple[Polynomial, ...]:
    """Of every experiment, in `free_parameter`; checked all over its box.

    Raises:
        ValueError: several free parameters, or a normalisation, or a signal that is no polynomial in the only one.
    """
    parameter = free_parameter(problem)
    if parameter.name in problem.model.normalisations:
        raise ValueError(
            f"model '{problem.model.name}': {parameter.name} is a normalisation of an experiment, expected a coupling"
        )
    couplings = _couplings(problem, parameter)
    points = _points(parameter)
    return tuple(_polynomial(e, couplings, points, problem.model.name, parameter) for e in data)


def _couplings(problem: Problem, parameter: Parameter) -> Callable[[Array], Couplings]:
    held = dict(problem.fixed)
    others = {
        p.name: jnp.asarray(p.value(held[p.name]))
        for p in problem.model.parameters
        if p.name in held
    }
    return lambda value: problem.model.build(others | {parameter.name: value})


def _points(parameter: Parameter) -> np.ndarray:
    """Values all over the box, ascending."""
    edges = parameter.box
    return parameter.value(np.linspace(*edges, _CHECKED))


def _polynomial(
    experiment: Experiment,
    couplings: Callable[[Array], Couplings],
    points: np.ndarray,
    model: str,
    parameter: Parameter,
) -> Polynomial:
    if not experiment.channels:
        return Polynomial((0,), np.zeros((1, 1, experiment.n_bins)))
    try:
        terms = np.asarray(_taylor(experiment, couplings))
    except (KeyError, NotImplementedError):
        raise ValueError(_none(model, parameter)) from None
    powers = tuple(p for p in range(len(terms)) if p == 0 or np.any(terms[p]))
    coefficients = terms[list(powers)]
    true = jax.jit(jax.vmap(lambda value: signal_events(experiment, couplings(value))))
    found = np.asarray(true(jnp.asarray(points)))
    each = points[:, None, None, None] ** np.array(powers)[None, :, None, None] * coefficients[None]
    close = np.abs(found - each.sum(axis=1)) <= TOLERANCE * np.abs(each).sum(axis=1)
    exact = close.all(axis=(1, 2))
    if not exact.all():
        raise ValueError(_only(model, parameter, points, exact))
    return Polynomial(powers, coefficients)


def _taylor(experiment: Experiment, couplings: Callable[[Array], Couplings]) -> Array:
    """Coefficients of all powers, (n_powers, n_variants, n_bins)."""

    def events(value: Array) -> Array:
        own = couplings(value)
        return jnp.stack([channel_events(each, own) for each in experiment.channels]).sum(axis=0)

    @jax.jit
    def derivatives() -> Array:
        along = [jnp.ones(()), *[jnp.zeros(())] * (_HIGHEST - 1)]
        value, others = jet(events, (jnp.zeros(()),), (along,))
        return jnp.stack([value, *others])

    scale = np.array([factorial(p) for p in range(_HIGHEST + 1)], dtype=float)
    return derivatives() / scale[:, None, None]


def _none(model: str, parameter: Parameter) -> str:
    return (
        f"model '{model}': its signal is no polynomial in {parameter.name}, which an export expects"
    )


def _only(model: str, parameter: Parameter, points: np.ndarray, exact: np.ndarray) -> str:
    """In words, where the polynomial holds."""
    last = int(np.argmin(exact)) - 1
    name, low, high = parameter.name, parameter.low, parameter.high
    if last < 1 or not parameter.log:
        return _none(model, parameter)
    # rounded, and never up
    most = f"{0.95 * points[last]:.2g}"
    return (
        f"model '{model}': its signal is a polynomial in {name} to {TOLERANCE:g} up to {name} = {most} only, expected "
        f"up to {high:g}: narrow the box, --box {name}={low:g}:{most}"
    )
