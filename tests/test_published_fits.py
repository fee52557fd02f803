"""Published and reference numbers that need a fit."""

from dataclasses import replace

import numpy as np
import pytest

from jaxmed.experiments import expected, load
from jaxmed.inference.fit.best_fit import fit
from jaxmed.inference.regions.limits import limits
from jaxmed.theory.couplings import standard_model


def _without_signal_nuisances(experiment):
    return {n: 0.0 for n in (*experiment.scales, *experiment.shapes) if n != "signal_strength"}


@pytest.mark.parametrize(("couplings", "error"), [("tree", 0.0392), ("corrected", 0.0372)])
def test_texono_weak_mixing_angle(couplings, error):
    """Phys. Rev. D 81 (2010) 072001: 0.251 +- 0.031 (stat) +- 0.024 (sys).

    Radiative corrections lower g_R by 4 %: the rate then depends on the angle a little more.
    """
    texono = load("texono", electron_couplings=couplings)
    angle = fit(texono, "weak_mixing").parameters["sin2_theta_w"]
    assert angle.value == pytest.approx(0.251, rel=0.005)
    assert angle.error == pytest.approx(error, rel=0.03)


@pytest.mark.parametrize(
    ("model", "mass", "g"),
    [
        ("b_minus_l", 1.0, 3.30e-6),
        ("b_minus_l", 10.0, 1.53e-5),
        ("b_minus_l", 100.0, 1.51e-4),
        ("u1r", 1.0, 2.59e-5),
        ("u1r", 10.0, 1.21e-4),
    ],
)
def test_texono_limits(experiments, model, mass, g):
    assert limits(experiments["texono"], model, masses=[mass]).g_upper[0] == pytest.approx(
        g, rel=0.04
    )


def _strength(experiment, fixed):
    """Events, their error, and the rejection of no signal in standard deviations."""
    free = fit(experiment, "standard_model", free=["signal_strength"], fixed=fixed)
    none = fit(experiment, "standard_model", fixed=fixed | {"signal_strength": -1.0})
    strength = free.nuisances["signal_strength"]
    events = float(expected(experiment, standard_model()).sum())
    events -= sum(float(np.sum(b.nominal)) for b in experiment.background)
    return (
        (1 + strength.value) * events,
        strength.error * events,
        np.sqrt(2 * (none.nll - free.nll)),
    )


def test_csi_signal_strength(experiments):
    """PRL 129 (2022) 081801: 306 events fitted, no signal rejected at 11.6 sigma; reference 310.3 +- 31.9."""
    csi = experiments["coherent_csi"]
    events, error, sigma = _strength(csi, _without_signal_nuisances(csi))
    assert events == pytest.approx(310.7, rel=0.03)
    assert error == pytest.approx(32.7, rel=0.03)
    assert sigma == pytest.approx(11.6, abs=0.3)


def test_csi_signal_strength_with_the_steady_state_as_counted(experiments):
    """Reference: 310.7 +- 32.7 and 11.0 sigma when the steady state floats with the 1295 anti-coincident counts."""
    csi = experiments["coherent_csi"]
    *neutrons, steady = csi.background
    counted = replace(steady, variants=steady.variants * 1295 / 1286, widths=np.array([1295**-0.5]))
    loose = replace(csi, background=(*neutrons, counted))
    events, error, sigma = _strength(loose, _without_signal_nuisances(csi))
    assert events == pytest.approx(310.7, rel=0.03)
    assert error == pytest.approx(32.7, rel=0.03)
    assert sigma == pytest.approx(11.0, abs=0.15)


@pytest.mark.slow
def test_csi_weak_mixing_angle(experiments):
    """PRL 129 (2022) 081801: 0.220 +0.028 -0.026."""
    angle = fit(experiments["coherent_csi"], "weak_mixing").parameters["sin2_theta_w"]
    assert angle.value == pytest.approx(0.221, abs=0.004)
    assert angle.error == pytest.approx(0.028, rel=0.1)


def test_lar_signal_strength(experiments):
    """PRL 126 (2021) 012002, Analysis A: 159 +- 43 with BRN 553, delayed 10, steady state 3131.

    The reference numbers are those of free normalisations; the released shape variations move BRN to 512.
    """
    lar = experiments["coherent_lar"]
    shapes = ("lar_brn_energy", "lar_brn_time", "lar_brn_width")
    fixed = _without_signal_nuisances(lar) | dict.fromkeys(shapes, 0.0)
    result = fit(lar, "standard_model", free=["signal_strength"], fixed=fixed)
    pulls = result.nuisances
    assert 128 * (1 + pulls["signal_strength"].value) == pytest.approx(159.7, rel=0.03)
    assert 128 * pulls["signal_strength"].error == pytest.approx(42.6, rel=0.03)
    assert 497 * (1 + 0.32 * pulls["lar_brn"].value) == pytest.approx(552, rel=0.01)
    assert 33 * (1 + pulls["lar_delayed"].value) == pytest.approx(10.5, abs=0.3)
    assert 3152 * (1 + 25 / 3152 * pulls["lar_steady_state"].value) == pytest.approx(
        3133, rel=0.002
    )

    varied = fit(
        lar, "standard_model", free=["signal_strength"], fixed={"sns_flux": 0.0, "lar_cevns": 0.0}
    )
    strength = varied.nuisances["signal_strength"]
    assert 128 * (1 + strength.value) == pytest.approx(159.7, rel=0.03)
    assert 128 * strength.error == pytest.approx(42.6, rel=0.03)


def test_xenon1t_background_alone(experiments):
    """arXiv:2007.05517: -2 log L = 44.0 over the saturated model with B0 and two nuisances."""
    result = fit(experiments["xenon1t"], "standard_model")
    assert 2 * result.nll == pytest.approx(44.05, abs=0.02)


def test_xenon1t_best_fit(experiments):
    """The excess wants a mediator near 0.06 MeV.

    The reference improvement is 12.6 +- 0.5; ours is 13.21 at tree level, confirmed by iminuit (test_fit) and by
    direct quadrature of every bin (test_rates): a coarse scan around (1.6e-6, 0.06 MeV) without the background
    nuisance gives 12.7, so the reference had not reached the minimum. With radiative corrections it is 13.15.
    """
    result = fit(experiments["xenon1t"])
    assert result.parameters["mass"].value == pytest.approx(0.06, rel=0.1)
    assert result.parameters["g"].value == pytest.approx(1.6e-6, rel=0.05)
    assert result.delta_chi2_sm == pytest.approx(13.15, abs=0.02)


@pytest.mark.slow
def test_xenon1t_best_fit_of_a_very_light_mediator(experiments):
    result = fit(experiments["xenon1t"], fixed={"mass": 1e-3})
    assert result.parameters["g"].value == pytest.approx(9.3e-7, rel=0.1)
    assert result.delta_chi2_sm == pytest.approx(7.0, abs=0.5)
