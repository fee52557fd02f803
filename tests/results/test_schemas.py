"""The JSON schemas of results: of every kind, obeyed by what is saved, and by nothing else."""

import json
import pkgutil
from importlib import import_module

import pytest
from jsonschema import Draft202012Validator

import jaxmed.results
from jaxmed.analysis.calibrations import calibrate_posterior
from jaxmed.analysis.contours import contours
from jaxmed.analysis.coverages import coverage
from jaxmed.analysis.expected import expected_limits
from jaxmed.analysis.fits import fit
from jaxmed.analysis.limits import limits
from jaxmed.analysis.mediators import describe
from jaxmed.analysis.posteriors import posterior
from jaxmed.analysis.scans import feldman_cousins
from jaxmed.analysis.sensitivities import sensitivity
from jaxmed.analysis.significances import significance
from jaxmed.analysis.spectra import spectrum
from jaxmed.inference.results import Estimate, Surface
from jaxmed.results.bounds import BoundsResult
from jaxmed.results.kinds import KINDS
from jaxmed.results.result import Result
from jaxmed.results.schema import table_of
from jaxmed.results.store import to_json


def small_bounds():
    """As `jaxmed bounds` finds them, of one reaction."""
    limit = limits("texono", masses=[0.1, 10.0])
    asked = {"model": limit.model, "experiments": limit.experiments, "provenance": limit.provenance}
    line = {"mass_mev": limit.mass_mev, "quick": {"texono": limit.g_upper}}
    return BoundsResult(**asked, **line, cl=0.9, sided="two", likelihood={"texono": limit})


POINT = {"g": 1e-6, "mass": 1.0}
SMALL = {"replicas": 50, "chains": 2, "samples": 8, "warmup": 16}
PLANE = [1e-6, 1e-5, 1e-4]
MAKE = {
    "bounds": small_bounds,
    "calibration": lambda: calibrate_posterior("texono", "weak_mixing", **SMALL),
    "contours": lambda: contours("texono", g=PLANE, mass=[0.1, 1.0, 10.0]),
    "coverage": lambda: coverage("texono", points=[POINT], number=20),
    "expected": lambda: expected_limits("texono", masses=[0.1], number=20),
    "fit": lambda: fit("texono", grid=5),
    "interval": lambda: limits("texono", "charge_radius"),
    "limit": lambda: limits("texono", masses=[0.1, 10.0], expected=20),
    "mediator": lambda: describe("u1r", g=1e-6, mass=0.05),
    "posterior": lambda: posterior("texono", "weak_mixing", chains=2, samples=8, warmup=16),
    "scan": lambda: feldman_cousins("texono", g=[1e-6, 1e-3], mass=[1.0], number=20),
    "significance": lambda: significance("texono", number=20),
    "sensitivity": lambda: sensitivity("texono", masses=[1.0]),
    "spectrum": lambda: spectrum("texono", g=1e-6, mass=1.0),
}


CASES = [
    *MAKE.items(),
    # of one parameter, with everything that may be left out
    ("interval", lambda: limits("texono", "charge_radius", method="fc", toys=20, expected=20)),
    ("sensitivity", lambda: sensitivity("texono", "charge_radius")),
]


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def problems(schema, content):
    return [each.message for each in Draft202012Validator(schema).iter_errors(content)]


def test_no_kind_is_without_a_schema():
    names = [each.name for each in pkgutil.iter_modules(jaxmed.results.__path__, "jaxmed.results.")]
    for name in names:
        import_module(name)
    found = {each.kind: each for each in subclasses(Result) if each.__module__ in names}
    assert found == KINDS and set(MAKE) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_one_and_says_kind_and_format(kind):
    schema = KINDS[kind].json_schema()
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["properties"]["kind"] == {"const": kind}
    assert {"kind", "format", "model", "provenance"} <= set(schema["required"])
    assert set(schema["required"]) | KINDS[kind].optional >= set(schema["properties"])


@pytest.mark.parametrize(("kind", "make"), CASES)
def test_what_is_saved_obeys_and_what_is_changed_does_not(tmp_path, kind, make):
    result, schema = make(), KINDS[kind].json_schema()
    content = json.loads(result.save(tmp_path / "result.json").read_text())
    assert content["kind"] == kind
    assert problems(schema, content) == []
    # toys and the like are left to the .npz
    assert to_json(KINDS[kind].read(content).content()) == to_json(result.content())
    for changed in (
        content | {"kind": "other"},
        content | {"format": 2},
        content | {"unheard_of": 1},
        content | {"experiments": "texono"},
        {key: value for key, value in content.items() if key != "provenance"},
    ):
        assert len(problems(schema, changed)) == 1


def test_named_tuples_are_tables_and_arrays_lists():
    schema = table_of(Surface)
    good = {"axes": {"g": [1.0, 2.0]}, "nll": [[0.0, None]], "status": [0], "gradient_norm": []}
    assert problems(schema, good) == []
    assert problems(schema, list(good.values())) and problems(schema, good | {"nll": "x"})
    assert problems(schema, good | {"axes": {"g": 1.0}})
    schema = table_of(Estimate)
    good = {"value": 1.0, "error": None, "interval": [0.5, 1.5], "at_bound": False, "note": ""}
    assert problems(schema, good) == []
    assert problems(schema, good | {"value": None}) and problems(schema, good | {"interval": [1]})
