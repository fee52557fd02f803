"""How well an experiment is known between the nodes of its nuisances."""

from dataclasses import replace

import jax
import numpy as np

from jaxmed.experiments.folder.build.experiment import build
from jaxmed.experiments.folder.read.describe import Description
from jaxmed.experiments.likelihood.forward import expected
from jaxmed.experiments.model import Experiment
from jaxmed.theory.couplings import standard_model

WANTED = 0.01
"""What the error between nodes may cost: sum (mu - exact)^2/variance."""

_FARTHEST = 2.0  # [sigma]


def between_nodes(found: Description, experiment: Experiment) -> dict[str, float]:
    """Sum of (mu - exact)^2/variance over all bins halfway between nodes up to 2 sigma, the largest of each nuisance.

    Of the nuisances that move numbers of the file: these can be computed anew anywhere. What is exact is the standard
    model's prediction of an experiment with a node there.

    Args:
        found: what the folder says.
        experiment: what was built from it.
    """
    quenching = found.keys.response.quenching
    own = {f"{found.name}_quenching"} if quenching and quenching.error else set()
    moving = {n for n, each in found.keys.nuisances.items() if each.adds and not each.per_run} | own
    halves: dict[str, list[float]] = {}
    denser = dict(found.nodes)
    for name in (n for n in found.nodes if n in moving and n in experiment.nuisances):
        nodes = np.sort([*found.nodes[name], 0.0])
        middle = (nodes[1:] + nodes[:-1]) / 2
        halves[name] = middle[np.abs(middle) <= _FARTHEST].tolist()
        denser[name] = tuple(sorted({*found.nodes[name], *halves[name]}))
    if not any(halves.values()):
        return {}
    exact, predict = build(replace(found, nodes=denser)), jax.jit(expected)
    costs = {}
    for name, pulls in halves.items():
        pairs = [
            [np.asarray(predict(e, standard_model(), {name: z})) for e in (experiment, exact)]
            for z in pulls
        ]
        variance = np.asarray(experiment.error) ** 2 if experiment.gaussian else None
        costs[name] = max(
            float(np.sum((a - b) ** 2 / (np.maximum(b, 1e-9) if variance is None else variance)))
            for a, b in pairs
        )
    return costs
