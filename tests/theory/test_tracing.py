"""Every public function of theory/ that takes numbers works under jit, vmap, grad and jacfwd."""

import ast
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import jaxmed
from jaxmed.constants import G_Z, M_MU, M_Z
from jaxmed.experiments.model import Nucleus
from jaxmed.models import choose, model, presets
from jaxmed.theory import (
    amplitudes,
    charges,
    couplings,
    currents,
    form_factors,
    gauge,
    helicity_flip,
    mass_matrix,
    nucleus_bounds,
    recoil_integrals,
    rho,
    scattering,
    structures,
    vector_axial,
    widths,
)
from jaxmed.theory import single_energy_bounds as bounds
from jaxmed.theory.charges import PAPER
from jaxmed.theory.couplings import Epsilon
from jaxmed.theory.electroweak import Electroweak
from jaxmed.theory.neutrino_masses import light_neutrinos, mass_input, secular, seesaw, takagi

G_W, G_Y, VEV = 0.65, 0.36, 246e3
CS = Nucleus(55.0, 78.0, 123800.0, np.full(3, 0.03), np.full(3, -0.5))
T, E = jnp.array([1e-3, 2e-3]), 30.0
MOMENTS = jnp.ones((2, 3, 3, 2))
ONE = jnp.ones(2)
DIRAC = np.array([[1.0, 0.2, 0.1], [0.3, 2.0, 0.4], [0.1, 0.5, 3.0]])
HEAVY = np.array([[1e6, 1e3, 2e3], [1e3, 2e6, 3e3], [2e3, 3e3, 5e6]])


def mediator(x):
    return couplings.from_charges(PAPER, 1e-4 * x, 10.0 * x)


def electroweak(x):
    return Electroweak(G_Z * x, M_Z * x, 0.23 * x)


def fermions(x):
    return currents.z_prime_couplings(PAPER, 0.1 * x, 1e3 * x)


def flips(x):
    return structures.interactions(
        10.0 * x,
        [
            ("scalar", [1e-4 * x] * 3, {"e": 1e-4 * x, "u": 1e-5 * x, "d": 2e-5 * x}),
            ("tensor", [1e-4 * x] * 3, {"e": 1e-4 * x}),
            ("magnetic_moment", [1e-10 * x] * 3, {}),
            ("charge_radius", [x] * 3, {}),
        ],
    )


