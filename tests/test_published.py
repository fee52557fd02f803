"""Published numbers, with their sources, and how near to them jaxmed comes. Nuisances stay at nominal here."""

from functools import cache

import by_hand
import folders
import jax
import numpy as np
import pytest

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.electrons import electron
from jaxmed.experiments.likelihood.forward import signal
from jaxmed.flux.solar import solar
from jaxmed.flux.spectrum import moments
from jaxmed.theory.couplings import standard_model
from jaxmed.theory.scattering import electron_cross_section, electron_rate, t_max

loaded = cache(load)
fold, counts, cost = jax.jit(signal), jax.jit(expected), jax.jit(nll)


def standard_neutrinos(name, **options):
    return np.asarray(fold(loaded(name, **options), standard_model()).nominal)


# --- TEXONO, Phys. Rev. D 81 (2010) 072001 -------------------------------------------------------------


def test_texono_standard_model_events():
    # Mueller's spectra at 6.4e12 cm^-2 s^-1 give 0.0122-0.0123 per kg day: 366 in 29882 kg day.
    # The paper's own prediction is 414/1.08 = 383, 4.6 % more; only the ratio enters the likelihood.
    (events,) = counts(loaded("texono", electron_couplings="tree"), standard_model())
    np.testing.assert_allclose(events, 366, rtol=0.03)
    np.testing.assert_allclose(events, 414 / 1.08, rtol=0.05)
    # one loop lowers g_R, and with it the rate of antineutrinos
    (corrected,) = counts(loaded("texono"), standard_model())
    np.testing.assert_allclose(corrected / events, 0.934, atol=0.001)


def test_texono_spectrum():
    # Rates per kg day MeV in ten bins of 0.5 MeV from 3 to 8 MeV (Mueller's spectra, 6.4e12 cm^-2 s^-1).
    rates = [1.15e-2, 6.24e-3, 3.35e-3, 1.77e-3, 9.1e-4, 4.5e-4, 2.1e-4, 8.5e-5, 2.9e-5, 7.9e-6]
    experiment = load(str(folders.EXAMPLES / "texono"), electron_couplings="tree")
    got = np.asarray(counts(experiment, standard_model())) / 29882 / 0.5
    np.testing.assert_allclose(got, rates, rtol=0.03)


def test_texono_chi_square_is_the_published_ratio():
    # xi = 1.08 +- 0.21 (stat) +- 0.16 (sys): the standard model, xi = 1, is 0.30 sigma away.
    chi2 = 2 * cost(loaded("texono"), standard_model())
    np.testing.assert_allclose(chi2, 0.08**2 / (0.21**2 + 0.16**2), rtol=1e-9)


# --- COHERENT CsI, Phys. Rev. Lett. 129 (2022) 081801 --------------------------------------------------


def test_csi_standard_model_events():
    # 341 +- 43 predicted (arXiv:2110.07730, as quoted in data/coherent_csi/constants.csv).
    np.testing.assert_allclose(standard_neutrinos("coherent_csi").sum(), 341, rtol=0.02)


@pytest.mark.parametrize("scale", [1.0, 5.09 / 4.90])
def test_csi_prediction_falls_with_the_neutron_radius(scale):
    # Rms radii 4.90 and 4.85 fm give 342 events, 5.09 and 5.03 fm give 321 (nuclear models).
    pull = (scale - 1) / 0.05
    with_radius = counts(loaded("coherent_csi"), standard_model(), {"csi_neutron_radius": pull})
    background = sum(part.nominal for part in loaded("coherent_csi").background)
    wanted = 342 if scale == 1.0 else 321
    np.testing.assert_allclose((with_radius - background).sum(), wanted, rtol=0.005)


def test_csi_counts():
    # 1578 counts in the region of interest; steady state 1286, BRN 18.4, NIN 5.6 (data/README.md).
    experiment = loaded("coherent_csi")
    assert experiment.observed.sum() == 1578
    totals = [part.nominal.sum() for part in experiment.background]
    # the published numbers hold no time efficiency: 18.3 and 5.2 with it
    np.testing.assert_allclose(totals[:2], [18.4, 5.6], rtol=0.08)
    np.testing.assert_allclose(totals[2], 1286, rtol=1e-9)


# --- COHERENT LAr, Phys. Rev. Lett. 126 (2021) 012002, release arXiv:2006.12659, Analysis A ------------


def test_lar_prediction_is_the_released_one():
    # Table of the release: 128 CEvNS, 497 prompt and 33 delayed neutrons, 3152 steady state, 3752 counts.
    experiment = loaded("coherent_lar")
    np.testing.assert_allclose(standard_neutrinos("coherent_lar").sum(), 128, rtol=1e-6)
    totals = [part.nominal.sum() for part in experiment.background]
    np.testing.assert_allclose(totals, [497, 33, 3152], rtol=1e-4)
    assert experiment.observed.sum() == 3752


