"""Where -log L of a toy may have another minimum next to one that was found.

The interpolation of a shape bends about its nominal value and at its nodes, beyond which it becomes straight, and a
normalisation that would become negative falls off exponentially: -log L may have a minimum on either side. And along
the valley of couplings and masses that are about as good there may be several.
"""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.factors import KNEE
from jaxmed.inference.problem import Data, Problem, acts_on, blocks, restrict
from jaxmed.inference.profile.newton import Walk, solve

LOWER = 1e-3
"""Of -log L: what is lower by less is not lower."""
MOST_CROSSINGS = 5
"""One after the other, each from the minimum that the one before it found."""
# In sigma: of 500 toys of LAr none had a lower minimum beyond a kink further away than 1.0.
_REACH = 1.5
_FURTHER = 0.5  # than the kink
_AT = 0.1  # the kink: a minimum may lie on either side
# From a minimum not as far outside a kink there may be one beyond that, where other shapes follow.
_OUTSIDE = 0.75
_MUCH_FURTHER = 1.0
# In sigma. With kinks of CsI at 0 and +-1 alone, 4 of 500 toys kept a minimum up to 0.23 too high.
_FARTHEST_NODE = 1.5
_ALONG = 0.3  # in log10 of the mass: a barrier is looked for there, and a minimum twice as far
# Of the way from the barrier to the start: a first step that ends no further back says nothing.
_NEARLY = 0.6
# Of a curvature: parameters without effect and prior have none.
_RIDGE = 1e-9
# Evaluations of -log L; how far above the known minimum it may be after them, which further ones may still win; how
# far back the crossing parameter may be, as a share of the way from the barrier to the start.
_STAGES = ((2, 7.0, 0.6), (3, 7.0, 0.2), (15, 0.1, 0.0))


class Ways(NamedTuple):
    """Ways across barriers, one row each.

    Attributes:
        which: number of the parameter that crosses, (n,).
        barrier: where, (n,); of `relative` ones how far from the minimum.
        further: from there to the start beyond, (n,).
        relative: whether the barrier moves with the minimum, (n,).
        low, high: between these values of the parameter a minimum is close enough to try, (n,).
        moving: what goes along to the start, (n, n_free).
    """

    which: np.ndarray
    barrier: np.ndarray
    further: np.ndarray
    relative: np.ndarray
    low: np.ndarray
    high: np.ndarray
    moving: np.ndarray


def find_ways(problem: Problem, data: Data, split: int) -> Ways:
    """All of a problem.

    Args:
        problem: names of what is free.
        data: the experiments.
        split: how many parameters come before the nuisances: those of the model, or none.
    """
    n_free = split + len(problem.nuisances)
    rows = []
    for nuisance, kink, own in _kinks_of_parts(problem, data):
        moving = np.zeros(n_free, dtype=bool)
        moving[split + own] = True
        rows += [(split + nuisance, *way, moving) for way in _across(kink)]
    if split and "mass" in problem.parameters:
        mass, everything = problem.parameters.index("mass"), np.ones(n_free, dtype=bool)
        ends = -np.inf, np.inf
        rows += [(mass, way, way, True, *ends, everything) for way in (-_ALONG, _ALONG)]
    if not rows:
        none = np.zeros(0)
        return Ways(
            none.astype(int), none, none, none > 0, none, none, np.zeros((0, n_free), dtype=bool)
        )
    return Ways(*(np.array(column) for column in zip(*rows, strict=True)))


def _across(kink: float) -> list[tuple[float, float, bool, float, float]]:
    """Barrier, further, relative, low and high of the ways across a kink."""
    out = float(np.sign(kink))
    # not across zero on the way to another kink
    low = max(kink - _REACH, 0.0 if out > 0 else -np.inf)
    high = min(kink + _REACH, 0.0 if out < 0 else np.inf)
    ways = [
        (kink, _FURTHER, False, low, min(high, kink + _AT)),
        (kink, -_FURTHER, False, max(low, kink - _AT), high),
    ]
    if out:
        ends = sorted((kink, kink + out * _OUTSIDE))
        ways.append((kink + out * _OUTSIDE, out * _MUCH_FURTHER, False, ends[0], ends[1]))
    return ways


