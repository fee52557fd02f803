"""The steps of a response: photoelectrons, a truncated resolution, efficiencies before and after the smearing."""

import folders
import numpy as np
import pytest
from scipy import integrate, stats

from jaxmed.experiments.folder import describe
from jaxmed.experiments.folder.read.target import usual_radius

VISIBLE = np.array([1.3, 2.0, 4.7, 12.0])
SIGMA = 0.310 * np.sqrt(VISIBLE) + 0.0037 * VISIBLE
WIDE = "resolution = { sqrt = 0.310, linear = 0.0037 }"
CURVE = "energy_keV,efficiency\n0,0\n2,0.5\n3,0.9\n30,0.8\n"


def response(folder, *changes):
    return describe(folders.changed(folder, *changes)).runs[0].response


@pytest.fixture
def xenon(tmp_path):
    folder = folders.copy("xenon", tmp_path)
    (folder / "efficiency.csv").write_text(CURVE)
    return folder


@pytest.fixture
def light(tmp_path):
    """CsI with bins of one photoelectron from 0 to 60 and without losses."""
    folder = folders.published("coherent_csi", tmp_path)
    low, time = (x.ravel() for x in np.meshgrid(np.arange(60.0), [0.0, 3.0], indexing="ij"))
    header = "photoelectrons_low_PE,photoelectrons_high_PE,time_low_us,time_high_us"
    none = np.zeros(low.size)
    columns = (low, low + 1, time, time + 3, none, none + 1)
    folders.write(folder / "counts.csv", header + ",observed,anticoincident", *columns)
    return folder


NO_LOSS = ("efficiency = { sigmoid_PE = [1.32045, 0.285979, 10.8646, -0.333322] }\n", "")


def poisson(folder, *changes):
    """The response of CsI with Poisson light and without a nuisance of its efficiency."""
    path = folder / "experiment.toml"
    head, _, rest = path.read_text().partition("[nuisances.csi_efficiency]")
    path.write_text(head + "[nuisances.csi_onset]" + rest.partition("[nuisances.csi_onset]")[2])
    return response(folder, (", gamma_per_keV = 9.56", ""), *changes)


def test_poisson_light_sums_to_one(light):
    got = poisson(light, NO_LOSS).probabilities(np.array([0.5, 1.0, 1.5]), 0)
    np.testing.assert_allclose(got.sum(axis=0), 1.0, rtol=1e-9)
    mean = np.array([0.5, 1.0, 1.5]) / 0.0749
    np.testing.assert_allclose(np.arange(60.0) @ got, mean, rtol=1e-9)
    np.testing.assert_allclose(got, stats.poisson.pmf(np.arange(60)[:, None], mean), rtol=1e-9)


def test_poisson_light_has_its_efficiency_at_whole_numbers(light):
    got = poisson(light).probabilities(np.array([1.0]), 0)[:, 0]
    n = np.arange(60)
    efficiency = np.clip(1.32045 / (1 + np.exp(-0.285979 * (n - 10.8646))) - 0.333322, 0, 1)
    np.testing.assert_allclose(got, efficiency * stats.poisson.pmf(n, 1 / 0.0749), rtol=1e-9)


def test_a_truncated_resolution_has_nothing_below_zero(xenon):
    """As much as there would be above zero is normalised to one."""
    change = (WIDE, "resolution = { constant_keV = 1.5, truncated = true }")
    edges = np.array([0.0, 0.5, 2.0, 40.0])
    folders.write(xenon / "bins.csv", "low_keV,high_keV", edges[:-1], edges[1:])
    for name in ("radon", "double_beta"):
        text = "low_keV,high_keV,events" + ",xenon_tilt_up,xenon_tilt_down" * (name != "radon")
        columns = [np.ones(3)] if name == "radon" else [np.ones(3), 2 * np.ones(3), np.ones(3)]
        folders.write(xenon / f"{name}.csv", text, edges[:-1], edges[1:], *columns)
    found = response(xenon, change, ('efficiency = "efficiency.csv"', "lowest_keV = 0.0"))
    got = found.probabilities(np.array([0.2, 1.0, 5.0]), 0)
    np.testing.assert_allclose(got.sum(axis=0), 1.0, rtol=1e-12)
    for j, energy in enumerate((0.2, 1.0, 5.0)):
        law = stats.truncnorm(-energy / 1.5, np.inf, energy, 1.5)
        np.testing.assert_allclose(got[:, j], np.diff(law.cdf(edges)), rtol=1e-9)


