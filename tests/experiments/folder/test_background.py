"""Backgrounds: profiles along the axes, rates, what floats or is free, and neutrinos that are in them already."""

import folders
import jax
import numpy as np
import pytest
from scipy import stats

from jaxmed.experiments import expected, load, nll
from jaxmed.experiments.folder import describe
from jaxmed.experiments.folder.read.background import background_events
from jaxmed.experiments.likelihood.forward import signal
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

counts, cost, fold = jax.jit(expected), jax.jit(nll), jax.jit(signal)
MEDIATOR = couplings("u1r", g=1e-6, mass=0.05)
EDGES = np.arange(1.0, 31.0)


def with_background(tmp_path, text, name="xenon", *changes):
    """An example with one more background called 'more'."""
    folder = folders.copy(name, tmp_path)
    path = folder / "experiment.toml"
    path.write_text(path.read_text() + f'\n[[background]]\nname = "more"\n{text}\n')
    return folders.changed(folder, *changes)


def events(folder, name="more"):
    """Of a background, in the shape of the bins."""
    run = describe(folder).runs[0]
    found = background_events(run.view, name, run.bins, run.response)
    return found.reshape([axis.size for axis in run.bins.axes])


# --- how many, and where --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("events = 29.0", 1.0),
        ('rate = 2.0\nunit = "1/(tonne year keV)"', 600.0),
        ('rate = 0.01\nunit = "1/(kg day keV)"', 0.01 * 300 * 365250),
        ('rate = 10.0\nunit = "1/(kg day MeV)"', 0.01 * 300 * 365250),
        ('file = "flat.csv"', 3.0),
        ('file = "flat.csv"\nunit = "1/(tonne year keV)"', 900.0),
        ('file = "flat.csv"\ncolumn = "events"', 3.0),
    ],
)
def test_a_flat_background(tmp_path, text, each):
    folder = with_background(tmp_path, text)
    columns = EDGES[:-1], EDGES[1:], np.full(29, 3.0)
    folders.write(folder / "flat.csv", "low_keV,high_keV,events", *columns)
    np.testing.assert_allclose(events(folder), each, rtol=1e-12)


@pytest.mark.parametrize("column", ["more", "other"])
def test_a_column_of_the_bins(tmp_path, column):
    folder = with_background(tmp_path, f'column = "{column}"' * (column != "more"))
    columns = EDGES[:-1], EDGES[1:], np.full(29, 5.0)
    folders.write(folder / "bins.csv", f"low_keV,high_keV,{column}", *columns)
    np.testing.assert_allclose(events(folder), 5.0, rtol=1e-12)


def test_an_exponential_along_each_axis(tmp_path):
    text = "events = 10.0\nprofiles.energy.decay_per_keV = 0.05\nprofiles.time.decay_per_us = 0.3"
    folder = with_background(tmp_path, text, "argon")
    energy, time = (np.array(axis.edges) for axis in describe(folder).axes)
    parts = [-np.diff(np.exp(-k * x)) for k, x in ((0.05, energy), (0.3, time))]
    wanted = 10 * np.outer(*(part / part.sum() for part in parts))
    np.testing.assert_allclose(events(folder), wanted, rtol=1e-12)


@pytest.mark.parametrize("profile", ["energy.decay_per_us", "time.decay_per_keV", "time.line_keV"])
def test_a_profile_along_an_axis_of_another_unit_is_refused(tmp_path, profile):
    folder = with_background(tmp_path, f"events = 10.0\nprofiles.{profile} = 1.0", "argon")
    with pytest.raises(ValueError, match=f"background 'more'.profiles.{profile[:4]}.*expected"):
        describe(folder)


def test_axes_without_a_profile_are_flat(tmp_path):
    folder = with_background(tmp_path, "events = 10.0\nprofiles.time.decay_per_us = 0.3", "argon")
    energy, _ = (np.array(axis.edges) for axis in describe(folder).axes)
    got = events(folder).sum(axis=1)
    np.testing.assert_allclose(got, 10 * np.diff(energy) / np.ptp(energy), rtol=1e-12)


