"""The published data sets against stored numbers of the loaders in Python that were there before the folders."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments import load, nll
from jaxmed.models.choose import get_model

ENTRIES = json.loads((Path(__file__).parent / "reference.json").read_text())
MODELS = ("u1r", "b_minus_l")


def points(experiment, order, n):
    """Seeded model, g, M [MeV] and nuisances by name."""
    rng = np.random.default_rng(20)
    for _ in range(n):
        model = MODELS[rng.integers(2)]
        mass = 10 ** rng.uniform(-3, 4)
        g = 10 ** rng.uniform(-7.5, -5.5) * max(1.0, mass / 10)
        pulls = dict(zip(order, rng.normal(size=len(order)).tolist(), strict=True))
        for free in experiment.floating[1:]:
            pulls[free.name] = rng.uniform(free.low, free.high / 10)
        yield model, g, mass, pulls


def values(experiment, order, n):
    """Nll at all points, (n,), those of one model compiled as one."""
    found = np.full(n, np.nan)
    every = list(points(experiment, order, n))
    for name in MODELS:
        model = get_model(name)

        def value(g, mass, z, model=model):
            pulls = dict(zip(order, z, strict=True))
            c = model.couplings({"g": jnp.log10(g), "mass": jnp.log10(mass)})
            return nll(experiment, c, pulls)

        own = [i for i, point in enumerate(every) if point[0] == name]
        g, mass = (np.array([every[i][k] for i in own]) for k in (1, 2))
        z = np.array([[every[i][3][key] for key in order] for i in own]).reshape(len(own), -1)
        found[own] = jax.jit(jax.vmap(value))(g, mass, z)
    return found


@pytest.mark.parametrize(
    "entry",
    ENTRIES,
    ids=[" ".join([e["experiment"], *map(str, e["options"].values())]) for e in ENTRIES],
)
def test_published_data_sets_are_what_they_were(entry):
    experiment = load(entry["experiment"], **entry["options"])
    assert list(experiment.nuisances) == entry["nuisances"]
    assert experiment.title == entry["title"]
    axes = [[axis.name, axis.unit, len(axis.edges) - 1] for axis in experiment.axes]
    assert axes == entry["axes"]
    wanted, refined = np.array(entry["nll"]), np.array(entry["nll_refined"])
    size = np.maximum(1.0, np.abs(refined))
    error = (values(experiment, entry["nuisances"], wanted.size) - refined) / size
    np.testing.assert_allclose(error, 0.0, atol=1e-9)
    # The loaders as they were shipped: their quadrature was off by up to 4e-8, here it is refined.
    np.testing.assert_allclose(error + (refined - wanted) / size, 0.0, atol=1e-7)
