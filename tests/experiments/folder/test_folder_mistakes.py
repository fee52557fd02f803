"""Every mistake in a folder is refused in one sentence that says where: by hand, and by the hundred."""

import math
import shutil
import tempfile
import tomllib
from pathlib import Path

import folders
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toml_text import dumped

from jaxmed.experiments import load
from jaxmed.experiments.folder import describe

TOML, BINS = "experiment.toml", "bins.csv"


def refused(folder):
    """The sentence with which a folder is refused."""
    with pytest.raises(ValueError) as problem:
        describe(folder)
    sentence = str(problem.value)
    assert sentence.startswith(str(folder)), sentence
    assert "\n" not in sentence
    assert "expected" in sentence or "missing" in sentence
    return sentence.removeprefix(str(folder))


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "message"),
    [
        (
            "germanium",
            TOML,
            'title = "Ger',
            'titel = "Ger',
            "unknown key 'titel' (did you mean title?)",
        ),
        ("germanium", TOML, 'name = "germanium"', "name = 'a b'", "name = 'a b': expected a name"),
        ("germanium", TOML, '"projection"', '"maybe"', "status = 'maybe': expected one of"),
        (
            "germanium",
            TOML,
            "exposure = 32700.0",
            "exposure = -1",
            "target.exposure = -1: expected",
        ),
        ("germanium", TOML, "exposure = 32700.0", "", "key 'exposure' under target is missing"),
        ("germanium", TOML, '"kg day"', '"kg days"', "(did you mean kg day?)"),
        (
            "germanium",
            TOML,
            '"isotopes.csv"',
            '"../isotopes.csv"',
            "expected the name of a .csv file",
        ),
        ("germanium", TOML, '"isotopes.csv"', '"isotope.csv"', "isotope.csv: expected a CSV table"),
        ("germanium", TOML, '"reactor"', '"sun"', "flux.source = 'sun': expected one of reactor"),
        (
            "germanium",
            TOML,
            "total_cm2_s = 1.5e13",
            "total_cm2_s = nan",
            "flux.total_cm2_s = nan: expected a finite number",
        ),
        (
            "germanium",
            TOML,
            "lindhard_k = 0.162",
            "lindhard_k = 16.2",
            "expected error < k, and k up",
        ),
        (
            "germanium",
            TOML,
            "constant_keV = 0.02",
            "constant_keV = 20",
            "sigma = 20 keV at 0.8 keV",
        ),
        ("germanium", TOML, "sqrt = 0.017", "sqr = 0.017", "(did you mean sqrt?)"),
        ("germanium", TOML, '"quadrature"', '"both"', "combine = 'both': expected one of sum"),
        (
            "germanium",
            TOML,
            "lowest_keV = 0.08",
            "lowest_keV = 80",
            "expected an energy below the last",
        ),
        ("germanium", TOML, '"asimov"', '"observed"', "column observed is missing"),
        ("germanium", TOML, "germanium_flux = 0.03", "germanium_flux = 3", "expected a fraction"),
        (
            "germanium",
            TOML,
            "s = 1.5e13",
            "s = 1.5e300",
            "flux.total_cm2_s = 1.5e+300: expected a number up",
        ),
        ("germanium", TOML, '"Germanium at', '"\\u001b[2J at', "expected one line of up to 80"),
        ("germanium", TOML, "germanium_flux = 0.03", "g = 0.03", "got the nuisance 'g', expected"),
        ("germanium", TOML, "germanium_flux", "germanium_quenching", "is that of the response"),
        ("germanium", TOML, "rate = 10.0", "rate = 'x'", "rate = 'x': expected a finite number"),
        ("germanium", TOML, '"1/(kg day keV)"', '"per day"', "unit = 'per day': expected one of"),
        (
            "germanium",
            TOML,
            '[[background]]\nname = "flat"',
            "[[background]]",
            "key 'name' under background 1 is missing",
        ),
        ("germanium", TOML, "[flux]", "[fluxes]", "unknown key 'fluxes' (did you mean flux?)"),
        ("germanium", TOML, "[flux]", "[flux", "expected TOML, but"),
        ("germanium", "isotopes.csv", "0.2745", "27.45", "line 4: got z = 32"),
        (
            "germanium",
            "isotopes.csv",
            "0.2745",
            "0.3745",
            "atoms sums to 1.1, expected the atoms of one",
        ),
        ("germanium", "isotopes.csv", "69.924249", "65134.0", "expected an atomic mass in u"),
        ("germanium", "isotopes.csv", "32,38", "32.5,38", "expected whole numbers of protons"),
        (
            "germanium",
            "efficiency.csv",
            "0.16,0.95",
            "0.16,95",
            "expected efficiency from 0 to 1",
        ),
        ("germanium", "efficiency.csv", "0.3,1", "0.15,1", "line 5: got energy = 0.15"),
        ("germanium", "efficiency.csv", "energy_keV", "energy_MeV", "miss all bins"),
        ("germanium", "efficiency.csv", "energy_keV", "energy", "column energy_keV"),
        (
            "germanium",
            BINS,
            "low_keV,high_keV",
            "low_MeV,high_MeV",
            "energies from 0.1 to 1 keV miss",
        ),
        ("germanium", BINS, "low_keV,high_keV", "low_eV,high_eV", "expected more than 0.02 keV"),
        (
            "germanium",
            BINS,
            "0.18,0.2\n",
            "0.2,0.18\n",
            "line 4: got low_keV = 0.2, high_keV = 0.18",
        ),
        ("germanium", BINS, "0.18,0.2\n", "0.19,0.2\n", "bins in ascending order, each from where"),
        ("germanium", BINS, "0.18,0.2\n", "0.18,0.2,0.3\n", "line 4: got 3 cells, expected 2"),
        (
            "xenon",
            "radon.csv",
            "low_keV,high_keV",
            "low_MeV,high_MeV",
            "expected the bins of bins.csv",
        ),
        ("germanium", BINS, "0.18,0.2\n", "0.18,\n", "line 4: got '', expected a finite number"),
        ("germanium", BINS, "low_keV,high_keV", "low_keV,low_keV", "'low_keV' is there twice"),
        ("xenon", "radon.csv", "5,6,", "5,6.5,", "line 7: got low_keV = 5, high_keV = 6.5"),
        (
            "xenon",
            "radon.csv",
            "29,30,0.3",
            "#",
            "got 28 rows, expected 29, one for each bin of bins.csv",
        ),
        ("xenon", "radon.csv", "5,6,0", "5,6,-0", "line 7: got low_keV = 5"),
        (
            "xenon",
            "double_beta.csv",
            "xenon_tilt_down",
            "xenon_tilt",
            "unknown column 'xenon_tilt_up'",
        ),
        ("xenon", "shells.csv", "34759,2", "34759,200", "expected 1 to 20 electrons in a shell"),
        (
            "xenon",
            "shells.csv",
            "binding_eV",
            "binding_keV",
            "expected binding energies from 0 to 150",
        ),
        (
            "xenon",
            TOML,
            "molar_mass_g_mol = 131.293",
            "molar_mass_g_mol = 0.131",
            "molar_mass_g_mol = 0.131: expected a number from 1",
        ),
        ("xenon", TOML, '"gs98"', '"gs"', "flux.model = 'gs'"),
        (
            "xenon",
            TOML,
            "[response]",
            "[response]\nquenching = 1.0",
            "expected it with [target.nuclei]",
        ),
        ("xenon", TOML, "xenon_radon = 0.05", "xenon_tilt = 0.05", "is an error and a variation"),
        ("texono", "rates.csv", ",0.00152\n3.5", ",-0.00152\n3.5", "expected an error above 0"),
        (
            "texono",
            TOML,
            '"gaussian"',
            '"poisson"',
            "expected 'events' for a likelihood that is not",
        ),
        (
            "texono",
            TOML,
            "free = 108",
            "free = 108\nshells = 'a.csv'",
            "got free and shells, expected one of free",
        ),
        ("texono", TOML, "free = 108", "free = 1080", "expected fewer than one per g/mol"),
    ],
)
def test_mistakes_say_where(tmp_path, name, file, old, new, message):
    folder = folders.change(folders.copy(name, tmp_path), file, old, new)
    assert message in refused(folder)


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [("germanium", BINS, "28 rows"), ("germanium", TOML, "found no file")],
)
def test_a_missing_file_is_named(tmp_path, name, file, message):
    folder = folders.copy(name, tmp_path)
    (folder / file).unlink()
    assert refused(folder).startswith(f"/{file}: expected")


