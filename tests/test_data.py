"""The tables of data/ obey their schema, match their manifest and hold the totals they claim."""

import csv
import hashlib
import re
from functools import cache
from pathlib import Path

import folders
import numpy as np
import pytest

from jaxmed.experiments import published

DATA = Path(__file__).resolve().parents[1] / "data"
TABLES = sorted(p.relative_to(DATA).as_posix() for p in DATA.rglob("*.csv"))
TOML = sorted(p.relative_to(DATA).as_posix() for p in DATA.rglob("*.toml"))
CONSTANTS = [t for t in TABLES if t.endswith("/constants.csv") or "/nufit" in t]
HEAD = ["quantity", "source", "citation", "derived"]
COLUMN = re.compile(r"(\w+) \[([^\]]+)\] (\S.*)")
SHARED = {"elements", "limits", "oscillations", "reactor", "solar"}


@cache
def read(table):
    """Return the header as (key, text) pairs, the column names and the rows of strings."""
    lines = (DATA / table).read_text(encoding="utf-8").splitlines()
    n = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    header = [tuple(line[2:].split(": ", 1)) for line in lines[:n]]
    names, *rows = csv.reader(lines[n:])
    return header, names, rows


@cache
def units(table):
    header, _, _ = read(table)
    return [COLUMN.fullmatch(v)[2] for k, v in header if k == "column"]


@cache
def columns(table):
    """Return the table as a dict of arrays: float, or str for columns of unit text."""
    _, names, rows = read(table)
    return {
        name: np.array(cells, dtype=str if unit == "text" else float)
        for name, unit, cells in zip(names, units(table), zip(*rows, strict=True), strict=True)
    }


def bib_keys():
    text = (DATA / "citations.bib").read_text(encoding="utf-8")
    return re.findall(r"^@\w+\{([^,\s]+),$", text, flags=re.MULTILINE)


def test_every_folder_is_there():
    """A folder is an experiment, or tables that several of them read."""
    experiments = {t.split("/")[0] for t in TOML}
    assert experiments == set(published()) and experiments > {*folders.PUBLISHED}
    assert {t.split("/")[0] for t in TABLES} == experiments | SHARED
    assert sorted(f"{name}/experiment.toml" for name in experiments) == TOML


@pytest.mark.parametrize("table", TABLES)
def test_bytes_are_plain(table):
    raw = (DATA / table).read_bytes()
    assert raw.endswith(b"\n")
    assert b"\r" not in raw
    lines = raw.decode("utf-8").split("\n")[:-1]
    assert all(line.strip() for line in lines)
    n = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    assert all(re.match(r"# [a-z]+: \S", line) for line in lines[:n])
    assert not any(line.startswith("#") for line in lines[n:])


@pytest.mark.parametrize("table", TABLES)
def test_header_keys_come_in_order(table):
    header, names, _ = read(table)
    keys = [k for k, _ in header]
    notes = keys.count("notes")
    assert keys == HEAD + ["notes"] * notes + ["column"] * len(names)


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_described(table):
    header, names, _ = read(table)
    described = [COLUMN.fullmatch(v) for k, v in header if k == "column"]
    assert all(described)
    assert [m[1] for m in described] == names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("table", TABLES)
def test_cells_fit_their_columns(table):
    _, names, rows = read(table)
    assert rows
    assert all(len(row) == len(names) for row in rows)
    for row in rows:
        for unit, cell in zip(units(table), row, strict=True):
            if unit == "text" or (table in CONSTANTS and cell == ""):
                continue
            assert np.isfinite(float(cell))


@pytest.mark.parametrize("table", TABLES)
def test_bins_are_contiguous_edges(table):
    _, names, rows = read(table)
    for name in names:
        own = "lo" not in names and re.search(r"(^|_)low(_|$)", name)
        if name.endswith("_lo") or own:
            other = name[:-3] + "_hi" if name.endswith("_lo") else name.replace("low", "high")
            lo, hi = (np.array([float(r[names.index(n)]) for r in rows]) for n in (name, other))
            assert (hi > lo).all()
            assert np.isclose(np.unique(lo)[1:], np.unique(hi)[:-1], rtol=0, atol=1e-9).all()


@pytest.mark.parametrize("table", TABLES)
def test_citations_exist(table):
    header, _, _ = read(table)
    cited = dict(header)["citation"].split()
    assert cited
    assert set(cited) <= set(bib_keys())


def test_bib_keys_are_unique():
    keys = bib_keys()
    assert len(keys) == len(set(keys))
    assert "Alikhanov:2021dhc" in keys


