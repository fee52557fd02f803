"""A user's own experiment from a folder: the same numbers as the built-in ones and as by hand."""

import dataclasses

import by_hand
import folders
import jax
import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.folder import describe
from jaxmed.experiments.likelihood.forward import signal
from jaxmed.inference.engine.timing import clock
from jaxmed.inference.problem import make_problem
from jaxmed.inference.profile.profile import profile
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import couplings, get_model
from jaxmed.results.provenance import provenance
from jaxmed.theory.couplings import standard_model

MEDIATORS = (
    ("u1r", by_hand.u1r, 2e-6, 0.05),
    ("universal", by_hand.universal, 3e-6, 1e-3),
    ("b_minus_l", by_hand.b_minus_l, 3e-5, 10.0),
)


@pytest.fixture(scope="module")
def loaded():
    return {name: load(str(folders.EXAMPLES / name)) for name in folders.NAMES}


counts, cost, fold = jax.jit(expected), jax.jit(nll), jax.jit(signal)


def events(experiment, c):
    return np.asarray(fold(experiment, c).nominal)


@pytest.fixture
def xenon1t(tmp_path):
    """XENON1T as a user would write it, from the tables of data/."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "experiment.toml").write_text("""
name = "mine"
status = "measurement"
[target]
exposure = 0.647309514
exposure_unit = "tonne year"
[target.electrons]
molar_mass_g_mol = 131.293
shells = "shells.csv"
[flux]
source = "solar"
[response]
resolution = { sqrt = 0.310, linear = 0.0037 }
efficiency = "efficiency.csv"
lowest_keV = 0.1
[data]
bins = "counts.csv"
counts = "observed"
[signal]
errors = { mine_efficiency_scale = 0.03 }
[[background]]
name = "B0"
file = "background.csv"
errors = { mine_background = 0.026 }
contains_standard_model = true
""")
    spectrum, shells = (by_hand.table(t) for t in ("xenon1t/counts", "elements/shells_Xe"))
    efficiency = by_hand.table("xenon1t/efficiency")
    low, high = spectrum["low_keV"], spectrum["high_keV"]
    folders.write(
        folder / "counts.csv", "low_keV,high_keV,observed", low, high, spectrum["observed"]
    )
    folders.write(folder / "background.csv", "low_keV,high_keV,events", low, high, spectrum["B0"])
    folders.write(
        folder / "shells.csv", "binding_eV,electrons", shells["binding"], shells["electrons"]
    )
    columns = efficiency["energy_keV"], efficiency["efficiency"]
    folders.write(folder / "efficiency.csv", "energy_keV,efficiency", *columns)
    return folder


@pytest.mark.parametrize(("name", "_", "g", "mass"), MEDIATORS)
def test_xenon1t_from_a_folder_is_the_built_in_one(xenon1t, name, _, g, mass):
    mine, built_in = load(str(xenon1t)), load("xenon1t")
    c = couplings(name, g=g, mass=mass)
    np.testing.assert_allclose(events(mine, c), events(built_in, c), rtol=2e-6)
    pulls = {"background": 0.7, "efficiency": -1.2}
    got = cost(mine, c, {"mine_background": 0.7, "mine_efficiency_scale": -1.2})
    wanted = cost(built_in, c, {f"xenon1t_{k}": v for k, v in pulls.items()})
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.slow
def test_limits_from_a_folder_are_those_of_the_built_in_one(xenon1t):
    mine, built_in = (
        limits([load(n)], "b_minus_l", masses=[1.0]) for n in (str(xenon1t), "xenon1t")
    )
    np.testing.assert_allclose(mine.g_upper, built_in.g_upper, rtol=1e-6)


def test_ten_bins_of_texono_are_those_of_its_published_ratio(loaded):
    """By construction of the placeholders; the ten bins together are the one published."""
    mine, c = loaded["texono"], couplings("universal", g=1e-5, mass=1.0)
    np.testing.assert_allclose(events(mine, c).sum(), events(load("texono"), c).sum(), rtol=1e-10)
    assert mine.axes[0].unit == "MeV"
    np.testing.assert_allclose(mine.axes[0].edges, np.arange(3.0, 8.1, 0.5))
    assert mine.observed.sum() / events(mine, standard_model()).sum() == pytest.approx(
        1.08, rel=2e-3
    )


def test_electrons_of_a_folder_at_tree_level(loaded, tmp_path):
    folder = folders.copy("texono", tmp_path)
    folders.change(
        folder, "experiment.toml", "free = 108", 'electron_couplings = "tree"\nfree = 108'
    )
    corrected, tree = (
        events(e, standard_model()).sum() for e in (loaded["texono"], load(str(folder)))
    )
    wanted = [by_hand.texono_events(by_hand.Mediator(), [3.0, 8.0], tree) for tree in (False, True)]
    np.testing.assert_allclose([corrected, tree], np.ravel(wanted), rtol=1e-6)


def whole_reactor(total):
    """Above 2 MeV as the tests of TEXONO have it, below the table of Vogel and Engel, linear in between."""
    low, mix = (
        by_hand.table("texono/spectrum_vogel_engel_low"),
        by_hand.table("texono/fission_fractions"),
    )
    isotopes = zip(mix["isotope"], mix["fraction"], strict=True)
    per_fission = sum(share * low[name] for name, share in isotopes)

    def density(energy):
        return total / 7.2 * np.interp(energy, low["energy"], per_fission)

    return [by_hand.Beam(0, True, low["energy"], density), *by_hand.reactor_beams(total)]


# --- germanium, by hand ---------------------------------------------------------------------------------


GERMANIUM = (
    (38, 69.924249, 0.2052),
    (40, 71.922076, 0.2745),
    (41, 72.923459, 0.0776),
    (42, 73.921178, 0.3652),
    (44, 75.921403, 0.0775),
)


def lindhard(t_kev, k):
    """Lewin and Smith 1996, Section 3."""
    e = 11.5 * 32 ** (-7 / 3) * t_kev
    g = 3 * e**0.15 + 0.7 * e**0.6 + e
    return k * g / (1 + k * g)


def germanium_events(mediator, low, high, k=0.162):
    """One bin of the example: recoil energies one by one, the smearing as a double integral."""
    t, weight = by_hand.gauss(np.geomspace(2e-4, 6e-3, 161), 4)
    rate = np.zeros(t.size)
    for n, mass_u, abundance in GERMANIUM:
        a = 32 + n
        c = 1.23 * a ** (1 / 3) - 0.6
        rms = np.sqrt(0.6 * (c**2 + 7 / 3 * np.pi**2 * 0.52**2 - 5 * 0.9**2) + 3 * 0.9**2)
        isotope = by_hand.Isotope(32, n, mass_u * by_hand.U - 32 * by_hand.M_E, rms, rms)

        def sigma(t, energy, flavour, antineutrino, isotope=isotope):
            del antineutrino
            return by_hand.on_nucleus(t, energy, flavour, mediator, isotope)

        rate += abundance * by_hand.integrate(by_hand.reactor_beams(1.5e13), t, isotope.mass, sigma)
    visible = t * 1e3 * lindhard(t * 1e3, k)
    width = np.sqrt(0.02**2 + 0.017**2 * visible)
    x, dx = by_hand.gauss(np.linspace(low, high, 41), 4)
    efficiency = np.interp(x, [0.1, 0.16, 0.3, 1.0], [0, 0.95, 1, 1])
    share = (stats.norm.pdf(x[:, None], visible, width) * (dx * efficiency)[:, None]).sum(axis=0)
    share[visible < 0.08] = 0
    molar = sum(mass * share for _, mass, share in GERMANIUM)
    atoms = by_hand.N_A * 1e3 / molar * 32700 * by_hand.DAY
    return atoms * np.sum(rate * share * weight)


@pytest.mark.parametrize(
    "mediator", [by_hand.Mediator(), by_hand.u1r(1e-5, 1.0), by_hand.universal(1e-5, 0.1)]
)
def test_germanium_by_hand(loaded, mediator):
    names = {0.0: standard_model()}
    c = names.get(mediator.nu[0]) or (
        couplings("u1r", g=1e-5, mass=1.0)
        if mediator.mass == 1.0
        else couplings("universal", g=1e-5, mass=0.1)
    )
    got = events(loaded["germanium"], c)
    for i, (low, high) in ((0, (0.16, 0.18)), (6, (0.28, 0.30)), (10, (0.45, 0.5))):
        np.testing.assert_allclose(got[i], germanium_events(mediator, low, high), rtol=2e-3)


def test_germanium_quenching_is_a_nuisance(loaded):
    part = signal(loaded["germanium"], standard_model())
    assert part.shapes == ("germanium_quenching",)
    for z, template in zip(part.nodes[0], part.variants[1:], strict=True):
        wanted = germanium_events(by_hand.Mediator(), 0.2, 0.22, 0.162 + 0.004 * z)
        np.testing.assert_allclose(template[2], wanted, rtol=2e-3)


def test_germanium_predicts_what_conus_plus_predicted(loaded):
    """347 +- 59 in 327 kg day (arXiv:2501.05206), a hundredth of the example's exposure."""
    assert events(loaded["germanium"], standard_model()).sum() / 100 == pytest.approx(347, abs=59)


