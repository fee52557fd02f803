"""The tables: every number has a place, as Markdown that is valid and not too wide."""

import re

import pytest
from rich.console import Console

from jaxmed.bench.table import bench_tables

FITS = ("nll", "gradient", "fit", "scan", "allowed_scan", "limits")
TOYS = ("toys", "global_toys")
WIDEST = 120


def timing(per_second):
    return {"seconds": 1 / per_second, "per_second": per_second, "compile_seconds": 1.5}


def other(per_second, devices):
    faster = {device: 10.0 * i for i, device in enumerate(devices, 2)}
    compared = {"lowest": -1e-12, "highest": 2e-5, "missed": 0.25, "beaten_by": 0.0}
    return {"cpu": timing(per_second) | {"faster": faster} | compared}


def work(devices, *others):
    found = {"jaxmed": {d: timing(123456.0 * i) for i, d in enumerate(devices, 1)}}
    return found | {name: other(0.0123, devices) for name in others}


def content(devices=("cpu",), others=("NumPy", "iminuit", "SciPy"), toys=TOYS):
    works = {name: work(devices, *others) for name in (*FITS, *toys)}
    peers = {name: work(devices, "NextStat") for name in ("fit", "toys")}
    return {
        "machine": {
            "cpu": "A processor",
            "cores": 2,
            "load": 0.5,
            "devices": {"cpu": "cpu", "gpu": "An accelerator"} if "gpu" in devices else {"cpu": ""},
            "dtype": "float64",
            "versions": {"jax": "1.2"},
        },
        "fits": {"coherent_csi": {"works": works}},
        "likelihoods": {"six": {"n_bins": 50, "n_free": 6, "works": peers}},
    }


def printed(found):
    console = Console(width=WIDEST)
    with console.capture() as captured:
        for table in bench_tables(found):
            console.print(table)
    return captured.get()


def markdown(text):
    """Title, header and rows of each table of a page: a line, an empty one, and lines of as many cells each."""
    tables = []
    for title, block in re.findall(r"^([^|\n]*\S) *\n *\n((?:\|.*\|\n)+)", text, re.M):
        header, rule, *rows = [line.strip("|").split("|") for line in block.splitlines()]
        assert all(set(cell) <= set("-: ") and "-" in cell for cell in rule)
        assert {len(header)} == {len(row) for row in (rule, *rows)}
        tables.append((title, [h.strip() for h in header], [[c.strip() for c in r] for r in rows]))
    return tables


@pytest.mark.parametrize("devices", [("cpu",), ("cpu", "gpu")], ids="+".join)
def test_complete_and_valid(devices):
    text = printed(content(devices))
    assert all(len(line) <= WIDEST for line in text.splitlines())
    tables = markdown(text)
    assert len(tables) == 4
    assert "A processor, 2 cores (load 0.5)" in tables[0][0]
    assert ("An accelerator" in tables[0][0]) == ("gpu" in devices)
    for _, header, rows in tables[:3]:
        assert len(set(header)) == len(header) or "iminuit" in header
        assert [row[:2] for row in rows] == [["coherent_csi", device] for device in devices]
        # a dash stands for what was not measured
        assert all(cell not in ("-", "") for row in rows for cell in row)
    (speeds, toys, others) = (dict(zip(h, r[0], strict=False)) for _, h, r in tables[:3])
    assert speeds["-log L /s"] == toys["global toys /s"] == "123,000"
    assert (speeds["compile, s"], toys["compile, s"], toys["missed"]) == ("7.50", "3.00", "25 %")
    assert others["scan, SciPy"] == "20.0x"
    _, header, rows = tables[3]
    assert [row[:3] for row in rows] == [
        *(["50 bins, 6 free", "jaxmed", device] for device in devices),
        ["50 bins, 6 free", "NextStat", "cpu"],
    ]
    last = dict(zip(header, rows[-1], strict=True))
    wanted = "cpu 20.0x, gpu 30.0x" if "gpu" in devices else "20.0x"
    assert (last["jaxmed is faster"], last["minima above"]) == (wanted, "-1e-12 to 2e-05")


def test_who_is_not_there_is_a_dash():
    found = content(others=("NumPy", "SciPy"), toys=())
    tables = {title: (header, rows) for title, header, rows in markdown(printed(found))}
    assert not any(title.startswith("Toys") for title in tables)
    ((header, rows),) = (t for title, t in tables.items() if title.startswith("How many"))
    cells = dict(zip(header, rows[0], strict=True))
    assert cells["one fit"] == cells["scan"] == "-"
    assert cells["scan, SciPy"] != "-"
