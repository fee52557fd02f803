"""Shifts of auxiliary measurements move a limit as the envelope theorem says."""

import jax
import numpy as np
import pytest
from scipy import optimize

from jaxmed.experiments import nll
from jaxmed.inference.problem import pose
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.regions.nuisance_effects import nuisance_effects
from jaxmed.models.choose import couplings

MODEL, MASS = "b_minus_l", 0.3


@pytest.fixture(scope="module")
def shifted(experiments):
    """-log L of XENON1T with the centres of its priors elsewhere, minimised by SciPy at each g."""
    xenon = experiments["xenon1t"]
    names = xenon.nuisances

    @jax.jit
    @jax.value_and_grad
    def objective(z, g, centre):
        at = dict(zip(names, z, strict=True))
        return nll(xenon, couplings(MODEL, g=g, mass=MASS), at) + (centre**2 / 2 - z * centre).sum()

    def profiled(g, centre):
        options = {"gtol": 1e-8}
        start = np.zeros(len(names))
        found = optimize.minimize(
            lambda z: tuple(map(np.asarray, objective(z, g, centre))),
            start,
            jac=True,
            options=options,
        )
        return float(found.fun)

    def limit(centre, threshold):
        line = lambda log_g: profiled(10**log_g, centre)  # noqa: E731
        best = optimize.minimize_scalar(
            line, bounds=(-7.5, -5.0), method="bounded", options={"xatol": 1e-9}
        )
        top = min(best.fun, profiled(0.0, centre)) + threshold / 2
        return optimize.brentq(lambda log_g: line(log_g) - top, best.x, -4.5, xtol=1e-12)

    return names, limit


@pytest.mark.slow
def test_effects_are_those_of_shifted_measurements(experiments, shifted):
    names, limit = shifted
    xenon = experiments["xenon1t"]
    found = limits(xenon, MODEL, masses=[MASS])
    effects = nuisance_effects(*pose(xenon, MODEL), found)
    assert set(effects) == set(names)
    step = 0.02
    for i, name in enumerate(names):
        centre = np.zeros(len(names))
        centre[i] = step
        change = limit(centre, found.threshold) - limit(-centre, found.threshold)
        np.testing.assert_allclose(
            effects[name][0], np.log(10) * change / (2 * step), rtol=5e-3, atol=2e-5
        )
    assert abs(effects[names[1]][0]) > 0.01


def test_without_a_limit_there_is_no_effect(experiments):
    texono = experiments["texono"]
    found = limits(texono, "l_mu_l_tau", masses=[1.0])
    effects = nuisance_effects(*pose(texono, "l_mu_l_tau"), found)
    assert all(np.isnan(effect).all() for effect in effects.values())
