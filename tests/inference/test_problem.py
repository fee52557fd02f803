"""Rho as a term of the likelihood: its value, its derivatives, and what it does to fits and limits."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit

from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.polish import expand
from jaxmed.inference.regions.grid_scan import scan
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import get_model
from jaxmed.models.presets import charged
from jaxmed.theory.charges import charges
from jaxmed.theory.rho import RHO_PDG, RHO_PDG_ERROR, rho_nll

RHO = ("rho",)
SM = ((RHO_PDG - 1) / RHO_PDG_ERROR) ** 2 / 2


def _problem(data, model="u1r", **options):
    return make_problem(data, get_model(model), constraints=RHO, **options)


def _all_pulls_at(problem, g, mass):
    return jnp.array([np.log10(g), np.log10(mass), *np.full(len(problem.nuisances), 0.3)])


@pytest.mark.parametrize(
    ("model", "x_h"),
    [("u1r", 1.0), ("b_minus_l", 0.0), (charged("twice", charges(0.0, 0.5, 2.0)), 2.0)],
)
def test_nll_is_the_sum(experiments, model, x_h):
    data = (experiments["texono"],)
    problem = _problem(data, model)
    x = _all_pulls_at(problem, 2e-3, 3e4)
    plain = jax.jit(replace(problem, constraints=()).nll)(x, data)
    assert float(jax.jit(problem.nll)(x, data) - plain) == pytest.approx(
        float(rho_nll(2e-3, 3e4, x_h)), rel=1e-9
    )


def test_profile_adds_it_once(experiments):
    """TEXONO and LAr share no nuisance: two blocks, one rho."""
    data = [experiments["texono"], experiments["coherent_lar"]]
    grid = {"g": [1e-6, 1e-3, 0.02], "mass": [3e3, 1e4, 9.9e4]}
    found = scan(data, constraints=RHO, **grid).nll - scan(data, **grid).nll
    expected = [[float(rho_nll(g, m)) for m in grid["mass"]] for g in grid["g"]]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("fixed", [{}, {"mass": 3e4}, {"g": 1e-3}, {"g": 1e-3, "mass": 3e4}])
def test_expansion_is_that_of_nll(experiments, fixed):
    data = (experiments["texono"],)
    problem = _problem(data, fixed=fixed)
    values = {"g": -3.0, "mass": 4.5}
    x = jnp.array([values.get(name, 0.3) for name in problem.names])
    found = expand(problem, np.asarray(x), data)
    value, gradient = jax.jit(jax.value_and_grad(problem.nll))(x, data)
    assert found.value == pytest.approx(float(value), rel=1e-12)
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-9, atol=1e-9)
    curvature = jax.jit(jax.hessian(problem.nll))(x, data)
    np.testing.assert_allclose(found.curvature, curvature, rtol=1e-8, atol=1e-8)


def test_gradient_is_finite_over_the_box(experiments):
    """Through the level crossing and the gap as well."""
    problem = _problem((experiments["texono"],))
    (g_low, g_high), (m_low, m_high) = problem.box[:2]
    z = np.log10(91187.6)
    masses = np.concatenate([np.linspace(m_low, m_high, 60), z + np.linspace(-1e-3, 1e-3, 21), [z]])
    couplings = np.linspace(g_low, g_high, 61)
    points = jnp.asarray(np.stack(np.meshgrid(couplings, masses), axis=-1).reshape(-1, 2))
    values, slopes = jax.vmap(jax.value_and_grad(problem.constraint))(points)
    assert bool(jnp.all(jnp.isfinite(values)))
    assert bool(jnp.all(jnp.isfinite(slopes)))


@pytest.mark.slow
def test_heavy_mediator_is_limited_where_lar_alone_is_not(experiments):
    """LAr alone sees g'/M_Z' only; rho sees the mixing angle."""
    lar, heavy = experiments["coherent_lar"], [1e4, 3e4, 5e4]
    alone = limits(lar, masses=heavy).g_upper
    both = limits(lar, masses=heavy, constraints=RHO).g_upper
    assert alone[-1] > 0.1
    assert np.all(both < 0.01)
    # at 90 %, one parameter, relative to the standard model: (s^2 + 0.00038)^2 < 0.0002^2 (2.706 + 3.61)
    edge = RHO_PDG_ERROR * np.sqrt(2.7055 + 2 * SM) - (RHO_PDG - 1)
    assert both[0] == pytest.approx(0.7434 * np.sqrt(edge), rel=0.02)


def test_two_sigma_edge_of_the_paper(experiments):
    """g' x_h = 3.3e-3 is where rho lies two standard deviations below its measured value (Eq. 34)."""
    problem = _problem((experiments["texono"],))
    at_edge = problem.constraint(jnp.log10(jnp.array([3.3e-3, 1.0])))
    assert 2 * float(at_edge) == pytest.approx(4.0, abs=0.05)


def test_light_mediators_do_not_feel_it(experiments):
    xenon = experiments["xenon1t"]
    plain, both = fit(xenon, grid=21), fit(xenon, grid=21, constraints=RHO)
    assert both.constraints == RHO
    assert both.nll - plain.nll == pytest.approx(SM, abs=1e-6)
    assert both.delta_chi2_sm == pytest.approx(plain.delta_chi2_sm, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("texono",), ("coherent_lar",)], ids="+".join)
def test_iminuit_finds_the_same_minimum(experiments, names):
    data = tuple(experiments[name] for name in names)
    problem = _problem(data)
    result = fit(data, constraints=RHO, grid=21)
    assert result.status == "converged"
    evaluate = jax.jit(jax.value_and_grad(lambda x: problem.nll(x, data)))
    values = {**result.parameters, **result.nuisances}
    best = np.array([values[name].value for name in problem.names])
    best[:2] = np.log10(best[:2])
    rng = np.random.default_rng(1)
    start = best + rng.normal(0, 0.1, best.size) * [0.1, 0.02, *np.ones(best.size - 2)]
    minuit = Minuit(
        lambda x: float(evaluate(jnp.asarray(x))[0]),
        np.clip(start, *(problem.box.T * 0.999)),
        grad=lambda x: np.asarray(evaluate(jnp.asarray(x))[1]),
        name=problem.names,
    )
    minuit.limits = [tuple(edges) for edges in problem.box]
    minuit.errordef, minuit.strategy, minuit.tol = Minuit.LIKELIHOOD, 2, 1e-6
    for _ in range(3):
        minuit.migrad(ncall=20_000)
    assert abs(minuit.fval - result.nll) < 1e-6


@pytest.mark.parametrize(
    ("model", "names", "message"),
    [
        ("universal", RHO, "constraint 'rho' with model 'universal': expected a model with U"),
        ("weak_mixing", RHO, "model 'weak_mixing': expected"),
        ("u1r", ("roh",), r"unknown constraint 'roh' \(did you mean rho\?\): expected one of rho"),
        ("u1r", ("rho", "rho"), "each at most once"),
    ],
)
def test_bad_input_is_one_sentence(experiments, model, names, message):
    with pytest.raises(ValueError, match=message):
        fit(experiments["texono"], model, constraints=names)
