"""One negative log-likelihood for every experiment, relative to the saturated model."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import xlogy

from jaxmed.experiments.forward import (
    Nuisances,
    check_nuisances,
    components,
    counts,
    require_float64,
)
from jaxmed.experiments.model import STRENGTH, Component, Experiment
from jaxmed.theory.couplings import Couplings

# Expected counts are floored here [events], so that an empty prediction costs much but not infinity.
_FLOOR = 1e-9


def nll(
    experiments: Experiment | Sequence[Experiment],
    couplings: Couplings,
    nuisances: Nuisances | None = None,
) -> Array:
    """-log(L/L_saturated) + sum pull^2/2; -2 log L of a publication is twice this.

    Args:
        experiments: one data set or several; a nuisance they share has one value and one pull.
        couplings: the mediator.
        nuisances: name -> value in standard deviations; those not named are at their nominal 0.

    Returns:
        (), zero for a perfect description.

    Raises:
        ValueError: an unknown nuisance, or JAX in 32-bit mode.
    """
    require_float64()
    group = (experiments,) if isinstance(experiments, Experiment) else tuple(experiments)
    values = nuisances or {}
    check_nuisances(values, *group)
    return data_nll(group, [components(e, couplings) for e in group], values) + pull_nll(values)


def data_nll(
    experiments: Sequence[Experiment],
    parts: Sequence[tuple[Component, ...]],
    nuisances: Nuisances,
) -> Array:
    """The data term alone, for components that were worked out before."""
    terms = [_term(e, counts(p, nuisances)) for e, p in zip(experiments, parts, strict=True)]
    return jnp.sum(jnp.stack(terms))


def pull_nll(nuisances: Nuisances) -> Array:
    """Sum pull^2/2 over all nuisances with a prior."""
    pulls = [jnp.asarray(z, dtype=float) for name, z in nuisances.items() if name != STRENGTH]
    return jnp.sum(jnp.stack(pulls) ** 2) / 2 if pulls else jnp.zeros(())


def _term(experiment: Experiment, mu: Array) -> Array:
    n = jnp.asarray(experiment.observed)
    if experiment.gaussian:
        return jnp.sum(((mu - n) / experiment.error) ** 2) / 2
    safe = jnp.maximum(mu, _FLOOR)
    # n log(n/mu) written so that n = 0 has a gradient
    return jnp.sum(safe - n + xlogy(n, n) - n * jnp.log(safe))
