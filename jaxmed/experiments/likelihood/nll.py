"""One negative log-likelihood for every experiment, relative to the saturated model."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import xlogy

from jaxmed.experiments.likelihood.forward import components, require_float64
from jaxmed.experiments.likelihood.pulls import Nuisances, Pulls, make_pulls
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.experiments.model import Component, Experiment, as_group
from jaxmed.models.model import Parameter
from jaxmed.theory.couplings import Couplings

# Expected counts are floored here [events], so that an empty prediction costs much but not infinity.
FLOOR = 1e-9


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
    group = as_group(experiments)
    pulls = make_pulls(nuisances or {}, *group)
    floating = tuple(each for e in group for each in e.floating)
    parts = [components(e, couplings) for e in group]
    return data_nll(group, parts, pulls) + pull_nll(pulls, floating)


def data_nll(
    experiments: Sequence[Experiment],
    parts: Sequence[tuple[Component, ...]],
    pulls: Pulls,
) -> Array:
    """The data term alone, for components that were worked out before."""
    terms = [data_term(e, counts(p, pulls)) for e, p in zip(experiments, parts, strict=True)]
    return jnp.sum(jnp.stack(terms))


def pull_nll(pulls: Pulls, floating: Sequence[Parameter]) -> Array:
    """Sum pull^2/2 over all nuisances with a prior."""
    return jnp.sum(prior_weights(pulls.names, floating) * pulls.values**2) / 2


def prior_weights(names: tuple[str, ...], floating: Sequence[Parameter]) -> np.ndarray:
    """1 for every nuisance with a unit-Gaussian prior, 0 for those that float, (n,)."""
    without = {each.name for each in floating}
    return np.array([float(name not in without) for name in names])


def data_term(experiment: Experiment, mu: Array) -> Array:
    """-log(L/L_saturated) of one experiment at expected events mu (n_bins,)."""
    n = jnp.asarray(experiment.observed)
    if experiment.gaussian:
        return jnp.sum(((mu - n) / experiment.error) ** 2) / 2
    safe = jnp.maximum(floored(mu), n) if experiment.one_sided else floored(mu)
    # n log(n/mu) written so that n = 0 has a gradient
    return jnp.sum(safe - n + xlogy(n, n) - n * jnp.log(safe))


def floored(mu: Array) -> Array:
    """Expected events, at least the FLOOR; what is not a number stays none, which a maximum may hide."""
    return jnp.where(mu < FLOOR, FLOOR, mu)
