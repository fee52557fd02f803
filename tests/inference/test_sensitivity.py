"""Expected limits and their derivatives, against finite differences of whole limits."""

from dataclasses import replace
from functools import cache, partial

import folders
import jax
import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from jaxmed.experiments import expected, load
from jaxmed.experiments.design import changed, make_design
from jaxmed.inference.problem import make_problem
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.sensitivity import asimov, design_nll, sensitivity
from jaxmed.models.choose import couplings, get_model

MODEL, MASS, THRESHOLD = "b_minus_l", 1.0, 2.7055434540954106


@pytest.fixture(scope="module")
def germanium():
    return load(f"{folders.EXAMPLES / 'germanium'}/")


@pytest.fixture(scope="module")
def xenon():
    return load(f"{folders.EXAMPLES / 'xenon'}/")


@pytest.fixture(scope="module")
def data(germanium, xenon, experiments):
    """Both examples and a published experiment, by name."""
    return {"germanium": germanium, "xenon": xenon, "xenon1t": experiments["xenon1t"]}


@pytest.fixture(scope="module")
def sensitivity_of(data):
    return cache(lambda name: sensitivity(data[name], MODEL, masses=[MASS]))


def slope_of(found, name):
    return dict(zip([k.name for k in found.knobs], found.slopes[:, 0], strict=True))[name]


def limit_of(experiment, model=MODEL, mass=MASS):
    """Limit of the whole machinery on the Asimov data."""
    problem = make_problem((experiment,), get_model(model))
    done = limits((asimov(problem, experiment),), model, masses=[mass])
    assert done.flag == ("ok",)
    # the best fit is the truth, to rounding
    assert done.g_best[0] < 0.01 * done.g_upper[0]
    return done.g_upper[0]


def slow_limit(design, name, factor, near):
    """The limit by SciPy: BFGS over the nuisances inside, a bracketing root finder in g outside."""
    problem = make_problem((design.experiment,), get_model(MODEL))
    ones = {knob.name: 1.0 for knob in design.knobs}
    scales = ones | {name: factor}
    moved = replace(design, experiment=jax.jit(changed)(design, scales), foldings=())
    widths = {key: scales[key] if key.startswith("systematic") else 1.0 for key in scales}
    best = np.zeros(len(problem.nuisances))

    def q(log_g):
        point = np.array([log_g, np.log10(MASS)])
        done = minimize(
            lambda z: value_and_slope(problem, point, z, moved, widths),
            best,
            jac=True,
            method="BFGS",
            options={"gtol": 1e-8},
        )
        best[:] = done.x
        return 2 * done.fun

    at = np.log10(near)
    return 10 ** brentq(lambda x: q(x) - THRESHOLD, at - 0.02, at + 0.02, xtol=1e-11)


@partial(jax.jit, static_argnums=0)
def value_and_slope(problem, point, z, design, widths):
    return jax.value_and_grad(design_nll, argnums=2)(problem, point, z, design, widths)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param("germanium", marks=pytest.mark.slow), "xenon", "xenon1t"]
)
def test_every_slope_is_the_finite_difference_of_limits(sensitivity_of, data, name):
    """Each knob moved by 1 % either way, the limit found anew by other means."""
    design, step, found = make_design(data[name]), 0.01, sensitivity_of(name)
    (near,) = found.g_expected
    for knob in [knob.name for knob in found.knobs]:
        up, down = (slow_limit(design, knob, float(np.exp(s)), near) for s in (step, -step))
        numeric = np.log(up / down) / (2 * step)
        assert slope_of(found, knob) == pytest.approx(numeric, rel=1e-3, abs=1e-6), knob
    # and without any change the limit is the one reported
    assert slow_limit(design, "exposure", 1.0, near) == pytest.approx(near, rel=1e-8)


def moved_folder(tmp_path, factor, edit):
    """The germanium detector with one number of its files changed."""
    folder = folders.copy("germanium", tmp_path / f"{factor:.4f}")
    edit(folder, factor)
    return load(f"{folder}/")


def exposure(folder, factor):
    folders.change(folder, "experiment.toml", "exposure = 32700.0", f"exposure = {32700 * factor}")


def resolution(folder, factor):
    old = "{ constant_keV = 0.02, sqrt = 0.017,"
    new = f"{{ constant_keV = {0.02 * factor}, sqrt = {0.017 * factor},"
    folders.change(folder, "experiment.toml", old, new)


def threshold(folder, factor):
    """The first edge and the efficiency's whole curve, by the same energy."""
    shift = 0.16 * (factor - 1)
    folders.change(folder, "bins.csv", "0.16,0.18", f"{0.16 + shift},0.18")
    knots, values = np.array([0.1, 0.16, 0.3, 1.0]), [0, 0.95, 1, 1]
    folders.write(folder / "efficiency.csv", "energy_keV,efficiency", knots + shift, values)


def background(folder, factor):
    folders.change(folder, "experiment.toml", "rate = 10.0", f"rate = {10 * factor}")


def flux(folder, factor):
    old, new = "germanium_flux = 0.03", f"germanium_flux = {0.03 * factor}"
    folders.change(folder, "experiment.toml", old, new)


def quenching(folder, factor):
    folders.change(folder, "experiment.toml", "error = 0.004", f"error = {0.004 * factor}")


