"""Convergence of chains, and their ArviZ container. Needs the extra `bayes`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

# its classes differ from version to version
arviz: Any = import_module("arviz")


_TAILS = (0.05, 0.95)


class Convergence(NamedTuple):
    """Of one parameter: rank-normalised split R-hat, effective sample sizes of bulk and tails."""

    r_hat: float
    ess_bulk: float
    ess_tail: float


def convergence(samples: np.ndarray) -> Convergence:
    """Of samples (n_chains, n_samples); source: Vehtari et al., arXiv:1903.08008."""
    return Convergence(
        float(arviz.rhat(samples)),
        float(arviz.ess(samples, method="bulk")),
        float(arviz.ess(samples, method="tail", prob=_TAILS)),
    )


def inference_data(
    groups: Mapping[str, Mapping[str, np.ndarray]], attributes: Mapping[str, str | int]
) -> Any:
    """ArviZ's container: an InferenceData before ArviZ 1.0, an xarray DataTree since.

    Args:
        groups: group -> name -> values, (n_chains, n_samples) but for observed_data.
        attributes: of the posterior group.
    """
    if arviz.__version__.startswith("0."):
        data = arviz.from_dict(**groups)
        data.posterior.attrs.update(attributes)
        return data
    tree = arviz.from_dict(groups)
    tree["posterior"].attrs.update(attributes)
    return tree
