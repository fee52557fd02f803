"""The standard-model and no-signal figures that the folders of data/ are to reproduce."""

import tomllib

import jax
import numpy as np
import pytest

import jaxmed
from jaxmed.data_tables import packaged
from jaxmed.experiments import load, nll, published, read_folder
from jaxmed.experiments.folder.build.experiment import by_run, standard_counts
from jaxmed.theory.couplings import standard_model

cost = jax.jit(nll)


def neutrinos(name, **options):
    """Standard-model events of each run in each bin, (n_runs, n)."""
    experiment = load(name, **options)
    events = np.sum([standard_counts(channel) for channel in experiment.channels], axis=0)
    return by_run(read_folder(name, options), events)


@pytest.mark.parametrize(
    ("name", "options", "wanted", "accuracy"),
    [
        # events of an independent script, to its two digits behind the point
        ("xenonnt_b8", {}, [3.35, 6.17, 7.43], 4e-3),
        ("xenonnt_b8", {"nucleon_couplings": "tree"}, [3.25, 6.00, 7.22], 2e-3),
        # the release's own prediction
        ("xenonnt_s2only", {"nucleon_couplings": "tree"}, [20.565, 29.443, 32.305], 9e-3),
        # 137.0 of an independent script for 1.46e13 neutrinos per cm^2 s, at tree level
        (
            "conus_plus",
            {"form": "spectrum", "nucleon_couplings": "tree"},
            [137.0 * 1.5 / 1.46],
            3e-2,
        ),
    ],
)
def test_coherent_scattering_is_what_others_predict(name, options, wanted, accuracy):
    np.testing.assert_allclose(neutrinos(name, **options).sum(axis=1), wanted, rtol=accuracy)


# Of an independent script at tree level, from 2 to 16 keV: its recoils end at 20 keV.
LZ_2022 = [
    2.067,
    2.267,
    2.396,
    2.588,
    2.688,
    2.698,
    2.69,
    2.681,
    2.67,
    2.659,
    2.647,
    2.63,
    2.597,
    2.527,
]
PANDA = [
    2.182,
    2.422,
    2.599,
    2.813,
    2.922,
    2.937,
    2.928,
    2.915,
    2.902,
    2.891,
    2.88,
    2.87,
    2.861,
    2.853,
]


@pytest.mark.parametrize(
    ("name", "first", "wanted"), [("lz_er", 1, LZ_2022), ("pandax4t_er", 2, PANDA)]
)
def test_solar_neutrinos_on_electrons_are_what_others_predict(name, first, wanted):
    found = neutrinos(name, electron_couplings="tree")[0, first : first + len(wanted)]
    np.testing.assert_allclose(found, wanted, rtol=8e-3)


@pytest.mark.parametrize(
    ("name", "wanted"), [("lz_er", 8.40 + 12.36), ("pandax4t_er", 29.63), ("xenon1t", 44.156)]
)
def test_fitted_backgrounds_describe_the_counts_as_well_as_their_tables_say(name, wanted):
    assert 2 * float(cost(load(name), standard_model())) == pytest.approx(wanted, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "chi2", "nothing", "strength", "error"),
    [({}, 103.77, 111.31, 1.16, 0.41), ({"quenching": "ybe"}, 105.33, 111.31, 1.76, 0.71)],
)
def test_dresden2_is_that_of_the_recipe(options, chi2, nothing, strength, error):
    """Six backgrounds free; the width of the L1 line is fitted, the recipe does not say what it did."""
    fit = jaxmed.fit([load("dresden2", **options)], "standard_model", free=["signal_strength"])
    found = fit.nuisances["signal_strength"]
    assert 2 * fit.nll == pytest.approx(chi2, abs=0.05)
    assert (1 + found.value, found.error) == pytest.approx((strength, error), abs=0.01)
    without = jaxmed.fit(
        [load("dresden2", **options)], "standard_model", fixed={"signal_strength": -1.0}
    )
    assert 2 * without.nll == pytest.approx(nothing, abs=0.05)


@pytest.mark.slow
def test_conus_plus_finds_the_published_strength():
    fit = jaxmed.fit(
        [load("conus_plus", form="spectrum")], "standard_model", free=["signal_strength"]
    )
    assert 1 + fit.nuisances["signal_strength"].value == pytest.approx(1.16, abs=0.04)
    ratio = load("conus_plus")
    predicted = neutrinos("conus_plus").sum()
    assert ratio.observed.sum() / predicted == pytest.approx(395 / 347)
    assert ratio.error.sum() / predicted == pytest.approx(106 / 347)


@pytest.mark.slow
def test_only_more_events_than_were_seen_count_against_a_mediator():
    experiment = load("xenon1t_s2only")
    few, many = (jaxmed.couplings("b_minus_l", g=g, mass=1.0) for g in (1e-5, 1e-4))
    assert float(cost(experiment, few)) == 0.0
    assert float(cost(experiment, many)) > 10
    slope = jax.grad(lambda g: nll(experiment, jaxmed.couplings("b_minus_l", g=g, mass=1.0)))
    assert float(slope(1e-5)) == 0.0
    assert float(slope(1e-4)) > 0
    with pytest.raises(ValueError, match=r"one-sided count .* expected a method without toys"):
        jaxmed.limits([experiment], "b_minus_l", masses=[1.0], method="fc", toys=10)


@pytest.mark.slow
def test_toys_of_many_bins_have_a_global_minimum():
    """At couplings of one a Fisher matrix has eigenvalues 1e20 apart: its rounding had hidden all of the line."""
    found = jaxmed.limits([load("xenonnt_b8")], "b_minus_l", masses=[1.0], method="fc", toys=50)
    asymptotic = jaxmed.limits([load("xenonnt_b8")], "b_minus_l", masses=[1.0])
    assert found.g_upper[0] == pytest.approx(asymptotic.g_upper[0], rel=0.15)


def test_everything_is_all_that_is_complete():
    content = tomllib.loads((packaged("fits") / "everything.toml").read_text())
    complete = {name for name in published() if read_folder(name).keys.complete}
    assert set(content["experiments"]) == complete - {"xenonnt_s2only"}
    for name in set(published()) - complete:
        assert any(word in load(name).title for word in ("assumed", "digitised", "one-sided"))
    assert "second-hand" in load("conus_plus", form="spectrum").title


@pytest.mark.slow
@pytest.mark.parametrize("spectra", ["mueller_vogel_engel", "huber_mueller"])
def test_the_choice_of_reactor_spectra_moves_limits_as_documented(spectra):
    limit = jaxmed.limits([load("texono", reactor_spectra=spectra)], "b_minus_l", masses=[1.0])
    other = jaxmed.limits(
        [load("texono", reactor_spectra="bestiole2023")], "b_minus_l", masses=[1.0]
    )
    assert abs(limit.g_upper[0] / other.g_upper[0] - 1) < 2.5e-3
