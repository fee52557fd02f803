"""A map from the unit cube to a box under which a density known on a grid becomes flat.

Posteriors of a light mediator have narrow peaks, plateaus and islands side by side, where no single step suits a
sampler. A profiled scan knows all of them: under its map they fill the cube in proportion to their probability.
The map need not be exact, since the sampler corrects by the density it returns.

Between the nodes the log density is linear along each axis, as a parabola nearly is. The coordinates follow one by
one (Rosenblatt, Ann. Math. Stat. 23 (1952) 470): u_1 is the distribution function of x_1, u_2 that of x_2 given x_1,
and so on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

# Share of the cube for the walls of the density and what hides between its nodes: where it would be at a higher
# temperature. And a share for nothing at all.
_TEMPERED, _TEMPERATURE = 0.1, 4.0
_TINY = 1e-9
# Rise of the log density over a cell below which the cell counts as level.
_STEEP = 1e-6


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Flattening:
    """The map, and whatever else a scan knows at the nodes.

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


def make_flattening(
    axes: Sequence[np.ndarray], log_density: np.ndarray, profile: np.ndarray
) -> Flattening:
    """The map for a log density at the product of the axes, (n_1, n_2, ...), up to a constant, and its profile."""
    logs = log_density - log_density.max()
    own, hot = (_normalised(axes, np.exp(part)) for part in (logs, logs / _TEMPERATURE))
    # the last one because a density of zero has no inverse
    mixed = own + _TEMPERED * hot + _TINY * _normalised(axes, np.ones_like(logs))
    _, *marginals = _marginals(axes, mixed)
    return Flattening(
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


def cube_point(flattening: Flattening, node: Sequence[int]) -> np.ndarray:
    """Where a node of the grid lies in the cube, (n_axes,)."""
    u = []
    for i, axis in enumerate(flattening.axes):
        areas = np.asarray(_areas(axis, flattening.marginals[i][tuple(node[:i])]))
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
