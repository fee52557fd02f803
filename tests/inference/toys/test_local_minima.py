"""Starts beyond a barrier, on a function with two minima."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.profile.newton import Expansion, Minimum, minimise
from jaxmed.inference.toys.local_minima import Barriers, newton_steps, promising
from jaxmed.inference.toys.multistart import Search, lowest_of

BOX = np.array([[-5.0, 5.0], [-5.0, 5.0]])


def double_well(x):
    """Minima at x_0 of about -1 and 1, the left one lower by 0.6; x_1 follows x_0."""
    return 2 * (x[0] ** 2 - 1) ** 2 + 0.3 * x[0] + (x[1] - x[0]) ** 2 / 20


@jax.jit
def _advance(state, boxes, limit):
    def expand(x):
        return Expansion(double_well(x), jax.grad(double_well)(x), jax.hessian(double_well)(x))

    def one(state, box):
        return minimise(expand, state, box, tolerance=1e-9, limit=limit)

    return jax.vmap(one)(state, boxes)


@pytest.fixture(scope="module")
def search():
    def advance(toy, state, boxes, limit):
        return jax.device_get(_advance(state, boxes, limit))

    return Search(advance, BOX, 1e-9, 4, 5)


@pytest.mark.parametrize(("start", "aim"), [(1.0, -0.5), (-1.0, 0.5)])
def test_only_the_lower_minimum_is_promising(search, start, aim):
    here = search(np.array([0]), np.array([[start, start]]), np.array([np.inf]))
    of = Barriers(np.array([0]), np.array([0]), np.array([0.0]), np.array([aim]))
    toy, x = promising(search, here, of, np.array([0, 1]))
    if aim < 0:
        assert toy.tolist() == [0]
        end = search(toy, x, np.array([np.inf]))
        assert end.expansion.value[0] < here.expansion.value[0] - 0.5
        np.testing.assert_allclose(jax.grad(double_well)(jnp.asarray(end.x[0])), 0, atol=1e-4)
    else:
        assert toy.size == 0


def test_what_is_held_stays(search):
    here = search(np.array([0]), np.array([[1.0, 1.0]]), np.array([np.inf]))
    of = Barriers(np.array([0]), np.array([0]), np.array([0.0]), np.array([-0.5]))
    toy, x = promising(search, here, of, np.array([0]))
    assert toy.tolist() == [0]
    assert x[0, 1] == here.x[0, 1]


@pytest.mark.parametrize("n", [1, 2, 9])
def test_steps_and_convexity_are_those_of_a_library(n):
    random = np.random.default_rng(n)
    root = random.normal(size=(200, n, n))
    curvature = root @ root.swapaxes(1, 2) + random.uniform(-n, n, (200, 1, 1)) * np.eye(n)
    gradient = random.normal(size=(200, n))
    step, convex = newton_steps(curvature, gradient)
    np.testing.assert_array_equal(convex, np.linalg.eigvalsh(curvature)[:, 0] > 0)
    assert 0 < convex.mean() < 1
    left = np.einsum("lij,lj->li", curvature, step)
    np.testing.assert_allclose(left[convex], gradient[convex], atol=1e-9)


def test_a_finished_search_is_not_beaten_by_what_its_last_step_leaves():
    """Values, and the decrease still expected, of three searches of one toy and two of another."""
    value = np.array([1.0 + 2e-7, 1.0, 2.0, 5.0, 4.9])
    decrement = np.array([1e-9, 1.0, 1e-9, 1e-9, 1.0])
    nothing = Expansion(value, np.zeros((5, 1)), np.zeros((5, 1, 1)))
    found = Minimum(np.arange(5.0)[:, None], nothing, decrement, np.zeros(5, dtype=int))
    best = lowest_of(np.array([0, 0, 0, 1, 1]), found)
    assert best.x.ravel().tolist() == [0.0, 4.0]
