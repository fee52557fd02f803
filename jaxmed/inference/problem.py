"""A fit problem: experiments, a model, and which parameters are free."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict, Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import components, require_float64
from jaxmed.experiments.likelihood.nll import data_nll, prior_weights, pull_nll
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.experiments.model import SIGNAL_STRENGTH, STRENGTH, Experiment, Leaf, as_group
from jaxmed.models.choose import get_model
from jaxmed.models.model import Choice, Model, Parameter, Values
from jaxmed.models.undefined import undefined_words
from jaxmed.theory.charges import Charges
from jaxmed.theory.couplings import Couplings
from jaxmed.theory.rho import rho_nll
from jaxmed.user_files.keys import one_of, unknown

PULL_BOX = (-5.0, 5.0)
Data = tuple[Experiment, ...]


@dataclass(frozen=True)
class Problem:
    """The structure of a fit; hashable, so that jit compiles once for each. Data travels beside it.

    Attributes:
        model: what turns parameters into couplings.
        parameters: free model parameters.
        nuisances: free nuisances.
        fixed: (name, value) of everything held fixed, model parameters in the fit's coordinate.
        constraints: names of terms in the model parameters alone, such as rho.
        floating: nuisances without a prior, free or not.
    """

    model: Model
    parameters: tuple[str, ...]
    nuisances: tuple[str, ...]
    fixed: tuple[tuple[str, float], ...]
    constraints: tuple[str, ...] = ()
    floating: tuple[Parameter, ...] = (SIGNAL_STRENGTH,)

    @property
    def names(self) -> tuple[str, ...]:
        """Free parameters, model parameters first."""
        return self.parameters + self.nuisances

    @property
    def box(self) -> np.ndarray:
        """Edges of every free parameter in the fit's coordinate, (n_free, 2)."""
        boxes = {p.name: p.box for p in (*self.floating, *self.model.parameters)}
        return np.array([boxes.get(name, PULL_BOX) for name in self.names]).reshape(-1, 2)

    @property
    def prior_weights(self) -> np.ndarray:
        """1 for every free nuisance with a unit-Gaussian prior, 0 for those without, (n_nuisances,)."""
        return prior_weights(self.nuisances, self.floating)

    def couplings(self, x: Array) -> Couplings:
        """Couplings at the free model parameters x (n_parameters,) in the fit's coordinate."""
        return self.model.couplings(self._coordinates(x))

    def constraint(self, x: Array) -> Array:
        """What the constraints add to -log L at the free model parameters x (n_parameters,)."""
        values = self.model.values(self._coordinates(x))
        return jnp.asarray(constraint_nll(self.constraints, self.model, values), dtype=float)

    def _coordinates(self, x: Array) -> Values:
        held = dict(self.fixed)
        free = dict(zip(self.parameters, x, strict=True))
        values = [free.get(p.name, held.get(p.name)) for p in self.model.parameters]
        names = [p.name for p in self.model.parameters]
        return dict(zip(names, map(jnp.asarray, values), strict=True))

    def undefined_words(self, points: np.ndarray, nll: np.ndarray) -> str:
        """At which points (n, n_parameters) -log L (n,) is not a number, in words; empty if it always is."""
        free = [p for p in self.model.parameters if p.name in self.parameters]
        return undefined_words(free, points, ~np.isfinite(nll))

    def pulls(self, z: Leaf, point: Leaf = None) -> Pulls:
        """All nuisances from the free ones z (n_nuisances,).

        Args:
            z: free nuisances.
            point: free model parameters in the fit's coordinate, (n_parameters,): those that are normalisations of
                the experiments are nuisances to these. Other models need none.
        """
        acting = self.model.normalisations
        own = {p.name for p in self.model.parameters} - set(acting)
        held = {name: value for name, value in self.fixed if name not in own}
        xp = z.__array_namespace__()
        values = xp.concatenate([z, np.array(list(held.values()), dtype=float)])
        if not acting or not self.parameters:
            return Pulls((*self.nuisances, *held), values)
        moving = np.array(
            [i for i, name in enumerate(self.parameters) if name in acting], dtype=int
        )
        names = tuple(self.parameters[i] for i in moving)
        return Pulls(
            (*self.nuisances, *held, *names),
            point.__array_namespace__().concatenate([values, point[moving]]),
        )

    @property
    def held_pulls(self) -> float:
        """Sum pull^2/2 of the nuisances held fixed."""
        own = {p.name for p in (*self.model.parameters, *self.floating)}
        return sum(value**2 for name, value in self.fixed if name not in own) / 2

    def nll(self, x: Array, data: Data) -> Array:
        """-log(L/L_sat) + pulls + constraints at the free values x (n_free,)."""
        split = len(self.parameters)
        couplings, pulls = self.couplings(x[:split]), self.pulls(x[split:], x[:split])
        parts = [components(e, couplings) for e in data]
        return (
            data_nll(data, parts, pulls)
            + pull_nll(pulls, self.floating)
            + self.constraint(x[:split])
        )


class Settings(TypedDict, total=False):
    """Keywords of every function that fits.

    Attributes:
        fixed: name -> value held fixed: model parameters and what floats in their own unit, other nuisances in sigma.
        free: names freed beyond the default; 'signal_strength' is fixed unless named.
        constraints: measurements added to the likelihood by name: 'rho', the rho parameter (Eqs. 31-33 of
            arXiv:2106.12364), for a model with U(1)_X charges. The standard model's -log L has them too, and is 1.9
            sigma off: rho alone allows g' x_h up to 8.2e-3 for a light mediator at 90 % (relative to the best g >= 0),
            not the 3.3e-3 of its two-sigma edge (Eq. 34). Functions that draw toys refuse constraints: toys are drawn
            for experiments only.
    """

    fixed: Mapping[str, float] | None
    free: Sequence[str]
    constraints: Sequence[str]


