"""jaxmed significance, limit and scan with toys, as a user runs them."""

import json

import counting
import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app
from jaxmed.inference.hypothesis.feldman_cousins import feldman_cousins
from jaxmed.results.significance import SignificanceResult


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; the compilation cache is left alone."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--no-cache"])


@pytest.mark.slow
def test_significance_writes_json_and_toys(run, tmp_path):
    done = run("significance", "--toys", "30", "--seed", "3", "--json", "-")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    path = tmp_path / "results" / "significance_u1r_xenon1t.npz"
    assert json.loads(path.with_suffix(".json").read_text()) == content
    found = jaxmed.load_result(path)
    assert {"kind": "significance", "format": 1}.items() <= content.items()
    assert content["method"] == {"test": "significance", "number": 30, "seed": 3}
    assert found.provenance["data_sha256"]
    assert found.toys.q.shape == found.toys_best.failed.shape == (30,)
    extreme = np.count_nonzero(found.toys.q >= content["q0"])
    assert (
        found.everywhere.value == content["p_values"]["everywhere"]["value"] == (1 + extreme) / 31
    )
    assert content["failed"] == {"background": [], "local": [], "best": []}
    assert "< 1/30" in done.stderr, "the table's words for zero of n toys"
    names = {p.name for p in path.parent.iterdir() if not p.name.startswith(".")}
    assert names == {f"{path.stem}.{s}" for s in ("npz", "json", "png", "pdf")}
    mine = jaxmed.significance("xenon1t", number=30, seed=3)
    for name in ("toys", "toys_local", "toys_best"):
        for one, other in zip(getattr(mine, name), getattr(found, name), strict=True):
            np.testing.assert_array_equal(one, other)
    assert str(mine) == str(found)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["./exp", "../here/exp", "absolute"])
def test_files_are_named_after_experiment_and_model(run, tmp_path, monkeypatch, place):
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    counting.experiment(here / "exp", 1.0)
    (here / "sub" / "mine.toml").write_text(
        '[model]\nname = "mine"\neps = { nu = ["g", "g", "g"], e = "2*g" }\n'
    )
    monkeypatch.chdir(here)
    folder = str(here / "exp") if place == "absolute" else place
    model = {"./exp": "b_minus_l", "../here/exp": "sub/mine.toml"}.get(place, "u1r")
    asked = ("--experiments", folder, "--model", model, "--set", f"mass={counting.MASS}")
    done = run("significance", *asked, "--toys", "20", "--out", "out")
    assert done.exit_code == 0, done.output
    stem = f"significance_{'mine' if 'mine' in model else model}_counting"
    files = {p.name for p in (here / "out").iterdir() if not p.name.startswith(".")}
    assert files == {f"{stem}.{suffix}" for suffix in ("npz", "json", "png", "pdf")}


@pytest.mark.slow
def test_toys_are_kept_whatever_fails_later(run, tmp_path, monkeypatch):
    """The JSON cannot be written, nor the figure be drawn."""
    (tmp_path / "results" / "significance_u1r_texono.json").mkdir(parents=True)

    def fail(*_):
        raise RuntimeError("no figure today")

    monkeypatch.setattr(SignificanceResult, "plot", fail)
    done = run("significance", "--experiments", "texono", "--toys", "20")
    assert done.exit_code == 2 and "Traceback" not in done.output
    found = jaxmed.load_result(tmp_path / "results" / "significance_u1r_texono.npz")
    assert found.toys.q.shape == (20,)
    (tmp_path / "results" / "significance_u1r_texono.json").rmdir()
    done = run("significance", "--experiments", "texono", "--toys", "20")
    assert done.exit_code == 1 and "no figure today" in done.output
    assert jaxmed.load_result(tmp_path / "results" / "significance_u1r_texono.json").q0 >= 0


@pytest.mark.slow
def test_what_is_asked_of_a_significance_reaches_it(run, tmp_path):
    asked = [
        *(
            "--experiments",
            "xenon1t",
            "--option",
            "xenon1t.atomic=free",
            "--free",
            "signal_strength",
        ),
        *("--set", "xenon1t_efficiency=0.5", "--box", "g=1e-8:1e-5", "--box", "mass=1e-3:1"),
    ]
    assert run("significance", *asked, "--toys", "10", "--out", "out").exit_code == 0
    found = jaxmed.load_result(tmp_path / "out" / "significance_u1r_xenon1t.npz")
    assert found.options == {"xenon1t": {"atomic": "free"}}
    assert found.fixed == {"xenon1t_efficiency": 0.5}
    assert found.free == ["signal_strength"]
    assert found.box == {"g": (1e-8, 1e-5), "mass": (1e-3, 1.0)}
    assert np.all(found.toys.best[:, 1] >= np.log10(1e-3) - 1e-9) and found.best["mass"] <= 1.0


