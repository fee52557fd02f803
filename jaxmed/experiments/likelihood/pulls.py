"""Nuisance values as a vector with names."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import STRENGTH, Experiment, Leaf, pytree
from jaxmed.user_files.keys import unknown

Nuisances = Mapping[str, Array | float]


@pytree("names")
@dataclass(frozen=True)
class Pulls:
    """Nuisances as a vector: their names, and their values in standard deviations (n,)."""

    names: tuple[str, ...]
    values: Leaf

    def of(self, names: tuple[str, ...]) -> Leaf:
        """Values of the given nuisances (n_names,), 0 for those that are not there."""
        # written out, because the indices of a gather take long to trace
        return (selection(names, self.names) * self.values[None]).sum(axis=1)


def selection(own: tuple[str, ...], names: tuple[str, ...]) -> np.ndarray:
    """Matrix (n_own, n) of ones where the names agree."""
    return np.array([[float(a == b) for b in names] for a in own]).reshape(len(own), len(names))


def make_pulls(nuisances: Nuisances, *experiments: Experiment) -> Pulls:
    """Pulls from values by name; ValueError if a name belongs to none of the experiments."""
    known = {STRENGTH}.union(*(e.nuisances for e in experiments))
    for name in nuisances:
        if name not in known:
            raise ValueError(unknown("nuisance", name, sorted(known)))
    values = [jnp.asarray(z, dtype=float) for z in nuisances.values()]
    return Pulls(tuple(nuisances), jnp.stack(values) if values else jnp.zeros(0))