# of one number near 1, which stands in for every argument
CASES = {
    "structures.interactions": lambda x: jnp.concatenate(
        [leaf.ravel() for leaf in jax.tree.leaves(flips(x))]
    ),
    "helicity_flip.electron_products": lambda x: helicity_flip.electron_products(flips(x).flips),
    "helicity_flip.nucleus_products": lambda x: helicity_flip.nucleus_products(flips(x).flips),
    "helicity_flip.electron_forms": lambda x: helicity_flip.electron_forms(T * x, MOMENTS * x),
    "helicity_flip.nucleus_forms": lambda x: helicity_flip.nucleus_forms(
        T * x, MOMENTS * x, CS.mass * x, 55 * ONE * x, 78 * ONE * x
    ),
    "helicity_flip.summed": lambda x: helicity_flip.summed(
        helicity_flip.electron_products(flips(x).flips),
        helicity_flip.electron_forms(T, MOMENTS),
        ONE * x,
    ),
    "amplitudes.products": lambda x: amplitudes.products(flips(x), CS),
    "scattering.forms": lambda x: scattering.forms(T * x, MOMENTS, CS, ONE, ONE, flips=True),
    "amplitudes.amplitudes": lambda x: amplitudes.amplitudes(mediator(x), CS),
    "amplitudes.electron_amplitudes": lambda x: amplitudes.electron_amplitudes(mediator(x)),
    "amplitudes.nucleus_amplitudes": lambda x: amplitudes.nucleus_amplitudes(mediator(x), CS),
    "single_energy_bounds.figure_5": bounds.figure_5,
    "single_energy_bounds.electron_ratio": lambda x: bounds.electron_ratio(
        x, 5.0 * x, 1.0 * x, 3.0 * x, eps_nu=1e-4 * x, eps_e=1e-4 * x
    ),
    "single_energy_bounds.electron_product_bound": lambda x: bounds.electron_product_bound(
        x, 5.0 * x, 1.0 * x, fraction=0.2 * x
    ),
    "single_energy_bounds.electron_bound": lambda x: bounds.electron_bound(
        x, 5.0 * x, 1.0 * x, charge_e=x
    ),
    "charges.charges": lambda x: charges.charges(x, 2 * x, 3 * x),
    "charges.singlet_charge": lambda x: charges.singlet_charge(x, 2 * x),
    "charges.yukawa_sums": lambda x: charges.yukawa_sums(charges.charges(x, x, x)),
    "charges.anomalies": lambda x: charges.anomalies(x, 2 * x, 3 * x),
    "couplings.light_epsilon": lambda x: couplings.light_epsilon(PAPER, 0.23 * x),
    "couplings.from_charges": lambda x: couplings.from_charges(
        charges.charges(x, x, x), 1e-2 * x, 1e4 * x, electroweak=electroweak(x)
    ),
    "couplings.from_epsilon": lambda x: couplings.from_epsilon(
        Epsilon((x, x, x), x, x, x), x, x, 0.23 * x
    ),
    "couplings.mediator": lambda x: couplings.mediator(x, nu=(x, x, 0.0), e=x, u=x, d=x),
    "couplings.standard_model": lambda x: couplings.standard_model(0.23 * x),
    "currents.by_chirality": lambda x: currents.by_chirality(charges.charges(x, x, x)),
    "currents.flavour_currents": lambda x: currents.flavour_currents(
        PAPER, G_W * x, G_Y * x, 0.1 * x
    ),
    "currents.standard_model_couplings": lambda x: currents.standard_model_couplings(
        electroweak=electroweak(x)
    ),
    "currents.z_prime_couplings": fermions,
    "currents.z_couplings": lambda x: currents.z_couplings(
        PAPER, 0.1 * x, 1e3 * x, electroweak=electroweak(x)
    ),
    "currents.z_coupling_shift": lambda x: currents.z_coupling_shift(PAPER, 0.1 * x, 1e3 * x),
    "currents.light_couplings": lambda x: currents.light_couplings(PAPER, 0.1 * x),
    "currents.unchecked_z_prime": lambda x: currents.unchecked_z_prime(
        PAPER, 0.1 * x, gauge.mixing_from_mass(0.1 * x, 1e3 * x), 0.23 * x
    ),
    "currents.unchecked_z_prime_axial": lambda x: currents.unchecked_z_prime_axial(
        PAPER, 0.1 * x, gauge.mixing_from_mass(0.1 * x, 1e3 * x)
    ),
    "currents.light_charges": lambda x: currents.light_charges(PAPER, 0.23 * x),
    "currents.neutral_current": lambda x: currents.neutral_current(0.23 * x),
    "currents.row": lambda x: currents.row(fermions(x)),
    "form_factors.helm": lambda x: form_factors.helm(50.0 * x * ONE, 4.8 * x),
    "form_factors.klein_nystrand": lambda x: form_factors.klein_nystrand(50.0 * x * ONE, 4.8 * x),
    "gauge.gauge_bosons": lambda x: gauge.gauge_bosons(
        0.1 * x, 1e3 * x, x, 0.5 * x, electroweak=electroweak(x)
    ),
    "gauge.attainable": lambda x: gauge.attainable(0.1 * x, 1e3 * x, x),
    "gauge.apart_from_z": lambda x: gauge.apart_from_z(0.1 * x, 1e3 * x, x),
    "gauge.mixing_from_mass": lambda x: gauge.mixing_from_mass(0.1 * x, 1e3 * x, x),
    "gauge.unchecked_mixing": lambda x: gauge.unchecked_mixing(0.1 * x, 1e3 * x, x),
    "gauge.mixing_angle": lambda x: gauge.mixing_angle(gauge.mixing_from_mass(0.1 * x, 1e3 * x)),
    "light_neutrinos.light_neutrinos": lambda x: light_neutrinos.light_neutrinos(
        DIRAC * x, HEAVY * x
    ),
    "mass_input.square_matrix": lambda x: mass_input.square_matrix(DIRAC * x, "m"),
    "mass_input.majorana_matrix": lambda x: mass_input.majorana_matrix(HEAVY * x),
    "mass_input.dirac_and_majorana": lambda x: mass_input.dirac_and_majorana(DIRAC * x, HEAVY * x),
    "mass_matrix.mass_matrix": lambda x: mass_matrix.mass_matrix(
        G_W * x, G_Y * x, 0.1 * x, x, -2 * x, VEV * x, 1e3 * x
    ),
    "mass_matrix.bosons_from_vacuum": lambda x: mass_matrix.bosons_from_vacuum(
        G_W * x, G_Y * x, 0.1 * x, x, -2 * x, VEV * x, 1e3 * x
    ),
    "mass_matrix.bosons_of": lambda x: mass_matrix.bosons_of(
        0.1 * x, 1e3 * x, gauge.gauge_bosons(0.1 * x, 1e3 * x, x).v_s, x
    ),
    "mass_matrix.rotation": lambda x: mass_matrix.rotation(0.1 * x, sin2_theta_w=0.23 * x),
    "mass_matrix.theta_light": lambda x: mass_matrix.theta_light(0.1 * x, x),
    "mass_matrix.leading_masses": lambda x: mass_matrix.leading_masses(0.1 * x, 1e3 * x, x),
    "choose.couplings": lambda x: choose.couplings("u1r", g=1e-3 * x, mass=5.0 * x),
    "presets.charged": lambda x: presets.charged("x", charges.charges(x, -3 * x, 0 * x)).build(
        {"g": 0.1 * x, "mass": x}
    ),
    "presets.direct": lambda x: presets.direct("x", Epsilon((x, x, x), x, x, x)).build(
        {"g": x, "mass": x}
    ),
    "presets.weak_mixing": lambda x: presets.weak_mixing().build({"sin2_theta_w": 0.23 * x}),
    "choose.get_model": lambda x: choose.get_model(charges.charges(x, x, x)).build(
        {"g": 0.1 * x, "mass": x}
    ),
    "model.other_values": lambda x: model.other_values(choose.get_model("u1r"), {}) or x,
    "nucleus_bounds.nucleus_ratio": lambda x: nucleus_bounds.nucleus_ratio(
        x, eps_nu=1e-4 * x, eps_u=1e-4 * x, eps_d=1e-4 * x, energy=35.0 * x
    ),
    "nucleus_bounds.nucleus_bound": lambda x: nucleus_bounds.nucleus_bound(
        x, fraction=0.1 * x, recoil=1e-2 * x, charge_u=x
    ),
    "recoil_integrals.propagator_moments": lambda x: recoil_integrals.propagator_moments(
        x, 1.0 * x, 3.0 * x
    ),
    "recoil_integrals.standard_integral": lambda x: recoil_integrals.standard_integral(
        5.0 * x, 1.0 * x, 3.0 * x, 0.7 * x, 0.2 * x
    ),
    "recoil_integrals.interference_integral": lambda x: recoil_integrals.interference_integral(
        x, 5.0 * x, 1.0 * x, 3.0 * x, 0.7 * x, 0.2 * x
    ),
    "rho.rho_light": lambda x: rho.rho_light(0.1 * x),
    "rho.rho": lambda x: rho.rho(0.1 * x, 1e3 * x, x),
    "rho.rho_nll": lambda x: rho.rho_nll(0.1 * x, 1e3 * x, x, error=2e-4 * x),
    "rho.sin2_theta_bound": lambda x: rho.sin2_theta_bound(2.0 * x, error=2e-4 * x),
    "rho.g_prime_x_h_bound": lambda x: rho.g_prime_x_h_bound(2.0 * x, electroweak=electroweak(x)),
    "scattering.t_max": lambda x: scattering.t_max(E * x, M_MU * x),
    "amplitudes.propagator": lambda x: amplitudes.propagator(T * x, M_MU * x, x),
    "scattering.quadratic": lambda x: scattering.quadratic(x, 2 * x, (x, x, x)),
    "scattering.chirality_forms": lambda x: scattering.chirality_forms(x, x, x),
    "scattering.electron_forms": lambda x: scattering.electron_forms(T * x, MOMENTS * x),
    "scattering.coherent_form": lambda x: scattering.coherent_form(T * x, MOMENTS * x, M_MU * x),
    "scattering.nucleus_forms": lambda x: scattering.nucleus_forms(
        T * x, MOMENTS * x, CS, ONE * x, ONE
    ),
    "scattering.electron_shift": lambda x: scattering.electron_shift(T * x, mediator(x)),
    "scattering.electron_couplings": lambda x: scattering.electron_couplings(T * x, mediator(x)),
    "scattering.electron_rate": lambda x: scattering.electron_rate(T * x, MOMENTS * x, mediator(x)),
    "scattering.electron_cross_section": lambda x: scattering.electron_cross_section(
        T * x, E * x, mediator(x)
    ),
    "scattering.weak_charge": lambda x: scattering.weak_charge(T * x, mediator(x), CS, ONE, ONE),
    "scattering.nucleus_rate": lambda x: scattering.nucleus_rate(
        T * x, MOMENTS * x, mediator(x), CS, ONE, ONE
    ),
    "scattering.nucleus_cross_section": lambda x: scattering.nucleus_cross_section(
        T * x, E * x, mediator(x), CS, ONE, ONE
    ),
    "secular.secular_polynomial": lambda x: secular.secular_polynomial(DIRAC * x, HEAVY * x),
    "seesaw.seesaw_matrix": lambda x: seesaw.seesaw_matrix(DIRAC * x, HEAVY * x),
    "seesaw.diagonalise_majorana": lambda x: seesaw.diagonalise_majorana(HEAVY * x),
    "seesaw.rotated_dirac": lambda x: seesaw.rotated_dirac(DIRAC * x, np.eye(3)),
    "seesaw.light_mass_matrix": lambda x: seesaw.light_mass_matrix(DIRAC * x, HEAVY * x),
    "seesaw.seesaw": lambda x: seesaw.seesaw(DIRAC * x, HEAVY * x),
    "takagi.jacobi_takagi": lambda x: takagi.jacobi_takagi(jnp.asarray(HEAVY * x).astype(complex)),
    "takagi.graded_takagi": lambda x: takagi.graded_takagi(jnp.asarray(DIRAC * x).astype(complex)),
    "vector_axial.z_prime_vector_axial": lambda x: vector_axial.z_prime_vector_axial(
        PAPER, 0.1 * x, 1e3 * x
    ),
    "vector_axial.nucleon_couplings": lambda x: vector_axial.nucleon_couplings(fermions(x)),
    "vector_axial.majorana_axial": lambda x: vector_axial.majorana_axial(fermions(x)),
    "widths.fermion_width": lambda x: widths.fermion_width(1e3 * x, M_MU * x, 0.1 * x, 0.2 * x),
    "widths.neutrino_width": lambda x: widths.neutrino_width(fermions(x), 1e3 * x),
    "widths.electron_width": lambda x: widths.electron_width(fermions(x), 1e3 * x),
}

