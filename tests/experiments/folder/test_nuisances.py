"""Nuisances that a folder declares: what they add, their nodes, columns of pulls, and those without constraint."""

import folders
import jax
import numpy as np
import pytest

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.folder import describe
from jaxmed.experiments.folder.read.detector import read_response
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

counts, cost = jax.jit(expected), jax.jit(nll)
MEDIATOR = couplings("b_minus_l", g=1e-4, mass=10.0)
ADDS = "adds.flux.arrival.delay_us = 0.05"


@pytest.fixture
def argon(tmp_path):
    return folders.copy("argon", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("adds", "old", "new"),
    [
        (ADDS, "pulse_sigma_us = 0.15\n", "pulse_sigma_us = 0.15\ndelay_us = {}\n"),
        ("adds.response.resolution.sqrt = 0.05", "sqrt = 0.58", "sqrt = {}"),
        ("adds.flux.arrival.pulse_sigma_us = 0.02", "sigma_us = 0.15", "sigma_us = {}"),
        (
            "adds.target.nuclei.radius_n_factor = 0.1",
            "[target.nuclei]",
            "[target.nuclei]\nradius_n_factor = {}",
        ),
        ("adds.background.beam_neutrons.events = 90.0", "events = 900.0", "events = {}"),
        (
            "adds.background.beam_neutrons.profiles.energy.decay_per_keV = 0.004",
            "decay_per_keV = 0.03",
            "decay_per_keV = {}",
        ),
        (
            "adds.response.resolution.sqrt = 0.05\nadds.background.beam_neutrons.events = 90.0",
            "sqrt = 0.58",
            "sqrt = {}",
        ),
    ],
)
@pytest.mark.parametrize("z", [-2, 1, 2])
def test_at_a_node_the_prediction_is_that_of_the_changed_number(argon, tmp_path, adds, old, new, z):
    moved = load(str(folders.changed(argon, (ADDS, adds))))
    nominal = {"delay_us": 0.0, "radius_n_factor": 1.0}
    key, step = adds.partition("\n")[0].removeprefix("adds.").split(" = ")
    key = key.rpartition(".")[2]
    start = nominal[key] if key in nominal else float(old.partition("= ")[2])
    other = folders.copy("argon", tmp_path / "other")
    changes = [(old, new.format(start + z * float(step)))]
    if "\n" in adds:
        changes.append(("events = 900.0", f"events = {900.0 + 90 * z}"))
    there = load(str(folders.changed(other, *changes)))
    assert "argon_onset" in moved.nuisances
    for c in (standard_model(), MEDIATOR):
        got = counts(moved, c, {"argon_onset": float(z)})
        # one quadrature serves all nodes
        np.testing.assert_allclose(got, counts(there, c), rtol=1e-7)


def test_what_a_nuisance_moves_can_be_seen(argon):
    found = describe(argon)
    run, recoil = found.runs[0], np.array([50.0])
    for z in (-1.0, 0.5):
        view = found.at(run, "argon_quenching", z)
        got = read_response(view, run.bins).visible(recoil, 18)
        np.testing.assert_allclose(got, (0.246 + 0.006 * z) * recoil + 0.00078 * recoil**2)


def test_nodes_are_those_of_the_file(argon):
    nodes = describe(argon).nodes
    assert nodes["argon_onset"] == (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
    assert nodes["argon_quenching"] == (-1.0, 1.0)
    assert nodes["argon_efficiency"] == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("adds", "message"),
    [
        ("adds.response.quenching.k = 0.1", "quenching.k: no number of that name stands in"),
        ("adds.flux.arrival.delay = 0.1", r"arrival.delay: no number .*\(did you mean delay_us"),
        ("adds.respons.quenching = 0.1", "respons.quenching: expected a number under one of"),
        ("adds.response.quenching = 1.0", "quenching = 1.0: expected the same kind as"),
        ("adds.response.quenching.polynomial_keV = 0.1", "= 0.1: expected the same kind as .0.246"),
        ("adds.response.quenching.polynomial_keV = [0.1]", "= .0.1.: expected the same kind as"),
        ("adds.response.quenching.polynomial_keV = [0.1, 'x']", "expected the same kind as"),
        ("adds.response.efficiency.file = 'x.csv'", "expected the same kind as 'efficiency.csv'"),
        ("adds.response.efficiency.file = 0.1", "expected the same kind as 'efficiency.csv'"),
        ("adds.flux.arrival.delay_us = true", "= True: expected the same kind as 0.0"),
        ("adds.flux.arrival.delay_us = nan", "delay_us = nan: expected a finite number"),
        ("adds.flux.per_flavour_cm2_s = 1e5", "expected a number under one of response, flux.arr"),
        ("adds.target.exposure = 1.0", "expected a number under one of response, flux.arrival"),
        ("adds.background = 1.0", "adds.background = 1.0: expected"),
        ("adds.background.beam_neutrons = 1.0", "background.beam_neutrons = 1.0: expected"),
        ("adds.background.neutrons.events = 1.0", "there is no background 'neutrons' .*, expected"),
        ("adds.background.steady_state.events = 1.0", "steady_state.events: no number of that"),
        ("adds.response.resolution.sqrt = 0.5", "at -3 standard deviations: .*sqrt = -0.92"),
        ("adds = {}", "nuisances.argon_onset: it acts nowhere"),
        ("about = 'nothing'", "nuisances.argon_onset: it acts nowhere"),
        ("adds.response = {}", "nuisances.argon_onset.*: .*expected"),
        ("adds.flux.arrival.delay_us = 0.0", "nuisances.argon_onset.*: .*expected"),
        (
            "adds.background.beam_neutrons.errors.argon_neutrons = 0.01",
            "nuisances.argon_onset.*: .*expected",
        ),
        ("adds = 3", "nuisances.argon_onset.adds = 3: expected a table"),
        (f"{ADDS}\nnods = [-1, 0, 1]", r"'nods' \(did you mean nodes\?\): expected one of"),
        (f"{ADDS}\nfree = true\nrange = [1.0, 2.0]", "nuisances.argon_onset.*range.*expected"),
    ],
)
def test_what_a_nuisance_cannot_add_is_refused(argon, adds, message):
    with pytest.raises(ValueError, match=message) as problem:
        describe(folders.changed(argon, (ADDS, adds)))
    assert "\n" not in str(problem.value) and str(argon) in str(problem.value)


