"""jaxmed bench: its keys, ratios within one run, and what it says without the referees."""

import json
import sys

import pytest
from typer.testing import CliRunner

from jaxmed.bench import referees, speed
from jaxmed.bench.table import bench_table
from jaxmed.cli import app

RATIOS = (
    ("evaluations", "nll", "numpy_ratio"),
    ("evaluations", "gradient", "numpy_ratio"),
    ("scan", "iminuit_ratio"),
    ("scan", "scipy_ratio"),
    ("allowed_scan", "iminuit_ratio"),
    ("allowed_scan", "scipy_ratio"),
    ("toys", "conditional", "iminuit_ratio"),
    ("toys", "global", "iminuit_ratio"),
    ("toys", "global", "iminuit_alone", "iminuit_ratio"),
)


def run(*arguments):
    return CliRunner().invoke(app, ["bench", "--quick", *arguments])


def at(found, path):
    for key in path:
        found = found[key]
    return found


def test_faster_than_the_referees_and_never_above_their_minima():
    done = run("--experiments", "xenon1t", "--json", "-")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content["quick"]
    assert {"cpu", "cores", "load", "device", "dtype", "versions"} <= content["machine"].keys()
    assert content["fits"].keys() == {"xenon1t"}
    found = content["fits"]["xenon1t"]
    assert (found["n_bins"], found["n_free"]) == (29, 4)
    for path in RATIOS:
        assert at(found, path) > 1, path
    for scan in (found["scan"], found["allowed_scan"]):
        assert scan["compile_seconds"] > 0
        assert scan["per_second"] == pytest.approx(scan["points"] / scan["seconds"])
        # a referee below us would have found a better minimum; far above, another problem than ours
        assert scan["scipy_above"]["lowest"] > -1e-6
        assert scan["iminuit_above"]["lowest"] > -1e-6
        assert scan["scipy_above"]["highest"] < 1e-3
    for fits in found["toys"].values():
        assert fits["converged"] == 1
        assert fits["missed"] == 0
    assert found["allowed_scan"]["points"] < found["scan"]["points"] == 144
    cells = {column.header: list(column.cells) for column in bench_table(content).columns}
    (own,) = cells["own starts"]
    ratio = at(found, ("toys", "global", "iminuit_alone", "iminuit_ratio"))
    assert float(own.removesuffix("x").replace(",", "")) == pytest.approx(ratio, rel=0.01)
    assert cells["scan, s"] == [f"{found['scan']['seconds']:.2g}"]


def test_without_the_referees_our_numbers_and_how_to_install_them(monkeypatch):
    monkeypatch.setattr(sys.modules["jaxmed.cli.bench"], "versions", dict)
    monkeypatch.setattr(speed, "versions", dict)
    done = run("--experiments", "texono", "--json", "-")
    assert done.exit_code == 0, done.output
    assert "pip install 'jaxmed[bench]'" in done.stderr
    (found,) = json.loads(done.stdout)["fits"].values()
    assert found["scan"]["per_second"] > 0
    assert not any("ratio" in key for part in found["evaluations"].values() for key in _keys(part))
    assert not any("ratio" in key for key in found["scan"])


def _keys(part):
    return part if isinstance(part, dict) else ()


def test_no_versions_unless_all_referees_are_there(monkeypatch):
    assert referees.versions().keys() == {"iminuit", "scipy"}
    monkeypatch.setattr(referees, "REFEREES", ("scipy", "a-package-that-is-not-there"))
    assert referees.versions() == {}


def test_an_unknown_experiment_is_one_sentence():
    done = run("--experiments", "xenon1")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
