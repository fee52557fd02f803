"""Couplings at which a narrow allowed island may hide."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.model import Experiment
from jaxmed.inference.problem import Data, Problem

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
