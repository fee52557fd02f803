"""One analysis through every command and every Python function: equal results that survive the disk."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app
from jaxmed.results.result import Result
from jaxmed.results.store import to_json

JOB = """
name = "one"
experiments = ["xenon1t"]
model = "b_minus_l"
fixed = { xenon1t_efficiency = 0.3 }
options = { xenon1t = { solar_model = "agss09met" } }
masses = [0.05, 1.0]
cl = 0.9
grid = 7
device = "cpu"
seed = 3
toys = 40
chains = 2
samples = 16
warmup = 32
box = { g = [1e-8, 1e-3], mass = [1e-3, 1e2] }
scan = { g = [1e-7, 3e-7, 1e-6], mass = [0.01, 0.05, 0.2] }
priors = { g = "log-uniform" }
"""
QUESTION = {
    "experiments": "xenon1t",
    "model": "b_minus_l",
    "device": "cpu",
    "fixed": {"xenon1t_efficiency": 0.3},
    "options": {"xenon1t": {"solar_model": "agss09met"}},
    "box": {"g": [1e-8, 1e-3], "mass": [1e-3, 1e2]},
}
ONE = {k if k != "experiments" else "experiment": v for k, v in QUESTION.items()}
LINE = {"masses": [0.05, 1.0], "cl": 0.9}
PLANE = {"g": [1e-7, 3e-7, 1e-6], "mass": [0.01, 0.05, 0.2]}
POINT = {"g": 1e-6, "mass": 0.05}
AT = ("--g", "1e-6", "--mass", "0.05")
CASES = {
    "fit": ((), jaxmed.fit, QUESTION | {"grid": 7}),
    "limit": ((), jaxmed.limits, QUESTION | LINE),
    "contour": ((), jaxmed.contours, QUESTION | PLANE | {"cl": 0.9}),
    "scan": ((), jaxmed.feldman_cousins, QUESTION | PLANE | {"cl": 0.9, "number": 40, "seed": 3}),
    "calibrate": (
        ("--g", "1e-7,2e-7"),
        jaxmed.calibrate,
        QUESTION | PLANE | {"g": [1e-7, 2e-7], "cl": 0.9, "number": 40, "seed": 3},
    ),
    "significance": ((), jaxmed.significance, QUESTION | {"number": 40, "seed": 3}),
    "sensitivity": ((), jaxmed.sensitivity, ONE | LINE),
    "posterior": (
        (),
        jaxmed.posterior,
        QUESTION
        | {"chains": 2, "samples": 16, "warmup": 32, "seed": 3, "priors": {"g": "log-uniform"}},
    ),
    "spectrum": (AT, jaxmed.spectrum, ONE | POINT),
}
HERE = ("date", "command", "compile_seconds", "run_seconds", "devices", "processes")


def said(result):
    """What a result says, without when and where it was found."""
    content = result.content()
    content["provenance"] = {k: v for k, v in content["provenance"].items() if k not in HERE}
    return content


def assert_equal(one, two):
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            assert_equal(one[key], two[key])
    elif isinstance(one, list | tuple | np.ndarray) and not isinstance(one, str):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            assert_equal(a, b)
    elif isinstance(one, float | np.floating):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)
    else:
        assert one == two


def only(found):
    return next(iter(found.values())) if isinstance(found, dict) else found


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory):
    """The command's result from its file, its folder, and the Python function's."""
    folder = tmp_path_factory.mktemp(request.param)
    job = folder / "job.toml"
    job.write_text(JOB)
    options, function, asked = CASES[request.param]
    arguments = [request.param, str(job), *options, "--out", str(folder / "out"), "--no-cache"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code in (0, 1), done.output
    mine = function(**asked)
    names = {"fit": "results.json", "scan": "scan.npz"}
    files = sorted(p for p in (folder / "out").iterdir() if p.suffix in (".json", ".npz"))
    named = [p for p in files if p.name == names.get(request.param, p.name)]
    assert named, files
    return [only(jaxmed.load_result(path)) for path in named], mine, folder / "out", request.param


@pytest.mark.slow
def test_the_command_and_python_find_the_same(case):
    theirs, mine, _, _ = case
    assert isinstance(mine, Result)
    for each in theirs:
        assert_equal(said(each), said(mine))


@pytest.mark.slow
def test_what_was_asked_is_in_it(case):
    for each in (*case[0], case[1]):
        assert each.experiments == ["xenon1t"]
        assert each.model == "b_minus_l"
        assert each.fixed["xenon1t_efficiency"] == 0.3
        assert each.options == {"xenon1t": {"solar_model": "agss09met"}}
        assert each.box == {"g": (1e-8, 1e-3), "mass": (1e-3, 1e2)}
        assert any("agss09met" in key or "solar" in key for key in each.provenance["data_sha256"])


@pytest.mark.slow
def test_it_survives_the_disk(case, tmp_path):
    mine = case[1]
    for suffix in (".json", ".npz"):
        again = jaxmed.load_result(mine.save(tmp_path / f"mine{suffix}"))
        assert str(again) == str(mine)
        assert to_json(again.content()) == to_json(mine.content())
    assert jaxmed.load_result(tmp_path / "mine.npz") == mine


@pytest.mark.slow
def test_it_can_be_shown(case):
    mine = case[1]
    panel = Figure().subplots()
    assert mine.plot(panel) is panel
    assert mine.plot().get_title()
    assert "<table>" in mine._repr_html_()
    assert len(mine.to_dataframe()) > 0
    assert len(str(mine).splitlines()) > 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_goes_on_from_there(case, tmp_path, monkeypatch):
    """A report, what to cite, and a submission where there is one to make."""
    _, _, out, command = case
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["report", str(out)]).exit_code == 0
    assert "XENON1T" in (out / "report.html").read_text()
    cited = CliRunner().invoke(app, ["cite", str(out)])
    assert cited.exit_code == 0
    assert "Alikhanov:2021dhc" in cited.stdout
    done = CliRunner().invoke(app, ["hepdata", str(out), "--out", str(Path("submission"))])
    tables = command in ("limit", "contour", "scan", "posterior")
    assert done.exit_code == (0 if tables else 2), done.output
