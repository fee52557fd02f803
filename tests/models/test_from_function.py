"""A user's own model, from a Python function or a TOML table: couplings, fits, limits, and refusals."""

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

import jaxmed
from jaxmed.inference.engine.timing import clock
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.models.choose import couplings, get_model
from jaxmed.models.from_file import model_from, read_model
from jaxmed.models.from_function import own_model
from jaxmed.models.model import Parameter
from jaxmed.theory.couplings import mediator, standard_model
from jaxmed.theory.helicity_flip import Flips

EXAMPLES = Path(__file__).resolve().parents[2] / "fits" / "examples" / "models"
MIXING = Parameter("mixing", -2.0, 2.0, False, "1")


def by_function(values):
    """B - L once more, as a user would write it."""
    g = values["g"]
    return mediator(values["mass"], nu=(-g, -g, -g), e=-g, u=g / 3, d=g / 3)


def mixed(values):
    """A nu_e and an electron whose coupling has a free factor."""
    g = values["g"]
    return mediator(values["mass"], nu=(g, g, g), e=values["mixing"] * g)


def example(name, g=1e-3, mass=5.0, **others):
    return couplings(str(EXAMPLES / f"{name}.toml"), g=g, mass=mass, **others)


def assert_same(got, wanted, rtol=1e-14):
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-30), got, wanted)


# --- the examples ---------------------------------------------------------------------------------------


def test_l_mu_l_tau_mixes_by_its_loops():
    """Eps_f = e^2 g/(2 pi^2) Q_f int x (1 - x) log(m_tau^2/m_mu^2) dx: one loop, zero momentum."""
    c = example("l_mu_l_tau", g=1e-3)
    assert c.eps_nu.tolist() == [0.0, 1e-3, -1e-3]
    log = 2 * math.log(1776.86 / 105.6583755)
    loop, _ = integrate.quad(lambda x: x * (1 - x) * log, 0, 1)
    e2 = 4 * math.pi / 137.035999
    for got, charge in ((c.eps_e, -1), (c.eps_u, 2 / 3), (c.eps_d, -1 / 3)):
        np.testing.assert_allclose(got, 1e-3 * e2 / (2 * math.pi**2) * loop * charge, rtol=1e-8)
    # kappa = - g/69, and a nu_mu attracts an electron
    np.testing.assert_allclose(c.eps_e, -1e-3 / 69.3 * math.sqrt(e2), rtol=2e-3)
    assert c.eps_nu[1] * c.eps_e < 0
    # a neutron does not couple to a photon
    np.testing.assert_allclose(c.eps_u + 2 * c.eps_d, 0.0, atol=1e-20)


def test_l_e_l_mu_is_its_preset():
    assert_same(example("l_e_l_mu"), couplings("l_e_l_mu", g=1e-3, mass=5.0))


def test_leptophilic_and_protophobic():
    c = example("leptophilic", g=2e-3)
    assert c.eps_nu.tolist() == [2e-3] * 3
    assert (float(c.eps_e), float(c.eps_u), float(c.eps_d)) == (2e-3, 0.0, 0.0)
    c = example("protophobic")
    np.testing.assert_allclose(2 * c.eps_u + c.eps_d, 0.0, atol=1e-18)
    np.testing.assert_allclose(c.eps_u + 2 * c.eps_d, 1e-3, rtol=1e-14)


@pytest.mark.parametrize("mass", [1.0, 1e3])
def test_the_dark_photon_is_the_hypercharge_boson(mass):
    """The exactly mixed U(1) with X = Y, g' = g e/c_W^2, up to (mass/M_Z)^2 and the running of alpha."""
    g, cosine = 1e-4, 1 - 0.23863
    e = math.sqrt(4 * math.pi / 137.035999)
    mine = example("dark_photon", g=g, mass=mass)
    exact = couplings("hypercharge", g=g * e / cosine, mass=mass)
    for field in ("eps_e", "eps_u", "eps_d"):
        ratio = float(getattr(mine, field) / getattr(exact, field))
        np.testing.assert_allclose(ratio, -1.0, rtol=3e-4)
    # e = g_Z s_W c_W holds to 4 % between the two scales of alpha
    np.testing.assert_allclose(mine.eps_nu / exact.eps_nu, -1.0, rtol=0.05)


