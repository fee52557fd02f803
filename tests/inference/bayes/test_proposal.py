"""The map that flattens a density: its Jacobian is the density, its image the distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr

from jaxmed.inference.bayes.proposal import cube_point, make_proposal_map

AXES = [np.linspace(-3.0, 3.0, 61), np.linspace(-4.0, 4.0, 71), np.linspace(-3.5, 3.0, 31)]


def correlated(axes):
    """Log density of a Gaussian with correlations, and a profile that is linear in its coordinates."""
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    inverse = np.eye(len(axes)) + 0.4 * (1 - np.eye(len(axes)))
    return -np.einsum("...i,ij,...j", x, inverse, x) / 2, x @ np.ones((len(axes), 2))


@pytest.fixture(scope="module", params=[1, 2, 3])
def known(request):
    axes = AXES[: request.param]
    return axes, make_proposal_map(axes, *correlated(axes))


@pytest.mark.slow
def test_its_jacobian_is_the_density_it_names(known):
    axes, proposal_map = known
    u = jnp.asarray(np.random.default_rng(1).uniform(0.01, 0.99, (20, len(axes))))
    x, log_density, profile = jax.jit(jax.vmap(proposal_map))(u)
    jacobian = jax.jit(jax.vmap(jax.jacfwd(lambda v: proposal_map(v)[0])))(u)
    np.testing.assert_allclose(np.linalg.slogdet(jacobian)[1], -log_density, atol=1e-9)
    np.testing.assert_allclose(
        profile, np.repeat(np.sum(x, axis=1, keepdims=True), 2, axis=1), atol=1e-9
    )


@pytest.mark.slow
def test_a_gaussian_becomes_flat(known):
    """Where the density is, the named one is its own share of the cube; the rest is for its walls."""
    axes, proposal_map = known
    inverse = np.eye(len(axes)) + 0.4 * (1 - np.eye(len(axes)))
    u = np.random.default_rng(2).uniform(size=(2000, len(axes)))
    x, log_density, _ = jax.vmap(proposal_map)(jnp.asarray(u))
    exact = -np.einsum("ni,ij,nj->n", x, inverse, x) / 2
    exact += np.linalg.slogdet(inverse)[1] / 2 - len(axes) * np.log(2 * np.pi) / 2
    typical = exact > exact.max() - 1.5
    np.testing.assert_allclose(log_density[typical], exact[typical], atol=0.12)


def test_distribution_function():
    """Along one axis u is the distribution function, nine parts Gaussian and one twice as wide."""
    axes = AXES[:1]
    proposal_map = make_proposal_map(axes, *correlated(axes))
    u = np.linspace(0.02, 0.98, 25)
    x = np.asarray(jax.vmap(proposal_map)(jnp.asarray(u[:, None]))[0][:, 0])

    def cut(width):
        low, high = ndtr(np.array([-3.0, 3.0]) / width)
        return (ndtr(x / width) - low) / (high - low)

    np.testing.assert_allclose((cut(1.0) + 0.1 * cut(2.0)) / 1.1, u, atol=1e-3)


def test_nodes_are_found_in_the_cube(known):
    axes, proposal_map = known
    node = (20, 40, 11)[: len(axes)]
    x, *_ = proposal_map(jnp.asarray(cube_point(proposal_map, node)))
    np.testing.assert_allclose(x, [a[i] for a, i in zip(axes, node, strict=True)], atol=1e-6)


def test_flat_densities_and_faces_of_the_cube_are_finite():
    axes = AXES[:2]
    shape = tuple(a.size for a in axes)
    wall = np.where(np.arange(shape[0]) < 30, 0.0, -1e5)[:, None]
    corners = jnp.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    for log_density in (np.zeros(shape), wall + np.zeros(shape)):
        proposal_map = make_proposal_map(axes, log_density, np.zeros((*shape, 0)))
        value = jax.jit(jax.vmap(proposal_map))(corners)
        slope = jax.jit(jax.vmap(jax.jacrev(lambda u, f=proposal_map: f(u)[1])))(corners)
        assert all(np.all(np.isfinite(leaf)) for leaf in (*value, slope))


def test_nothing_to_map():
    proposal_map = make_proposal_map([], np.zeros(()), np.array([0.3, -0.2]))
    x, log_density, profile = proposal_map(jnp.zeros(0))
    assert x.shape == (0,)
    assert log_density == 0
    np.testing.assert_array_equal(profile, [0.3, -0.2])
