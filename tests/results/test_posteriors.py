"""Posteriors as results: to and from disk, words and figures."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from saved_results import analysis, contours_found

from jaxmed.analysis.contours import contours_result
from jaxmed.analysis.posteriors import confidence_of, posterior, posterior_result
from jaxmed.inference.bayes import extra as bayes
from jaxmed.inference.bayes.priors import Prior
from jaxmed.inference.bayes.proposal import Density
from jaxmed.inference.bayes.samples import Posterior, summarise
from jaxmed.results.load import load_result
from jaxmed.results.style import figure_of

pytest.importorskip("numpyro")
SHORT = {"chains": 2, "samples": 40, "warmup": 60}
AXES = (np.linspace(-7, -5, 41), np.linspace(-3, 0, 42))


@pytest.fixture
def plane(experiments):
    """A posterior of g and mass of some log density in their logarithms."""

    def call(log_density, title="title", **found):
        draws = np.random.default_rng(3).uniform([-7, -3], [-5, 0], (2, 300, 2))
        values = {"g": 10 ** draws[..., 0], "mass": 10 ** draws[..., 1]}
        edges = {"g": (1e-7, 1e-5), "mass": (1e-3, 1.0)}
        sampled = Posterior(
            model="u1r",
            experiments=(experiments["xenon1t"],),
            constraints=(),
            priors={n: Prior("log-uniform", *ends, True) for n, ends in edges.items()},
            parameters=("g", "mass"),
            samples=values,
            density=Density(AXES, log_density(*np.meshgrid(*AXES, indexing="ij"))),
            diverging=np.zeros((2, 300), bool),
            steps=np.full((2, 300), 7),
            acceptance=np.full((2, 300), 0.875),
            energy=np.zeros((2, 300)),
            summaries={name: summarise(each) for name, each in values.items()},
            warmup=500,
            seed=1,
        )
        job = analysis(replace(experiments["xenon1t"], title=title))
        beside = contours_result(job, contours_found()._replace(**found))
        return posterior_result(job, sampled, confidence_of(beside))

    return call


@pytest.fixture(scope="module")
def angle():
    return posterior("texono", "weak_mixing", **SHORT)


def bump(x, y):
    return -((x + 6) ** 2) / 0.08 - (y + 2) ** 2 / 0.5


@pytest.mark.slow
def test_it_survives_the_disk(angle, plane, tmp_path):
    for found in (angle, plane(bump)):
        whole = load_result(found.save(tmp_path / "a.npz"))
        assert whole == found
        for name, values in found.samples.items():
            np.testing.assert_array_equal(whole.samples[name], values)
        assert whole.statistics["diverging"].dtype == bool
        light = load_result(found.save(tmp_path / "a.json"))
        assert light != found and light.samples is None
        assert light.save(tmp_path / "b.json").read_text() == (tmp_path / "a.json").read_text()


def test_arviz_reads_what_a_npz_kept(angle, tmp_path):
    whole = load_result(angle.save(tmp_path / "a.npz"))
    data = whole.inference_data()
    assert data["sample_stats"]["diverging"].shape == (2, 40)
    assert data["posterior"].attrs["prior_sin2_theta_w"] == "uniform:0.05:0.6"
    whole.save_netcdf(tmp_path / "a.nc")
    read = bayes.need("diagnostics").arviz.from_netcdf(str(tmp_path / "a.nc"))
    values = read["posterior"]["sin2_theta_w"].values
    np.testing.assert_array_equal(values, angle.samples["sin2_theta_w"])
    assert read["observed_data"]["texono"].size == 1
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "a.nc"}


def test_without_samples_it_says_so(angle, tmp_path):
    light = load_result(angle.save(tmp_path / "a.json"))
    for call in (light.inference_data, light.plot, lambda: light.save_netcdf(tmp_path / "a.nc")):
        with pytest.raises(ValueError, match=r"from JSON, without samples: expected .* as \.npz"):
            call()
    assert not (tmp_path / "a.nc").exists()
    assert list(light.to_dataframe()["name"]) == ["sin2_theta_w"]
    frame = angle.to_dataframe()
    assert list(frame.columns) == ["chain", "sample", "sin2_theta_w"] and len(frame) == 80
    assert frame["sin2_theta_w"][41] == angle.samples["sin2_theta_w"][1, 1]


def test_a_density_is_drawn_with_the_profile_likelihood(angle):
    panel = Figure().subplots()
    assert angle.plot(panel, title="mine") is panel
    assert panel.get_title() == "mine"
    (curve,) = panel.lines
    x, y = curve.get_data()
    assert np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)) == pytest.approx(1)
    assert np.sum(panel.patches[0].get_data().values) > 0
    assert figure_of(angle.plot()).get_suptitle() == "weak_mixing: TEXONO"


def words(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


def areas(panel):
    return [patch for patch in panel.patches if isinstance(patch, PathPatch)]


def test_regions_are_drawn_from_a_json_as_well(plane, tmp_path):
    found = plane(bump)
    light = load_result(found.save(tmp_path / "a.json"))
    for each in (found, light):
        panel = Figure().subplots()
        assert each.plot(panel, title="mine") is panel
        # what holds more lies under what holds less
        outer, inner = areas(panel)
        assert inner.get_path().get_extents().width < outer.get_path().get_extents().width
        assert words(panel) == ["68.3 % credible", "90 % credible", "1σ confidence", "best fit"]
    density = found.plot(parameter="mass")
    assert density.get_xscale() == "log" and density.get_xlabel() == r"$M_{Z'}$ [MeV]"
    with pytest.raises(ValueError, match=r"unknown parameter 'mas' \(did you mean mass\?\)"):
        found.plot(parameter="mas")


def test_a_flat_density_is_the_prior_and_says_so(plane):
    found = plane(lambda x, y: 0 * x + 0 * y)
    assert found.credible == []
    assert found.notes()[-1] == "the data say nothing: the posterior is the prior"
    panel = found.plot()
    assert not areas(panel)
    assert [text.get_text() for text in panel.texts] == [found.notes()[-1]]


@pytest.mark.parametrize("height", [1e-5, 1e-3])
def test_a_plateau_may_hold_all(plane, height):
    """Both regions end on it: no levels that increase, and a figure all the same."""
    found = plane(lambda x, y: height * (x > -6) - 1e3 * (y > -0.1))
    assert len(found.credible) == 2
    assert len(areas(found.plot())) == 2


def test_a_best_fit_means_something_or_is_not_drawn(plane):
    none = plane(bump, nll_sm=9.4)
    assert words(none.plot())[-1] == "no mediator preferred"
    far = plane(bump, mass_best=30.0)
    assert words(far.plot())[-1].endswith("outside of what is shown")
    for each in (none, far):
        assert "*" not in {line.get_marker() for line in each.plot().lines}


@pytest.mark.slow
def test_a_normalisation_that_floats_may_have_a_prior():
    options = {"xenon1t": {"tritium": "free"}}
    held = {"xenon1t_efficiency": 0.0, "xenon1t_background": 0.0}

    def call(name, prior):
        ask = {"options": options, "fixed": held, "priors": {name: prior}}
        return posterior("xenon1t", "standard_model", **ask, **SHORT)

    found = call("xenon1t_tritium", "normal:50:5")
    assert found.priors == {"xenon1t_tritium": "normal:50:5"}
    assert (found.fixed, found.options) == (held, options)
    assert 40 < found.summaries["xenon1t_tritium"].mean < 80
    with pytest.raises(ValueError, match=r"prior of 'xenon1t_tritum' \(did you mean xenon1t_trit"):
        call("xenon1t_tritum", "uniform")