# steps of a decomposition, whose derivative `seesaw.diagonalise_majorana` and `seesaw.seesaw` write down
WITHOUT_DERIVATIVE = {"takagi.jacobi_takagi", "takagi.graded_takagi"}

# texts, files, and numbers that make a table once, on the host
HOST = {
    "electroweak.require_electroweak": "returns nothing",
    "electroweak.require_inputs": "returns nothing",
    "expressions.parse": "reads a text",
    "mass_input.require_invertible": "returns nothing",
    "presets.absent": "of a parameter, on the host",
    "presets.preset": "looks a name up",
    "presets.scaled": "ranges of normalisations, on the host",
    "choose.mediator_model": "looks a name up",
    "from_file.model_from": "reads a table of texts",
    "from_file.read_model": "reads a file",
    "structures.check_together": "returns nothing",
    "structures.shared_neutrinos": "looks names up",
    "terms.read_terms": "reads a table of texts",
    "terms.first_parameters": "makes a table",
    "undefined.undefined_words": "makes a text",
    "from_function.checked": "looks at a model over its whole box",
    "from_function.own_model": "makes a model: its couplings are traced in test_own",
    "from_function.with_parameters": "makes a model",
    "scalars.is_traced": "asks about tracing",
    "scalars.real": "used by all others",
    "scalars.require_finite": "returns nothing",
    "scalars.require_fraction": "returns nothing",
    "scalars.require_non_negative": "returns nothing",
    "scalars.require_positive": "returns nothing",
}


