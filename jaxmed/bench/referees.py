"""Who jaxmed is timed beside, and the minimisations of iminuit on NumPy and of SciPy's L-BFGS-B with JAX's gradient."""

from functools import partial
from importlib.metadata import PackageNotFoundError, version

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.bench.numpy_model import NumpyLikelihood
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.nll import data_nll, pull_nll
from jaxmed.experiments.model import Component
from jaxmed.inference.problem import Data, Problem

PEERS = {
    "iminuit": ("iminuit",),
    "SciPy": ("scipy",),
    "evermore": ("evermore", "optimistix"),
    "NextStat": ("nextstat",),
}
"""Names of those that jaxmed is timed beside, and the packages they need."""
# Starts of a global search along log10 g and log10 mass [MeV], and where.
_ALONG = 5
_OPEN = ((-8.0, -3.0), (-4.0, 3.0))


def is_installed(name: str) -> bool:
    """Whether one of PEERS can be timed."""
    return all(map(_version, PEERS[name]))


def missing_words() -> list[str]:
    """Who cannot be timed, in a sentence; none if all can."""
    missing = [name for name in PEERS if not is_installed(name)]
    return [f"not timed: {', '.join(missing)}; pip install 'jaxmed[bench]' adds them"] * bool(
        missing
    )


def versions() -> dict[str, str]:
    """Of all packages of PEERS that are installed."""
    found = {package: _version(package) for each in PEERS.values() for package in each}
    return {package: number for package, number in found.items() if number}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def minuit_minimum(
    likelihood: NumpyLikelihood, held: np.ndarray, start: np.ndarray, box: np.ndarray
) -> float:
    """Minimise by MIGRAD with numerical derivatives.

    Args:
        likelihood: of values (n_free,).
        held: the first values, held fixed, (n_free - n,).
        start: of the others, (n,).
        box: of the others, (n, 2).
    """
    from iminuit import Minuit

    def objective(z: np.ndarray) -> float:
        return likelihood(np.concatenate([held, z]))

    if not start.size:
        return objective(start)
    minuit = Minuit(objective, start)  # pyright: ignore[reportArgumentType]
    minuit.errordef = Minuit.LIKELIHOOD
    # First steps of one standard deviation and no errors asked for: the fastest, and it finds the minimum.
    minuit.errors = np.ones(start.size)
    minuit.strategy = 0
    minuit.limits = box.tolist()
    minuit.migrad()
    return float(minuit.fval or 0.0)


def lowest_minimum(
    likelihood: NumpyLikelihood, held: np.ndarray, starts: np.ndarray, box: np.ndarray
) -> float:
    """The lowest of `minuit_minimum` from several starts (n_starts, n)."""
    return min(minuit_minimum(likelihood, held, start, box) for start in starts)


def even_starts(nuisances: np.ndarray) -> np.ndarray:
    """Where to start without jaxmed's grid: all over those g and masses that the data do not exclude, (25, n_free)."""
    axes = [low + (high - low) * (np.arange(_ALONG) + 0.5) / _ALONG for low, high in _OPEN]
    plane = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return np.hstack([plane, np.tile(nuisances, (len(plane), 1))])


def scipy_minimum(
    problem: Problem, data: Data, point: np.ndarray, start: np.ndarray, box: np.ndarray
) -> float:
    """Minimise over the nuisances by L-BFGS-B with the compiled value and gradient.

    Args:
        problem: what is free.
        data: the experiments.
        point: free model parameters, (n_parameters,).
        start: nuisances, (n_nuisances,).
        box: theirs, (n_nuisances, 2).
    """
    from scipy.optimize import minimize

    parts = _parts(problem, point, data)

    def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = jax.device_get(_value_and_slope(problem, parts, z, data))
        return float(value), np.asarray(gradient)

    if not start.size:
        return objective(start)[0]
    return float(minimize(objective, start, jac=True, method="L-BFGS-B", bounds=box).fun)


@partial(jax.jit, static_argnums=0)
def _parts(problem: Problem, point: Array, data: Data) -> list[tuple[Component, ...]]:
    couplings = problem.couplings(point)
    return [components(experiment, couplings) for experiment in data]


@partial(jax.jit, static_argnums=0)
def _value_and_slope(
    problem: Problem, parts: list[tuple[Component, ...]], z: Array, data: Data
) -> tuple[Array, Array]:
    def objective(z: Array) -> Array:
        pulls = problem.pulls(jnp.asarray(z))
        return data_nll(data, parts, pulls) + pull_nll(pulls, problem.floating)

    return jax.value_and_grad(objective)(z)