def test_shares_of_a_table_are_cut_in_proportion(tmp_path):
    text = 'events = 10.0\nprofiles.time = { file = "late.csv", column = "x" }'
    folder = with_background(tmp_path, text, "argon")
    folders.write(folder / "late.csv", "low_us,high_us,x", [-1.0, 0.5], [0.5, 2.0], [0.4, 0.6])
    got = events(folder).sum(axis=0)
    low, high = (np.array(describe(folder).axes[1].edges)[i:j] for i, j in ((0, -1), (1, None)))
    shared = [
        share * np.clip(np.minimum(high, b) - np.maximum(low, a), 0, None) / 1.5
        for share, a, b in ((0.4, -1.0, 0.5), (0.6, 0.5, 2.0))
    ]
    np.testing.assert_allclose(got, 10 * np.sum(shared, axis=0), rtol=1e-12)


@pytest.mark.parametrize(
    ("more", "sigma", "accepted"),
    [
        ("", 0.310 * np.sqrt(10) + 0.037, False),
        (", width_keV = 0.2", 0.2, False),
        (", efficiency = true", 0.310 * np.sqrt(10) + 0.037, True),
        (", width_keV = 0.2, efficiency = true", 0.2, True),
    ],
)
@pytest.mark.parametrize("normalised", [False, True])
def test_a_line_is_as_wide_as_the_resolution_or_as_it_says(
    tmp_path, more, sigma, accepted, normalised
):
    more += ", normalised = true" * normalised
    text = f"events = 10.0\nprofiles.energy = {{ line_keV = 10.0{more} }}"
    folder = with_background(tmp_path, text)
    (folder / "efficiency.csv").write_text("energy_keV,efficiency\n0,0\n30,1\n")
    x = np.linspace(1.0, 30.0, 29 * 400 + 1)
    density = stats.norm.pdf(x, 10.0, sigma) * (x / 30 if accepted else 1.0)
    wanted = np.array(
        [np.trapezoid(density[i : i + 401], x[i : i + 401]) for i in range(0, 11600, 400)]
    )
    wanted = 10 * wanted / (wanted.sum() if normalised else 1.0)
    np.testing.assert_allclose(events(folder), wanted, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("line", ["line_keV = 300.0", "line_keV = 300.0, normalised = true"])
def test_a_line_away_from_all_bins_is_refused(tmp_path, line):
    folder = with_background(tmp_path, f"events = 10.0\nprofiles.energy = {{ {line} }}")
    with pytest.raises(ValueError, match=r"background 'more'.*line_keV.*expected"):
        describe(folder)


def test_a_column_of_counts_is_normalised_and_may_have_their_errors(tmp_path):
    """One nuisance for each bin of the column, 1/sqrt(counts)."""
    text = 'events = 10.0\nprofiles.energy = { column = "side", statistical = "side" }'
    folder = with_background(tmp_path, text)
    side = np.arange(1.0, 30.0)
    folders.write(folder / "bins.csv", "low_keV,high_keV,side", EDGES[:-1], EDGES[1:], side)
    np.testing.assert_allclose(events(folder), 10 * side / side.sum(), rtol=1e-12)
    found = load(str(folder))
    assert found.nuisances[-29:] == tuple(f"side_{i + 1}" for i in range(29))
    more = counts(found, standard_model(), {"side_17": 1.0}) - counts(found, standard_model())
    wanted = np.where(side == 17, 10 * 17 / side.sum() / np.sqrt(17), 0.0)
    np.testing.assert_allclose(more, wanted, rtol=1e-9, atol=1e-9)


def test_a_column_without_a_count_is_no_profile(tmp_path):
    folder = with_background(tmp_path, 'events = 10.0\nprofiles.energy = { column = "side" }')
    folders.write(
        folder / "bins.csv", "low_keV,high_keV,side", EDGES[:-1], EDGES[1:], 0 * EDGES[1:]
    )
    with pytest.raises(ValueError, match="side"):
        describe(folder)


# --- what has no constraint -----------------------------------------------------------------------------

FLOATS = 'events = 1.0\nfloats = "size"\n[nuisances.size]\nfree = true\nrange = [0.0, 500.0]'
FREE = "events = 100.0\nerrors.size = 1.0\n[nuisances.size]\nfree = true\nrange = [-1.0, 4.0]"


@pytest.mark.parametrize(
    ("text", "value", "wanted"), [(FLOATS, 50.0, 50.0), (FREE, -0.5, 50.0), (FREE, 2.0, 300.0)]
)
def test_what_has_no_constraint_costs_nothing_by_itself(tmp_path, text, value, wanted):
    folder = with_background(tmp_path, text)
    found, without = load(str(folder)), load(str(folders.EXAMPLES / "xenon"))
    (size,) = found.floating[1:]
    assert (size.name, size.low, size.log) == ("size", 0.0 if text == FLOATS else -1.0, False)
    more = counts(found, standard_model(), {"size": value}) - counts(without, standard_model())
    np.testing.assert_allclose(more, wanted / 29, rtol=1e-6)
    mu, n = (
        np.asarray(x) for x in (counts(found, standard_model(), {"size": value}), found.observed)
    )
    wanted = np.sum(mu - n + n * np.log(n / mu))
    np.testing.assert_allclose(cost(found, standard_model(), {"size": value}), wanted, rtol=1e-9)


@pytest.mark.parametrize("size", ["free = true", "range = [0.0, 500.0]", "unit = 'x'"])
def test_a_range_and_a_unit_are_those_of_what_is_free(tmp_path, size):
    text = f"events = 100.0\nerrors.size = 1.0\n[nuisances.size]\n{size}"
    with pytest.raises(ValueError, match=r"nuisances\.size"):
        describe(with_background(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FLOATS.replace("0.0, 500", "-1.0, 500"), "floats = 'size': expected .* range = .0, the"),
        (FLOATS.replace("free = true\n", ""), "got a range or unit without free = true"),
        (FLOATS.replace("nuisances.size", "nuisances.siz"), "floats = 'size': expected"),
        (FREE.replace("-1.0", "0.0"), "expected a range from -1, no event at all, and 1.0 in"),
        (FREE.replace("size = 1.0", "size = 0.5"), "expected a range from -1"),
        (FREE.replace("-1.0, 4.0", "4.0, -1.0"), "got range = .4.0, -1.0., expected .low, high"),
        ("events = 1.0\nrate = 1.0\nunit = 'events'", "got events and rate, expected one of"),
        ("events = 1.0\nfile = 'a.csv'", "got file and events, expected one of"),
        ("events = 1.0\ncolumn = 'a'", "got a column and a number, expected one of the two"),
        ("events = 0.0", "background 'more'.events = 0.0: expected a number above 0"),
        ("rate = 1.0", "background 'more': rate without a unit, expected"),
        ("rate = 1.0\nunit = 'events'", "background 'more'.*: expected|rate without a unit"),
        ("rate = 1.0\nunit = 'per day'", "unit = 'per day': expected one of"),
        ("", "bins.csv: column more is missing, expected it for background 'more'"),
        ("column = 'radn'", "bins.csv: column radn is missing"),
        ("profiles.energy.decay_per_keV = 1.0", "profiles without a number, expected events or"),
        ("events = 1.0\nprofiles.time.decay_per_us = 1.0", "unknown axis 'time': expected"),
        ("events = 1.0\nprofiles.energy.decay_per_us = 1.0", "profiles.energy.*expected"),
        ("events = 1.0\nprofiles.energy = {}", "got none, expected one of column, decay_per_keV"),
        (
            "events = 1.0\nprofiles.energy = { decay_per_keV = 1.0, line_keV = 1.0 }",
            "got decay_per_keV and line_keV, expected one of",
        ),
        (
            "events = 1.0\nprofiles.energy = { file = 'a.csv' }",
            "expected one of column|file without",
        ),
        (
            "events = 1.0\nprofiles.energy = { decay_per_keV = 1.0, normalised = true }",
            "normalised and width_keV go with line_keV",
        ),
        (
            "events = 1.0\nprofiles.energy = { file = 'a.csv', column = 'x', efficiency = true }",
            "profiles.energy: got efficiency with a file, expected it along an axis of time",
        ),
        (
            "events = 1.0\nprofiles.energy = { decay_per_keV = 1.0, efficiency = true }",
            "background 'more'.profiles.energy.*efficiency.*expected",
        ),
        (
            "events = 1.0\nprofiles.energy = { decay_per_keV = 1.0, statistical = 's' }",
            "got statistical without counts, expected a column",
        ),
        (
            "events = 1.0\ncontains_standard_model = 'yes'",
            "= 'yes': expected one of true, false, before errors",
        ),
        (
            "events = 1.0\ncontains_standard_model = 'after errors'",
            "= 'after errors' .*: expected one of true, false, before errors",
        ),
        ("events = 1.0\nname = 'x'", "expected TOML"),
        ("events = 1.0\n[[background]]\nname = 'more'\nevents = 1.0", "is there twice"),
        ("events = 1.0\n[background]\nname = 'x'", "expected TOML"),
    ],
)
def test_backgrounds_that_cannot_be_are_refused(tmp_path, text, message):
    folder = with_background(tmp_path, text)
    with pytest.raises(ValueError, match=message) as problem:
        describe(folder)
    assert "\n" not in str(problem.value) and str(folder) in str(problem.value)


