"""Interactions by their structure: presets, TOML, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.constants import ALPHA, G_F, HBARC2, M_E
from jaxmed.models.choose import get_model
from jaxmed.models.from_file import model_from
from jaxmed.models.presets import PRESETS
from jaxmed.theory.couplings import standard_model
from jaxmed.theory.scattering import electron_cross_section
from jaxmed.theory.structures import interactions

RECOIL, ENERGY = jnp.array([1e-3, 0.05]), 0.862
ONES = [1.0, 1.0, 1.0]


def at(model, **values):
    chosen = model_from(model) if isinstance(model, dict) else get_model(model)
    own = {p.name: p.internal(values[p.name]) for p in chosen.parameters}
    return chosen.couplings(own)


def same(one, two):
    assert jax.tree.structure(one) == jax.tree.structure(two)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-40), one, two)


@pytest.mark.parametrize(
    ("name", "structure", "eps"),
    [
        ("scalar_universal", "scalar", {"nu": ONES, "e": 1, "u": 1, "d": 1}),
        ("scalar_lepton", "scalar", {"nu": ONES, "e": 1}),
        ("axial_lepton", "axial", {"nu": ONES, "e": 1}),
        ("tensor_universal", "tensor", {"nu": ONES, "e": 1}),
        ("magnetic_moment", "magnetic_moment", {"nu": ONES}),
        ("charge_radius", "charge_radius", {"nu": ONES}),
        ("millicharge", "millicharge", {"nu": ONES}),
    ],
)
def test_a_table_with_the_numbers_of_a_preset_is_that_preset(name, structure, eps):
    table = model_from({"name": name, "structure": structure, "eps": eps})
    assert table == PRESETS[name]
    assert hash(table) == hash(PRESETS[name])
    standard = table.couplings(
        dict(zip([p.name for p in table.parameters], table.standard, strict=True))
    )
    got = electron_cross_section(RECOIL, ENERGY, standard)
    expected = electron_cross_section(RECOIL, ENERGY, standard_model())
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_texts_and_numbers_say_the_same():
    values = {"g": 3e-6, "mass": 0.4}
    texts = {"structure": "scalar", "eps": {"nu": ["g", "2 * g", "0"], "e": "g", "d": "-g"}}
    numbers = {"structure": "scalar", "eps": {"nu": [1, 2, 0], "e": 1, "d": -1}}
    same(at(texts, **values), at(numbers, **values))


def test_flavour_by_flavour():
    table = {
        "structure": "magnetic_moment",
        "eps": {"nu": ["mu_e", "mu_mu", "0"]},
        "parameters": {
            name: {"low": 1e-14, "high": 1e-6, "log": True, "unit": "mu_B"}
            for name in ("mu_e", "mu_mu")
        },
    }
    model = model_from(table)
    assert [p.name for p in model.parameters] == ["mu_e", "mu_mu"]
    assert model.standard == (-30.0, -30.0)
    found = at(table, mu_e=1e-10, mu_mu=3e-11)
    np.testing.assert_allclose(found.flips.magnetic, [1e-10, 3e-11, 0.0], rtol=1e-14)


def test_a_charge_radius_moves_the_vector_coupling():
    """Of the electron by + sqrt(2) pi alpha <r^2>/(3 G_F), of a proton by minus that, of a neutron not at all."""
    found = at("charge_radius", r2_nu=2.0)
    shift = np.sqrt(2) * np.pi * ALPHA * 2e-32 / HBARC2 / (3 * G_F)
    assert shift == pytest.approx(2 * 0.023796, rel=1e-4)
    np.testing.assert_allclose(found.nc_e_left + found.nc_e_right, shift, rtol=1e-12)
    np.testing.assert_allclose(found.nc_e_left - found.nc_e_right, 0.0, atol=1e-18)
    np.testing.assert_allclose(2 * found.nc_u + found.nc_d, -shift, rtol=1e-12)
    np.testing.assert_allclose(found.nc_u + 2 * found.nc_d, 0.0, atol=1e-16)


def test_a_millicharge_is_rutherford_scattering_where_it_is_large():
    """2 pi alpha^2 q^2/(m T^2) for T << E, on an electron: dsigma/dT of a charge that scatters off another."""
    found = at("millicharge", q_nu=100.0)
    recoil = jnp.array([1e-10])
    got = electron_cross_section(recoil, 5.0, found)[0, 0]
    expected = 2 * np.pi * ALPHA**2 * 1e-20 / (M_E * 1e-20) * HBARC2
    assert got == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("first", ["vector", "axial"])
def test_what_cannot_be_together_is_refused_from_python_too(first):
    pair = [("vector", ONES, {"e": 1.0}), ("axial", ONES, {"e": 1.0})]
    with pytest.raises(ValueError, match="neutrinos of axial: expected three couplings, None for"):
        interactions(1.0, pair if first == "vector" else pair[::-1])
    with pytest.raises(ValueError, match=f"expected no {first} beside it"):
        interactions(1.0, [("millicharge", ONES, {}), (first, ONES, {"e": 1.0})])


def test_several_at_once_add_up():
    vector = {"structure": "vector", "eps": {"nu": ONES, "e": 1}}
    moment = {"structure": "magnetic_moment", "eps": {"nu": ONES}}
    scalar = {"structure": "scalar", "eps": {"nu": ONES, "u": 1}}
    both = {"interactions": [vector, moment, scalar]}
    model = model_from(both)
    assert [p.name for p in model.parameters] == ["g", "mass", "mu_nu"]
    values = {"g": 1e-6, "mass": 0.1, "mu_nu": 1e-10}
    found = at(both, **values)
    same(
        found._replace(flips=None),
        at("scalar_lepton", g=1e-6, mass=0.1)._replace(
            flips=None, eps_nu=found.eps_nu, eps_e=found.eps_e
        ),
    )
    np.testing.assert_allclose(found.eps_e, 1e-6)
    np.testing.assert_allclose(found.flips.scalar_u, 1e-6)
    np.testing.assert_allclose(found.flips.magnetic, 1e-10)


def test_an_axial_beside_a_vector_has_its_neutrinos():
    vector = {"structure": "vector", "eps": {"nu": [1, 2, 3], "e": 1}}
    axial = {"structure": "axial", "eps": {"e": 2}}
    found = at({"interactions": [vector, axial]}, g=1e-5, mass=1.0)
    np.testing.assert_allclose(found.eps_nu, [1e-5, 2e-5, 3e-5])
    assert float(found.eps_e) == 1e-5
    assert float(found.axial_e) == 2e-5


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            {"structure": "scaler", "eps": {"e": 1}},
            "unknown model.structure 'scaler' (did you mean scalar?)",
        ),
        (
            {"structure": "axial", "eps": {"nu": ONES, "u": 1}},
            "u with structure 'axial' does not scatter coherently",
        ),
        (
            {"structure": "magnetic_moment", "eps": {"nu": ONES, "e": 1}},
            "e with structure 'magnetic_moment' has none",
        ),
        ({"structure": "scalar", "charges": {"x_h": 1.0}}, "structure"),
        ({"interactions": []}, "expected tables with structure and eps"),
        ({"interactions": [{"eps": {"nu": ONES, "e": 1}}] * 2}, "expected each once"),
        (
            {
                "interactions": [
                    {"eps": {"nu": ONES, "e": 1}},
                    {"structure": "millicharge", "eps": {"nu": ONES}},
                ]
            },
            "expected no vector beside it",
        ),
        (
            {
                "interactions": [
                    {"structure": "axial", "eps": {"nu": ONES, "e": 1}},
                    {"eps": {"nu": ONES, "e": 1}},
                ]
            },
            "unknown key under model.interactions[0].eps 'nu'",
        ),
        (
            {
                "structure": "charge_radius",
                "eps": {"nu": ["r", "r", "r"]},
                "parameters": {"r": {"low": 1, "high": 2}},
            },
            "expected 0 within it, where there is the standard model",
        ),
        (
            {"structure": "scalar", "eps": {"nu": ["1", "1", "1"], "e": "1"}},
            "without g there is the standard model",
        ),
    ],
)
def test_mistakes_are_one_sentence(table, sentence):
    with pytest.raises(ValueError, match="model") as found:
        model_from(table)
    assert sentence in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        (("tensors", ONES, {}), "unknown structure 'tensors'.*: expected one of vector"),
        (("scalar", None, {"e": 1.0}), "neutrinos of scalar: expected three couplings"),
        (("axial", ONES, {"e": 1.0, "u": 1.0}), "couplings of axial to e, u: expected e"),
        (("magnetic_moment", ONES, {"e": 1.0}), "expected none"),
    ],
)
def test_mistakes_in_python_are_one_sentence(term, sentence):
    with pytest.raises(ValueError, match=sentence):
        interactions(1.0, [term])
