"""Profiled -log L along lines of constant mass: the scan behind limits and contours."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import Data, Problem
from jaxmed.inference.profile.profile import Start, profile
from jaxmed.inference.profile.slopes import slopes

_FLAT = 1e-9  # differences of -log L that are round-off: a plateau has no minima


class Samples(NamedTuple):
    """Points on lines of constant mass, sorted by line, then by coupling.

    Attributes:
        line: which line, (n,).
        points: (log10 g, log10 mass), (n, 2).
        nll: profiled -log L, NaN where the model is undefined, (n,).
        nuisances: where, (n, n_nuisances).
        converged: of the inner minimisation, (n,).
    """

    line: np.ndarray
    points: np.ndarray
    nll: np.ndarray
    nuisances: np.ndarray
    converged: np.ndarray

    @property
    def log_g(self) -> np.ndarray:
        """(n,)."""
        return self.points[:, 0]

    @property
    def lowest(self) -> np.ndarray:
        """Lowest -log L of every line, NaN if it has none, (n_lines,)."""
        return np.fmin.reduceat(self.nll, np.flatnonzero(np.diff(self.line, prepend=-1)))

    @property
    def defined(self) -> np.ndarray:
        """Where -log L is a number, (n,)."""
        return np.isfinite(self.nll)

    def at(self, index: np.ndarray) -> "Samples":
        """Some of the points."""
        return Samples(*(leaf[index] for leaf in self))


def check_plane(problem: Problem) -> Problem:
    """The problem itself; ValueError unless g and mass are its free model parameters."""
    if problem.parameters != ("g", "mass"):
        raise ValueError(
            f"model '{problem.model.name}': free are {', '.join(problem.parameters) or 'none'}, "
            "expected g and mass alone, other parameters fixed"
        )
    return problem


def sample(
    problem: Problem,
    line: np.ndarray,
    points: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
    start: Start | None = None,
) -> Samples:
    """Profile at `points` (n, 2) of the lines `line` (n,), in the order given; `start` as for `profile`."""
    found = profile(problem, points, data, tick, start)
    return Samples(line, points, found.nll, found.nuisances, found.converged)


def merge(parts: list[Samples]) -> Samples:
    """All points of several samples, sorted."""
    joined = Samples(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))
    return joined.at(np.lexsort((joined.log_g, joined.line)))


def scan_lines(
    problem: Problem,
    log_g: np.ndarray,
    log_masses: np.ndarray,
    data: Data,
    tick: Callable[[float], None] | None = None,
) -> Samples:
    """Every line at the standard model, at `log_g` and where a narrow island may hide, in one batch.

    Args:
        problem: free parameters g and mass.
        log_g: log10 of couplings on every line, ascending, (n,).
        log_masses: log10 of the masses [MeV], one for each line.
        data: the experiments.
        tick: called with the share of the points finished since the last call.
    """
    couplings = []
    for log_mass in log_masses:
        extra = np.log10(candidate_couplings(problem, float(log_mass), data))
        inside = extra[(extra > log_g[0]) & (extra < log_g[-1])]
        couplings.append(np.unique(np.concatenate([[problem.model.standard[0]], log_g, inside])))
    line = np.repeat(np.arange(len(log_masses)), [each.size for each in couplings])
    points = np.stack([np.concatenate(couplings), log_masses[line]], axis=1)
    share = (lambda number: tick(number / line.size)) if tick else None
    return sample(problem, line, points, data, share)


def local_minima(samples: Samples) -> np.ndarray:
    """Indices of points that lie lower than both neighbours on their line; a plateau counts once."""
    nll, line = samples.nll, samples.line
    middle = np.arange(1, nll.size - 1)
    inside = (line[middle - 1] == line[middle]) & (line[middle + 1] == line[middle])
    falls = nll[middle - 1] > nll[middle] + _FLAT
    return middle[inside & falls & (nll[middle + 1] >= nll[middle] - _FLAT)]


# An island's neighbourhood is sampled at these multiples of its estimated coupling.
_AROUND = np.array([0.93, 0.96, 0.98, 0.99, 1.0, 1.01, 1.02, 1.04, 1.07])
_QUANTILES = (0.1, 0.5, 0.9)


def candidate_couplings(problem: Problem, log_mass: float, data: Data) -> np.ndarray:
    """Couplings g (n,) at one mass at which a narrow allowed island may hide.

    The signal of a vector mediator is A + B x + C x^2 in every bin, x = g^2, up to Z-Z' mixing of order (g'/g_Z)^2.
    Where B < 0 it dips and comes back to the standard model at x = -B/C: an island that a coarse scan in g steps over.

    Args:
        problem: free parameters g and mass.
        log_mass: log10 of the mass [MeV].
        data: the experiments.
    """
    found = []
    for experiment in data:
        a, b, c = _quadratic(problem, log_mass, experiment)
        if not np.isfinite([a, b, c]).all():
            continue  # undefined here: no island to look for
        known = [part for part in experiment.background if not part.floating]
        rest = sum(np.asarray(part.nominal) for part in known)
        variance = (
            np.asarray(experiment.error) ** 2 if experiment.gaussian else np.maximum(a + rest, 1.0)
        )
        weighted = [np.sum(v / variance) for v in (a + rest - experiment.observed, b, c)]
        found += _positive_roots(*weighted)
        if weighted[2] > 0:
            found += [-weighted[1] / weighted[2], -weighted[1] / (2 * weighted[2])]
        bins = c > 1e-12 * c.max()
        found += np.quantile(-b[bins] / c[bins], _QUANTILES).tolist() if bins.any() else []
    squares = np.array([x for x in found if x > 0])
    return (np.sqrt(squares)[:, None] * _AROUND).ravel()


def _quadratic(problem: Problem, log_mass: float, experiment: Experiment) -> tuple[np.ndarray, ...]:
    """A, B, C of the nominal signal, (n_bins,) each."""

    def at(x: float) -> np.ndarray:
        point = jnp.array([0.5 * np.log10(x) if x else -30.0, log_mass])
        return np.asarray(_signal(problem, point, experiment))

    a, far = at(0.0), at(1.0)
    # at x = 1 the last term dominates: the scale on which all three matter
    scale = float(np.sqrt(a.sum() / far.sum())) if far.sum() > 0 and a.sum() > 0 else 1.0
    one, two = at(scale) - a, at(2 * scale) - a
    return a, (4 * one - two) / (2 * scale), (two - 2 * one) / (2 * scale**2)


def _positive_roots(a: float, b: float, c: float) -> list[float]:
    if c == 0:
        return []
    return [r.real for r in np.roots([c, b, a]) if abs(r.imag) < 1e-9 * abs(r) and r.real > 0]


@partial(jax.jit, static_argnums=0)
def _signal(problem: Problem, point: jax.Array, experiment: Experiment) -> jax.Array:
    return components(experiment, problem.couplings(point))[0].nominal


_PASSES = 15
_DECREASE = 1e-8  # of -log L that is not worth another point
_REACH = 10.0  # a minimum lies less deep below a point than this many times what a step promises


class _Points(NamedTuple):
    """log10 g, value and slope, (n,) each."""

    at: np.ndarray
    value: np.ndarray
    slope: np.ndarray


class _Brackets(NamedTuple):
    """Around n minima: the lowest point of each and one on either side."""

    line: np.ndarray
    log_mass: np.ndarray
    left: _Points
    best: _Points
    right: _Points


def refine_minima(problem: Problem, samples: Samples, ceiling: np.ndarray, data: Data) -> Samples:
    """The samples and, around local minima on a line, the points that lead to their bottom.

    Args:
        problem: free parameters g and mass.
        samples: scan of the lines.
        ceiling: -log L of every line above which nobody cares, (n_lines,).
        data: the experiments.
    """
    middle = local_minima(samples)
    ends = (_with_slopes(problem, samples.at(middle + shift), data) for shift in (-1, 0, 1))
    state = _Brackets(samples.line[middle], samples.points[middle, 1], *ends)
    parts, start = [samples], Start(samples.nuisances[0], np.inf)
    for number in range(_PASSES):
        step = _step(state, halve=number % 3 == 2)
        promise = np.abs(state.best.slope * step)
        matters = state.best.value - _REACH * promise < ceiling[state.line]
        going = matters & (promise > _DECREASE)
        if not going.any():
            break
        state, step = jax.tree.map(lambda leaf, kept=going: leaf[kept], (state, step))
        points = np.stack([state.best.at + step, state.log_mass], axis=1)
        found = sample(problem, state.line, points, data, start=start)
        parts.append(found)
        state = _narrow(state, _with_slopes(problem, found, data))
    return merge(parts)


def _with_slopes(problem: Problem, samples: Samples, data: Data) -> _Points:
    along = np.broadcast_to([1.0, 0.0], samples.points.shape)
    slope = slopes(problem, samples.points, samples.nuisances, along, data)
    return _Points(samples.log_g, samples.nll, slope)


def _step(state: _Brackets, *, halve: bool) -> np.ndarray:
    """From the lowest points towards the side where -log L falls, (n,)."""
    best = state.best
    other = _select(best.slope > 0, state.left, state.right)
    width = other.at - best.at
    if halve:
        return width / 2
    # the minimum of the cubic with the values and slopes of both (Nocedal and Wright, Eq. 3.59)
    d1 = other.slope + best.slope - 3 * (other.value - best.value) / width
    d2 = np.sign(-width) * np.sqrt(np.maximum(d1**2 - other.slope * best.slope, 0.0))
    share = (best.slope + d2 - d1) / _not_zero(best.slope - other.slope + 2 * d2)
    return width * np.where((share > 0) & (share < 1), share, 0.5)


def _narrow(state: _Brackets, new: _Points) -> _Brackets:
    """The three points around each minimum once `new` is known."""
    left, best, right = state.left, state.best, state.right
    lower, after = new.value < best.value, new.at > best.at
    # a lower point takes the middle and the old middle becomes an end; a higher one becomes an end itself
    return state._replace(
        left=_select(after, _select(lower, best, left), _select(lower, left, new)),
        best=_select(lower, new, best),
        right=_select(after, _select(lower, right, new), _select(lower, best, right)),
    )


def _select(condition: np.ndarray, yes: _Points, no: _Points) -> _Points:
    return _Points(*(np.where(condition, a, b) for a, b in zip(yes, no, strict=True)))


def _not_zero(x: np.ndarray) -> np.ndarray:
    return np.where(x == 0, 1.0, x)