def test_kinetic_mixing_is_b_minus_l_plus_electric_charge():
    g, mixing = 1e-3, -0.7
    c = example("kinetic_mixing", g=g, mixing=mixing)
    e = math.sqrt(4 * math.pi / 137.035999)
    bare = couplings("b_minus_l", g=g, mass=5.0)
    for field, charge in (("eps_e", -1), ("eps_u", 2 / 3), ("eps_d", -1 / 3)):
        wanted = getattr(bare, field) - mixing * g * e * charge
        np.testing.assert_allclose(getattr(c, field), wanted, rtol=1e-7)
    np.testing.assert_allclose(c.eps_nu, -g, rtol=1e-14)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_examples_are_equal_when_read_twice(path):
    one, two = read_model(path), read_model(path)
    assert one == two
    assert hash(one) == hash(two)
    point = dict(zip([p.name for p in one.parameters], one.standard, strict=True))
    found, standard = one.couplings(point), standard_model()
    if found.flips is not None:
        standard = standard._replace(flips=jax.tree.map(jnp.asarray, Flips()))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), found, standard)


@pytest.mark.parametrize(("sign", "way"), [(1, 1), (-1, -1)])
def test_any_sign_of_the_product(sign, way, experiments):
    """Nubar_e e with g_R > 0: the rate goes up with a positive product, down with a negative one."""
    model = model_from({"eps": {"nu": ["g", "0", "0"], "e": f"{sign} * g"}})
    texono = experiments["texono"]
    standard = jaxmed.expected(texono, standard_model())
    change = jaxmed.expected(texono, couplings(model, g=1e-6, mass=1e-3)) - standard
    assert np.sign(change[0]) == way


# --- the same function everywhere -----------------------------------------------------------------------


def test_a_function_is_a_model(experiments):
    texono = experiments["texono"]
    assert_same(couplings(by_function, g=1e-4, mass=2.0), couplings("b_minus_l", g=1e-4, mass=2.0))
    mine = jaxmed.limits([texono], by_function, masses=[1.0])
    preset = jaxmed.limits([texono], "b_minus_l", masses=[1.0])
    np.testing.assert_allclose(mine.g_upper, preset.g_upper, rtol=1e-9)
    axes = {"g": [1e-6, 1e-5], "mass": [0.1, 10.0]}
    surface = jaxmed.scan([texono], by_function, **axes)
    np.testing.assert_allclose(surface.nll, jaxmed.scan([texono], "b_minus_l", **axes).nll)
    fit = jaxmed.fit([texono], by_function, grid=7)
    assert fit.model == "by_function"
    assert fit.nll == pytest.approx(jaxmed.fit([texono], "b_minus_l", grid=7).nll, abs=1e-9)


def test_a_parameter_of_its_own_is_fitted_within_its_box(experiments):
    """Xi = 1.08 wants a little more than the standard model: any sign of mixing can give it."""
    model = own_model("mixed", mixed, parameters=[MIXING])
    fit = jaxmed.fit([experiments["texono"]], model, grid=7, fixed={"mass": 0.1})
    assert set(fit.parameters) == {"g", "mixing"}
    assert -2 <= fit.parameters["mixing"].value <= 2
    assert fit.nll == pytest.approx(0.0, abs=1e-6)
    assert fit.nll_sm == pytest.approx((0.08**2 / (0.21**2 + 0.16**2)) / 2, rel=1e-6)


