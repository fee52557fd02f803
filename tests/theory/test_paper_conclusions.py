"""What arXiv:2106.12364 concludes, asked of the likelihoods of the same experiments.

The single-energy versions are in test_single_energy_bounds.py and test_nucleus_bounds.py.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.likelihood.forward import channel_events
from jaxmed.models.choose import couplings, get_model
from jaxmed.theory.amplitudes import Nucleus
from jaxmed.theory.couplings import standard_model

experiment = cache(load)
GRID = np.logspace(-7, -2, 101)


@jax.jit
def counts(data, mediator):
    return expected(data, mediator)


@partial(jax.jit, static_argnums=0)
@partial(jax.vmap, in_axes=(None, None, 0, None))
def deviance(model, data, g, mass):
    return 2 * nll(data, get_model(model).couplings({"g": jnp.log10(g), "mass": jnp.log10(mass)}))


def scan(name, mass):
    return np.asarray(deviance("u1r", experiment(name), GRID, mass))


def upper_edge(name, mass):
    """Largest allowed coupling on the grid at 90 %, nuisances at their nominal values."""
    q = scan(name, mass)
    return GRID[np.flatnonzero(q - q.min() < 2.706).max()]


@pytest.mark.parametrize("mass", [1e-6, 1e-3, 0.05, 0.1])
def test_a_xenon1t_coupling_changes_the_texono_counts_by_less_than_a_percent(mass):
    texono = experiment("texono")
    mediator = counts(texono, couplings("u1r", g=1e-6, mass=mass))
    change = mediator / counts(texono, standard_model()) - 1
    # Section 7: destructive, and very small at MeV recoils.
    assert np.all(change < 0)
    assert np.all(np.abs(change) < 0.01)


@pytest.mark.parametrize("mass", [1e-3, 0.01, 0.05])
def test_xenon1t_prefers_a_light_mediator_of_about_1e_6(mass):
    q = scan("xenon1t", mass)
    best = GRID[q.argmin()]
    assert 1e-7 < best < 3e-6
    assert q.min() < q[0] - 6
    allowed = deviance("u1r", experiment("texono"), jnp.array([best, 1e-7]), mass)
    assert allowed[0] < allowed[1] + 0.1


@pytest.mark.parametrize("name", ["coherent_csi", "coherent_lar"])
@pytest.mark.parametrize(("g", "mass"), [(1e-5, 1e-3), (1e-4, 10.0), (1e-3, 1e3), (0.01, 3e4)])
def test_the_mediator_adds_to_coherent_scattering_in_every_bin(name, g, mass):
    """Eq. 40: constructive, and the same in both detectors."""
    nuclei = [c for c in experiment(name).channels if isinstance(c.target, Nucleus)]
    assert nuclei
    for channel in nuclei:
        with_mediator, without = (
            np.asarray(jax.jit(channel_events)(channel, c)[0])
            for c in (couplings("u1r", g=g, mass=mass), standard_model())
        )
        assert np.all(with_mediator >= without)
        assert with_mediator.sum() > 1.0001 * without.sum()


@pytest.mark.parametrize("mass", [0.01, 1.0])
def test_electrons_constrain_a_light_mediator_more_than_nuclei(mass):
    """Argon, since the full CsI likelihood has neutrino-electron events too."""
    assert upper_edge("texono", mass) < 0.5 * upper_edge("coherent_lar", mass)


def test_at_a_hundred_MeV_nuclei_constrain_more():
    assert upper_edge("coherent_lar", 100.0) < 0.5 * upper_edge("texono", 100.0)


def test_texono_does_not_see_the_mass_below_one_MeV():
    edges = [upper_edge("texono", mass) for mass in (1e-3, 0.1, 1.0)]
    assert max(edges) < 1.2 * min(edges)
    assert 8 < upper_edge("texono", 100.0) / upper_edge("texono", 10.0) < 12
