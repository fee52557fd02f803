"""Shape variations between their nodes: weights, bounds, and the exact response of every data set."""

import dataclasses
import tomllib

import folders
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from toml_text import dumped

from jaxmed.experiments import load, nll
from jaxmed.experiments.likelihood.interpolation import (
    ONE_SIGMA,
    lebesgue_constant,
    node_weights,
    owners,
)
from jaxmed.experiments.likelihood.pulls import Pulls
from jaxmed.experiments.likelihood.yields import counts, counts_range
from jaxmed.experiments.model import Component, component
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

UNEVEN = (-3.0, -1.5, 0.5, 2.0, 3.5)


def code_4p(z):
    """HistFactory's interpolation code 4p: weights of the nodes -1 and +1."""
    even = np.where(np.abs(z) > 1, np.abs(z), (15 * z**2 - 10 * z**4 + 3 * z**6) / 8)
    return np.stack([(even - z) / 2, (even + z) / 2])


def spline(nodes, z):
    """The natural spline through unit vectors, straight outside."""
    x = np.sort([*nodes, 0.0])
    through = CubicSpline(
        x, np.delete(np.eye(x.size), np.searchsorted(x, 0.0), 1), bc_type="natural"
    )
    near = np.clip(z, x[0], x[-1])
    return through(near) + (z - near) * through(near, 1)


@pytest.mark.parametrize("z", [-5.0, -3.0, -1.2, -1.0, -0.3, 0.0, 0.5, 0.7, 1.0, 2.9, 5.0])
def test_weights_are_those_of_the_literature(z):
    got = node_weights((UNEVEN, ONE_SIGMA, UNEVEN), jnp.array([z, z, 0.5 - z]))[0]
    wanted = [spline(UNEVEN, z), code_4p(np.array(z)), spline(UNEVEN, 0.5 - z)]
    np.testing.assert_allclose(got, np.concatenate(wanted), rtol=1e-12, atol=1e-13)


@pytest.mark.slow
def test_derivatives_are_those_of_autodiff_and_smooth():
    def values(z):
        return node_weights((UNEVEN, ONE_SIGMA), z)[0]

    rng = np.random.default_rng(7)
    for z in rng.uniform(-4.5, 4.5, (20, 2)):
        _, slope, bend = node_weights((UNEVEN, ONE_SIGMA), jnp.asarray(z))
        own = owners((UNEVEN, ONE_SIGMA))
        np.testing.assert_allclose(
            jax.jacfwd(values)(jnp.asarray(z)), own.T * slope[:, None], rtol=1e-11, atol=1e-12
        )
        second = jax.jacfwd(jax.jacfwd(values))(jnp.asarray(z))
        diagonal = jnp.einsum("kss,sk->k", second, jnp.asarray(own))
        np.testing.assert_allclose(diagonal, bend, rtol=1e-10, atol=1e-11)
    for node in (*UNEVEN, 0.0):
        sides = [node_weights((UNEVEN,), jnp.array([node + s * 1e-9])) for s in (-1, 1)]
        np.testing.assert_allclose(*sides, rtol=1e-6, atol=3e-8)


@pytest.mark.parametrize("nodes", [ONE_SIGMA, UNEVEN, (-2.0, -1.0, 1.0, 2.0)])
def test_the_lebesgue_constant_bounds_the_weights_and_is_not_far(nodes):
    line = np.linspace(min(nodes), max(nodes), 4321)
    weights = jax.vmap(lambda z: node_weights((nodes,), z[None])[0])(jnp.asarray(line))
    largest = (np.abs(weights).sum(axis=1) + np.abs(1 - weights.sum(axis=1))).max()
    assert largest <= lebesgue_constant(nodes) < 1.001 * largest


def test_no_pull_leaves_the_range_of_counts():
    rng = np.random.default_rng(11)
    nominal = rng.uniform(1.0, 50.0, 7)
    varied = nominal * rng.uniform(0.6, 1.5, (len(UNEVEN) + 2, 7))
    shapes = ("bent", "two_sided")
    parts = [
        Component(
            np.vstack([nominal, varied]), np.array([0.3]), shapes, (UNEVEN, ONE_SIGMA), ("size",)
        ),
        component(nominal, {"size": 0.1}, {"bent": (varied[0], varied[1])}),
    ]
    names, edges = ("bent", "two_sided", "size"), np.array([5.0, 5.0, 5.0])
    least, most = counts_range(parts, Pulls(names, -edges), Pulls(names, edges))
    at = jax.jit(lambda z: counts(parts, Pulls(names, z)))
    for z in rng.uniform(-5, 5, (400, 3)):
        mu = at(z)
        assert np.all(least <= mu + 1e-9) and np.all(mu <= most + 1e-9)


# --- the exact response ---------------------------------------------------------------------------------

