"""Published limits on other mediators and on electromagnetic properties, and how near to them jaxmed comes.

Those that could only be recalled are marked; none of these decides anything in the package.
"""

import numpy as np
import pytest

from jaxmed.analysis.fits import fit
from jaxmed.analysis.limits import limits
from jaxmed.experiments import expected, load
from jaxmed.models.presets import PRESETS
from jaxmed.theory.amplitudes import Electron
from jaxmed.theory.couplings import standard_model
from jaxmed.theory.helicity_flip import NEUTRON_SCALAR, PROTON_SCALAR


def upper(experiments, model, **more):
    return limits(experiments, model, **more).intervals[-1][-1]


def test_xenon1t_magnetic_moment():
    """1.4 to 2.9e-11 mu_B at 90 %, PRD 102 (2020) 072004: theirs has tritium as an option."""
    ((low, high),) = limits("xenon1t", "magnetic_moment").intervals
    assert low == pytest.approx(1.4e-11, rel=0.05)
    assert high == pytest.approx(2.9e-11, rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize(("tritium", "published"), [("fixed", 3.2), ("free", 0.9)])
def test_xenon1t_prefers_a_moment_as_much_as_it_says(tritium, published):
    options = {"tritium": tritium} if tritium == "free" else {}
    found = fit(load("xenon1t", **options), "magnetic_moment")
    assert found.delta_chi2_sm**0.5 == pytest.approx(published, abs=0.25)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "published", "rel"),
    [
        # PRL 129 (2022) 161805, recalled
        ("xenonnt", 6.4e-12, 0.05),
        # PRD 81 (2010) 072001: ten bins there, one here
        ("texono", 2.2e-10, 0.18),
        # Atzori Corona et al., arXiv:2207.05036, on the same data of LZ, read off a figure by us
        ("lz_er", 1.1e-11, 0.22),
    ],
)
def test_magnetic_moments_of_others(name, published, rel):
    assert upper(name, "magnetic_moment", sided="one") == pytest.approx(published, rel=rel)


def test_texono_charge_radius():
    """-2.1 to 3.3e-32 cm^2 there, half of it by definition: the width agrees, the centre is that of their fit."""
    low, high = limits("texono", "charge_radius").intervals[-1]
    assert high - low == pytest.approx(2 * (3.3 + 2.1), rel=0.03)
    assert (high + low) / 2 == pytest.approx(1.2, abs=1.0)


def test_the_charge_of_a_nucleus_turned_into_its_negative_is_allowed_as_well():
    """A radius of 2 (N g_n + Z g_p)/(Z 0.0238), -57 for CsI without form factors."""
    first, second = limits("coherent_csi", "charge_radius").intervals
    assert np.mean(first) - np.mean(second) == pytest.approx(-57.2, rel=0.07)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "published"),
    [("universal", 3.5e-7), ("axial_lepton", 3.5e-7), ("scalar_lepton", 1e-6)],
)
def test_couplings_that_fit_the_excess(model, published):
    """Khan, arXiv:2006.12887: sizes for 10 to 100 keV, which have one digit."""
    found = limits("xenon1t", model, masses=[0.01, 0.05])
    assert np.all(found.g_best > published / 1.4)
    assert np.all(found.g_best < published * 1.4)


@pytest.mark.slow
def test_millicharge_of_xenon():
    """1.5e-13 e of LZ (arXiv:2207.05036) takes the equivalent photon approximation; free electrons see less."""
    low, high = limits("lz_er", "millicharge").intervals[0]
    assert 0.15 < -low < high < 0.7


def test_scalars_of_nuclei_by_both_nucleon_couplings():
    """14 N + 15.1 Z in place of 17.3 A (Cerdeno et al., arXiv:1604.01025): limits on g 0.914 lower here."""
    protons, neutrons = 54.0, 75.9
    ours = protons * sum(PROTON_SCALAR) + neutrons * sum(NEUTRON_SCALAR)
    assert ours / (protons + neutrons) == pytest.approx(17.3, abs=0.05)
    assert ((14 * neutrons + 15.1 * protons) / ours) ** 0.5 == pytest.approx(0.914, abs=0.002)


@pytest.mark.slow
def test_every_data_set_takes_every_preset(experiments):
    """One point of each: what flips the helicity only adds, and no signal is lost."""
    adding = ("scalar_universal", "scalar_lepton", "tensor_universal", "magnetic_moment")
    for experiment in (*experiments.values(), load("xenonnt"), load("conus_plus")):
        standard = np.asarray(expected(experiment, standard_model()))
        for name in adding:
            model = PRESETS[name]
            values = {"g": -5.0, "mass": 0.0, "mu_nu": -9.5}
            couplings = model.couplings({p.name: values[p.name] for p in model.parameters})
            found = np.asarray(expected(experiment, couplings))
            assert np.all(found >= standard * (1 - 1e-12)), (experiment.name, name)
            electrons = any(isinstance(c.target, Electron) for c in experiment.channels)
            felt = electrons or name in ("scalar_universal", "magnetic_moment")
            assert (found.sum() > standard.sum()) == felt, (experiment.name, name)