def test_every_public_function_is_here():
    found = {
        f"{path.stem}.{node.name}"
        for package in (jaxmed.theory, jaxmed.models)
        for path in Path(package.__file__).parent.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert found == CASES.keys() | HOST.keys()


def flat(name):
    """The function's numbers as one real vector."""

    def function(x):
        found = ravel_pytree(CASES[name](x))[0]
        parts = [found.real, found.imag] if jnp.iscomplexobj(found) else [found]
        return jnp.concatenate(parts).astype(float)

    return function


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_traced_is_what_plain_is(name):
    function, x = flat(name), 1.02

    @jax.jit
    def traced(x):
        several = jax.vmap(function)(jnp.stack([0.97 * x, x]))[1]
        if name in WITHOUT_DERIVATIVE:
            return function(x), several, jnp.zeros(1), jnp.zeros(())
        slope = jax.grad(lambda y: jnp.sum(function(y)))(x)
        return function(x), several, jax.jacfwd(function)(x), slope

    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        plain = function(x)
        one, several, forward, backward = traced(x)
    size = np.abs(plain).max(initial=0.0)
    for found in (one, several):
        np.testing.assert_allclose(found, plain, rtol=1e-9, atol=1e-12 * size)
    assert np.isfinite(forward).all()
    scale = np.abs(forward).max(initial=0.0)
    np.testing.assert_allclose(backward, np.sum(forward), rtol=1e-7, atol=1e-9 * scale)


def test_checks_look_at_plain_numbers_only():
    with pytest.raises(ValueError, match="coupling g = -1"):
        jaxmed.couplings("u1r", g=-1.0, mass=1.0)
    with pytest.raises(ValueError, match=r"mass = 0\.0 MeV: expected"):
        jaxmed.couplings("u1r", g=jnp.array(1e-3), mass=0.0)
    with pytest.raises(ValueError, match=r"'u1r' is undefined at g = 0\.1, mass = 91000"):
        jaxmed.couplings("u1r", g=0.1, mass=91e3)
    masses = jnp.array([1e3, 91e3])
    found = jax.vmap(lambda m: jaxmed.couplings("u1r", g=0.1, mass=m))(masses)
    np.testing.assert_array_equal(np.isfinite(found.eps_e), [True, False])
