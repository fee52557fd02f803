"""Global minima of toys against fine grids, and the joint expansion against autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments.likelihood.condensed import condense, condensed_counts
from jaxmed.experiments.likelihood.signal_jet import signal_jet
from jaxmed.experiments.likelihood.templates import tabulate
from jaxmed.inference.problem import make_problem, with_counts
from jaxmed.inference.profile.expansion import Counts, expansion
from jaxmed.inference.profile.profile import standard_start
from jaxmed.inference.results import UNCONVERGED
from jaxmed.inference.toys.conditional_fit import conditional_fits
from jaxmed.inference.toys.draw import draw
from jaxmed.inference.toys.global_fit import global_fits, make_fitter
from jaxmed.models.choose import get_model


@pytest.fixture(scope="module")
def xenon(experiments):
    data = (experiments["xenon1t"],)
    return make_problem(data, get_model("u1r")), data


@pytest.mark.slow
def test_no_point_of_a_fine_grid_is_lower(xenon):
    """Background-only toys, where the mass means nothing: the hardest case."""
    problem, data = xenon
    start = np.zeros(len(problem.nuisances))
    toys = draw(problem, data, np.array([-30.0, 0.0, *start]), 5, 40)
    found = global_fits(problem, toys, make_fitter(problem, data, start))
    assert UNCONVERGED not in found.status
    lowest = np.full(40, np.inf)
    for log_mass in np.linspace(-4, 3, 15):
        # around the couplings at which the signal matters, from light mediators to the contact limit
        reach = -6.0 + max(log_mass + 1.2, 0.0)
        for log_g in np.linspace(reach - 1, reach + 1.2, 23):
            at = conditional_fits(problem, data, toys, np.array([log_g, log_mass]), start)
            lowest = np.minimum(lowest, at.nll)
    assert (found.nll < lowest + 0.01).mean() >= 0.97


def test_a_signal_is_found_where_it_was_put(xenon):
    problem, data = xenon
    start = np.zeros(len(problem.nuisances))
    truth = np.array([-5.7, -1.0])
    toys = draw(problem, data, np.concatenate([truth, start]), 7, 200)
    found = global_fits(problem, toys, make_fitter(problem, data, start))
    conditional = conditional_fits(problem, data, toys, truth, start)
    q = 2 * (conditional.nll - found.nll)
    assert q.min() > -1e-5
    assert np.median(found.nuisances[:, 0]) == pytest.approx(-5.7, abs=0.03)
    assert np.median(found.nuisances[:, 1]) == pytest.approx(-1.0, abs=0.06)
    # Wilks, two degrees of freedom
    assert q.mean() == pytest.approx(2, abs=3 * 2 / np.sqrt(200))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xenon1t", "coherent_csi", "coherent_lar", "texono"])
def test_joint_expansion_is_that_of_autodiff(experiments, name):
    data = (experiments[name],)
    problem = make_problem(data, get_model("u1r"))
    whole = condense(data[0])
    tables = tabulate(whole, problem.couplings, problem.box[:2], (-6.0, 5.0))
    start = np.zeros(len(problem.nuisances))
    toy = draw(problem, data, np.array([-5.8, -1.2, *start]), 3, 1)
    own = with_counts(data, tuple(jnp.asarray(o[0]) for o in toy.observed))
    x = jnp.array([-5.7, -1.1, *np.linspace(-0.5, 0.5, start.size)])
    centres = jnp.asarray(toy.centres[0])

    def nll(x):
        z = x[2:]
        return problem.nll(x, own) + (jnp.sum((z - centres) ** 2) - jnp.sum(z**2)) / 2

    @jax.jit
    def ours(x):
        jet = signal_jet(whole, tables, problem.couplings, x[:2])
        counted = Counts(*condensed_counts(whole, own[0].observed))
        return expansion(problem, (whole,), (jet,), x, (counted,), centres)

    found = ours(x)
    wanted, slope = jax.jit(jax.value_and_grad(nll))(x)
    hessian = jax.jit(jax.jacfwd(jax.jacfwd(nll)))(x)
    assert float(found.value) == pytest.approx(float(wanted), abs=1e-6)
    np.testing.assert_allclose(found.gradient, slope, atol=1e-5)
    np.testing.assert_allclose(found.curvature, hessian, atol=1e-5 * jnp.abs(hessian).max())


def test_constraints_have_no_toys(experiments):
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"), constraints=("rho",))
    with pytest.raises(ValueError, match=r"constraints = \['rho'\]: expected none"):
        make_fitter(problem, data, np.zeros(2))


@pytest.mark.slow
def test_minima_on_either_side_of_a_seam_are_found(experiments):
    """LAr: the time of its neutrinos at 0.75 sigma is a minimum of toy 4, and 1.33 a lower one."""
    data = (experiments["coherent_lar"],)
    problem = make_problem(data, get_model("u1r"))
    start = standard_start(problem, data).nuisances
    truth = np.concatenate([problem.model.standard, start])
    toys = draw(problem, data, truth, 20210612, 1, first=4)
    found = global_fits(problem, toys, make_fitter(problem, data, start))
    time = problem.names.index("lar_cevns_time")
    assert found.nuisances[0, time] == pytest.approx(1.33, abs=0.02)
    assert found.nll[0] < 532.80