def test_limits_hold_other_parameters_fixed(experiments):
    texono = [experiments["texono"]]
    model = own_model("mixed", mixed, parameters=[MIXING])
    with pytest.raises(ValueError, match="free are g, mass, mixing, expected g and mass alone"):
        jaxmed.limits(texono, model, masses=[1.0])
    held = jaxmed.limits(texono, model, masses=[1.0], fixed={"mixing": 1.0})
    preset = jaxmed.limits(texono, "b_minus_l", masses=[1.0])
    np.testing.assert_allclose(held.g_upper, preset.g_upper, rtol=1e-9)


def test_a_file_read_twice_compiles_once(experiments):
    texono = (experiments["texono"],)
    point = np.array([[-5.0, 0.0]])
    for again in (
        lambda: get_model(str(EXAMPLES / "leptophilic.toml")),
        lambda: own_model("again", by_function),
    ):
        first = profile(make_problem(texono, again()), point, texono).nll
        with clock() as time:
            second = profile(make_problem(texono, again()), point, texono).nll
        assert first == second
        assert time.compilations == 0


def test_gradients_of_expressions_are_those_of_the_preset():
    mine, preset = read_model(EXAMPLES / "l_e_l_mu.toml"), get_model("l_e_l_mu")

    def strength(model, x):
        c = model.couplings({"g": x[0], "mass": x[1]})
        return c.eps_e * c.eps_nu[0] / c.mass**2

    x = jnp.array([-3.0, 0.5])
    for derivative in (jax.grad, jax.hessian):
        np.testing.assert_allclose(
            derivative(lambda x: strength(mine, x))(x),
            derivative(lambda x: strength(preset, x))(x),
            rtol=1e-12,
        )


# --- refusals -------------------------------------------------------------------------------------------


def _nothing(values):
    del values


@pytest.mark.parametrize(
    ("build", "parameters", "message"),
    [
        (_nothing, (), "returns NoneType: expected jaxmed.Couplings"),
        (lambda v: mediator(v["mass"], nu=(v["g"],)), (), "1 neutrino couplings: expected three"),
        (
            lambda v: standard_model()._replace(eps_nu=jnp.zeros(2)),
            (),
            r"returns shapes .*expected \(3,\)",
        ),
        (
            lambda v: mediator(v["mass"], e=jnp.log(v["g"] - 0.5)),
            (),
            "eps_e is nan at g = 1e-30, mass = .*: expected a finite",
        ),
        (
            lambda v: mediator(v["mass"], nu=(1e-3,) * 3, e=1e-3),
            (),
            "is 1e-06 as g goes to 0, expected 0",
        ),
        (mixed, [MIXING, MIXING], "expected each name once"),
        (mixed, [MIXING._replace(low=3.0)], "got 3 to 2, expected low < high"),
        (mixed, [MIXING._replace(log=True)], "expected low < high, both positive"),
        (mixed, [MIXING._replace(high=math.inf)], "got -2 to inf"),
        (mixed, [Parameter("g", 0.0, 1.0, False, "1")], "'g' .* expected a logarithmic"),
        (mixed, [MIXING._replace(name=f"x{i}") for i in range(5)], "expected at most 4"),
    ],
)
def test_a_bad_function_is_refused(build, parameters, message):
    with pytest.raises(ValueError, match=message):
        own_model("mine", build, parameters=parameters)


