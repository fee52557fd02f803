"""Many minimisations in one program, of functions with two minima."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.inference.profile.newton import Expansion
from jaxmed.inference.toys.ways import Ways
from jaxmed.inference.toys.work_queue import Task, minimise_all

BOX = np.array([[-5.0, 5.0], [-5.0, 5.0]])
TILT = np.array([0.3, -0.3, 0.05, 0.0, 0.3, 0.7, -0.6])
ACROSS_ZERO = Ways(
    which=np.array([0, 0]),
    barrier=np.array([0.0, 0.0]),
    further=np.array([0.5, -0.5]),
    relative=np.array([False, False]),
    low=np.array([-1.5, -0.1]),
    high=np.array([0.1, 1.5]),
    moving=np.ones((2, 2), dtype=bool),
)
NO_WAYS = jax.tree.map(lambda leaf: leaf[:0], ACROSS_ZERO)


def double_well(tilt, x):
    """Minima at x_0 of about -1 and 1, the left one lower for a positive tilt; x_1 follows x_0."""
    return 2 * (x[0] ** 2 - 1) ** 2 + tilt * x[0] + (x[1] - x[0]) ** 2 / 20


@partial(jax.jit, static_argnums=0)
def fitted(lanes, tilt, starts, valid, ways, number):
    def one(toy, x):
        value = partial(double_well, tilt[toy])
        return Expansion(value(x), jax.grad(value)(x), jax.hessian(value)(x))

    task = Task(starts, valid, jnp.asarray(BOX), number)
    options = {"lanes": lanes, "tolerance": 1e-9, "damping": 1e-4}
    return minimise_all(jax.vmap(one), task, ways, **options)


def fit(starts, *, lanes=3, ways=ACROSS_ZERO, valid=None, number=None, tilt=TILT):
    valid = np.ones(starts.shape[:2], dtype=bool) if valid is None else valid
    number = len(tilt) if number is None else number
    return jax.device_get(fitted(lanes, tilt, starts, valid, ways, number))


def at(*x):
    """The same starts (x_0 = x_1) for every toy."""
    return np.broadcast_to(np.array(x)[None, :, None], (len(TILT), len(x), 2))


def lowest():
    """The lower of the two minima of each toy, by Newton's method on x_0."""
    x = np.stack([np.full(len(TILT), -1.0), np.full(len(TILT), 1.0)])
    for _ in range(50):
        x = x - (8 * x * (x**2 - 1) + TILT[None]) / (24 * x**2 - 8)
    return (2 * (x**2 - 1) ** 2 + TILT[None] * x).min(axis=0)


@pytest.mark.parametrize("start", [-1.0, 1.0])
def test_the_lower_minimum_is_found_from_either_side(start):
    found = fit(at(start))
    assert found.converged.all()
    np.testing.assert_allclose(found.value, lowest(), atol=1e-9)
    np.testing.assert_allclose(found.x[:, 1], found.x[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.gradient, 0.0, atol=1e-4)


def test_without_a_way_across_it_stays_where_it_is():
    found = fit(at(1.0), ways=NO_WAYS)
    np.testing.assert_array_equal(found.x[:, 0] > 0, True)
    assert found.value.max() > lowest().max() + 0.5


def test_other_starts_are_tried_if_they_are_valid():
    valid = np.ones((len(TILT), 2), dtype=bool)
    valid[4, 1] = False
    found = fit(at(1.0, -1.0), ways=NO_WAYS, valid=valid)
    others = np.arange(len(TILT)) != 4
    np.testing.assert_allclose(found.value[others], lowest()[others], atol=1e-9)
    assert found.x[4, 0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [1, 2, 64])
def test_results_do_not_depend_on_what_is_worked_on_together(lanes):
    starts = np.random.default_rng(1).uniform(-2, 2, (len(TILT), 4, 2))
    whole, other = fit(starts), fit(starts, lanes=lanes)
    np.testing.assert_allclose(other.x, whole.x, atol=1e-12)
    np.testing.assert_array_equal(other.evaluations, whole.evaluations)
    part = fit(starts[2:5], tilt=TILT[2:5], lanes=lanes)
    np.testing.assert_allclose(part.x, whole.x[2:5], atol=1e-12)


def test_what_fills_up_is_not_worked_on():
    found = fit(at(1.0), number=3)
    assert (found.evaluations[:3] > 0).all()
    assert not found.evaluations[3:].any()


def test_what_is_no_number_has_no_minimum():
    tilt = TILT.copy()
    tilt[2] = np.nan
    found = fit(at(1.0), tilt=tilt)
    assert np.isinf(found.value[2])
    others = np.arange(len(TILT)) != 2
    np.testing.assert_allclose(found.value[others], lowest()[others], atol=1e-9)


def test_a_parameter_without_width_stays():
    box = BOX.copy()
    box[1] = 0.25

    @jax.jit
    def held(starts):
        def one(toy, x):
            value = partial(double_well, jnp.asarray(TILT)[toy])
            return Expansion(value(x), jax.grad(value)(x), jax.hessian(value)(x))

        task = Task(starts, jnp.ones((len(TILT), 1), dtype=bool), jnp.asarray(box), len(TILT))
        options = {"lanes": 2, "tolerance": 1e-9, "damping": 1e-4}
        return minimise_all(jax.vmap(one), task, ACROSS_ZERO, **options)

    found = held(at(1.0))
    np.testing.assert_array_equal(found.x[:, 1], 0.25)
