"""What the numbers of a long computation depend on: a resumed one has to be the same."""

import hashlib
from importlib.metadata import version
from typing import Any

import jax
import numpy as np

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.inference.engine.devices import local_devices
from jaxmed.inference.problem import Problem


def identity(analysis: Analysis, problem: Problem) -> dict[str, Any]:
    """What is asked, of which data, with which programs: what every computation of an analysis has."""
    question = asked(analysis)
    data = question.pop("provenance")["data_sha256"]
    counts = _text(*(e.observed for e in analysis.data))
    return {
        **{f"{name} version": version(name) for name in ("jaxmed", "jax", "jaxlib")},
        "platform": local_devices()[0].platform,
        **question,
        "couplings": _probe(problem),
        "data": data,
        "counts": hashlib.sha256(counts.encode()).hexdigest(),
    }


def _probe(problem: Problem) -> str:
    """Couplings at one point of the box: a model is a function, and its name is not all of it."""
    middle = problem.box[: len(problem.parameters)].mean(axis=1)
    return _text(*jax.tree.leaves(problem.couplings(jax.numpy.asarray(middle))))


def _text(*arrays: Any) -> str:
    """Numbers to eight digits: the last ones differ from one processor to the next."""
    return " ".join(f"{x:.8g}" for array in arrays for x in np.ravel(array))