def test_bad_names_and_values_are_refused():
    model = own_model("mixed", mixed, parameters=[MIXING])
    with pytest.raises(ValueError, match=r"model.name = 'a/b': expected a name of letters"):
        own_model("a/b", by_function)
    with pytest.raises(ValueError, match="needs a value of 'mixing', from -2 to 2: got none"):
        couplings(model, g=1e-3, mass=1.0)
    with pytest.raises(ValueError, match=r"mixing = 3\.0: expected a number from -2 to 2"):
        couplings(model, g=1e-3, mass=1.0, mixing=3.0)
    with pytest.raises(ValueError, match="'b_minus_l' has no parameter 'mixing': it has g, mass"):
        couplings("b_minus_l", g=1e-3, mass=1.0, mixing=1.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"eps": {}}, "model.eps is empty"),
        ({"eps": {"nu": ["g", "g"]}}, "model.eps.nu = .*expected three numbers or expressions"),
        ({"eps": {"nu": "g"}}, "model.eps.nu = 'g': expected three"),
        ({"eps": {"e": "gg"}}, r"model.eps.e = 'gg', position 1: got 'gg'"),
        ({"eps": {"nu": ["0", "0", "2*"]}}, r"model.eps.nu\[2\] = '2\*', position 3: got the end"),
        ({"eps": {"e": [1]}}, r"model.eps.e = \[1\]: expected a finite number"),
        ({"eps": {"e": True}}, "model.eps.e = True: expected a finite number"),
        ({"eps": {"e": 10**400}}, "model.eps.e = .*expected a finite number"),
        ({"eps": {"x": 1}}, "unknown key under model.eps 'x'"),
        ({"eps": {"e": "g"}, "charges": {}}, "expected a preset name, or a table"),
        ({"eps": {"e": "g*sqrt(-mass)"}}, r"e = 'g\*sqrt\(-mass\)' is nan at g = 1e-30, mass = 1:"),
        ({"eps": {"e": "g/(1e400)"}, "name": "x y"}, "model.name = 'x y'"),
        ({"eps": {"e": "1e400*g"}}, "is inf at"),
        ({"eps": {"nu": ["1", "0", "0"], "e": "1"}}, "is 1 as g goes to 0, expected 0"),
        ({"eps": {"e": "k*g"}, "constants": {"k": "x"}}, "model.constants.k = 'x', position 1"),
        ({"eps": {"e": "k*g"}, "constants": {"k": math.nan}}, "model.constants.k = nan"),
        ({"eps": {"e": "k*g"}, "constants": {"k": "1/0"}}, "model.constants.k = inf"),
        ({"eps": {"e": "g"}, "constants": {"k": 1}}, "'k' is declared, expected it in one"),
        ({"eps": {"e": "g"}, "constants": {"pi": 3}}, "the name 'pi' is taken"),
        ({"eps": {"e": "g"}, "constants": {"g": 3}}, "the name 'g' is taken"),
        ({"eps": {"e": "g"}, "constants": {"a b": 3}}, "got the name 'a b', expected letters"),
        ({"eps": {"e": "g"}, "constants": 3}, "constants = 3: expected a table"),
        ({"eps": {"e": "g*k"}, "parameters": {"k": 3}}, "parameters.k = 3: expected a table with"),
        ({"eps": {"e": "g*k"}, "parameters": {"k": {"low": 1}}}, "parameters.k.high = None"),
        (
            {"eps": {"e": "g*k"}, "parameters": {"k": {"low": 1, "high": 0}}},
            "got 1 to 0, expected low < high",
        ),
        (
            {"eps": {"e": "g*k"}, "parameters": {"k": {"low": 0, "hihg": 1}}},
            r"unknown key under model.parameters.k 'hihg' \(did you mean high\?\)",
        ),
        ({"charges": {"x_h": 1}, "constants": {}}, "unknown key under model 'constants'"),
    ],
)
def test_mistakes_in_a_table_name_the_key(table, message):
    with pytest.raises(ValueError, match=message) as problem:
        model_from(table)
    assert "\n" not in str(problem.value)


def test_a_file_without_a_model_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("modle = 'u1r'")
    with pytest.raises(ValueError, match=r"mine\.toml: key 'model' is missing"):
        get_model(str(path))
    path.write_text("model = 'mine.toml'")
    with pytest.raises(ValueError, match="expected a preset name or a table, not a file"):
        get_model(str(path))
    with pytest.raises(ValueError, match=r"nowhere.toml: expected a TOML file with a table"):
        get_model(str(tmp_path / "nowhere.toml"))
