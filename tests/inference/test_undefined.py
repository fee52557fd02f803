"""Points where a model has no number: neither excluded nor allowed, in every kind of result."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

import jaxmed
from jaxmed.constants import GAMMA_Z, M_Z
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile, standard_start
from jaxmed.inference.results import CONVERGED, STATUS, UNDEFINED
from jaxmed.models.choose import get_model
from jaxmed.models.from_file import model_from
from jaxmed.models.from_function import own_model
from jaxmed.models.model import Parameter
from jaxmed.theory.couplings import mediator

# no electron coupling between 2 and 5 MeV
INSIDE = model_from(
    {"name": "inside", "eps": {"nu": ["g"] * 3, "e": "g * sqrt((mass - 2) * (mass - 5))"}}
)
# defined below g = 1e-6 only, and everywhere the leptophilic model
BELOW = model_from({"name": "below", "eps": {"nu": ["g"] * 3, "e": "g * sqrt(1e-6 - g) * 1e3"}})
MIXED = ("u1r", "hypercharge")


def like_inside(mass):
    """The same couplings as numbers, per unit g."""
    return math.sqrt((mass - 2) * (mass - 5))


def test_status_keeps_its_numbers():
    assert STATUS == ("converged", "excluded", "unconverged", "undefined")


def test_a_scan_has_no_number_there_and_the_right_ones_beside(experiments):
    xenon = [experiments["xenon1t"]]
    g, mass = [1e-7, 1e-6, 1e-5], [1.0, 3.0, 4.0, 10.0]
    found = jaxmed.scan(xenon, INSIDE, g=g, mass=mass)
    undefined = np.zeros((3, 4), dtype=bool)
    undefined[:, 1:3] = True
    np.testing.assert_array_equal(found.status == UNDEFINED, undefined)
    np.testing.assert_array_equal(np.isnan(found.nll), undefined)
    np.testing.assert_array_equal(np.isnan(found.gradient_norm[:2]), undefined[:2])
    for j in (0, 3):
        factor = like_inside(mass[j])
        plain = model_from({"eps": {"nu": ["g"] * 3, "e": f"{factor!r} * g"}})
        wanted = jaxmed.scan(xenon, plain, g=g, mass=[mass[j]])
        np.testing.assert_allclose(found.nll[:, j], wanted.nll[:, 0], rtol=1e-9)
        np.testing.assert_array_equal(found.status[:, j], wanted.status[:, 0])


@pytest.mark.slow
@pytest.mark.parametrize("bad", [jnp.nan, jnp.inf])
@pytest.mark.parametrize("field", ["eps_nu", "eps_e", "eps_u", "axial_e", "nc_d", "sin2_theta_w"])
def test_any_coupling_that_is_no_number_makes_a_point_undefined(field, bad, experiments):
    """Also one that the experiment does not see."""

    def build(values):
        found = mediator(values["mass"], nu=(values["g"],) * 3, e=values["g"])
        leaf = jnp.where(values["mass"] > 10, bad, getattr(found, field))
        return found._replace(**{field: leaf})

    model = own_model("mine", build)
    data = (experiments["texono"],)
    points = np.array([[-6.0, 0.0], [-6.0, 2.0]])
    found = profile(make_problem(data, model), points, data)
    assert found.status.tolist() == [CONVERGED, UNDEFINED]
    assert np.isnan(found.nll).tolist() == [False, True]


def test_counts_that_overflow_are_undefined(experiments):
    model = model_from({"eps": {"nu": ["g"] * 3, "e": "g * exp(60 * (log10(g) + 6) * g^0.01)"}})
    found = jaxmed.scan([experiments["texono"]], model, g=[1e-6, 1.0], mass=[1.0])
    assert found.status[0, 0] == CONVERGED
    assert found.status[1, 0] == UNDEFINED and np.isnan(found.nll[1, 0])


def test_a_fit_says_where_and_stays_outside(experiments):
    assert "mass from 2.1" in INSIDE.undefined and "4.52 MeV" in INSIDE.undefined
    fit = jaxmed.fit([experiments["texono"]], INSIDE, grid=21)
    mass = fit.parameters["mass"].value
    assert fit.converged and np.isfinite(fit.nll) and not 2 < mass < 5
    assert np.any(fit.surface.status == UNDEFINED)
    assert f"undefined for {INSIDE.undefined}" in " ".join(fit.explanation)
    plain = jaxmed.fit([experiments["texono"]], "b_minus_l", grid=7)
    assert plain.undefined == "" and "undefined" not in " ".join(plain.explanation)


def test_a_model_that_is_undefined_on_the_whole_grid_has_no_fit(experiments):
    with pytest.raises(ValueError, match="'inside' is undefined at all points of the grid"):
        jaxmed.fit([experiments["texono"]], INSIDE, fixed={"mass": 3.0})


@pytest.mark.slow
def test_limits_at_a_mass_without_numbers_are_none(experiments):
    data = [experiments["texono"]]
    found = jaxmed.limits(data, INSIDE, masses=[1.0, 3.0, 10.0])
    assert found.flag[1] == "undefined" and found.intervals[1] == ()
    assert np.isnan([found.g_upper[1], found.g_best[1]]).all()
    for i in (0, 2):
        factor = like_inside(found.mass[i])
        plain = model_from({"eps": {"nu": ["g"] * 3, "e": f"{factor!r} * g"}})
        wanted = jaxmed.limits(data, plain, masses=[found.mass[i]])
        np.testing.assert_allclose(found.g_upper[i], wanted.g_upper[0], rtol=1e-6)
        assert found.flag[i] == wanted.flag[0]
    (note,) = (n for n in found.notes() if n.startswith("undefined"))
    assert note.startswith("undefined at 1 of 3 masses: the model gives no number there")


def test_an_interval_ends_where_numbers_end(experiments):
    """Below g = 1e-6 TEXONO allows all: no limit, and the interval is what was seen."""
    found = jaxmed.limits([experiments["texono"]], BELOW, masses=[10.0])
    assert found.flag == ("edge, partly undefined",)
    assert np.isnan(found.g_upper[0])
    ((low, high),) = found.intervals[0]
    assert low == 0.0 and 10**-6.11 < high <= 1e-6


def test_contours_have_no_edge_beside_such_points(experiments):
    plane = {"g": np.geomspace(1e-8, 1e-3, 21), "mass": np.geomspace(0.1, 100.0, 13)}
    found = jaxmed.contours([experiments["texono"]], INSIDE, cl=[0.9], **plane)
    inside = (found.mass > 2) & (found.mass < 5)
    assert inside.any()
    np.testing.assert_array_equal(np.isnan(found.delta), inside)
    assert not found.converged[inside].any()
    masses = np.concatenate([line.mass for line in found.lines[0]])
    assert not np.any((masses > 2) & (masses < 5))
    assert masses.min() < 1 and masses.max() > 10
    assert all(line.exact for line in found.lines[0])
    assert "mass from" in found.undefined
    with pytest.raises(ValueError, match="undefined in the whole plane"):
        jaxmed.contours([experiments["texono"]], INSIDE, g=plane["g"], mass=[2.5, 3.0, 4.0])


@pytest.mark.slow
def test_toys_leave_such_points_out(experiments):
    found = jaxmed.feldman_cousins(
        [experiments["texono"]], INSIDE, number=20, g=[1e-8, 1e-5], mass=[1.0, 3.0]
    )
    assert np.isnan(found.p[:, 1]).all() and np.isnan(found.q[:, 1]).all()
    assert not found.accepted[:, 1].any() and not found.drawn[:, 1].any()
    assert np.isfinite(found.p[:, 0]).all() and found.accepted[0, 0] and not found.failed.any()
    limits = jaxmed.limits(experiments["texono"], INSIDE, masses=[3.0, 10.0], method="fc", toys=40)
    assert limits.flag[0] == "undefined" and limits.intervals[0] == ()
    assert np.isnan(limits.g_upper[0]) and limits.g_upper[1] > 0
    with pytest.raises(ValueError, match="model 'inside' is undefined there"):
        jaxmed.coverage(
            [experiments["texono"]], INSIDE, points=[{"g": 1e-6, "mass": 3.0}], number=20
        )


@pytest.mark.slow
def test_global_fits_of_toys_never_end_there(experiments):
    found = jaxmed.significance([experiments["texono"]], INSIDE, number=50)
    assert found.undefined == INSIDE.undefined
    for toys in (found.toys, found.toys_best):
        mass = 10 ** toys.best[:, 1]
        assert not np.any((mass > 2) & (mass < 5)) and np.isfinite(toys.q).all()
        assert not toys.failed.any()


@pytest.mark.slow
def test_a_posterior_has_no_sample_there(experiments):
    pytest.importorskip("numpyro")
    priors = {"mass": "log-uniform:0.5:20", "g": "log-uniform:1e-8:1e-4"}
    found = jaxmed.posterior(
        [experiments["texono"]], INSIDE, priors=priors, chains=2, samples=100, warmup=100
    )
    mass = found.samples["mass"]
    assert not np.any((mass > 2) & (mass < 5))
    assert (mass < 2).any() and (mass > 5).any()
    assert found.warnings[-1].startswith("the model is undefined for g from 1e-08 to 0.0001, mass")
    with pytest.raises(ValueError, match="undefined wherever the priors are"):
        jaxmed.posterior(
            [experiments["texono"]], INSIDE, priors=priors | {"mass": "log-uniform:2.5:4.5"}
        )


def test_sensitivity_says_so(experiments):
    found = jaxmed.sensitivity(experiments["texono"], INSIDE, masses=[1.0, 3.0])
    assert found.flag == ("ok", "undefined")
    assert np.isnan(found.slopes[:, 1]).all() and np.isfinite(found.slopes[:, 0]).all()


# --- where own models are looked at -------------------------------------------------------------------------


def test_the_box_is_searched_on_a_grid():
    """A window of an eighth of a decade, far from the low, middle and high of the box."""
    window = model_from({"eps": {"nu": ["g"] * 3, "e": "g * sqrt((mass - 30) * (mass - 40))"}})
    assert "mass from 3" in window.undefined
    extra = Parameter("a", 0.0, 1.0, False, "1")
    model = own_model(
        "three",
        lambda v: mediator(v["mass"], nu=(v["g"],) * 3, e=v["g"] * jnp.sqrt(0.5 - v["a"])),
        parameters=[extra],
    )
    assert "a from 0.5" in model.undefined


def test_without_g_any_mass_is_the_standard_model(experiments):
    """Undefined at the 1 MeV where the standard model is otherwise taken."""
    model = model_from({"eps": {"nu": ["g"] * 3, "e": "g * sqrt(mass - 7)"}})
    assert 10 ** model.standard[1] >= 7
    fit = jaxmed.fit([experiments["texono"]], model, grid=11)
    assert fit.nll_sm == pytest.approx(0.08**2 / (0.21**2 + 0.16**2) / 2, rel=1e-6)


def test_a_mediator_decouples_whatever_its_box():
    eps = {"nu": ["1e-4"] * 3, "e": "1e-4"}
    for low in (1e-31, 1e-9, 1e-3):
        with pytest.raises(ValueError, match="is 1e-08 as g goes to 0, expected 0"):
            model_from({"eps": eps, "parameters": {"g": {"low": low, "high": 1.0}}})
    # no warning, which the suite would turn into an error, before the refusal
    with pytest.raises(ValueError, match="is inf as g goes to 0, expected 0"):
        model_from({"eps": {"nu": ["1e200*g", "0", "0"], "e": "1e200*g"}})


# --- beside the Z -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MIXED)
def test_the_box_ends_below_the_gap(model):
    chosen = get_model(model)
    highest = next(p for p in chosen.parameters if p.name == "mass").box[1]
    assert 10**highest == pytest.approx(M_Z - GAMMA_Z, rel=1e-12)
    for log_g in np.linspace(-9, 0, 10):
        edge = M_Z * math.sqrt(1 + (10**log_g / 0.7407) ** 2) + GAMMA_Z
        for mass, defined in (
            (10**highest, True),
            (M_Z - 0.9 * GAMMA_Z, False),
            (M_Z, False),
            (edge - 0.1 * GAMMA_Z, False),
            (edge + 0.1 * GAMMA_Z, True),
        ):
            found = chosen.couplings({"g": log_g, "mass": np.log10(mass)})
            assert bool(found.defined) is defined
    assert next(p for p in get_model("b_minus_l").parameters if p.name == "mass").high == 1e5


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("coherent_lar", "coherent_csi")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["texono", "xenon1t", *SLOW])
@pytest.mark.parametrize("model", MIXED)
def test_no_minimum_near_the_z(model, name, experiments):
    """10,000 points around M_Z, as near as numbers are: the best is no better than the best of the rest."""
    data, n, rng = (experiments[name],), 10_000, np.random.default_rng(1)
    problem = make_problem(data, get_model(model))
    away = 10 ** rng.uniform(-16, -0.7, n) * np.where(rng.uniform(size=n) < 0.7, -1, 0.1)
    points = np.stack([rng.uniform(-9, 0, n), np.log10(M_Z * (1 + away))], axis=1)
    start = standard_start(problem, data)
    found = profile(problem, points, data, start=start)
    assert np.count_nonzero(found.status == UNDEFINED) > n / 2
    assert np.count_nonzero(found.converged) > 100
    fit = jaxmed.fit(data, model, grid=21)
    assert np.nanmin(found.nll) > min(fit.nll, start.nll) - 1e-6
    # what looks best at the corner is no reason to believe in a mediator
    heavy = fit.parameters["mass"].value > 0.99 * (M_Z - GAMMA_Z)
    assert not (heavy and fit.prefers_mediator)


def test_texono_prefers_no_mediator(experiments):
    fit = jaxmed.fit([experiments["texono"]])
    assert fit.delta_chi2_sm < 1 and not fit.prefers_mediator
    assert fit.parameters["mass"].value <= M_Z - GAMMA_Z
    assert "the data ask for no mediator" in " ".join(fit.explanation)
