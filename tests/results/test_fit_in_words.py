"""A fit that ends at a bound or in a flat direction says why."""

import numpy as np
import pytest

from jaxmed.analysis.fits import fit as saved
from jaxmed.experiments import load
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.fit.errors import at_bounds, estimates, flat_directions
from jaxmed.inference.problem import make_problem
from jaxmed.models.choose import get_model
from jaxmed.models.from_file import model_from
from jaxmed.results.fit_in_words import explain


@pytest.mark.parametrize("grid", [15, 41])
def test_one_number_does_not_determine_two(experiments, grid):
    """TEXONO's single bin: every mass fits, and where the fit ends depends on the grid of starts."""
    result = fit([experiments["texono"]], "b_minus_l", grid=grid)
    text = " ".join(explain(result))
    assert "M_Z' is flat: the data do not determine it" in text
    g, mass = (result.parameters[name].value for name in ("g", "mass"))
    contact = f"only g'/M_Z' = {g / mass:.3g} per MeV matters"
    # the recoils of 3 to 8 MeV transfer 2 to 3 MeV
    assert not 0.5 < mass < 20
    assert ("looks massless" if mass < 0.5 else contact) in text
    assert "The standard model is 0.09 units of -2 log L worse" in text
    kept = saved(experiments["texono"], "b_minus_l", grid=grid)
    assert kept.notes() == [" ".join(kept.explanation)] == [text]


def test_what_does_not_couple_changes_nothing(experiments):
    text = " ".join(explain(fit([experiments["texono"]], "l_mu_l_tau", grid=15)))
    assert "g' is at the lower edge of its box" in text
    assert "changes with neither g' nor M_Z'" in text


def test_a_determined_fit_needs_no_words(experiments):
    result = fit([experiments["texono"]], "weak_mixing", grid=15)
    assert explain(result) == []
    assert saved(experiments["texono"], "weak_mixing", grid=15).notes() == []


@pytest.mark.slow
def test_a_heavy_mediator_is_a_contact_interaction(experiments):
    result = fit([experiments["coherent_csi"]], "universal")
    (direction,) = result.flat_directions
    assert direction == pytest.approx({"g": 1.0, "mass": 1.0}, rel=0.01)
    g, mass = (result.parameters[name].value for name in ("g", "mass"))
    assert f"only g'/M_Z' = {g / mass:.3g} per MeV matters" in " ".join(explain(result))


def test_flat_directions_of_known_shapes(experiments):
    problem = make_problem((experiments["xenon1t"],), get_model("u1r"))
    n = len(problem.names)
    free = np.zeros(n, dtype=bool)
    steep = np.eye(n) * 1e4
    assert flat_directions(problem, steep, free) == ()
    contact = steep.copy()
    contact[:2, :2] = 1e4 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    (found,) = flat_directions(problem, contact, free)
    assert found == pytest.approx({"g": 1.0, "mass": 1.0})
    light = steep.copy()
    light[1, 1] = 1e-3
    (found,) = flat_directions(problem, light, free)
    assert found == {"mass": 1.0}
    nothing = steep.copy()
    nothing[:2, :2] = 0.0
    assert len(flat_directions(problem, nothing, free)) == 2
    # a nuisance that undoes the coupling makes it flat, unless it cannot move
    tied = np.eye(n) * 1e4
    tied[0, 2] = tied[2, 0] = 1e4
    (found,) = flat_directions(problem, tied, free)
    assert found == {"g": 1.0}
    held = free.copy()
    held[2] = True
    assert flat_directions(problem, tied, held) == ()


@pytest.mark.parametrize(("share", "flat"), [(0.15, False), (0.4, False), (0.6, True)])
def test_half_a_box_without_a_logarithm_is_flat(experiments, share, flat):
    """A strength of 2.6 +- 1.5 between 0 and 10 is a measurement."""
    problem = make_problem((experiments["texono"],), get_model("weak_mixing"))
    ((low, high),) = problem.box
    curvature = np.array([[1 / (share * (high - low)) ** 2]])
    assert bool(flat_directions(problem, curvature, np.zeros(1, dtype=bool))) == flat
    found = estimates(problem, np.array([(low + high) / 2]), np.zeros(1), curvature)
    assert (found.by_name["sin2_theta_w"].interval is None) == flat


def test_a_normalisation_without_an_interval_still_moves():
    data = (load("xenon1t", tritium="free"),)
    problem = make_problem(data, get_model("u1r"), fixed={"mass": 0.06})
    own, tritium = problem.names.index("g"), problem.names.index("xenon1t_tritium")
    sigma = 0.1 * np.ptp(problem.box, axis=1)
    correlation = np.eye(sigma.size)
    correlation[own, tritium] = correlation[tritium, own] = -0.95
    hessian = np.linalg.inv(correlation * np.outer(sigma, sigma))
    x = problem.box.mean(axis=1)
    x[tritium] = problem.box[tritium, 0] + 0.5 * sigma[tritium]
    found = estimates(problem, x, np.zeros(x.size), hessian)
    assert found.by_name["xenon1t_tritium"].interval is None
    low, high = np.log10(found.by_name["g"].interval)
    assert high - low == pytest.approx(2 * sigma[own])
    assert found.covariance.shape == (x.size - 1, x.size - 1)


def test_an_interval_or_not_determined_never_both(experiments):
    """Any curvature, from exactly flat to steep, with any mixture of directions."""
    mixing = {"mixing": {"low": -2.0, "high": 2.0}}
    model = model_from({"eps": {"nu": ["g"] * 3, "e": "mixing * g"}, "parameters": mixing})
    problem = make_problem((experiments["xenon1t"],), model)
    n, rng, outcomes = len(problem.names), np.random.default_rng(2), set()
    low, high = problem.box.T
    for _ in range(300):
        turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
        steep = 10.0 ** rng.uniform(-6, 8, n) * (rng.uniform(size=n) > 0.2)
        hessian = turn @ np.diag(steep) @ turn.T
        x = low + (high - low) * rng.uniform(-0.1, 1.1, n).clip(0, 1)
        flat = flat_directions(problem, hessian, at_bounds(problem, x))
        named = set().union(*flat)
        found = estimates(problem, x, np.zeros(n), hessian, named).by_name
        for name in problem.parameters:
            assert (found[name].interval is None) != (found[name].note == "")
            assert not (name in named and found[name].interval)
            outcomes.add((name, name in named, found[name].interval is None))
    # every parameter was named, and determined, and neither
    assert len(outcomes) == 9


def test_an_own_model_with_a_flat_direction(experiments):
    """XENON1T determines g and the mass of B - L; how much it mixes with the photon, hardly."""
    mixing = {"mixing": {"low": -2.0, "high": 2.0}}
    eps = {"nu": ["-g"] * 3, "e": "-g + mixing * g * e_em", "u": "g/3", "d": "g/3"}
    result = fit([experiments["xenon1t"]], model_from({"eps": eps, "parameters": mixing}), grid=11)
    assert result.converged
    assert set().union(*result.flat_directions) == {"mixing"}
    assert result.parameters["mixing"].interval is None
    for name in ("g", "mass"):
        low, high = result.parameters[name].interval
        assert low < result.parameters[name].value < high