@pytest.mark.parametrize("table", CONSTANTS)
def test_constants_share_one_form(table):
    header, names, rows = read(table)
    assert names == ["name", "value", "uncertainty", "unit", "status", "remark"]
    assert len({r[0] for r in rows}) == len(rows)
    explained = " ".join(v for k, v in header if k == "notes")
    for name, value, _, unit, status, _ in rows:
        assert name and value and unit
        assert re.search(rf"\b{status} = ", explained), (name, status)


def test_manifest_is_complete_and_true():
    lines = (DATA / "MANIFEST.sha256").read_text(encoding="utf-8").splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    assert list(listed) == sorted([*TABLES, *TOML, "citations.bib"])
    for path, digest in listed.items():
        assert hashlib.sha256((DATA / path).read_bytes()).hexdigest() == digest, path


def test_csi_totals():
    counts = columns("coherent_csi/counts.csv")
    assert len(counts["observed"]) == 9 * 11
    assert counts["observed"].sum() == 1578
    assert counts["anticoincident"].sum() == 1295
    fine = columns("coherent_csi/counts_fine.csv")
    assert fine["observed"].sum() == 5142
    assert fine["anticoincident"].sum() == 4890
    inside = fine["i_pe"] < 60
    assert fine["observed"][inside].sum() == 1578
    assert fine["anticoincident"][inside].sum() == 1295


@pytest.mark.parametrize("kind", ["observed", "anticoincident"])
def test_csi_fine_counts_rebin_to_the_others(kind):
    fine = columns("coherent_csi/counts_fine.csv")
    pe, t = fine["i_pe"] + 0.5, 0.125 * (fine["i_t"] + 0.5)
    counts = columns("coherent_csi/counts.csv")
    axes = ("photoelectrons_{}_PE", "time_{}_us")
    edges = [axis.format(end) for axis in axes for end in ("low", "high")]
    for pe_lo, pe_hi, t_lo, t_hi, n in zip(*(counts[k] for k in (*edges, kind)), strict=True):
        cell = (pe > pe_lo) & (pe < pe_hi) & (t > t_lo) & (t < t_hi)
        assert fine[kind][cell].sum() == n
    proj = columns("coherent_csi/counts_projections.csv")
    for axis, x in (("pe", pe), ("t", t)):
        assert proj[kind][proj["axis"] == axis].sum() == counts[kind].sum()
        for lo, hi, n in zip(
            *(proj[k][proj["axis"] == axis] for k in ("lo", "hi", kind)), strict=True
        ):
            assert fine[kind][(pe < 60) & (x > lo) & (x < hi)].sum() == n


def test_csi_shapes_are_normalised():
    pe = columns("coherent_csi/background_pe.csv")
    time = columns("coherent_csi/background_time.csv")
    inside = (time["low_us"] > -1e-9) & (time["high_us"] < 6 + 1e-9)
    for kind in ("brn", "nin"):
        assert pe[kind][pe["high_PE"] <= 60].sum() == pytest.approx(1, abs=1e-4)
        assert time[kind][inside].sum() == pytest.approx(1, abs=1e-4)
    energy = columns("coherent_csi/energy_spectra.csv")
    for kind in ("nu_e", "nubar_mu", "nu_mu"):
        assert energy[kind].sum() == pytest.approx(1, abs=1e-6)
    arrival = columns("coherent_csi/arrival.csv")
    inside = arrival["high_us"] < 6 + 1e-9
    assert arrival["prompt"][inside].sum() == pytest.approx(0.99977, abs=1e-5)
    assert arrival["delayed"][inside].sum() == pytest.approx(0.91817, abs=1e-5)


LAR = {"cevns": 128, "brn": 497, "delayed_brn": 33, "steady_state": 3152}


@pytest.mark.parametrize("name", LAR)
def test_lar_totals(name):
    """Also of every variation: they are normalised, but for what a mirrored one has lost below zero."""
    table = columns(f"coherent_lar/{name}.csv")
    varied = [column for column in table if column.endswith(("_up", "_down"))]
    assert len(varied) == {"cevns": 4, "brn": 6}.get(name, 0)
    assert table["events"].sum() == pytest.approx(LAR[name], abs=0.006)
    for column in varied:
        assert table[column].sum() == pytest.approx(LAR[name], rel=0.03), column


@pytest.mark.parametrize("name", ["counts", *LAR])
def test_lar_grid_is_full(name):
    t = columns(f"coherent_lar/{name}.csv")
    lows = []
    for axis, n, width in (("{}_keVee", 12, 10), ("f90_{}", 8, 0.05), ("time_{}_us", 10, 0.5)):
        low, high = (t[axis.format(end)] for end in ("low", "high"))
        assert len(np.unique(low)) == n
        assert np.isclose(high - low, width).all()
        lows.append(low)
    assert len(set(zip(*lows, strict=True))) == 12 * 8 * 10
    if name == "counts":
        assert t["observed"].sum() == 3752