def test_bins_beyond_every_recoil_are_refused(tmp_path):
    """0.16 to 0.8 MeV without an efficiency to compare with: a germanium recoil ends at 1.6 keV."""
    folder = folders.copy("germanium", tmp_path)
    folders.change(folder, BINS, "low_keV,high_keV", "low_MeV,high_MeV")
    folders.change(folder, TOML, 'efficiency = "efficiency.csv"\n', "")
    folders.change(folder, TOML, "lowest_keV = 0.08", "lowest_keV = 80")
    assert "160 to 800 keV, lie beyond every recoil" in refused(folder)


def test_a_matrix_beyond_every_recoil_is_refused(tmp_path):
    folder = folders.copy("germanium", tmp_path)
    text = (folder / TOML).read_text()
    head, rest = text.split("[response]")
    (folder / TOML).write_text(
        f"{head}[response]\nmatrix = 'm.csv'\n[data]{rest.split('[data]')[1]}"
    )
    (folder / BINS).write_text("low_keV,high_keV\n0.1,0.2\n")
    (folder / "m.csv").write_text("recoil_MeV,bin_1\n0.5,0.1\n1,0.3\n")
    sentence = "the matrix's recoils, 500 to 1000 keV, lie beyond every recoil"
    with pytest.raises(ValueError, match=sentence):
        load(str(folder))


