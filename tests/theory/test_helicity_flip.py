"""Scalars, pseudoscalars, tensors and magnetic moments against explicit Dirac matrices."""

import itertools
import math

import dirac
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.constants import ALPHA, HBARC2, M_D, M_E, M_NEUTRON, M_PROTON, M_U
from jaxmed.theory.amplitudes import Nucleus
from jaxmed.theory.couplings import standard_model
from jaxmed.theory.helicity_flip import Flips
from jaxmed.theory.scattering import (
    electron_cross_section,
    electron_rate,
    nucleus_cross_section,
    nucleus_rate,
    t_max,
)

MASS = 0.3
POINTS = [(1e-3, 0.862), (0.1, 0.42), (3.0, 8.3)]
NAMES = ("scalar", "pseudoscalar", "tensor", "magnetic")
NU = {"scalar": 0.7, "pseudoscalar": -0.4, "tensor": 0.3, "magnetic": 2.0}
E = {"scalar": 0.5, "pseudoscalar": 0.8, "tensor": -0.6}
ARGON = Nucleus(18.0, 22.0, 37215.5, np.full(3, 0.04), np.full(3, -0.5))


def flips(names, flavour):
    """Interactions of one flavour, of sizes that make all of them matter."""
    one = np.eye(3)[flavour]
    found = {}
    for name in names:
        if name == "magnetic":
            found["magnetic"] = 1e-6 * NU[name] * one
        else:
            found |= {f"{name}_nu": 1e-4 * NU[name] * one, f"{name}_e": 1e-4 * E[name]}
    return Flips(**found)


def added(function, names, flavour, **more):
    """What flips add to the standard model of one flavour."""
    standard = standard_model()
    with_flips = standard._replace(mass=jnp.asarray(MASS), flips=flips(names, flavour))
    found = function(with_flips, **more) - function(standard, **more)
    assert not np.delete(np.asarray(found), flavour, axis=0).any()
    return found[flavour, 0]


def by_matrices(recoil, energy, names, antineutrino):
    """The same, the photon's propagator and charge e in the coefficient: L as in `helicity_flip`."""
    at = dirac.momenta(energy, recoil, M_E)
    q2, terms = 2 * M_E * recoil, []
    for name in names:
        if name == "magnetic":
            e = math.sqrt(4 * math.pi * ALPHA)
            moment = 1e-6 * NU[name] * e / (2 * M_E)
            terms += dirac.magnetic(-moment * e / q2, at)  # the electron's charge is -e
        else:
            product = 1e-8 * NU[name] * E[name] / (q2 + MASS**2)
            terms += getattr(dirac, name)(product)
    squared = dirac.squared(at, M_E, terms, antineutrino)
    return squared / (32 * np.pi * M_E * energy**2) * HBARC2


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("recoil", "energy"), POINTS)
@pytest.mark.parametrize(
    "names", [*((n,) for n in NAMES), *itertools.combinations(NAMES, 2), NAMES], ids="+".join
)
def test_electrons_agree_with_dirac_matrices(names, recoil, energy, antineutrino):
    """Alone, and two together with the interference that there is."""

    def cross_section(couplings):
        return electron_cross_section(
            jnp.array([recoil]), energy, couplings, antineutrino=antineutrino
        )

    expected = by_matrices(recoil, energy, names, antineutrino)
    standard = float(cross_section(standard_model())[1, 0])
    got = added(cross_section, names, 1)
    assert got == pytest.approx(expected, rel=1e-10, abs=1e-13 * standard)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_interferes_with_what_keeps_the_helicity(name, antineutrino):
    at = dirac.momenta(0.42, 0.1, M_E)
    flip = dirac.magnetic(3.0, at) if name == "magnetic" else getattr(dirac, name)(0.8)
    kept = dirac.vector(0.7, -0.3)
    alone = [dirac.squared(at, M_E, terms, antineutrino) for terms in (kept, flip)]
    both = dirac.squared(at, M_E, kept + flip, antineutrino)
    assert both == pytest.approx(sum(alone), rel=1e-12)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("recoil", "energy"), [(0.005, 20.0), (0.05, 50.0), (0.01, 29.79)])
