import by_hand
import numpy as np
import pytest
from by_hand import M_E
from scipy import integrate

from jaxmed.flux.solar import SOLAR_MODELS, SOURCES, solar, survival_probability
from jaxmed.flux.spectrum import e_min, moments

CONTINUA = ("pp", "hep", "B8", "N13", "O15", "F17")


# P_ee read off the adiabatic LMA-MSW curve of B16 analyses with today's oscillation parameters.
@pytest.mark.parametrize(
    ("source", "energy", "published"),
    [("pp", 0.3, 0.54), ("Be7", 0.8618, 0.53), ("B8", 6.7, 0.37), ("B8", 14.0, 0.32)],
)
def test_survival_probability_as_published(source, energy, published):
    (value,) = survival_probability(np.array([energy]), source)
    np.testing.assert_allclose(value, published, atol=0.02)


@pytest.mark.parametrize("source", SOURCES)
def test_survival_probability_agrees_with_an_average_over_the_production_zone(source):
    """The exact average of cos 2theta_m over a Gaussian potential with the tabulated variance.

    jaxmed takes the second-order term of the spread only: 0.005 in P_ee.
    """
    s12, s13 = (by_hand.mixing(f"sin2_theta_{i}") for i in (12, 13))
    splitting = by_hand.mixing("delta_m2_21")
    matter = by_hand.row("solar/matter_potential", "source", source)
    energy = np.geomspace(0.05, 15.0, 30)
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    potential = matter["potential"] * (1 + np.sqrt(matter["correction"]) * nodes)
    angle = np.arctan2(
        np.sin(2 * np.arcsin(np.sqrt(s12))),
        1 - 2 * s12 - 2e6 * energy[:, None] * potential * (1 - s13) / splitting,
    )
    average = np.cos(angle) @ weights / weights.sum()
    wanted = (1 - s13) ** 2 * (1 + (1 - 2 * s12) * average) / 2 + s13**2
    np.testing.assert_allclose(survival_probability(energy, source), wanted, atol=0.005)


@pytest.mark.parametrize("source", SOURCES)
def test_survival_probability_as_written(source):
    energy = np.geomspace(1e-3, 18.0, 40)
    got = survival_probability(energy, source)
    np.testing.assert_allclose(got, by_hand.p_ee(energy, source), rtol=1e-13)


def test_survival_probability_in_vacuum_and_in_dense_matter():
    """1 - sin^2(2 theta)/2 at low energy, sin^2 theta at high energy, up to theta13."""
    s12, s13 = (by_hand.mixing(f"sin2_theta_{i}") for i in (12, 13))
    vacuum, matter = survival_probability(np.array([1e-9, 1e9]), "pp")
    np.testing.assert_allclose(vacuum, (1 - s13) ** 2 * (1 - 2 * s12 * (1 - s12)) + s13**2)
    np.testing.assert_allclose(matter, (1 - s13) ** 2 * s12 + s13**2, rtol=1e-6)


@pytest.mark.parametrize("model", SOLAR_MODELS)
def test_integral_fluxes_are_those_of_the_table(model):
    """All flavours together: the electron neutrinos that became others are not lost."""
    total = moments(solar(model), np.array([1e-15]), M_E)[..., 0, 0]
    fluxes = by_hand.table("solar/fluxes")
    np.testing.assert_allclose(total.sum(), fluxes[model].sum(), rtol=2e-4)
    assert not np.any(total[1])


@pytest.mark.parametrize("source", CONTINUA)
def test_each_spectrum_has_its_flux(source):
    i = [s for s in SOURCES if s in CONTINUA].index(source)
    continuum = solar().continua[i]
    shape = by_hand.table(f"solar/spectrum_{source}")
    flux = by_hand.row("solar/fluxes", "source", source)["gs98"]
    got = continuum.density(shape["energy"]).sum(axis=(0, 1))
    np.testing.assert_allclose(got, flux * shape["shape"], rtol=1e-12)


def test_moments_agree_with_quad():
    """Over every segment between knots, nu_e and nu_tau, at XENON and at higher recoils."""
    recoil = np.array([1e-3, 0.02, 0.3, 1.0])
    got = moments(solar(), recoil, M_E)
    beams = by_hand.solar_beams()
    for flavour in (0, 2):
        for i, low in enumerate(e_min(recoil, M_E)):
            wanted = np.zeros(3)
            for beam in (b for b in beams if b.flavour == flavour):
                if beam.line:
                    energy, number = beam.line
                    wanted += (energy > low) * number / energy ** np.arange(3.0)
                    continue
                wanted += segments(beam, low)
            np.testing.assert_allclose(got[0, flavour, :, i], wanted, rtol=1e-9)


def segments(beam, low):
    """Int phi E^-k above `low`: 20 nodes on every piece of the table."""
    knots = np.unique(np.clip(beam.knots, low, None))
    if knots.size < 2:
        return np.zeros(3)
    return np.array(
        [
            integrate.fixed_quad(lambda u, k=k: sum_over_pieces(beam, knots, u, k), 0.0, 1.0, n=20)[
                0
            ]
            for k in range(3)
        ]
    )


def sum_over_pieces(beam, knots, u, k):
    width = np.diff(knots)
    energy = knots[:-1, None] + width[:, None] * u
    return (beam.density(energy) * energy**-k * width[:, None]).sum(axis=0)


def test_quad_confirms_the_pieces():
    beam = by_hand.solar_beams()[0]
    low = 0.05
    knots = beam.knots[beam.knots > low]
    wanted, _ = integrate.quad(
        lambda e: float(beam.density(e)) / e**2, low, knots[-1], points=knots[:-1], limit=500
    )
    np.testing.assert_allclose(segments(beam, low)[2], wanted, rtol=1e-9)


def test_unknown_solar_model_is_refused():
    with pytest.raises(ValueError, match="unknown solar model 'bp04': expected one of gs98"):
        solar("bp04")