# --- neutrinos in a background --------------------------------------------------------------------------

SOLAR = 'column = "B0"\nerrors = { scale = 0.1 }\n'


@pytest.mark.parametrize("kind", ["false", "true", '"before errors"'])
def test_neutrinos_that_are_in_a_background_are_there_once(tmp_path, kind):
    folder = with_background(tmp_path, f"{SOLAR}contains_standard_model = {kind}")
    columns = EDGES[:-1], EDGES[1:], np.full(29, 1000.0)
    folders.write(folder / "bins.csv", "low_keV,high_keV,B0", *columns)
    found, without = load(str(folder)), load(str(folders.EXAMPLES / "xenon"))
    neutrinos = np.asarray(fold(without, standard_model()).nominal)
    extra = counts(found, MEDIATOR) - counts(without, MEDIATOR)
    wanted = 1000.0 - (0.0 if kind == "false" else neutrinos)
    np.testing.assert_allclose(extra, wanted, rtol=1e-9)
    # errors of the whole, or of what is not neutrinos
    more = counts(found, MEDIATOR, {"scale": 1.0}) - counts(found, MEDIATOR)
    wanted = 100.0 - (0.1 * neutrinos if kind == '"before errors"' else 0.0)
    np.testing.assert_allclose(more, wanted, rtol=1e-9)
    # neutrinos taken out follow the errors of those put in
    more = counts(found, standard_model(), {"xenon_solar_flux": 1.0}) - counts(
        found, standard_model()
    )
    wanted = 0.0 if kind == "true" else 0.01 * neutrinos
    np.testing.assert_allclose(more, wanted, rtol=1e-9, atol=1e-9)


# --- units of the observed numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("1/(kg day MeV)", 29882 * 0.5),
        ("1/(kg day keV)", 29882 * 500.0),
        ("1/(tonne year keV)", 29882 / 365250 * 500.0),
        ("events", 1.0),
        ("standard model", None),
    ],
)
def test_units_of_what_was_observed(tmp_path, unit, factor):
    folder = folders.changed(folders.copy("texono", tmp_path), ("1/(kg day MeV)", unit))
    found = load(str(folder))
    table = np.loadtxt(folder / "rates.csv", delimiter=",", comments="#", skiprows=2)
    each = np.asarray(fold(found, standard_model()).nominal) if factor is None else factor
    np.testing.assert_allclose(found.observed, table[:, 2] * each, rtol=1e-12)
    np.testing.assert_allclose(found.error, table[:, 3] * each, rtol=1e-12)