def test_a_nucleus_of_spin_one_half_agrees_with_dirac_matrices(recoil, energy, antineutrino):
    """A nucleus has no magnetic moment here, and so a charge form factor alone: gamma_mu at small recoil."""
    form_p, form_n = jnp.array([0.8]), jnp.array([0.7])
    own = Flips(
        scalar_nu=np.array([0.0, 2e-5, 0.0]),
        scalar_u=1e-6,
        scalar_d=3e-6,
        magnetic=np.array([0, 4e-9, 0]),
    )
    proton = M_PROTON * (0.0208 * 1e-6 / M_U + 0.0411 * 3e-6 / M_D)
    neutron = M_NEUTRON * (0.0189 * 1e-6 / M_U + 0.0451 * 3e-6 / M_D)
    scalar = 2e-5 * (18 * 0.8 * proton + 22 * 0.7 * neutron)
    mass = ARGON.mass
    at, q2, e = (
        dirac.momenta(energy, recoil, mass),
        2 * mass * recoil,
        math.sqrt(4 * math.pi * ALPHA),
    )
    moment = 4e-9 * e / (2 * M_E)
    terms = dirac.scalar(scalar / (q2 + MASS**2)) + dirac.magnetic(18 * 0.8 * moment * e / q2, at)
    expected = (
        dirac.squared(at, mass, terms, antineutrino) / (32 * np.pi * mass * energy**2) * HBARC2
    )

    def cross_section(couplings):
        return nucleus_cross_section(
            jnp.array([recoil]), energy, couplings, ARGON, form_p, form_n, antineutrino=antineutrino
        )[1, 0]

    standard = standard_model()
    found = cross_section(standard._replace(mass=jnp.asarray(MASS), flips=own)) - cross_section(
        standard
    )
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_mixture_of_them_is_negative(seed):
    """Interference never outweighs what interferes, up to the kinematic limit."""
    rng = np.random.default_rng(seed)
    draw = [rng.normal(size=3) for _ in range(4)]
    mixed = Flips(
        scalar_nu=draw[0] * 1e-4,
        scalar_e=rng.normal() * 1e-4,
        scalar_u=rng.normal() * 1e-4,
        scalar_d=rng.normal() * 1e-4,
        pseudoscalar_nu=draw[1] * 1e-4,
        pseudoscalar_e=rng.normal() * 1e-4,
        tensor_nu=draw[2] * 1e-4,
        tensor_e=rng.normal() * 1e-4,
        magnetic=draw[3] * 1e-5,
    )
    standard = standard_model()
    couplings = standard._replace(mass=jnp.asarray(10 ** rng.uniform(-2, 1)), flips=mixed)
    for antineutrino in (False, True):
        recoil = jnp.linspace(1e-4, float(t_max(1.3, M_E)), 50)
        found = [
            electron_cross_section(recoil, 1.3, c, antineutrino=antineutrino)
            for c in (couplings, standard)
        ]
        assert np.all(found[0] - found[1] > -1e-13 * found[0])
        recoil, one = jnp.linspace(1e-5, float(t_max(30.0, ARGON.mass)), 50), jnp.ones(50)
        found = [
            nucleus_cross_section(recoil, 30.0, c, ARGON, one, one, antineutrino=antineutrino)
            for c in (couplings, standard)
        ]
        assert np.all(found[0] - found[1] > -1e-13 * found[0])


def test_limits_in_mass_and_recoil():
    """Heavy mediators are contact interactions, light ones fall with the recoil, a magnetic moment as 1/T."""
    standard = standard_model()

    def at(mass, recoil, **own):
        couplings = standard._replace(mass=jnp.asarray(mass), flips=Flips(**own))
        recoil = jnp.asarray(recoil)
        return np.asarray(
            electron_cross_section(recoil, 5.0, couplings)
            - electron_cross_section(recoil, 5.0, standard)
        )[0]

    nu = np.array([0.1, 0.0, 0.0])
    heavy, heavier = (at(m, [0.01, 0.1], scalar_nu=nu, scalar_e=1e-1) for m in (1e2, 2e2))
    np.testing.assert_allclose(heavy / heavier, 16.0, rtol=1e-3)
    light = at(1e-6, [1e-3, 2e-3], scalar_nu=nu * 1e-4, scalar_e=1e-5)
    np.testing.assert_allclose(
        light[0] / light[1], 2 * (2 * M_E + 1e-3) / (2 * M_E + 2e-3), rtol=1e-9
    )
    moment = at(1.0, [1e-5, 2e-5], magnetic=nu * 1e-6)
    np.testing.assert_allclose(moment[0] / moment[1], 2.0, rtol=1e-5)


def test_rates_are_cross_sections_contracted_with_a_line():
    couplings = standard_model()._replace(mass=jnp.asarray(MASS), flips=flips(NAMES, 0))
    recoil, energy, one = jnp.array([1e-3, 0.1, 3.0]), 8.3, jnp.ones(3)
    line = jnp.stack([jnp.full(3, energy**-k) for k in range(3)])
    moments = jnp.zeros((2, 3, 3, 3)).at[1, 0].set(line)
    got = electron_rate(recoil, moments, couplings)
    expected = electron_cross_section(recoil, energy, couplings, antineutrino=True)[0]
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    got = nucleus_rate(recoil / 1e5, moments, couplings, ARGON, one, one)
    expected = nucleus_cross_section(
        recoil / 1e5, energy, couplings, ARGON, one, one, antineutrino=True
    )
    np.testing.assert_allclose(got, expected[0], rtol=1e-13)


def test_gradients_are_finite_where_nothing_flips():
    def total(g):
        flip = Flips(scalar_nu=g * jnp.ones(3), scalar_e=g, magnetic=g * jnp.ones(3))
        couplings = standard_model()._replace(flips=flip)
        return electron_cross_section(jnp.array([0.1]), 8.3, couplings).sum()

    assert jax.grad(total)(0.0) == 0.0
