"""The global fit against iminuit, and what it says when data determine nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit

from jaxmed.inference.engine.timing import clock
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model

GROUPS = [
    ("texono",),
    ("coherent_csi",),
    ("coherent_lar",),
    ("xenon1t",),
    ("texono", "coherent_csi", "coherent_lar", "xenon1t"),
]


def _iminuit(problem, data, start, held=()):
    """Minimum of the same objective by MIGRAD, from a start of the caller's choice."""
    evaluate = jax.jit(jax.value_and_grad(lambda x: problem.nll(x, data)))
    minuit = Minuit(
        lambda x: float(evaluate(jnp.asarray(x))[0]),
        start,
        grad=lambda x: np.asarray(evaluate(jnp.asarray(x))[1]),
        name=problem.names,
    )
    minuit.limits = [tuple(edges) for edges in problem.box]
    minuit.errordef = Minuit.LIKELIHOOD
    minuit.strategy = 2
    minuit.tol = 1e-6
    for i in held:
        minuit.fixed[i] = True
    for _ in range(3):
        minuit.migrad(ncall=20_000)
    return minuit


@pytest.mark.slow
@pytest.mark.parametrize("names", GROUPS, ids="+".join)
def test_iminuit_finds_the_same_minimum(experiments, names):
    data = tuple(experiments[name] for name in names)
    problem = make_problem(data, get_model("u1r"))
    result = fit(data, grid=21)
    assert result.status == "converged"

    values = {**result.parameters, **result.nuisances}
    logs = {p.name for p in problem.model.parameters if p.log}
    best = [np.log10(values[n].value) if n in logs else values[n].value for n in problem.names]
    # off the minimum by a few tenths of an error in every direction
    rng = np.random.default_rng(1)
    shift = rng.normal(0, 0.2, len(best)) * [0.3 if n in logs else 1.0 for n in problem.names]
    anywhere = _iminuit(problem, data, np.clip(best + shift, *(problem.box.T * 0.999)))
    # CsI ends at the Z's mass, below a plateau on which MIGRAD may stay: there it is held
    held = np.flatnonzero((np.abs(best - problem.box.T) < 1e-9).any(axis=0))
    shift[held] = 0.0
    here = _iminuit(problem, data, best + shift, held)
    assert anywhere.fval > result.nll - 1e-6
    assert abs(here.fval - result.nll) < 1e-6


def test_errors_agree_with_iminuit(experiments):
    data = (experiments["xenon1t"],)
    problem = make_problem(data, get_model("u1r"))
    result = fit(data, grid=21)
    minuit = _iminuit(problem, data, np.array([-5.8, -1.23, 0.0, -0.5]))
    minuit.hesse()
    sigma = np.sqrt(np.diag(result.covariance))
    assert result.covariance_names == problem.names
    np.testing.assert_allclose(sigma, np.array(minuit.errors), rtol=2e-2)
    g = result.parameters["g"]
    assert g.error == pytest.approx(g.value * np.log(10) * sigma[0], rel=1e-12)
    assert g.interval == pytest.approx(
        (g.value * 10 ** -sigma[0], g.value * 10 ** sigma[0]), rel=1e-12
    )


def test_flat_directions_are_said_in_words(experiments):
    """One number, two parameters: TEXONO alone determines a combination of g' and M_Z' at most."""
    result = fit(experiments["texono"], "b_minus_l", grid=21)
    for name in ("g", "mass"):
        assert result.parameters[name].error is None
        assert "do not determine it" in result.parameters[name].note
    assert result.covariance.size == 0


@pytest.mark.slow
def test_parameter_at_its_bound_is_said_in_words(experiments):
    """At a fixed heavy mass LAr's excess of 26 % over the standard model wants g' up to the bound of 1."""
    result = fit(
        experiments["coherent_lar"],
        fixed={"mass": 5e4, "sns_flux": -5.0, "lar_cevns": -5.0},
        grid=21,
    )
    strength = fit(
        experiments["coherent_lar"],
        "standard_model",
        free=["signal_strength"],
        fixed={"sns_flux": -5.0, "lar_cevns": -5.0, "lar_steady_state": 5.0, "lar_brn": 5.0},
    ).nuisances["signal_strength"]
    assert strength.at_bound
    assert "lower edge" in strength.note
    assert strength.error is None
    assert not result.parameters["g"].at_bound


def test_nothing_to_fit_is_just_evaluated(experiments):
    result = fit(experiments["texono"], "standard_model")
    assert result.converged
    assert result.nll == pytest.approx((0.08**2 / (0.21**2 + 0.16**2)) / 2, rel=1e-9)
    assert result.delta_chi2_sm == pytest.approx(0.0, abs=1e-12)


def test_new_data_of_the_same_shape_do_not_recompile(experiments):
    from dataclasses import replace

    data = experiments["xenon1t"]
    first = fit(data, grid=11)
    with clock() as time:
        second = fit(replace(data, observed=data.observed + 1.0), grid=11)
    assert time.compilations == 0
    assert second.nll != first.nll


def test_shared_flux_is_one_parameter(experiments):
    pair = [experiments["coherent_csi"], experiments["coherent_lar"]]
    problem = make_problem(pair, get_model("u1r"))
    assert problem.names.count("sns_flux") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fixed": {"gee": 1.0}}, "unknown parameter 'gee'"),
        ({"fixed": {"mass": -1.0}}, "mass = -1.0 MeV: expected a value from"),
        ({"free": ["nothing"]}, "unknown parameter 'nothing'"),
        ({"model": "u1l"}, "unknown model 'u1l'"),
    ],
)
def test_bad_input_is_one_sentence(experiments, change, message):
    with pytest.raises(ValueError, match=message):
        fit(experiments["texono"], **change)


def test_an_experiment_counts_once(experiments):
    with pytest.raises(ValueError, match="each at most once"):
        fit([experiments["texono"]] * 2)


def test_single_precision_is_refused(experiments):
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ValueError, match="jax_enable_x64"):
            fit(experiments["texono"])
    finally:
        jax.config.update("jax_enable_x64", True)


def test_the_close_up_ends_four_sigma_from_the_best_fit(experiments):
    found = fit(experiments["xenon1t"])
    sigma = np.sqrt(np.diag(found.covariance))[
        [found.covariance_names.index(n) for n in ("g", "mass")]
    ]
    for name, width in zip(("g", "mass"), sigma, strict=True):
        best, axis = found.parameters[name].value, found.zoom.axes[name]
        assert axis.size == 25
        np.testing.assert_allclose(
            np.log10(axis[[0, -1]] / best), [-4 * width, 4 * width], rtol=1e-9
        )
