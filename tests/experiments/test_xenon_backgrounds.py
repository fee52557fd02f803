"""Backgrounds of XENON that float, and the components of XENONnT's."""

from dataclasses import replace

import by_hand
import jax
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from jaxmed.experiments import expected, load, nll
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.problem import make_problem
from jaxmed.inference.toys.draw import draw
from jaxmed.models.choose import get_model
from jaxmed.results.fit_in_words import explain
from jaxmed.theory.couplings import standard_model

TABLE = by_hand.table("xenon1t/counts")
counts, cost = jax.jit(expected), jax.jit(nll)
EDGES = np.arange(1.0, 31.0)


@pytest.fixture(scope="module")
def floating():
    return load("xenon1t", tritium="free", argon37="free")


def test_the_value_of_tritium_is_its_events(floating):
    for events in (0.0, 10.0, 77.04):
        got = counts(floating, standard_model(), {"xenon1t_tritium": events})
        wanted = TABLE["B0"] + events * TABLE["tritium"] / TABLE["tritium"].sum()
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_allclose(TABLE["tritium"].sum(), 77.04, atol=0.01)


def test_the_value_of_argon_is_the_events_of_a_smeared_line(floating):
    more = counts(floating, standard_model(), {"xenon1t_argon37": 50.0}) - TABLE["B0"]
    efficiency = by_hand.table("xenon1t/efficiency")
    sigma = 0.310 * np.sqrt(2.82) + 0.0037 * 2.82

    def density(e):
        accepted = np.interp(e, efficiency["energy_keV"], efficiency["efficiency"])
        return accepted * stats.norm.pdf(e, 2.82, sigma)

    wanted = [integrate.quad(density, low, low + 1, limit=400)[0] for low in EDGES[:-1]]
    np.testing.assert_allclose(more, 50 * np.array(wanted) / sum(wanted), rtol=1e-4, atol=1e-7)


def test_what_floats_costs_nothing_by_itself(floating):
    perfect = {"xenon1t_tritium": 40.0, "xenon1t_argon37": 5.0}
    data = replace(floating, observed=counts(floating, standard_model(), perfect))
    np.testing.assert_allclose(cost(data, standard_model(), perfect), 0.0, atol=1e-12)
    pulled = cost(data, standard_model(), perfect | {"xenon1t_background": 1.0})
    assert pulled > 0.5


def deviance(x):
    """-2 log L of B0 and tritium, with the pull of B0, in plain NumPy."""
    pull, tritium = x
    mu = TABLE["B0"] * (1 + 0.026 * pull)
    mu = mu + tritium * TABLE["tritium"] / TABLE["tritium"].sum()
    n = TABLE["observed"]
    return 2 * np.sum(mu - n + special.xlogy(n, n / mu)) + pull**2


@pytest.mark.slow
@pytest.mark.parametrize(("model", "improvement"), [("u1r", 4.16), ("b_minus_l", 1.69)])
def test_tritium_takes_most_of_the_excess(model, improvement):
    """XENON1T asks for 3.2 sigma of tritium without a mediator; 3.0 here, with bins of 1 keV."""
    result = fit(load("xenon1t", tritium="free"), model)
    referee = optimize.minimize(deviance, [0.0, 50.0], method="Nelder-Mead", tol=1e-10)
    np.testing.assert_allclose(2 * result.nll_sm, referee.fun, atol=1e-6)
    np.testing.assert_allclose(result.nuisances_sm["xenon1t_tritium"], referee.x[1], rtol=1e-4)
    np.testing.assert_allclose(np.sqrt(44.0506 - referee.fun), 3.0, atol=0.01)
    assert result.delta_chi2_sm == pytest.approx(improvement, abs=0.02)
    assert "xenon1t_tritium" not in result.pulls
    floating = {each.name: each.unit for each in result.floating}
    assert floating == {"xenon1t_tritium": "events in 1-30 keV"}
    assert not any("data contradict" in sentence for sentence in explain(result))