EDITS = {
    "exposure": exposure,
    "resolution": resolution,
    "threshold": threshold,
    "background flat": background,
    "systematic germanium_flux": flux,
    "systematic germanium_quenching": quenching,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(EDITS)[:4])
def test_a_changed_design_is_what_editing_the_files_does(germanium, tmp_path, name):
    """Differentiable and tabulated responses predict the same counts, on their own recoil energies."""
    mediator = couplings(MODEL, g=1e-5, mass=MASS)
    for factor in (0.95, 1.05):
        edited = moved_folder(tmp_path, factor, EDITS[name])
        moved = jax.jit(changed)(make_design(germanium), {name: factor})
        wanted, found = (jax.jit(expected)(e, mediator) for e in (edited, moved))
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_a_slope_is_what_editing_the_files_does(sensitivity_of, tmp_path, name):
    """The folder read, folded and scanned anew: none of it knows of derivatives in the design."""
    factors = (1.02, 0.98)
    up, down = (limit_of(moved_folder(tmp_path, factor, EDITS[name])) for factor in factors)
    numeric = np.log(up / down) / np.log(factors[0] / factors[1])
    # a crossing is found to 1e-5 in log10 g
    slope = slope_of(sensitivity_of("germanium"), name)
    assert slope == pytest.approx(numeric, rel=5e-3, abs=1.2e-3)


def test_the_limit_is_that_of_the_whole_machinery(sensitivity_of, data):
    (g,) = sensitivity_of("xenon").g_expected
    assert g == pytest.approx(limit_of(data["xenon"]), rel=1e-4)


def test_a_better_detector_excludes_more_by_the_power_law(sensitivity_of):
    found = sensitivity_of("xenon")
    gains = found.gains(0.1)
    by_name = dict(zip([k.name for k in found.knobs], gains[:, 0], strict=True))
    for name in ("exposure", "threshold", "background radon", "systematic xenon_solar_flux"):
        assert by_name[name] > 0
    assert by_name["exposure"] == pytest.approx(1 - 1.1 ** slope_of(found, "exposure"))
    assert by_name["threshold"] == pytest.approx(1 - 0.9 ** slope_of(found, "threshold"))


def test_exposure_and_backgrounds_scale_what_they_should(xenon):
    design = make_design(xenon)
    double = changed(design, {"exposure": 2.0, "background radon": 0.5})
    by_name = {b.name: b for b in double.background}
    for part in xenon.background:
        factor = 1.0 if part.name == "radon" else 2.0
        np.testing.assert_allclose(by_name[part.name].nominal, factor * part.nominal)
        np.testing.assert_allclose(by_name[part.name].variants, factor * part.variants)
    (channel,), (old,) = double.channels, xenon.channels
    scale = np.abs(old.response).max()
    np.testing.assert_allclose(channel.response, 2 * old.response, rtol=1e-9, atol=1e-13 * scale)


def test_what_cannot_change_says_why(experiments):
    design = make_design(experiments["texono"])
    missing = dict(design.missing)
    assert missing.keys() == {"exposure", "threshold", "resolution"}
    assert [knob.name for knob in design.knobs] == ["error"]
    template = make_design(load(f"{folders.EXAMPLES / 'texono'}/"))
    assert "perfect" in dict(template.missing)["threshold"]


def test_a_background_that_holds_the_standard_model_is_scaled_without_it(experiments):
    """Without its background XENON1T expects the standard model's neutrinos, not fewer."""
    xenon1t = experiments["xenon1t"]
    design = make_design(xenon1t)
    problem = make_problem((xenon1t,), get_model(MODEL))
    bare = changed(design, {"background B0": 0.0})
    signal = np.asarray(asimov(problem, bare).observed)
    assert signal.sum() == pytest.approx(49.0, rel=0.03)
    # and the published B0 is the sum of the two
    b0 = np.asarray(asimov(problem, xenon1t).observed)
    np.testing.assert_allclose(b0, xenon1t.background[0].nominal, rtol=1e-9)


def test_one_parameter_is_a_line_at_one_mass(data, sensitivity_of):
    """The mass held fixed leaves g alone: the same limit and slopes as along a line of masses."""
    found, line = (
        sensitivity(data["xenon1t"], MODEL, fixed={"mass": MASS}),
        sensitivity_of("xenon1t"),
    )
    np.testing.assert_allclose(found.g_expected, line.g_expected, rtol=1e-9)
    np.testing.assert_allclose(found.slopes, line.slopes, rtol=1e-6, atol=1e-9)
    assert np.isnan(found.mass).all()


def test_both_ends_of_what_has_a_sign(experiments):
    """Slopes of the two ends of a charge radius in the errors of TEXONO, which has nothing else."""
    found, design = (make(experiments["texono"]) for make in (_radius, make_design))
    assert found.flag == ("islands",) * 2
    low, high = (_radius(changed(design, {"error": factor})).g_expected for factor in (0.99, 1.01))
    numeric = np.log(high / low) / np.log(1.01 / 0.99)
    np.testing.assert_allclose(found.slopes, [numeric], rtol=1e-4)
    assert np.all(found.gains(0.1) > 0)


def _radius(experiment):
    return sensitivity(experiment, "charge_radius")


def test_no_limit_has_no_slope(experiments):
    found = sensitivity(experiments["texono"], "l_mu_l_tau", masses=[1.0])
    assert found.flag == ("edge",)
    assert np.isnan(found.g_expected).all()
    assert np.isnan(found.slopes).all()