# --- the parts of the format ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["germanium", "xenon"])
def test_asimov_counts_are_those_of_the_standard_model(loaded, name):
    np.testing.assert_allclose(cost(loaded[name], standard_model()), 0.0, atol=1e-9)
    assert "(projection)" in loaded[name].title
    best = limits([loaded[name]], "universal", masses=[1.0])
    assert best.g_best[0] < best.g_upper[0] < 1e-4


def test_gradients_are_finite_over_the_whole_box(loaded):
    model, experiment = get_model("u1r"), loaded["germanium"]

    @jax.jit
    def slope(point, z):
        def cost(point, z):
            c = model.couplings({"g": point[0], "mass": point[1]})
            return nll(experiment, c, dict(zip(experiment.nuisances, z, strict=True)))

        return jax.grad(cost, argnums=(0, 1))(point, z)

    for corner in ((-9.0, -6.0), (-9.0, 4.9), (0.0, -6.0), (0.0, 4.9), (-5.0, 0.0)):
        for width in (0.0, 4.0):
            found = slope(np.array(corner), np.full(len(experiment.nuisances), width))
            assert all(np.all(np.isfinite(x)) for x in found)


def test_a_matrix_of_the_same_response_predicts_the_same(tmp_path):
    folder = folders.copy("xenon", tmp_path)
    recoil = np.geomspace(0.1, 60, 1500)
    columns = describe(folder).runs[0].response.probabilities(recoil, 0)
    header = ",".join(["recoil_keV", *(f"bin_{i + 1}" for i in range(29))])
    folders.write(folder / "matrix.csv", header, recoil, *np.maximum(columns, 0))
    main = (folder / "experiment.toml").read_text()
    head, _, rest = main.partition("[response]")
    (folder / "experiment.toml").write_text(
        head + '[response]\nmatrix = "matrix.csv"\n[data]' + rest.partition("[data]")[2]
    )
    got = events(load(str(folder)), standard_model())
    wanted = events(load(str(folders.EXAMPLES / "xenon")), standard_model())
    np.testing.assert_allclose(got, wanted, rtol=2e-4)