def test_an_efficiency_at_the_visible_energy_acts_before_the_smearing(xenon):
    how = 'efficiency = { file = "efficiency.csv", at = "visible" }'
    got = response(xenon, ('efficiency = "efficiency.csv"', how)).probabilities(VISIBLE, 0)
    accepted = np.interp(VISIBLE, [0, 2, 3, 30], [0, 0.5, 0.9, 0.8])
    edges = np.arange(1.0, 31.0)[:, None]
    wanted = accepted * np.diff(stats.norm.cdf(edges, VISIBLE, SIGMA), axis=0)
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-15)


def test_an_efficiency_is_at_the_reconstructed_energy_otherwise(xenon):
    got = response(xenon).probabilities(VISIBLE, 0)
    for i, j in ((0, 0), (1, 1), (2, 1), (4, 2), (10, 3)):
        wanted, _ = integrate.quad(
            lambda x, j=j: (
                np.interp(x, [0, 2, 3, 30], [0, 0.5, 0.9, 0.8])
                * stats.norm.pdf(x, VISIBLE[j], SIGMA[j])
            ),
            1.0 + i,
            2.0 + i,
        )
        np.testing.assert_allclose(got[i, j], wanted, rtol=1e-8)


def test_an_efficiency_at_the_recoil_energy_acts_before_the_quenching(tmp_path):
    folder = folders.copy("argon", tmp_path)
    (folder / "efficiency.csv").write_text("energy_keV,efficiency\n0,0\n100,1\n")
    how = 'efficiency = { file = "efficiency.csv", at = "recoil" }'
    found = response(folder, ('efficiency = "efficiency.csv"', how))
    recoil = np.array([30.0, 70.0])
    visible = 0.246 * recoil + 0.00078 * recoil**2
    np.testing.assert_allclose(found.visible(recoil, 18), visible, rtol=1e-12)
    np.testing.assert_array_equal(found.visible(recoil, 0), recoil)
    edges = found.edges[:, None]
    wanted = np.diff(stats.norm.cdf(edges, visible, 0.58 * np.sqrt(visible)), axis=0)
    np.testing.assert_allclose(found.probabilities(recoil, 18), recoil / 100 * wanted, rtol=1e-9)


@pytest.mark.parametrize(
    ("quenching", "wanted"),
    [
        ("0.2", lambda t: 0.2 * t),
        ('"q.csv"', lambda t: t * np.interp(t, [10, 100], [0.2, 0.3])),
        ("{ polynomial_keV = [0.2, 0.001] }", lambda t: 0.2 * t + 0.001 * t**2),
        ("{ polynomial_MeV = [0.2, 1.0] }", lambda t: 0.2 * t + 0.001 * t**2),
    ],
)
def test_the_ways_to_say_a_quenching(tmp_path, quenching, wanted):
    folder = folders.copy("argon", tmp_path)
    (folder / "q.csv").write_text("energy_keV,factor\n10,0.2\n100,0.3\n")
    path = folder / "experiment.toml"
    path.write_text(path.read_text().partition("[nuisances.argon_quenching]")[0])
    found = response(folder, ("{ polynomial_keV = [0.246, 0.00078] } #", f"{quenching} #"))
    recoil = np.array([5.0, 30.0, 70.0])
    np.testing.assert_allclose(found.visible(recoil, 18), wanted(recoil), rtol=1e-12)


@pytest.mark.parametrize(
    ("resolution", "wanted"),
    [
        ("{ constant_keV = 0.1, sqrt = 0.3 }", lambda e: 0.1 + 0.3 * np.sqrt(e)),
        (
            '{ constant_keV = 0.1, linear = 0.02, combine = "quadrature" }',
            lambda e: np.hypot(0.1, 0.02 * e),
        ),
        ('"r.csv"', lambda e: np.interp(e, [1, 10], [0.2, 0.8])),
    ],
)
def test_the_ways_to_say_a_resolution(xenon, resolution, wanted):
    (xenon / "r.csv").write_text("energy_keV,sigma_keV\n1,0.2\n10,0.8\n")
    found = response(xenon, (WIDE, f"resolution = {resolution}"))
    np.testing.assert_allclose(found.width.sigma(VISIBLE), wanted(VISIBLE), rtol=1e-12)