def test_lar_own_rate_agrees_with_the_released_spectrum():
    # The absolute rate that the template replaces: 135 events where the release has 128 +- 17, 8 % too many
    # in the first bin of 10 keVee, 2 % in the second (F90 cuts are in the template alone).
    own = by_hand.lar_events(by_hand.Mediator())
    released = by_hand.table("coherent_lar/cevns")["events"].reshape(12, 80).sum(axis=1)
    np.testing.assert_allclose(own[:4], released[:4], rtol=0.09)
    np.testing.assert_allclose(own.sum(), 128, atol=17)


# --- XENON1T, Phys. Rev. D 102 (2020) 072004; XENONnT, Phys. Rev. Lett. 129 (2022) 161805 --------------


def test_xenon1t_counts():
    # 285 observed, 232 +- 15 expected in 1-7 keV (abstract).
    experiment = loaded("xenon1t")
    assert experiment.observed[:6].sum() == 285
    np.testing.assert_allclose(counts(experiment, standard_model())[:6].sum(), 231.6, rtol=1e-3)


def test_xenon1t_background_alone():
    # -2 log L of B0 is 44.0 with two nuisances fitted (Athron et al., arXiv:2007.05517), 44.16 with none.
    value = 2 * cost(loaded("xenon1t"), standard_model())
    np.testing.assert_allclose(value, 44.16, atol=0.02)


def test_xenon1t_solar_neutrinos():
    # 8.9 in 1-7 keV and 49.0 in 1-30 keV with the B16-GS98 fluxes at tree level.
    solar_counts = standard_neutrinos("xenon1t", electron_couplings="tree")
    np.testing.assert_allclose(solar_counts[:6].sum(), 8.9, rtol=0.03)
    np.testing.assert_allclose(solar_counts.sum(), 49.0, rtol=0.03)


def test_xenon1t_own_solar_curve():
    """A flat 1.6 % above XENON1T's own curve, with the same shape.

    The curve (data/xenon1t/solar_neutrinos.csv, true energy, before detector effects) was made with other fluxes,
    mixing and atomic physics that its source does not give, so the 1.6 % is a known gap and not explained; the
    tree level is 5 % above it. It is 0.8 of the 1244 events of B0. Bins that hold an absorption edge, and the first,
    where the curve was interpolated, are left out of the comparison of shapes.
    """
    curve = by_hand.table("xenon1t/solar_neutrinos")
    shells = by_hand.table("elements/shells_Xe")
    t = (curve["energy_lo"] + curve["energy_hi"])[:30] / 2
    folded = moments(solar(), t / 1e3, by_hand.M_E)
    rate = electron_rate(t / 1e3, folded, standard_model(), electron("corrected"))
    electrons = ((t[:, None] > shells["binding"] / 1e3) * shells["electrons"]).sum(axis=1)
    per_tonne_year_kev = by_hand.N_A * 1e6 / 131.293 * by_hand.YEAR / 1e3
    ratio = np.asarray(rate) * electrons * per_tonne_year_kev / curve["rate"][:30]
    np.testing.assert_allclose(ratio, 1.016, atol=0.06)
    np.testing.assert_allclose(ratio[6:], 1.016, atol=0.003)


def test_xenon1t_solar_counts_against_its_own():
    # XENON1T's curve folded with its own resolution and efficiency: 8.5 and 46.8 events.
    solar_counts = standard_neutrinos("xenon1t")
    np.testing.assert_allclose(solar_counts[:6].sum() / 8.5, 1.0, atol=0.02)
    np.testing.assert_allclose(solar_counts.sum() / 46.8, 1.0, atol=0.02)


# --- Borexino, Phys. Rev. D 100 (2019) 082004 ----------------------------------------------------------


@pytest.mark.parametrize(("couplings", "wanted"), [("corrected", 48.3), ("tree", 49.7)])
def test_borexino_beryllium_rate(couplings, wanted):
    """Both 7Be lines on the electrons of 100 tonnes of pseudocumene (C9 H12), per day.

    Measured 48.3 +- 1.1 (stat) +0.4 -0.7 (sys): the tree level is 1.2 sigma above it.
    """
    per_day = by_hand.N_A * 66 / 120.194 * 1e8 * by_hand.DAY
    total = 0.0
    for line in solar().lines:
        if line.energy < 0.9:
            t, weight = by_hand.gauss([0.0, float(t_max(line.energy, by_hand.M_E))], 12)
            sigma = electron_cross_section(t, line.energy, standard_model(), electron(couplings))
            total += per_day * line.flux[0] @ np.asarray(sigma) @ weight
    np.testing.assert_allclose(total, wanted, rtol=0.002)


def test_xenonnt_counts():
    # 433 events and B0 426.5 in 1-30 keV (public data files).
    experiment = loaded("xenonnt")
    assert experiment.observed.sum() == 433
    np.testing.assert_allclose(counts(experiment, standard_model()).sum(), 426.5, atol=0.05)


def test_xenonnt_has_no_excess():
    # 29 bins: a good fit, where XENON1T has an excess of 3.3 sigma in the lowest bins.
    assert 2 * cost(loaded("xenonnt"), standard_model()) < 29
