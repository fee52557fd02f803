"""Which powers of its coupling a model has, and what is said where it has no end of them."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxmed.analysis.analysis import Analysis
from jaxmed.experiments.likelihood.forward import signal_events
from jaxmed.interchange.polynomial import signal_polynomials
from jaxmed.models.from_function import own_model
from jaxmed.theory.couplings import mediator


def found(model, experiments="texono", **given):
    analysis = Analysis.of(experiments=experiments, model=model, **given)
    return analysis, signal_polynomials(analysis.problem, analysis.data)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "fixed", "powers"),
    [
        ("b_minus_l", {"mass": 0.06}, (0, 2, 4)),
        ("scalar_universal", {"mass": 0.06}, (0, 4)),
        ("magnetic_moment", {}, (0, 2)),
        ("charge_radius", {}, (0, 1, 2)),
        ("millicharge", {}, (0, 1, 2)),
    ],
)
def test_powers(model, fixed, powers):
    assert found(model, fixed=fixed)[1].powers == powers


def test_the_polynomial_is_the_signal():
    analysis, polynomial = found("b_minus_l", fixed={"mass": 0.06})
    for g in (3e-8, 7e-7, 2e-5):
        couplings = analysis.model.build({"g": jnp.asarray(g), "mass": jnp.asarray(0.06)})
        powers = g ** np.array(polynomial.powers)
        events = np.tensordot(powers, polynomial.coefficients, 1)
        true = signal_events(analysis.data[0], couplings)
        np.testing.assert_allclose(events, true, rtol=1e-12)


def test_mixing_needs_a_narrower_box_and_says_which():
    with pytest.raises(
        ValueError, match=r"polynomial in g to 1e-12 up to g = .* only.*--box g="
    ) as e:
        found("u1r", fixed={"mass": 0.06})
    low, high = map(float, str(e.value).rpartition("--box g=")[2].split(":"))
    assert 1e-4 < high < 1e-2
    assert found("u1r", fixed={"mass": 0.06}, box={"g": (low, high)})[1].powers == (0, 2, 4, 6, 8)


@pytest.mark.parametrize("function", [jnp.sqrt, jnp.arctan])
def test_what_is_no_polynomial_is_refused(function):
    def build(values):
        eps = function(values["g"])
        return mediator(values["mass"], nu=(eps, eps, eps), e=eps)

    with pytest.raises(ValueError, match="polynomial in g"):
        found(own_model("odd", build), fixed={"mass": 0.06})


def test_one_parameter_has_to_be_free():
    with pytest.raises(
        ValueError, match="free parameters of model 'b_minus_l' = g, mass: expected one"
    ):
        found("b_minus_l")