def test_a_sigmoid_in_keV_is_its_table(xenon):
    a, b, c, d = 0.9, 1.5, 3.0, 0.02
    how = f"efficiency = {{ sigmoid_keV = [{a}, {b}, {c}, {d}] }}"
    got = response(xenon, ('efficiency = "efficiency.csv"', how)).probabilities(VISIBLE, 0)
    for i, j in ((1, 1), (3, 2)):
        wanted, _ = integrate.quad(
            lambda x, j=j: (
                (a / (1 + np.exp(-b * (x - c))) + d) * stats.norm.pdf(x, VISIBLE[j], SIGMA[j])
            ),
            1.0 + i,
            2.0 + i,
        )
        np.testing.assert_allclose(got[i, j], wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [(WIDE, 'resolution = { file = "r.csv", sqrt = 0.1 }')],
            "got file and numbers, expected some of constant_keV, sqrt",
        ),
        ([(WIDE, "resolution = { sqrt = 0.0 }")], "expected some of constant_keV, sqrt, linear"),
        ([(WIDE, "resolution = 0.3")], "response.resolution = 0.3: expected a table"),
        ([(WIDE, 'resolution = "r2.csv"')], "r2.csv, line 2: .*expected a sigma above 0"),
        ([('"efficiency.csv"', "{}")], "response.efficiency: got none, expected one of"),
        ([('"efficiency.csv"', "true")], "response.efficiency = True: expected a table"),
        ([('"efficiency.csv"', "87")], "efficiency.* = 87: expected a fraction up to 1"),
        (
            [('"efficiency.csv"', "{ sigmoid_keV = [1.0, 1.0, 3.0] }")],
            "sigmoid_keV = .1.0, 1.0, 3.0.: expected (a list of )?(four|4) numbers",
        ),
        (
            [('"efficiency.csv"', '{ file = "efficiency.csv", at = "true" }')],
            "at = 'true': expected",
        ),
        ([('"efficiency.csv"', "{ sigmoid_PE = [1, 1, 3, 0] }")], "sigmoid_PE without light"),
        ([(WIDE, "light = { keV_per_PE = 0.1 }")], "got light and an efficiency in keV, expected"),
        ([("[response]", "[response]\nlight.keV_per_PE = 0.1")], "got light and resolution"),
    ],
)
def test_a_response_that_cannot_be_is_refused(xenon, changes, message):
    (xenon / "r.csv").write_text("energy_keV,sigma_keV\n1,0.2\n10,0.8\n")
    (xenon / "r2.csv").write_text("energy_keV,sigma_keV\n1,0\n10,0.8\n")
    with pytest.raises(ValueError, match=message):
        response(xenon, *changes)


# --- targets --------------------------------------------------------------------------------------------


def test_a_formula_is_its_natural_isotopes(tmp_path):
    nuclei = describe(folders.copy("cawo4", tmp_path)).runs[0].targets["nuclei"]
    of_z = {z: [i for i in nuclei.isotopes if i.z == z] for z in (20, 74, 8)}
    assert {z: len(found) for z, found in of_z.items()} == {20: 6, 74: 5, 8: 3}
    per_kg = {
        z: sum(n for i, n in zip(nuclei.isotopes, nuclei.per_kg, strict=True) if i.z == z)
        for z in of_z
    }
    np.testing.assert_allclose(per_kg[20], 6.02214076e26 / 287.92, rtol=2e-4)
    np.testing.assert_allclose(per_kg[74], per_kg[20], rtol=1e-5)
    np.testing.assert_allclose(per_kg[8], 4 * per_kg[20], rtol=1e-5)
    tungsten = next(i for i in of_z[74] if i.n == 110)
    assert tungsten.radius_p == tungsten.radius_n == usual_radius(np.array(184.0))


def test_shells_of_a_formula_are_those_of_its_elements(tmp_path):
    folder = folders.published("coherent_csi", tmp_path)
    electrons = describe(folder).runs[0].targets["electrons"]
    assert electrons.electrons.sum() == 108
    np.testing.assert_allclose(electrons.freed(np.array([1e3])), 108 * electrons.per_kg)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("Cawo4", "target.formula = 'Cawo4': expected a formula such as CsI or CaWO4"),
        ("", "target.formula = '': expected a formula"),
        ("Ca W O4", "expected a formula such as"),
        ("QxO4", "expected elements among .*Ca.*; for others write nuclei.isotopes, a table"),
        ("CaWO0", "expected a formula"),
        ("H2", "expected"),
    ],
)
def test_formulas_that_are_none(tmp_path, formula, message):
    folder = folders.changed(folders.copy("cawo4", tmp_path), ('"CaWO4"', f'"{formula}"'))
    with pytest.raises(ValueError, match=message):
        describe(folder)