@pytest.mark.slow
def test_floating_backgrounds_have_a_range_a_flat_prior_and_no_auxiliary_measurement(floating):
    problem = make_problem([floating], get_model("standard_model"))
    at = [problem.names.index(f"xenon1t_{name}") for name in ("tritium", "argon37")]
    np.testing.assert_array_equal(problem.box[at], [[0.0, 1000.0]] * 2)
    np.testing.assert_array_equal(problem.prior_weights[at], 0.0)
    assert problem.prior_weights.sum() == len(problem.nuisances) - 2
    x = np.zeros(len(problem.names))
    x[at] = 70.0, 20.0
    toys = draw(problem, (floating,), x, 1, 400)
    np.testing.assert_array_equal(toys.centres[:, at], 0.0)
    mean = counts(floating, standard_model(), dict(zip(problem.names, x, strict=True)))
    pulls = (toys.observed[0].mean(axis=0) - mean) / np.sqrt(mean / 400)
    assert np.sum(pulls**2) < stats.chi2(29).ppf(0.999)
    priors = complete_priors(problem, {})
    assert str(priors["xenon1t_tritium"]) == "uniform:0:1000"
    given = read_priors({"xenon1t_tritium": "normal:5:2"}, problem.model, problem.floating)
    assert complete_priors(problem, given)["xenon1t_tritium"].mean == 5
    with pytest.raises(ValueError, match=r"xenon1t_tritium = -1.* from 0 to 1000"):
        make_problem([floating], get_model("u1r"), {"xenon1t_tritium": -1.0})


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [("xenon1t", "tritium", "some"), ("xenon1t", "argon37", ""), ("xenonnt", "background", "b0")],
)
def test_an_unknown_option_is_refused(name, option, value):
    with pytest.raises(ValueError, match=f"option {option} = '{value}' of {name}: expected one of"):
        load(name, **{option: value})


# --- XENONnT -------------------------------------------------------------------------------------------


def double_beta(energy):
    """Decays of 136Xe per summed energy [keV], in any unit."""
    k, q = energy / 510.99895, 2458.0 / 510.99895
    return k * (q - k) ** 5 * (1 + 2 * k + 4 * k**2 / 3 + k**3 / 3 + k**4 / 30)


def test_the_column_of_136xe_is_its_fitted_events_in_the_spectrum_of_primakoff_and_rosen():
    """1550 from 1 to 140 keV, times the efficiency at the middle of each bin."""
    whole = integrate.quad(double_beta, 1, 140)[0]
    share = [integrate.quad(double_beta, low, low + 1)[0] / whole for low in EDGES[:-1]]
    efficiency = by_hand.table("xenonnt/efficiency")
    accepted = np.interp(EDGES[:-1] + 0.5, efficiency["energy_keV"], efficiency["efficiency"])
    got = by_hand.table("xenonnt/counts")["xe136"]
    np.testing.assert_allclose(got, 1550 * accepted * share, rtol=1e-9)


def test_the_half_life_of_136xe_confirms_the_range_of_the_fitted_counts():
    """1550 +- 50 fitted; 2.165e21 years and the natural abundance give as many from 1 to 140 keV only."""
    atoms = 1.16e6 / 131.293 * by_hand.N_A * 0.08857
    decays = atoms * np.log(2) / 2.165e21
    share = integrate.quad(double_beta, 1, 140)[0] / integrate.quad(double_beta, 0, 2458)[0]
    np.testing.assert_allclose(decays * share, 1550, atol=50)


def test_xenonnt_components_are_b0_with_its_published_error():
    experiment = load("xenonnt")
    b0 = by_hand.table("xenonnt/counts")["B0"]
    total = load("xenonnt", background="total")
    for each in (experiment, total):
        np.testing.assert_allclose(counts(each, standard_model()), b0, rtol=1e-12)
    flat, rising = (np.asarray(part.nominal) for part in experiment.background)
    efficiency = by_hand.table("xenonnt/efficiency")
    accepted = np.interp(EDGES[:-1] + 0.5, efficiency["energy_keV"], efficiency["efficiency"])
    # 15.8 +- 1.3 per tonne year keV, corrected for the efficiency (abstract)
    np.testing.assert_allclose(np.mean(b0 / accepted) / 1.16, 15.8, atol=0.2)
    errors = [float(part.widths[0]) for part in experiment.background]
    np.testing.assert_allclose(errors, [np.sqrt(120**2 + 60**2 + 50**2) / 1320, 50 / 1550])
    error = np.hypot(errors[0] * flat.sum(), errors[1] * rising.sum()) / b0.sum()
    np.testing.assert_allclose(error, 1.3 / 15.8, rtol=0.1)
    # flat over the efficiency from 2 to 29 keV, but for the 124Xe line at 10 keV
    level = (flat / accepted)[[*range(1, 7), *range(11, 28)]]
    np.testing.assert_allclose(level / level.mean(), 1.0, atol=0.05)