@pytest.mark.parametrize(
    "nodes",
    ["[-3, -1, 1, 3]", "[0, 1]", "[0]", "[]", "[1, 0, -1]", "[-1, 0, 0, 1]", "[-1, 0, nan]"],
)
def test_nodes_ascend_and_one_is_zero(argon, nodes):
    with pytest.raises(ValueError, match=r"nuisances\.argon_onset.*nodes.*expected"):
        describe(folders.changed(argon, ("nodes = [-3, -2, -1, 0, 1, 2, 3]", f"nodes = {nodes}")))


@pytest.mark.parametrize("name", ["g", "mass", "signal_strength", "a b", "1x", ""])
def test_names_that_a_nuisance_cannot_have(argon, name):
    with pytest.raises(ValueError, match="expected a name of letters"):
        describe(folders.changed(argon, ("[nuisances.argon_onset]", f'[nuisances."{name}"]')))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[nuisances.argon_onset]", "[nuisances.argon_neutrons]", "is an error and a variation"),
        ("[nuisances.argon_onset]", "[nuisances.sns_flux]", "is an error and a variation"),
        (ADDS, "about = 'x'", "acts nowhere"),
        (
            "argon_neutrons = 0.3",
            "argon_efficiency = 0.3",
            "'argon_efficiency' is that of the response, expected another name",
        ),
    ],
)
def test_a_name_means_one_thing(argon, old, new, message):
    with pytest.raises(ValueError, match=message):
        describe(folders.changed(argon, (old, new)))


def test_an_unused_name_is_compared_with_those_used(argon):
    more = ("[nuisances.argon_onset]", "[nuisances.argon_neutron]\n[nuisances.argon_onset]")
    message = r"nuisances.argon_neutron: it acts nowhere \(did you mean argon_neutrons\?\)"
    with pytest.raises(ValueError, match=message):
        describe(folders.changed(argon, more))


def test_the_signal_may_have_a_nuisance_without_constraint(argon):
    """Then its pull costs nothing by itself."""
    free = load(str(folders.changed(argon, (ADDS, f"{ADDS}\nfree = true\nrange = [-3.0, 3.0]"))))
    assert [(each.name, each.low, each.high) for each in free.floating[1:]] == [
        ("argon_onset", -3.0, 3.0)
    ]
    bound = load(str(folders.EXAMPLES / "argon"))
    pull = {"argon_onset": 1.0}
    got, with_pull = (float(cost(e, standard_model(), pull)) for e in (free, bound))
    assert got == pytest.approx(with_pull - 0.5, rel=1e-9)


# --- columns of pulls -----------------------------------------------------------------------------------

YIELD = "[nuisances.yield_]\nnodes = [-2, 0, 1]\n"


def with_matrix(folder, pulls, factor=lambda z: 1 + 0.1 * z):
    """Germanium of two bins with a matrix at several pulls of a yield."""
    path = folder / "experiment.toml"
    head, _, rest = path.read_text().partition("[response]")
    rest = rest.partition("[data]")[2]
    path.write_text(f'{head}{YIELD}[response]\nmatrix = "matrix.csv"\n[data]{rest}')
    folders.write(folder / "bins.csv", "low_keV,high_keV", [0.2, 0.3], [0.3, 0.4])
    recoil = np.array([0.5, 1.0, 2.0])
    z, t = (x.ravel() for x in np.meshgrid(pulls, recoil, indexing="ij"))
    columns = (z, t, 0.2 * t * factor(z), 0.1 * t * factor(z))
    folders.write(folder / "matrix.csv", "yield_,recoil_keV,bin_1,bin_2", *columns)
    return folder


def test_a_column_of_pulls_holds_the_response_at_each_node(tmp_path):
    found = load(str(with_matrix(folders.copy("germanium", tmp_path), [-2.0, 0.0, 1.0])))
    assert "yield_" in found.nuisances
    background = sum(part.nominal for part in found.background)
    nominal = counts(found, standard_model()) - background
    for z in (-2.0, 1.0):
        moved = counts(found, standard_model(), {"yield_": z}) - background
        np.testing.assert_allclose(moved, nominal * (1 + 0.1 * z), rtol=1e-9)


@pytest.mark.parametrize(
    ("pulls", "message"),
    [
        ([-2.0, 0.0], "matrix.csv: column yield_ has rows at .*, expected them at the nodes"),
        ([-2.0, 1.0], "matrix.csv: column yield_ has no row with 0, expected"),
        ([-2.0, 0.0, 0.5, 1.0], "matrix.csv.*yield_.*0.5.*expected"),
    ],
)
def test_every_node_has_its_rows(tmp_path, pulls, message):
    with pytest.raises(ValueError, match=message):
        load(str(with_matrix(folders.copy("germanium", tmp_path), pulls)))
