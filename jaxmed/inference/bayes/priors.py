"""Priors of free parameters, as text such as 'log-uniform:1e-8:1e-4'.

Nuisances are not here: their unit Gaussians are terms of -log L already.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import SIGNAL_STRENGTH
from jaxmed.inference.problem import Problem
from jaxmed.models.model import Model, Parameter
from jaxmed.user_files.keys import hint, one_of, short

KINDS = ("log-uniform", "uniform", "normal")
_EXPECTED = (
    "expected 'log-uniform', 'uniform', one of them with ':low:high', or 'normal:mean:sigma'"
)
_REACH = 6.0  # sigmas of a normal prior that are sampled


@dataclass(frozen=True)
class Prior:
    """A density of a parameter in its own unit, zero outside its edges.

    Attributes:
        kind: one of KINDS.
        low: lower edge.
        high: upper edge.
        log: whether the fit's coordinate is log10 of the parameter.
        mean: of a normal prior, before the edges cut it.
        sigma: likewise.
    """

    kind: str
    low: float
    high: float
    log: bool
    mean: float = 0.0
    sigma: float = 1.0

    @property
    def box(self) -> tuple[float, float]:
        """The edges in the fit's coordinate."""
        return (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)

    def log_density(self, x: Array) -> Array:
        """Log density per unit of the fit's coordinate x, up to a constant, between the edges."""
        slope = x * math.log(10) if self.log else jnp.zeros_like(x)  # log of |d value / dx|
        value = 10**x if self.log else x
        if self.kind == "uniform":
            return slope
        if self.kind == "normal":
            return slope - ((value - self.mean) / self.sigma) ** 2 / 2
        return jnp.zeros_like(x) if self.log else -jnp.log(value)

    def draw(self, rng: np.random.Generator) -> float:
        """A random value in the fit's coordinate."""
        low, high = self.low, self.high
        if self.kind == "log-uniform":
            value = math.exp(rng.uniform(math.log(low), math.log(high)))
        elif self.kind == "uniform":
            value = rng.uniform(low, high)
        else:
            normal = NormalDist(self.mean, self.sigma)
            value = normal.inv_cdf(rng.uniform(normal.cdf(low), normal.cdf(high)))
        return math.log10(value) if self.log else value

    def __str__(self) -> str:
        numbers = (self.mean, self.sigma) if self.kind == "normal" else (self.low, self.high)
        return ":".join([self.kind, *(f"{x:.6g}" for x in numbers)])


def read_priors(
    given: Mapping[str, str], model: Model, floating: Sequence[Parameter] = (SIGNAL_STRENGTH,)
) -> dict[str, Prior]:
    """Priors from text by name of the parameter.

    Args:
        given: 'log-uniform' and 'uniform' between the edges of the parameter's box, or with ':low:high' between others,
            in its own unit; or 'normal:mean:sigma', cut at the edges of the box.
        model: whose parameters may have one.
        floating: nuisances that have none in the likelihood, which may have one, too.

    Raises:
        ValueError: an unknown parameter or kind, or numbers that make no density.
    """
    own = {p.name: p for p in (*model.parameters, *floating)}
    for name in given:
        if name not in own:
            raise ValueError(
                f"prior of '{name}'{hint(name, own)}: expected {one_of(own)}; nuisances have theirs in the "
                "likelihood"
            )
    return {name: _read(own[name], text) for name, text in given.items()}


def complete_priors(problem: Problem, given: Mapping[str, Prior]) -> dict[str, Prior]:
    """Priors of everything free that has none in the likelihood: those given, else flat in the fit's coordinate.

    Raises:
        ValueError: a prior for what is held fixed.
    """
    known = (*problem.model.parameters, *problem.floating)
    own = {p.name: p for p in known if p.name in problem.names}
    for name in given:
        if name not in own:
            raise ValueError(f"prior of '{name}', which is held fixed: free it or drop the prior")
    return {name: given.get(name, _flat(p)) for name, p in own.items()}


def _flat(parameter: Parameter) -> Prior:
    kind = "log-uniform" if parameter.log else "uniform"
    return Prior(kind, parameter.low, parameter.high, parameter.log)


def _read(parameter: Parameter, text: object) -> Prior:
    where = f"prior of {parameter.name} = {short(text)}"
    if not isinstance(text, str):
        raise ValueError(f"{where}: {_EXPECTED}")
    kind, *parts = text.split(":")
    if kind not in KINDS:
        raise ValueError(f"{where}{hint(kind, KINDS)}: {_EXPECTED}")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)) or len(numbers) not in (
        (2,) if kind == "normal" else (0, 2)
    ):
        raise ValueError(f"{where}: {_EXPECTED}")
    if kind == "normal":
        return _normal(parameter, where, *numbers)
    low, high = numbers or (parameter.low, parameter.high)
    if not parameter.low <= low < high <= parameter.high:
        raise ValueError(
            f"{where}: expected low < high within {parameter.low:g} to {parameter.high:g}{_unit(parameter)}"
        )
    if kind == "log-uniform" and low <= 0:
        raise ValueError(f"{where}: expected edges above 0 for a logarithm, got {low:g}")
    return Prior(kind, low, high, parameter.log)


def _normal(parameter: Parameter, where: str, mean: float, sigma: float) -> Prior:
    if sigma <= 0:
        raise ValueError(f"{where}: expected a positive sigma, got {sigma:g}")
    low = max(parameter.low, mean - _REACH * sigma)
    high = min(parameter.high, mean + _REACH * sigma)
    if not low < high:
        raise ValueError(
            f"{where}: expected a mean within {_REACH:g} sigma of {parameter.low:g} to "
            f"{parameter.high:g}{_unit(parameter)}"
        )
    return Prior("normal", low, high, parameter.log, mean, sigma)


def _unit(parameter: Parameter) -> str:
    return "" if parameter.unit == "1" else f" {parameter.unit}"