def test_more_events_than_anybody_has_are_refused(tmp_path):
    folder = folders.copy("germanium", tmp_path)
    folders.change(folder, TOML, "rate = 10.0", "rate = 1e19")
    with pytest.raises(ValueError, match="events are predicted in one bin, expected fewer than 1e"):
        load(str(folder))


def test_counts_must_be_whole_and_not_negative(tmp_path):
    folder = folders.copy("germanium", tmp_path)
    folders.change(folder, TOML, '"asimov"', '"observed"')
    for count, message in ((-1.0, "expected counts not below 0"), (1.5, "expected whole counts")):
        folders.write(
            folder / BINS, "low_keV,high_keV,observed", [0.2, 0.3], [0.3, 0.4], [3.0, count]
        )
        assert f"line 3: got low_keV = 0.3, high_keV = 0.4, observed = {count:g}" in refused(folder)
        assert message in refused(folder)


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("recoil_keV,bin_1", [(1, 0.5), (2, 0.5)], "column bin_2"),
        ("recoil_keV,bin_1,bin_2,bin_3", [(1, 0, 0, 0), (2, 0, 0, 0)], "unknown column 'bin_3'"),
        ("recoil_keV,bin_1,bin_2", [(1, 0.5, 0.6), (2, 0, 0)], "line 2: .*add up to 1 at most"),
        ("recoil_keV,bin_1,bin_2", [(1, 0.5, -0.1), (2, 0, 0)], "line 2: .*not below 0"),
        ("recoil_keV,bin_1,bin_2", [(2, 0.5, 0.1), (1, 0, 0)], "line 3: .*above that of the row"),
        ("recoil_keV,bin_1,bin_2", [(1, 0.5, 0.1)], "expected two rows or more"),
        ("recoil_keV,bin_1,bin_2", [(1, 0, 0), (2, 0, 0)], "a probability above 0"),
        ("recoil_keV,bin_1,bin_2", [(9e3, 0, 1), (9.1e3, 0, 1)], "beyond every recoil"),
    ],
)
def test_a_matrix_of_the_wrong_shape_is_refused(tmp_path, header, rows, message):
    folder = folders.copy("germanium", tmp_path)
    text = (folder / TOML).read_text()
    head, _, rest = text.partition("[response]")
    (folder / TOML).write_text(
        f'{head}[response]\nmatrix = "matrix.csv"\n[data]{rest.partition("[data]")[2]}'
    )
    folders.write(folder / BINS, "low_keV,high_keV", [0.2, 0.3], [0.3, 0.4])
    folders.write(folder / "matrix.csv", header, *zip(*rows, strict=True))
    with pytest.raises(ValueError, match=message):
        describe(folder)


def test_an_own_experiment_cannot_take_a_name(tmp_path):
    folder = folders.copy("texono", tmp_path)
    folders.change(folder, TOML, '"texono_ten_bins"', '"texono"')
    with pytest.raises(ValueError, match="the name 'texono' is taken"):
        load(str(folder))
    with pytest.raises(
        ValueError, match=r"unknown option 'atomic' of .*: expected one of electron_couplings"
    ):
        load(str(folder), atomic="free")