def test_xenon1t_totals():
    t = columns("xenon1t/counts.csv")
    low = (t["low_keV"] >= 1) & (t["high_keV"] <= 7)
    assert t["observed"][low].sum() == 285
    assert t["B0"][low].sum() == pytest.approx(231.58, abs=0.005)
    sun = columns("xenon1t/solar_neutrinos.csv")
    total = (sun["rate"] * (sun["energy_hi"] - sun["energy_lo"])).sum()
    assert total == pytest.approx(386.2, abs=0.05)


def test_xenonnt_totals():
    t = columns("xenonnt/counts.csv")
    assert t["observed"].sum() == 433
    assert t["B0"].sum() == pytest.approx(426.53, abs=0.005)
    assert np.allclose(t["xe136"] + t["others"], t["B0"], rtol=1e-14, atol=0)
    edges = np.append(t["low_keV"], t["high_keV"][-1])
    events = columns("xenonnt/events.csv")["energy"]
    assert len(events) == 433
    assert (np.histogram(events, edges)[0] == t["observed"]).all()
    b = columns("xenonnt/background.csv")
    binned = np.histogram(b["energy"], edges, weights=b["rate"] * 0.1 * 1.16)[0]
    assert np.allclose(binned, t["B0"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("source", ["pp", "hep", "B8", "N13", "O15", "F17"])
def test_solar_spectra_integrate_to_one(source):
    t = columns(f"solar/spectrum_{source}.csv")
    width = np.diff(t["energy"])
    assert (width > 0).all()
    for name in t:
        if name.startswith("shape"):
            area = (width * (t[name][1:] + t[name][:-1]) / 2).sum()
            assert area == pytest.approx(1, abs=1e-5 if name == "shape" else 1e-2)


def test_solar_sources_agree():
    fluxes = columns("solar/fluxes.csv")["source"]
    potential = columns("solar/matter_potential.csv")["source"]
    assert set(fluxes) == set(potential)
    lines = columns("solar/lines.csv")
    for source in ("Be7", "pep"):
        assert lines["fraction"][lines["source"] == source].sum() == pytest.approx(1)


def test_electrons_fill_the_atoms():
    for element, electrons in (("Xe", 54), ("Cs", 55), ("I", 53)):
        assert columns(f"elements/shells_{element}.csv")["electrons"].sum() == electrons
    assert len(columns("elements/shells_Xe.csv")["subshell"]) == 17


def test_natural_isotopes_are_all_there():
    t = columns("elements/isotopes.csv")
    a = t["z"] + t["n"]
    assert (np.abs(t["mass_u"] / a - 1) < 0.01).all() and (t["abundance"] > 0).all()
    for element in set(t["element"]):
        own = t["element"] == element
        assert len(set(t["z"][own])) == 1
        assert t["abundance"][own].sum() == pytest.approx(1, abs=1e-6)
        assert (np.diff(t["n"][own]) > 0).all()
    weights = {"Ar": 39.948, "Xe": 131.293, "Ge": 72.630, "Cs": 132.90545, "I": 126.90447}
    for element, weight in weights.items():
        own = t["element"] == element
        assert t["mass_u"][own] @ t["abundance"][own] == pytest.approx(weight, rel=2e-4)


@pytest.mark.parametrize("table", [t for t in TABLES if t.startswith("limits/")])
def test_published_limits_are_curves_with_a_check_of_their_normalisation(table):
    header, names, _ = read(table)
    assert names == ["curve", "mass", "g"]
    assert any(v.startswith("normalisation: ") for k, v in header if k == "notes")
    t = columns(table)
    assert (t["g"] > 0).all() and (t["g"] < 1e-2).all()
    for curve in set(t["curve"]):
        assert (np.diff(t["mass"][t["curve"] == curve]) > 0).all()


def test_reactor_tables():
    f = columns("texono/fission_fractions.csv")
    assert f["fraction"].sum() == pytest.approx(1)


@pytest.mark.parametrize(("isotope", "total"), [("U235", 6.072), ("Pu239", 5.487)])
def test_reactor_spectra_integrate_to_their_published_numbers(isotope, total):
    t = columns("reactor/bestiole2023.csv")
    assert np.trapezoid(t[isotope], t["energy"]) == pytest.approx(total, abs=0.001)
    capture = columns("reactor/capture.csv")
    assert np.trapezoid(capture["capture"], capture["energy"]) == pytest.approx(2, rel=0.01)
