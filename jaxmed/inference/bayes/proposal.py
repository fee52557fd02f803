"""Where a posterior is: a profiled scan over the priors, the map that flattens it, and starting points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import profile

# Share of the cube for the walls of the density and what hides between its nodes: where it would be at a higher
# temperature. And a share for nothing at all.
_TEMPERED, _TEMPERATURE = 0.1, 4.0
_TINY = 1e-9
# Rise of the log density over a cell below which the cell counts as level.
_STEEP = 1e-6


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ProposalMap:
    """A map from the unit cube to a box under which a density known on a grid becomes flat.

    Posteriors of a light mediator have narrow peaks, plateaus and islands side by side, where no single step suits a
    sampler. A profiled scan knows all of them: under its map they fill the cube in proportion to their probability. It
    need not be exact, since the sampler corrects by the density it returns.

    Between the nodes the log density is linear along each axis, as a parabola nearly is. The coordinates follow one by
    one (Rosenblatt, Ann. Math. Stat. 23 (1952) 470): u_1 is the distribution function of x_1, u_2 that of x_2 given
    x_1, and so on.

    Attributes:
        axes: nodes along each axis, ascending, (n_1,), (n_2,), ...
        marginals: log density at the nodes, later axes integrated out, (n_1,), (n_1, n_2), ...
        profile: values at the nodes, (n_1, n_2, ..., n_values).
    """

    axes: tuple[Array, ...]
    marginals: tuple[Array, ...]
    profile: Array

    def __call__(self, u: Array) -> tuple[Array, Array, Array]:
        """The point of the box at u (n_axes,), the log density there for uniform u, and the profile there."""
        x, log_density, tables = [], jnp.zeros(()), [*self.marginals, self.profile]
        for nodes, target in zip(self.axes, u, strict=True):
            line, *tables = tables
            cell, share, found = _invert(nodes, line, target)
            x.append((1 - share) * nodes[cell] + share * nodes[cell + 1])
            log_density += found
            tables = [(1 - share) * t[cell] + share * t[cell + 1] for t in tables]
        return jnp.stack(x) if x else jnp.zeros(0), log_density, tables[-1]


def make_proposal_map(
    axes: Sequence[np.ndarray], log_density: np.ndarray, profile: np.ndarray
) -> ProposalMap:
    """The map for a log density at the product of the axes, (n_1, n_2, ...), up to a constant, and its profile."""
    logs = log_density - log_density.max()
    own, hot = (_normalised(axes, np.exp(part)) for part in (logs, logs / _TEMPERATURE))
    # the last one because a density of zero has no inverse
    mixed = own + _TEMPERED * hot + _TINY * _normalised(axes, np.ones_like(logs))
    _, *marginals = _marginals(axes, mixed)
    return ProposalMap(
        tuple(map(jnp.asarray, axes)), tuple(map(jnp.log, marginals)), jnp.asarray(profile)
    )


def _normalised(axes: Sequence[np.ndarray], density: np.ndarray) -> np.ndarray:
    return density / _marginals(axes, density)[0]


def _marginals(axes: Sequence[np.ndarray], density: np.ndarray) -> list[np.ndarray]:
    """The density with all axes integrated out, with all but the first, ..., with none."""
    found = [density]
    for axis in reversed(axes):
        last = found[-1]
        found.append(np.sum((last[..., 1:] + last[..., :-1]) / 2 * np.diff(axis), axis=-1))
    return found[::-1]


def cube_point(proposal_map: ProposalMap, node: Sequence[int]) -> np.ndarray:
    """Where a node of the grid lies in the cube, (n_axes,)."""
    u = []
    for i, axis in enumerate(proposal_map.axes):
        areas = np.asarray(_areas(axis, proposal_map.marginals[i][tuple(node[:i])]))
        u.append(areas[: node[i]].sum() / areas.sum())
    return np.array(u)


def _areas(nodes: Array, line: Array) -> Array:
    """Integral of the density over each cell, (n - 1,)."""
    rise = line[1:] - line[:-1]
    steep = jnp.abs(rise) > _STEEP
    safe = jnp.where(steep, rise, 1.0)
    mean = jnp.where(steep, jnp.expm1(safe) / safe, 1 + rise / 2)
    return (nodes[1:] - nodes[:-1]) * jnp.exp(line[:-1]) * mean


def _invert(nodes: Array, line: Array, u: Array) -> tuple[Array, Array, Array]:
    """Where the distribution function is u: the cell, the share of it below, and the log density there."""
    areas = _areas(nodes, line)
    cumulative = jnp.cumsum(areas)
    target = u * cumulative[-1]
    cell = jnp.clip(jnp.searchsorted(cumulative, target), 0, areas.size - 1)
    rest = (target - cumulative[cell]) / areas[cell] + 1  # share of the cell's area below
    rise = line[cell + 1] - line[cell]
    steep = jnp.abs(rise) > _STEEP
    safe = jnp.where(steep, rise, 1.0)
    share = jnp.where(steep, jnp.log1p(rest * jnp.expm1(safe)) / safe, rest)
    return cell, share, line[cell] + rise * share - jnp.log(cumulative[-1])


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
        proposal_map: its map with the profiled nuisances.
        starts: points of the unit cube, (n_chains, n_parameters).
        undefined: in words, where the model is undefined.
    """

    density: Density
    proposal_map: ProposalMap
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
    proposal_map = make_proposal_map(
        axes, log_density.reshape(shape), found.nuisances.reshape(*shape, -1)
    )
    weights = np.exp(log_density)
    chosen = np.random.default_rng(seed).choice(len(points), chains, p=weights / weights.sum())
    starts = [cube_point(proposal_map, np.unravel_index(i, shape)) for i in chosen]
    density = Density(axes, log_density.reshape(shape))
    words = problem.undefined_words(points, found.nll)
    return Scan(density, proposal_map, np.reshape(starts, (chains, split)), words)


def _log_prior(problem: Problem, priors: Mapping[str, Prior], points: np.ndarray) -> np.ndarray:
    """Log prior density of the model parameters at points (n, n_parameters), (n,)."""
    columns = zip(problem.parameters, jnp.asarray(points).T, strict=True)
    terms = [priors[name].log_density(x) for name, x in columns]
    return np.sum(jax.device_get(terms), axis=0) if terms else np.zeros(len(points))
