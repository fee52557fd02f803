"""Where toys look for their minima."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments.likelihood.condensed import condense
from jaxmed.experiments.likelihood.forward import components
from jaxmed.experiments.likelihood.yields import counts
from jaxmed.inference.problem import make_problem
from jaxmed.inference.toys.parameter_grid import toy_grid
from jaxmed.models.choose import get_model


@pytest.fixture(scope="module")
def expected(experiments):
    """TEXONO's events at points (n, 2), in units of its error."""
    texono = experiments["texono"]
    problem = make_problem((texono,), get_model("u1r"))
    none = problem.pulls(jnp.zeros(0))

    @jax.jit
    @jax.vmap
    def events(x):
        return counts(components(texono, problem.couplings(x)), none)[0] / texono.error[0]

    return problem, (texono,), events


def test_couplings_are_close_together_where_the_data_tell_them_apart(expected):
    """At a few MeV the scattering nearly cancels the interference in a narrow range of couplings."""
    problem, data, events = expected
    grid = toy_grid(problem, (condense(data[0]),), np.zeros(0), (41, 101))
    column = grid[:, np.abs(grid[0, :, 1] - 0.75).argmin()]
    even = np.linspace(column[0], column[30], 31)

    def largest_step(points):
        sigma = np.asarray(events(points))
        allowed = np.abs(sigma - sigma[0]) < 5
        # the first and last of them lead to what is excluded
        return np.abs(np.diff(sigma))[allowed[1:] & allowed[:-1]].max()

    assert largest_step(column) < 1.1
    assert largest_step(even) > 1.6


def test_couplings_rise_to_the_edge_of_the_box(expected):
    problem, data, _ = expected
    grid = toy_grid(problem, (condense(data[0]),), np.zeros(0), (41, 21))
    assert grid.shape == (41, 21, 2)
    assert (np.diff(grid[..., 0], axis=0) >= 0).all()
    np.testing.assert_allclose(grid[-1, :, 0], problem.box[0, 1])
    np.testing.assert_array_equal(grid[..., 1], np.broadcast_to(grid[0, :, 1], (41, 21)))
