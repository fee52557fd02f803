"""Where a posterior is: a profiled scan over the priors, the map that flattens it, and starting points."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.inference.bayes.flattening import Flattening, cube_point, make_flattening
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import profile

# Points of the scan, and the most along one axis. Twice as many along each of two axes save NUTS half its steps.
_POINTS = 40_000
_AXIS_POINTS = 201
# Log density where there is none, relative to the maximum: in float64 its exponential hardly differs from zero.
NOTHING = -700.0


class Density(NamedTuple):
    """Prior times profile likelihood over the model parameters.

    Attributes:
        axes: nodes of each parameter in the fit's coordinate, (n_1,), (n_2,), ...
        log: log density per unit of these coordinates, its maximum 0, (n_1, n_2, ...); -700 where the model is
            undefined.
    """

    axes: tuple[np.ndarray, ...]
    log: np.ndarray


class Scan(NamedTuple):
    """A scan of the priors.

    Attributes:
        density: on a grid.
        flattening: its map with the profiled nuisances.
        starts: points of the unit cube, (n_chains, n_parameters).
        undefined: in words, where the model is undefined.
    """

    density: Density
    flattening: Flattening
    starts: np.ndarray
    undefined: str


def scan_posterior(
    problem: Problem, priors: Mapping[str, Prior], data: Data, chains: int, seed: int
) -> Scan:
    """Prior times profile likelihood on a grid, as a map; and starts of the chains drawn from it.

    Args:
        problem: what is free.
        priors: of all that is free and no nuisance, by name.
        data: the experiments.
        chains: number of starts.
        seed: of the draws.

    Raises:
        ValueError: the model is undefined wherever the priors are.
    """
    split = len(problem.parameters)
    number = min(_AXIS_POINTS, int(_POINTS ** (1 / max(split, 1))))
    axes = tuple(np.linspace(*priors[name].box, number) for name in problem.parameters)
    grids = np.meshgrid(*axes, indexing="ij")
    points = np.stack([g.ravel() for g in grids], axis=-1) if grids else np.zeros((1, 0))
    found = profile(problem, points, data)
    undefined = ~np.isfinite(found.nll)
    if undefined.all():
        raise ValueError(
            f"model '{problem.model.name}' is undefined wherever the priors are: expected a number somewhere"
        )
    log_density = _log_prior(problem, priors, points) - found.nll
    log_density = np.where(undefined, NOTHING, log_density - np.nanmax(log_density))
    shape = tuple(axis.size for axis in axes)
    flattening = make_flattening(
        axes, log_density.reshape(shape), found.nuisances.reshape(*shape, -1)
    )
    weights = np.exp(log_density)
    chosen = np.random.default_rng(seed).choice(len(points), chains, p=weights / weights.sum())
    starts = [cube_point(flattening, np.unravel_index(i, shape)) for i in chosen]
    density = Density(axes, log_density.reshape(shape))
    words = problem.undefined_words(points, found.nll)
    return Scan(density, flattening, np.reshape(starts, (chains, split)), words)


def _log_prior(problem: Problem, priors: Mapping[str, Prior], points: np.ndarray) -> np.ndarray:
    """Log prior density of the model parameters at points (n, n_parameters), (n,)."""
    columns = zip(problem.parameters, jnp.asarray(points).T, strict=True)
    terms = [priors[name].log_density(x) for name, x in columns]
    return np.sum(jax.device_get(terms), axis=0) if terms else np.zeros(len(points))
