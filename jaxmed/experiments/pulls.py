"""Nuisance values as a vector with names."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxmed.experiments.model import STRENGTH, Experiment, pytree
from jaxmed.keys import unknown

Nuisances = Mapping[str, Array | float]


@pytree("names")
@dataclass(frozen=True)
class Pulls:
    """Nuisances as a vector: their names, and their values in standard deviations (n,)."""

    names: tuple[str, ...]
    values: Array

    def of(self, names: tuple[str, ...]) -> Array:
        """Values of the given nuisances, 0 for those that are not there."""
        padded = jnp.append(self.values, 0.0)
        index = [self.names.index(n) if n in self.names else len(self.names) for n in names]
        return padded[np.array(index, dtype=int)]


def make_pulls(nuisances: Nuisances, *experiments: Experiment) -> Pulls:
    """Pulls from values by name; ValueError if a name belongs to none of the experiments."""
    known = {STRENGTH}.union(*(e.nuisances for e in experiments))
    for name in nuisances:
        if name not in known:
            raise ValueError(unknown("nuisance", name, sorted(known)))
    values = [jnp.asarray(z, dtype=float) for z in nuisances.values()]
    return Pulls(tuple(nuisances), jnp.stack(values) if values else jnp.zeros(0))
