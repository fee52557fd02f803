"""Experiments of several runs: numbers, files and rows for each, and nuisances that each has for itself."""

import folders
import jax
import numpy as np
import pytest

from jaxmed.experiments import expected, load
from jaxmed.experiments.folder import describe
from jaxmed.models.choose import couplings
from jaxmed.theory.couplings import standard_model

counts = jax.jit(expected)
MEDIATOR = couplings("u1r", g=1e-6, mass=0.05)
RUNS = (
    ("[target]\n", 'runs = ["sr0", "sr1"]\n[target]\n'),
    ("exposure = 300.0", "exposure = { sr0 = 100.0, sr1 = 250.0 }"),
    ('efficiency = "efficiency.csv"', 'efficiency = { sr0 = "efficiency.csv", sr1 = "late.csv" }'),
    ("sqrt = 0.310", "sqrt = { sr0 = 0.310, sr1 = 0.4 }"),
    ("xenon_radon = 0.05", "xenon_radon = { sr0 = 0.05, sr1 = 0.08 }"),
)
PER_RUN = ("[signal]", "[nuisances]\nxenon_radon.per_run = true\n[signal]")


def rows(path, column, values, **columns):
    """Repeat the rows of a table for each value of a new first column, other columns multiplied."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    header, found = lines[0].split(","), [f"{column},{lines[0]}"]
    for value in values:
        for line in lines[1:]:
            cells = dict(zip(header, line.split(","), strict=True))
            for name, factors in columns.items():
                cells[name] = repr(float(cells[name]) * factors[value])
            found.append(",".join([str(value), *cells.values()]))
    path.write_text("\n".join([*found, ""]))


def tables(folder):
    """A radon that doubles in the second run, and an efficiency of 0.8 times that of the first."""
    lines = (folder / "efficiency.csv").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    energy, efficiency = np.loadtxt(lines[start + 1 :], delimiter=",").T
    folders.write(folder / "late.csv", lines[start], energy, 0.8 * efficiency)
    rows(folder / "radon.csv", "run", ("sr0", "sr1"), events={"sr0": 1.0, "sr1": 2.0})
    return folder


@pytest.fixture
def two_runs(tmp_path):
    return folders.changed(tables(folders.copy("xenon", tmp_path)), *RUNS)


@pytest.fixture
def one_by_one(tmp_path):
    """The same runs as experiments of their own."""

    def alone(run, exposure, efficiency, sqrt):
        folder = tables(folders.copy("xenon", tmp_path / run))
        lines = (folder / "radon.csv").read_text().splitlines()
        kept = [line.partition(",")[2] for line in lines if line.startswith(("run,", f"{run},"))]
        (folder / "radon.csv").write_text("\n".join(kept))
        changes = (
            ("exposure = 300.0", f"exposure = {exposure}"),
            ('"efficiency.csv"', f'"{efficiency}"'),
            ("sqrt = 0.310", f"sqrt = {sqrt}"),
        )
        return load(str(folders.changed(folder, *changes)))

    return alone("sr0", 100.0, "efficiency.csv", 0.310), alone("sr1", 250.0, "late.csv", 0.4)


def test_every_run_is_what_it_would_be_alone(two_runs, one_by_one):
    both = load(str(two_runs))
    assert [(axis.name, axis.size) for axis in both.axes] == [
        ("reconstructed energy", 29),
        ("run", 2),
    ]
    for c in (standard_model(), MEDIATOR):
        got = np.asarray(counts(both, c)).reshape(29, 2)
        for i, alone in enumerate(one_by_one):
            np.testing.assert_allclose(got[:, i], counts(alone, c), rtol=2e-8)


def test_an_error_for_each_run_moves_them_together(two_runs):
    both = load(str(two_runs))
    assert both.nuisances == load(str(folders.EXAMPLES / "xenon")).nuisances
    nominal = np.asarray(counts(both, standard_model())).reshape(29, 2)
    moved = np.asarray(counts(both, standard_model(), {"xenon_radon": 1.0})).reshape(29, 2)
    radon = sum(p.nominal for p in both.background if p.name == "radon").reshape(29, 2)
    np.testing.assert_allclose(moved - nominal, radon * [0.05, 0.08], rtol=1e-9)


def test_a_nuisance_of_each_run_moves_that_run(two_runs):
    both = load(str(folders.changed(two_runs, PER_RUN)))
    names = ("xenon_radon_sr0", "xenon_radon_sr1")
    assert {*names} < {*both.nuisances} and "xenon_radon" not in both.nuisances
    nominal = np.asarray(counts(both, standard_model())).reshape(29, 2)
    radon = sum(p.nominal for p in both.background if p.name == "radon").reshape(29, 2)
    for i, (name, error) in enumerate(zip(names, (0.05, 0.08), strict=True)):
        moved = np.asarray(counts(both, standard_model(), {name: 1.0})).reshape(29, 2)
        wanted = radon * error * (np.arange(2) == i)
        np.testing.assert_allclose(moved - nominal, wanted, rtol=1e-9, atol=1e-9)


def test_a_shape_of_each_run_moves_that_run(two_runs):
    more = (
        "[signal]",
        "[nuisances.width]\nadds.response.resolution.sqrt = 0.05\nper_run = true\n[signal]",
    )
    both = load(str(folders.changed(two_runs, more)))
    assert {"width_sr0", "width_sr1"} < {*both.nuisances}
    nominal = np.asarray(counts(both, MEDIATOR)).reshape(29, 2)
    for i in range(2):
        moved = np.asarray(counts(both, MEDIATOR, {f"width_sr{i}": 1.0})).reshape(29, 2)
        change = np.abs(moved / nominal - 1).max(axis=0)
        assert change[i] > 1e-4 and change[1 - i] < 1e-12


def test_a_run_can_be_left_out(two_runs, one_by_one):
    option = (
        "[target]\n",
        '[options.data]\ndefault = "all"\nfirst = { runs = ["sr0"], label = "sr0" }\n[target]\n',
    )
    folder = folders.changed(two_runs, option, PER_RUN)
    first = load(str(folder), data="first")
    assert [axis.name for axis in first.axes] == ["reconstructed energy"]
    assert first.title == "Next-generation xenon, sr0 (projection)"
    np.testing.assert_allclose(counts(first, MEDIATOR), counts(one_by_one[0], MEDIATOR), rtol=2e-8)
    assert "xenon_radon_sr0" in first.nuisances


def test_observed_counts_are_those_of_the_rows_of_each_run(two_runs):
    observed = np.arange(58.0).reshape(2, 29)
    folders.changed(two_runs, ('"asimov"', '"observed"'))
    lines = ["run,low_keV,high_keV,observed"]
    for run, row in zip(("sr0", "sr1"), observed, strict=True):
        lines += [f"{run},{i + 1},{i + 2},{n:g}" for i, n in enumerate(row)]
    (two_runs / "bins.csv").write_text("\n".join(lines))
    found = load(str(two_runs))
    np.testing.assert_array_equal(np.reshape(found.observed, (29, 2)), observed.T)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("sr1 = 250.0", "sr2 = 250.0")], "target.exposure: got sr0, sr2, expected one entry for"),
        ([(", sr1 = 0.4", "")], "response.resolution.sqrt: .*also for sr1"),
        ([('runs = ["sr0", "sr1"]\n', "")], "unknown key under response.efficiency 'sr0'"),
        ([('["sr0", "sr1"]', '["sr0", "sr0"]')], "expected a list of different names"),
        ([('["sr0", "sr1"]', "[]")], "expected a list of different names"),
        ([('["sr0", "sr1"]', '["sr0", 1]')], "runs = 1: expected a name of letters"),
        (
            [
                ('["sr0", "sr1"]', '["sr0", "sr 1"]'),
                ("sr1 = 250.0", "'sr 1' = 250.0"),
                ("sr1 = 0.4", "'sr 1' = 0.4"),
                ("sr1 = 0.08", "'sr 1' = 0.08"),
                ('sr1 = "late', "'sr 1' = \"late"),
            ],
            "runs = .*: expected a name of letters",
        ),
    ],
)
def test_runs_that_do_not_fit_are_refused(two_runs, changes, message):
    with pytest.raises(ValueError, match=message):
        describe(folders.changed(two_runs, *changes))


def test_a_table_without_rows_for_a_run_is_refused(two_runs):
    path = two_runs / "radon.csv"
    path.write_text(path.read_text().replace("sr1,", "sr2,"))
    with pytest.raises(ValueError, match=r"radon\.csv: column run has no row with 'sr1', expected"):
        describe(two_runs)


def test_observed_counts_that_two_runs_share_are_refused(two_runs):
    """Otherwise the same events would count twice."""
    folders.changed(two_runs, ('"asimov"', '"observed"'))
    edges = np.arange(1.0, 30.0)
    folders.write(two_runs / "bins.csv", "low_keV,high_keV,observed", edges, edges + 1, np.ones(29))
    with pytest.raises(ValueError, match=r"bins\.csv.*column run"):
        describe(two_runs)


def test_a_nuisance_of_each_run_needs_runs(tmp_path):
    folder = folders.changed(folders.copy("xenon", tmp_path), PER_RUN)
    with pytest.raises(ValueError, match=r"nuisances\.xenon_radon.*per_run.*expected"):
        describe(folder)


def test_runs_have_the_same_bins(tmp_path):
    folder = folders.copy("germanium", tmp_path)
    folders.changed(folder, ("[target]\n", 'runs = ["a", "b"]\n[target]\n'))
    (folder / "bins.csv").write_text("run,low_keV,high_keV\na,0.2,0.3\na,0.3,0.4\nb,0.2,0.4\n")
    with pytest.raises(ValueError, match=r"data\.bins: run 'b' has other bins than 'a', expected"):
        describe(folder)