def _kinks_of_parts(problem: Problem, data: Data) -> list[tuple[int, float, np.ndarray]]:
    """Nuisances with a kink, where it is [sigma], and those that move with it.

    These are the nuisances with a prior of the experiments that share it which act on no other experiment.
    """
    places = _kinks(problem, data)
    crossed, found = tuple(dict.fromkeys(name for name, _ in places)), []
    for _, group in blocks(replace(problem, nuisances=crossed), data):
        part = restrict(problem, group)
        names = {e.name for e in group}
        others = [e for e in data if e.name not in names]
        shared = [any(acts_on(n, e) for e in others) for n in part.nuisances]
        alone = np.flatnonzero(~np.array(shared, dtype=bool) & (part.prior_weights > 0))
        inside = [part.nuisances[i] for i in alone]
        own = np.array([problem.nuisances.index(name) for name in inside], dtype=int)
        found += [(problem.nuisances.index(n), at, own) for n, at in places if n in inside]
    return found


def _kinks(problem: Problem, data: Data) -> list[tuple[str, float]]:
    """Nuisances and where their kinks are [sigma]."""
    found: dict[tuple[str, float], None] = {}
    low, high = problem.box[len(problem.parameters) :].T
    floating = {each.name for each in problem.floating}
    for part in (part for e in data for part in (e, *e.background)):
        shapes = zip(part.shapes, part.nodes, strict=True)
        bends = [(name, (0.0, *own)) for name, own in shapes]
        places = [(name, z) for name, own in bends for z in own if abs(z) <= _FARTHEST_NODE]
        widths = zip(part.scales, np.asarray(part.widths), strict=True)
        places += [(name, (KNEE - 1) / float(width)) for name, width in widths if width > 0]
        for name, kink in places:
            if name in problem.nuisances and name not in floating:
                i = problem.nuisances.index(name)
                if low[i] < kink < high[i]:
                    found[name, kink] = None
    return list(found)


def in_reach(ways: Ways, x: Array, fixed: Array) -> Array:
    """Which ways are worth trying from minima x (n, n_free), (n, n_ways); none for what is `fixed` (n_free,)."""
    own = x[:, ways.which]
    return (own >= ways.low[None]) & (own <= ways.high[None]) & ~fixed[ways.which][None]


def beyond(ways: Ways, k: Array, x: Array, curvature: Array) -> Array:
    """Where the ways k (n,) from minima x (n, n_free) start, (n, n_free).

    What moves with the crossing parameter goes along as far as -log L is a parabola of this curvature (n, n_free,
    n_free).
    """
    each = jnp.arange(len(k))
    which, moving = jnp.asarray(ways.which)[k], jnp.asarray(ways.moving)[k]
    both, eye = moving[:, :, None] & moving[:, None], jnp.eye(x.shape[1])
    matrix = jnp.where(both, curvature, 0.0) + jnp.where(both, _RIDGE, 1.0) * eye[None]
    along, _ = jax.vmap(solve)(matrix, eye[which])
    aim = _barrier(ways, k, x) + jnp.asarray(ways.further)[k]
    return x + along * ((aim - x[each, which]) / along[each, which])[:, None]


def stays_behind(
    ways: Ways, k: Array, origin: Array, walk: Walk, hope: Array, known: Array
) -> Array:
    """Whether searches on the ways k (n,) came back, or have no hope left to come out lower, (n,).

    Args:
        ways: all of them.
        k: which.
        origin: the minima that they started from, (n, n_free).
        walk: where they are.
        hope: of what the next steps gain, (n,).
        known: the values at `origin`, (n,).
    """
    each, which = jnp.arange(len(k)), jnp.asarray(ways.which)[k]
    barrier, further = _barrier(ways, k, origin), jnp.asarray(ways.further)[k]
    value, n = walk.expansion.value, walk.steps
    past = (walk.x[each, which] - barrier) / further
    leads_back = (walk.trial[each, which] - barrier) / further <= -_NEARLY
    behind = (n == 1) & jnp.isfinite(walk.decrement) & leads_back
    allowed = jnp.zeros_like(value)
    for steps, margin, back in reversed(_STAGES):
        least = jnp.where(past > -back, margin, -LOWER)
        behind |= (n == steps) & ~(value < known + least)
        allowed = jnp.where(n <= steps, margin, allowed)
    return behind | ((n > 1) & (value - hope > known + allowed - LOWER))


def _barrier(ways: Ways, k: Array, x: Array) -> Array:
    own = x[jnp.arange(len(k)), jnp.asarray(ways.which)[k]]
    return jnp.asarray(ways.barrier)[k] + jnp.where(jnp.asarray(ways.relative)[k], own, 0.0)
