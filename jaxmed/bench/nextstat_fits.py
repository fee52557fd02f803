"""A likelihood of `histfactory` in NextStat, minimised by its own L-BFGS-B."""

from json import dumps
from typing import Any

import numpy as np

from jaxmed.bench.histfactory import Samples, workspace


def nextstat_model(samples: Samples) -> Any:
    """The likelihood; NextStat's histosys is code 4p."""
    import nextstat  # pyright: ignore[reportMissingImports]

    return nextstat.from_pyhf(dumps(workspace(samples)))


def at_once(model: Any, observed: np.ndarray) -> np.ndarray:
    """Fits of counts (n_toys, n_bins) in threads, errors included: -log L at the minimum less that at the start."""
    import nextstat  # pyright: ignore[reportMissingImports]

    return _gains(nextstat.fit_batch(model, observed.tolist()))


def in_turn(model: Any, observed: np.ndarray) -> np.ndarray:
    """The same one after the other, without errors."""
    import nextstat  # pyright: ignore[reportMissingImports]

    fitter = nextstat.MaximumLikelihoodEstimator()
    return _gains([fitter.fit_minimum(model, data=counts) for counts in observed.tolist()])


def _gains(found: list[Any]) -> np.ndarray:
    return np.array([fit.nll - fit.initial_nll for fit in found])