def test_a_tabulated_flux_predicts_the_same(loaded, tmp_path):
    folder = folders.copy("texono", tmp_path)
    energy = np.linspace(2.0, 14.0, 2401)
    (beam,) = by_hand.reactor_beams(6.4e12)
    density = beam.density(energy)
    folders.write(folder / "flux.csv", "energy_keV,nubar_e", energy * 1e3, density)
    folders.change(
        folder,
        "experiment.toml",
        'source = "reactor"\ntotal_cm2_s = 6.4e12',
        'source = "table"\nfile = "flux.csv"',
    )
    got, wanted = (events(e, standard_model()) for e in (load(str(folder)), loaded["texono"]))
    np.testing.assert_allclose(got, wanted, rtol=5e-5)


def test_variations_of_the_signal_are_factors(tmp_path):
    folder = folders.copy("texono", tmp_path)
    low = np.arange(3.0, 8.0, 0.5)
    up, down = 1 + 0.01 * low, 1 - 0.02 * low
    folders.write(
        folder / "signal.csv", "low_MeV,high_MeV,tilt_up,tilt_down", low, low + 0.5, up, down
    )
    folders.change(folder, "experiment.toml", "[signal]", '[signal]\nvariations = "signal.csv"')
    experiment = load(str(folder))
    assert experiment.nuisances == ("texono_scale", "tilt")
    for z, factor in ((1.0, up), (-1.0, down)):
        got = counts(experiment, standard_model(), {"tilt": z})
        np.testing.assert_allclose(got, counts(experiment, standard_model()) * factor, rtol=1e-12)


