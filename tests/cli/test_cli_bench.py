"""jaxmed bench: its keys, ratios within one run, and what it says without those that it compares with."""

import json

import pytest
from jsonschema import validate
from typer.testing import CliRunner

from jaxmed.bench import referees
from jaxmed.cli import app

NUMBER, SHARE = {"type": "number"}, {"type": "number", "minimum": 0, "maximum": 1}
POSITIVE = {"type": "number", "exclusiveMinimum": 0}
TIMING = {
    "number": POSITIVE,
    "seconds": POSITIVE,
    "per_second": POSITIVE,
    "compile_seconds": NUMBER,
}
OTHER = TIMING | {
    "faster": {"type": "object", "required": ["cpu"], "additionalProperties": POSITIVE},
    "lowest": NUMBER,
    "highest": NUMBER,
    "missed": SHARE,
    "beaten_by": SHARE,
}


def keys(properties, others=None):
    """Of an object that has exactly these keys, or these and others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": others or False,
    }


def of_each(schema):
    return {"type": "object", "minProperties": 1, "additionalProperties": schema}


WORK = keys({"jaxmed": of_each(keys(TIMING | {"defined": SHARE}))}, of_each(keys(OTHER)))
SIZES = {"n_bins": POSITIVE, "n_free": POSITIVE, "works": of_each(WORK)}
SCHEMA = keys(
    {
        "machine": keys(
            {
                "cpu": {"type": "string"},
                "cores": POSITIVE,
                "load": NUMBER,
                "devices": of_each({"type": "string"}),
                "dtype": {"const": "float64"},
                "versions": of_each({"type": "string"}),
            }
        ),
        "quick": {"type": "boolean"},
        "fits": of_each(keys(SIZES | {"experiments": {"type": "array"}})),
        "likelihoods": of_each(keys(SIZES)),
    }
)
WORKS = ["nll", "gradient", "fit", "scan", "allowed_scan", "limits", "toys", "global_toys"]
BESIDE_IMINUIT = ("scan", "allowed_scan", "toys", "global_toys")


def run(*arguments):
    return CliRunner().invoke(app, ["bench", "--quick", *arguments])


@pytest.mark.slow
def test_faster_than_others_and_never_above_their_minima():
    done = run("--experiments", "xenon1t", "--json", "-")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    validate(content, SCHEMA)
    assert content["quick"] and content["fits"].keys() == {"xenon1t"}
    found = content["fits"]["xenon1t"]
    works = found["works"]
    assert (found["n_bins"], found["n_free"], list(works)) == (29, 4, WORKS)
    for name in BESIDE_IMINUIT:
        assert works[name]["iminuit"]["cpu"]["faster"]["cpu"] > 1, name
    for name, tolerance in {"nll": 1e-9, "gradient": 1e-2}.items():
        numpy = works[name]["NumPy"]["cpu"]
        assert max(-numpy["lowest"], numpy["highest"]) < tolerance
    everybody = [
        work
        for part in (found, *content["likelihoods"].values())
        for work in part["works"].values()
    ]
    for work in everybody:
        for name, devices in work.items():
            # a minimum below ours would be a better one; numerical slopes may be on either side
            assert name in ("jaxmed", "NumPy") or devices["cpu"]["lowest"] > -1e-6
    for scan in (works["scan"], works["allowed_scan"]):
        assert scan["jaxmed"]["cpu"]["compile_seconds"] >= 0
        assert scan["SciPy"]["cpu"]["highest"] < 1e-3
    assert (
        works["allowed_scan"]["jaxmed"]["cpu"]["number"]
        < works["scan"]["jaxmed"]["cpu"]["number"]
        == 144
    )
    assert works["limits"]["jaxmed"]["cpu"]["number"] == 3
    assert works["toys"]["jaxmed"]["cpu"]["defined"] == 1
    (six,) = content["likelihoods"].values()
    assert (six["n_bins"], six["n_free"]) == (50, 6)
    assert {"jaxmed", "jaxmed, across kinks", "iminuit"} <= six["works"]["toys"].keys()
    assert all(
        of["cpu"]["missed"] == 0 for name, of in six["works"]["toys"].items() if name != "jaxmed"
    )
    assert len([line for line in done.stderr.splitlines() if line.startswith("|")]) > 12


@pytest.mark.slow
def test_without_others_our_numbers_and_how_to_install_them(monkeypatch):
    there = referees._version
    monkeypatch.setattr(referees, "_version", lambda name: "" if name != "scipy" else there(name))
    done = run("--experiments", "texono", "--json", "-")
    assert done.exit_code == 0, done.output
    sentences = [line for line in done.stderr.splitlines() if "pip install" in line]
    assert sentences == [
        "not timed: iminuit, evermore, NextStat; pip install 'jaxmed[bench]' adds them"
    ]
    content = json.loads(done.stdout)
    validate(content, SCHEMA)
    (found,) = content["fits"].values()
    assert {name: list(work) for name, work in found["works"].items()} == {
        "nll": ["jaxmed", "NumPy"],
        "gradient": ["jaxmed", "NumPy"],
        "fit": ["jaxmed"],
        "scan": ["jaxmed", "SciPy"],
        "allowed_scan": ["jaxmed", "SciPy"],
        "limits": ["jaxmed"],
    }


def test_one_who_lacks_one_of_its_packages_is_not_there(monkeypatch):
    assert referees.is_installed("iminuit") and referees.is_installed("SciPy")
    monkeypatch.setattr(referees, "_version", lambda name: "" if name == "optimistix" else "1.0")
    assert not referees.is_installed("evermore")
    assert "optimistix" not in referees.versions() and "evermore" in referees.versions()
    assert referees.missing_words() == [
        "not timed: evermore; pip install 'jaxmed[bench]' adds them"
    ]


def test_an_unknown_experiment_is_one_sentence():
    done = run("--experiments", "xenon1")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_place_that_cannot_be_written_to_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("--json", str(tmp_path / "file" / "bench.json"))
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ") and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("--experiments", ""), ("--experiments", "xenon1t,xenon1t")])
def test_no_experiment_or_one_twice_is_one_sentence(arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ") and len(done.stderr.strip().splitlines()) == 1