@pytest.mark.slow
def test_limits_from_toys(run, tmp_path):
    done = run(
        *("limit", "--experiments", "texono", "--mass", "1", "--method", "fc", "--toys", "30"),
        *("--expected", "40", "--json", "-"),
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert (content["method"], content["toys"], content["seed"]) == ("fc", 30, 1)
    assert content["threshold"] is None and content["sided"] is None
    assert "confidence level, Feldman-Cousins" in " ".join(done.stderr.split())
    low, median, high = (f"{content['g_expected'][s][0]:.3g}" for s in ("-1", "0", "1"))
    assert f"{median} ({low} to {high})" in done.stderr
    bands = [content["g_expected"][s][0] for s in ("-2", "-1", "0", "1", "2")]
    assert bands == sorted(bands)
    assert bands[2] == pytest.approx(2.56e-5, rel=0.1)
    assert content["g_upper"][0] == pytest.approx(2.6e-5, rel=0.1)
    assert (tmp_path / "results" / "limit_u1r_texono.pdf").exists()


SCAN = """
experiments = ["xenon1t"]
[scan]
g = [1.1e-6, 1.6e-6, 1e-3]
mass = [0.058, 1.0]
"""


@pytest.mark.slow
def test_a_scan_with_toys_is_that_of_feldman_cousins(run, tmp_path, experiments):
    (tmp_path / "job.toml").write_text(SCAN)
    asked = ("scan", "job.toml", "--toys", "40", "--seed", "2", "--quiet")
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "1 of 6 points are in the 90% Feldman-Cousins region" in done.output
    found = jaxmed.load_result(tmp_path / "results" / "scan.npz")
    assert found.toys.asked == {"number": 40, "cl": 0.9, "seed": 2}
    assert found.accepted.tolist() == [[False, False], [True, False], [False, False]]
    assert np.isnan(found.critical[2]).all() and np.all(found.p[2] == 0)
    axes = {"g": [1.1e-6, 1.6e-6], "mass": [0.058, 1.0]}
    alone = feldman_cousins(experiments["xenon1t"], number=40, seed=2, **axes)
    np.testing.assert_array_equal(found.p[:2], alone.p)
    np.testing.assert_allclose(found.q[:2], alone.q, atol=1e-6)
    same = jaxmed.feldman_cousins("xenon1t", number=40, seed=2, **found.axes)
    for name, values in same.toys.arrays.items():
        np.testing.assert_array_equal(getattr(found, name), values)
    (tmp_path / "results" / "chunks" / "000000.npz").unlink()
    again = run(*asked, "--resume", "--json", "-")
    content = json.loads(again.stdout)["toys"]
    assert (content["n_accepted"], content["n_failed"]) == (1, 0)
    np.testing.assert_array_equal(content["p"], found.p)
    assert run("scan", "job.toml", "--toys", "41", "--resume").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("significance", "--toys", "0"), "toys = 0: expected a whole number from 1"),
        (("significance", "--constraint", "rho"), "toys are drawn for experiments only"),
        (("significance", "--set", "g=1e-6"), "g is held fixed: expected it free"),
        (("significance", "--model", "standard_model"), "free are none"),
        (("scan", "--toys", "5"), "toys = 5: expected at least 10 for cl = 0.9"),
        (("scan", "--toys", "50", "--cl", "1"), "cl = 1.0: expected a number between 0 and 1"),
        (("limit", "--mass", "1", "--method", "bayes"), "method 'bayes': expected one of"),
        (("limit", "--mass", "1", "--method", "fc", "--toys", "5"), "expected at least 10"),
        (
            ("limit", "--mass", "1", "--expected", "0"),
            "expected = 0: expected a whole number from 1",
        ),
        (
            ("limit", "--mass", "1", "--method", "fc", "--constraint", "rho"),
            "toys are drawn for experiments only",
        ),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    done = run(*arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output