def test_nuclei_and_electrons_can_both_scatter(tmp_path, loaded):
    folder = folders.copy("germanium", tmp_path)
    folders.change(
        folder,
        "experiment.toml",
        "[flux]",
        "[target.electrons]\nmolar_mass_g_mol = 72.63\nfree = 32\n[flux]",
    )
    c = couplings("b_minus_l", g=1e-6, mass=1e-3)
    more = events(load(str(folder)), c) - events(loaded["germanium"], c)
    assert np.all(more > 0)
    # one free electron at T of the bin, unsmeared: 32 of them in 0.60-0.70 keV
    t, weight = by_hand.gauss(np.array([0.6e-3, 0.7e-3]), 6)
    cross = by_hand.b_minus_l(1e-6, 1e-3)

    def sigma(t, energy, flavour, antineutrino):
        return by_hand.on_electron(t, energy, flavour, cross, antineutrino)

    rate = by_hand.integrate(whole_reactor(1.5e13), t, by_hand.M_E, sigma)
    per_kg = by_hand.N_A * 1e3 / 72.63 * 32
    wanted = per_kg * 32700 * by_hand.DAY * np.sum(rate * weight)
    np.testing.assert_allclose(more[12], wanted, rtol=0.01)


def test_new_counts_do_not_recompile(tmp_path):
    folder, problems = folders.copy("texono", tmp_path), []
    for old, new in ((None, None), ("0.0116", "0.0126")):
        if old:
            folders.change(folder, "rates.csv", old, new)
        data = (load(str(folder)),)
        problem = make_problem(data, get_model("b_minus_l"))
        with clock() as time:
            value = profile(problem, np.array([[-5.0, 0.0]]), data).nll
        problems.append((float(value[0]), time.compilations))
    assert problems[0][0] != problems[1][0]
    assert problems[1][1] == 0


def test_an_own_experiment_is_a_pytree_with_provenance(loaded):
    experiment = loaded["germanium"]
    leaves, structure = jax.tree.flatten(experiment)
    assert jax.tree.unflatten(structure, leaves).folder == experiment.folder
    hashes = provenance([experiment])["data_sha256"]
    assert {"germanium/experiment.toml", "germanium/isotopes.csv"} <= hashes.keys()
    assert "texono/spectrum_coefficients.csv" in hashes
    assert provenance([experiment])["titles"]["germanium"].endswith("(projection)")
    assert "Mueller:2011nm" in provenance([experiment])["cite"]
    assert dataclasses.replace(experiment, observed=experiment.observed).name == "germanium"