# --- by the hundred -------------------------------------------------------------------------------------


def tables(value, path=()):
    """Paths of all tables within a value."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tables(inner, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


NEVER = [math.nan, math.inf, -1.5, [[]], {"zzz": "?"}, [1, "x"]]  # no key takes any of these
REQUIRED = {
    "name",
    "status",
    "target",
    "exposure",
    "exposure_unit",
    "flux",
    "source",
    "data",
    "bins",
}
REQUIRED |= {"isotopes", "molar_mass_g_mol", "total_cm2_s", "per_flavour_cm2_s", "quenching"}


def spoil_toml(draw, folder):
    """One change to experiment.toml that no reader may accept."""
    content = tomllib.loads((folder / TOML).read_text())
    where = draw(st.sampled_from([p for p in tables(content) if at(content, p)]))
    table = at(content, where)
    key = draw(st.sampled_from(sorted(table)))
    kind = draw(st.sampled_from(["value", "unknown", "typo", "missing"]))
    if kind == "value":
        # what a nuisance adds and when a pulse comes may have either sign
        signed = "adds" in where or key == "pulse_mean_us"
        table[key] = draw(st.sampled_from([v for v in NEVER if not (signed and v == -1.5)]))
    elif kind == "unknown" and where[-1:] != ("errors",):
        table[draw(st.text("abcxyz_", min_size=4, max_size=9))] = 1
    elif kind == "missing" and key in REQUIRED:
        del table[key]
    else:
        table[f"{key} {key}"] = table.pop(key)
    (folder / TOML).write_text("".join(f"{k} = {dumped(v)}\n" for k, v in content.items()))


def spoil_csv(draw, folder):
    """One change to a table that no reader may accept."""
    path = draw(st.sampled_from(sorted(folder.glob("*.csv"))))
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    rows = [line.split(",") for line in lines[start:]]
    i = draw(st.integers(1, len(rows) - 1))
    j = draw(st.integers(0, len(rows[0]) - 1))
    kind = draw(
        st.sampled_from(["cell", "sign", "short", "long", "header", "twice", "swap", "empty"])
    )
    ordered = path.name not in ("isotopes.csv", "shells.csv")
    if kind == "cell":
        rows[i][j] = draw(
            st.sampled_from(["", "nan", "-inf", "x", "1;2", "1e999", "0x1", "--1", "1_0", "٣"])
        )
    elif kind == "sign" and rows[0][j] != "observed" and not rows[0][j].endswith("_us"):
        rows[i][j] = "-1e3"
    elif kind == "short":
        del rows[i][j]
    elif kind == "long":
        rows[i].insert(j, "1")
    elif kind == "header":
        rows[0][j] = draw(st.sampled_from(["zzz", "", rows[0][j - 1] if j else "low", "1"]))
    elif kind == "twice" and ordered:
        rows.insert(i, list(rows[i]))
    elif kind == "swap" and ordered and i > 1:
        rows[i], rows[i - 1] = rows[i - 1], rows[i]
    else:
        del rows[1:]
    path.write_text("\n".join([*lines[:start], *map(",".join, rows)]))


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [spoil_toml, spoil_csv])
@pytest.mark.parametrize("name", folders.NAMES)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_mistake_is_accepted(name, spoil, data):
    with tempfile.TemporaryDirectory() as place:
        folder = folders.copy(name, Path(place))
        spoil(data.draw, folder)
        refused(folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", folders.NAMES)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_bytes_are_read_or_refused(name, data):
    """Parts of a file cut out, repeated or replaced: a description or a sentence, never anything else."""
    with tempfile.TemporaryDirectory() as place:
        folder = folders.copy(name, Path(place))
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        content = path.read_bytes()
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        middle = data.draw(st.binary(max_size=6) | st.just(content[a:b] * 2))
        path.write_bytes(content[:a] + middle + content[b:])
        try:
            assert describe(folder).runs[0].bins.n > 1
        except ValueError as problem:
            assert str(problem).startswith(str(folder))
            assert "\n" not in str(problem)


def test_spoiling_starts_from_what_is_accepted(tmp_path):
    for name in folders.NAMES:
        folder = folders.copy(name, tmp_path)
        content = tomllib.loads((folder / TOML).read_text())
        (folder / TOML).write_text("".join(f"{k} = {dumped(v)}\n" for k, v in content.items()))
        assert describe(folder).name
        shutil.rmtree(folder)