def pose(
    experiments: Experiment | Sequence[Experiment], model: Choice, **settings: Unpack[Settings]
) -> tuple[Problem, Data]:
    """The problem of a fit and its data, from what users say.

    Args:
        experiments: one data set or several; nuisances of the same name are shared.
        model: a preset name or whatever else makes a model (`get_model`).
        **settings: what is free (`Settings`).

    Raises:
        ValueError: as `make_problem` and `get_model`.
    """
    data = as_group(experiments)
    return make_problem(data, get_model(model), **settings), data


def make_problem(
    experiments: Sequence[Experiment],
    model: Model,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[str] = (),
    constraints: Sequence[str] = (),
) -> Problem:
    """Check the names and sort parameters into free and fixed.

    Args:
        experiments: data sets.
        model: what is fitted.
        fixed: as the others, see `Settings`.
        free: names.
        constraints: names.

    Raises:
        ValueError: no experiments, two of one name, an unknown name, a fixed value outside its box, a constraint
            on a model without charges, or JAX in 32-bit mode.
    """
    require_float64()
    names = [e.name for e in experiments]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"experiments = {names}: expected at least one, each at most once")
    by_name = {p.name: p for p in model.parameters}
    floating = tuple(dict.fromkeys(each for e in experiments for each in e.floating))
    for name in model.normalisations:
        if name not in {each.name for each in floating}:
            raise ValueError(
                f"model '{model.name}': its normalisation '{name}' is none of {', '.join(names)}: expected "
                f"{one_of(each.name for each in floating if each.name != STRENGTH)}"
            )
    every = (n for e in experiments for n in e.nuisances)
    nuisances = tuple(n for n in dict.fromkeys(every) if n not in by_name)
    known = [*by_name, *nuisances, STRENGTH]
    for name in [*(fixed or {}), *free]:
        if name not in known:
            raise ValueError(unknown("parameter", name, known))
    held = {STRENGTH: 0.0} | dict(fixed or {})
    for name in free:
        held.pop(name, None)
    ranges = {p.name: p for p in (*floating, *model.parameters)}
    for name, value in held.items():
        held[name] = _held(ranges[name], value) if name in ranges else float(value)
    return Problem(
        model=model,
        parameters=tuple(name for name in by_name if name not in held),
        nuisances=tuple(name for name in (*nuisances, STRENGTH) if name not in held),
        fixed=tuple(sorted(held.items())),
        constraints=check_constraints(constraints, model),
        floating=floating,
    )


def _held(parameter: Parameter, value: float) -> float:
    low, high = parameter.low, parameter.high
    if not low <= value <= high:
        raise ValueError(
            f"{parameter.name} = {value} {parameter.unit}: expected a value from {low:g} to {high:g}"
        )
    return parameter.internal(value)


def acts_on(name: str, experiment: Experiment) -> bool:
    """Whether a nuisance (or the signal strength) changes the prediction of an experiment."""
    return name in experiment.nuisances or (name == STRENGTH and STRENGTH in experiment.scales)


def blocks(problem: Problem, data: Data) -> list[tuple[Problem, Data]]:
    """Split a problem into parts that share no free nuisance, each a problem of its own."""
    groups: list[list[Experiment]] = []
    for experiment in data:
        own = {n for n in problem.nuisances if acts_on(n, experiment)}
        joined = [g for g in groups if any(acts_on(n, e) for n in own for e in g)]
        groups = [g for g in groups if not any(g is j for j in joined)]
        groups.append([e for g in joined for e in g] + [experiment])
    return [(restrict(problem, tuple(group)), tuple(group)) for group in groups]


def restrict(problem: Problem, data: Data) -> Problem:
    """The problem with only those nuisances that act on `data`.

    Constraints belong to the whole and not to a part: they are left to the caller, who adds them once.
    """

    def relevant(name: str) -> bool:
        return any(acts_on(name, e) for e in data)

    own = {p.name for p in problem.model.parameters}
    return replace(
        problem,
        nuisances=tuple(name for name in problem.nuisances if relevant(name)),
        fixed=tuple((n, v) for n, v in problem.fixed if n in own or relevant(n)),
        constraints=(),
    )


def constraint_part(problem: Problem) -> Problem:
    """The problem with nothing but its constraints: no nuisance, no data."""
    return replace(restrict(problem, ()), constraints=problem.constraints)


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


@partial(jax.jit, static_argnums=0)
def expected_counts(problem: Problem, x: Array, data: Data) -> tuple[Array, ...]:
    """Of every experiment at the free values x (n_free,), (n_bins,) each."""
    split = len(problem.parameters)
    couplings, pulls = problem.couplings(x[:split]), problem.pulls(x[split:], x[:split])
    return tuple(counts(components(e, couplings), pulls) for e in data)


def with_counts(data: Data, observed: tuple[Array, ...]) -> Data:
    """The experiments with other counts."""
    pairs = zip(data, observed, strict=True)
    return tuple(replace(experiment, observed=counted) for experiment, counted in pairs)
