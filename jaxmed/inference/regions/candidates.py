"""Couplings at which a narrow allowed island may hide."""

import numpy as np
from jax import Array

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.model import Experiment
from jaxmed.inference.engine.batches import batches
from jaxmed.inference.engine.devices import device_count, on_all_devices, per_element
from jaxmed.inference.problem import Data, Problem

# An island's neighbourhood is sampled at these multiples of its estimated coupling.
_AROUND = np.array([0.93, 0.96, 0.98, 0.99, 1.0, 1.01, 1.02, 1.04, 1.07])
_QUANTILES = (0.1, 0.5, 0.9)
_DECOUPLED, _AT_ONCE = -30.0, 64  # log10 g, and points of a batch


def candidate_couplings(problem: Problem, log_masses: np.ndarray, data: Data) -> list[np.ndarray]:
    """Couplings g at which a narrow allowed island may hide, (n,) for each mass.

    The signal of a vector mediator is A + B x + C x^2 in every bin, x = g^2, up to Z-Z' mixing of order (g'/g_Z)^2.
    Where B < 0 it dips and comes back to the standard model at x = -B/C: an island that a coarse scan in g steps over.

    Args:
        problem: free parameters g and mass.
        log_masses: log10 of the masses [MeV], (n_masses,).
        data: the experiments.
    """
    found: list[list[float]] = [[] for _ in log_masses]
    for experiment in data:
        for own, *quadratic in zip(
            found, *_quadratics(problem, log_masses, experiment), strict=True
        ):
            # undefined there: no island to look for
            own += _squares(experiment, *quadratic) if np.isfinite(quadratic).all() else []
    squares = [np.array([x for x in own if x > 0]) for own in found]
    return [(np.sqrt(each)[:, None] * _AROUND).ravel() for each in squares]


def _squares(experiment: Experiment, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> list[float]:
    """Where x = g^2 is of interest to an experiment with the signal a + b x + c x^2, (n_bins,) each."""
    known = [part for part in experiment.background if not part.floating]
    rest = sum(np.asarray(part.nominal) for part in known)
    variance = (
        np.asarray(experiment.error) ** 2 if experiment.gaussian else np.maximum(a + rest, 1.0)
    )
    weighted = [float(np.sum(v / variance)) for v in (a + rest - experiment.observed, b, c)]
    found = _positive_roots(*weighted)
    if weighted[2] > 0:
        found += [-weighted[1] / weighted[2], -weighted[1] / (2 * weighted[2])]
    bins = c > 1e-12 * c.max()
    return found + (np.quantile(-b[bins] / c[bins], _QUANTILES).tolist() if bins.any() else [])


def _quadratics(
    problem: Problem, log_masses: np.ndarray, experiment: Experiment
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, B, C of the nominal signal, (n_masses, n_bins) each."""
    shared = on_all_devices(experiment)

    def at(x: np.ndarray) -> np.ndarray:
        log_g = np.full(x.size, _DECOUPLED)
        points = np.stack([np.log10(x, out=2 * log_g, where=x > 0) / 2, log_masses], axis=1)
        size = _AT_ONCE * device_count()
        chunks = batches(np.arange(x.size), size)
        return np.concatenate([_signal(problem, points[rows], shared) for rows in chunks])[: x.size]

    a, far = at(np.zeros(log_masses.size)), at(np.ones(log_masses.size))
    # at x = 1 the last term dominates: the scale on which all three matter
    least, most = a.sum(axis=1), far.sum(axis=1)
    known = (least > 0) & (most > 0)
    scale = np.sqrt(np.divide(least, most, out=np.ones_like(least), where=known))
    one, two = at(scale) - a, at(2 * scale) - a
    scale = scale[:, None]
    return a, (4 * one - two) / (2 * scale), (two - 2 * one) / (2 * scale**2)


def _positive_roots(a: float, b: float, c: float) -> list[float]:
    if c == 0:
        return []
    return [r.real for r in np.roots([c, b, a]) if abs(r.imag) < 1e-9 * abs(r) and r.real > 0]


@per_element
def _signal(problem: Problem, point: Array, experiment: Experiment) -> Array:
    return components(experiment, problem.couplings(point))[0].nominal
