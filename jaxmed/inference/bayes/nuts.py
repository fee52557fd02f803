"""NUTS on a fit problem: the NumPyro model and its chains. Needs the extra `bayes`."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from jax import Array
from numpyro.distributions import ImproperUniform
from numpyro.distributions.constraints import real_vector
from numpyro.infer import NUTS

from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import ProposalMap
from jaxmed.inference.engine.jit import QuickJit
from jaxmed.inference.problem import Data, Problem

_SITE = "y"
_INSIDE = 1e-3  # of the cube: a start on its face would be at infinity for the sampler


class Chains(NamedTuple):
    """What the sampler returns.

    Attributes:
        x: free values in the fit's coordinates, (n_chains, n_samples, n_free).
        diverging: whether a trajectory lost its energy, (n_chains, n_samples).
        steps: leapfrog steps of each, (n_chains, n_samples).
        acceptance: mean acceptance probability of each, (n_chains, n_samples).
        energy: of each, (n_chains, n_samples).
    """

    x: np.ndarray
    diverging: np.ndarray
    steps: np.ndarray
    acceptance: np.ndarray
    energy: np.ndarray


class Run(NamedTuple):
    """What a compiled program depends on beside the shapes of its arguments: see `posterior`."""

    problem: Problem
    priors: tuple[tuple[str, Prior], ...]
    warmup: int
    samples: int


def sample(
    run: Run, proposal_map: ProposalMap, data: Data, starts: np.ndarray, seed: int
) -> Chains:
    """Run all chains at once.

    Args:
        run: what is free, its priors, and how long.
        proposal_map: of the free model parameters.
        data: the experiments.
        starts: points of the unit cube, (n_chains, n_parameters).
        seed: the same one gives the same samples.
    """
    inside = np.clip(starts, _INSIDE, 1 - _INSIDE)
    rest = np.zeros((len(starts), len(run.problem.nuisances)))
    initial_state = jnp.asarray(np.hstack([np.log(inside / (1 - inside)), rest]))
    # NumPyro mixes types and ranks, which a caller may have forbidden
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return Chains(*jax.device_get(_run(run, seed, initial_state, proposal_map, data)))


@QuickJit
def _run(
    run: Run, seed: int, starts: Array, proposal_map: ProposalMap, data: Data
) -> tuple[Array, ...]:
    """One program for set-up, warm-up and samples: NumPyro's own driver compiles some hundred small ones."""
    kernel = NUTS(partial(_model, run), dense_mass=True)
    keys = jax.random.split(jax.random.key(seed), len(starts))
    state = kernel.init(keys, run.warmup, {_SITE: starts}, (proposal_map, data), {})

    def step(state: Any, _: None) -> tuple[Any, tuple[Array, ...]]:
        new: Any = kernel.sample(state, (proposal_map, data), {})
        x = jax.vmap(lambda y: to_box(run, proposal_map, y)[0])(new.z[_SITE])
        return new, (x, new.diverging, new.num_steps, new.accept_prob, new.energy)

    _, found = jax.lax.scan(step, state, None, length=run.warmup + run.samples)
    return tuple(jnp.moveaxis(values[run.warmup :], 0, 1) for values in found)


def _model(run: Run, proposal_map: ProposalMap, data: Data) -> None:
    """The posterior in coordinates that suit the sampler; -log L holds the Gaussians of the nuisances."""
    names = run.problem.names
    y = jnp.asarray(numpyro.sample(_SITE, ImproperUniform(real_vector, (), (len(names),))))
    x, log_volume = to_box(run, proposal_map, y)
    numpyro.factor("likelihood", -run.problem.nll(x, data))
    prior = [p.log_density(x[names.index(name)]) for name, p in run.priors]
    numpyro.factor("prior", sum(prior, log_volume))


def to_box(run: Run, proposal_map: ProposalMap, y: Array) -> tuple[Array, Array]:
    """Free values in the fit's coordinates, and log |dx/dy|.

    Args:
        run: what is free.
        proposal_map: of the model parameters, with the profiled nuisances.
        y: any numbers, (n_free,): for what has a prior here the logit of a share, for a nuisance its distance from
            where it is profiled.
    """
    split, priors = len(run.problem.parameters), dict(run.priors)
    share, slope = jax.nn.sigmoid(y), -jax.nn.softplus(y) - jax.nn.softplus(-y)
    parameters, log_flat, profiled = proposal_map(share[:split])
    bounded = np.array([name in priors for name in run.problem.names])
    boxes = [priors[n].box if n in priors else (0.0, 0.0) for n in run.problem.nuisances]
    low, high = np.reshape(boxes, (-1, 2)).T
    nuisances = jnp.where(bounded[split:], low + (high - low) * share[split:], profiled + y[split:])
    return jnp.concatenate([parameters, nuisances]), jnp.sum(bounded * slope) - log_flat