MEDIATORS = {
    "standard model": standard_model(),
    "b_minus_l": couplings("b_minus_l", g=4.1e-5, mass=10.0),
    "universal": couplings("universal", g=6e-5, mass=17.0),
    "u1r": couplings("u1r", g=5e-5, mass=10.0),
}


CSI = tomllib.loads((folders.DATA / "coherent_csi" / "experiment.toml").read_text())
SHAPES = tuple(CSI["nuisances"])


@pytest.fixture(scope="module")
def csi_with(tmp_path_factory):
    """CsI of another experiment.toml without options, beside the same tables."""
    folder = folders.published("coherent_csi", tmp_path_factory.mktemp("csi"))

    def build(content):
        kept = {k: v for k, v in content.items() if k != "options"} | {"name": "my_csi"}
        lines = [f"{key} = {dumped(value)}\n" for key, value in kept.items()]
        (folder / "experiment.toml").write_text("".join(lines))
        return load(str(folder))

    return build


def plus(content, adds, z):
    """Content with z times what a nuisance adds; where nothing stands, to 0, or to 1 for a factor."""
    if isinstance(adds, list):
        return [plus(one, each, z) for one, each in zip(content, adds, strict=True)]
    if not isinstance(adds, dict):
        return content + z * adds
    nothing = {key: {} if isinstance(each, dict) else 0.0 for key, each in adds.items()}
    there = nothing | {key: 1.0 for key in adds if key.endswith("factor")} | content
    return there | {key: plus(there[key], each, z) for key, each in adds.items()}


def csi_at(csi_with, name, z):
    """CsI whose nominal response is folded at this pull, and nothing else."""
    return csi_with(plus(CSI, CSI["nuisances"][name]["adds"], z) | {"nuisances": {}})


def csi_exact(csi_with):
    """CsI with nodes so dense that what lies between does not matter."""
    dense = {"nodes": np.arange(-5.0, 5.25, 0.25).tolist()}
    every = {name: nuisance | dense for name, nuisance in CSI["nuisances"].items()}
    return csi_with(CSI | {"nuisances": every})


def two_nll(experiment, mediator, **pulls):
    return 2 * float(_nll(experiment, mediator, pulls))


_nll = jax.jit(nll)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_csi_is_that_of_the_exact_response(name, csi_with):
    """-2 log L to 0.02 anywhere within 3 sigma."""
    experiment = load("coherent_csi")
    nominal = dict.fromkeys(experiment.nuisances, 0.0)
    for z in np.linspace(-3.0, 3.0, 241):
        exact = csi_at(csi_with, name, float(z))
        rest = dict.fromkeys(exact.nuisances, 0.0)
        for mediator in MEDIATORS.values():
            ours = two_nll(experiment, mediator, **nominal | {name: float(z)}) - z**2
            assert abs(ours - two_nll(exact, mediator, **rest)) < 0.02, z


@pytest.mark.slow
def test_lindhard_quenching_of_a_folder_is_that_of_the_exact_response(tmp_path):
    """-2 log L of germanium at a reactor, to 0.02 wherever it is within 25 units of the counts."""
    experiment = load(str(folders.EXAMPLES / "germanium"))
    nominal = dict.fromkeys(experiment.nuisances, 0.0)
    mediators = standard_model(), couplings("b_minus_l", g=4e-6, mass=1.0)
    for i, z in enumerate(np.linspace(-1.2, 1.2, 25).tolist()):
        folder = folders.copy("germanium", tmp_path / str(i))
        k = f"lindhard_k = {0.162 + 0.004 * z!r} }}"
        folders.change(folder, "experiment.toml", "lindhard_k = 0.162, error = 0.004 }", k)
        folded = load(str(folder))
        exact = dataclasses.replace(folded, observed=experiment.observed)
        rest = dict.fromkeys(exact.nuisances, 0.0)
        for mediator in mediators:
            pull = nominal | {"germanium_quenching": z}
            ours, wanted = (
                two_nll(experiment, mediator, **pull) - z**2,
                two_nll(exact, mediator, **rest),
            )
            assert abs(ours - wanted) < 0.02 or wanted > 25, z


@pytest.mark.slow
def test_limits_of_csi_are_those_of_the_exact_response(csi_with):
    """Islands included, to 0.3 %."""
    experiment, exact = load("coherent_csi"), csi_exact(csi_with)
    masses = [0.1, 10.0, 60.0, 300.0]
    for model in ("b_minus_l", "universal", "u1r"):
        ours, wanted = (limits([e], model, masses=masses) for e in (experiment, exact))
        assert ours.flag == wanted.flag
        for own, other in zip(ours.intervals, wanted.intervals, strict=True):
            np.testing.assert_allclose(own, other, rtol=3e-3)
