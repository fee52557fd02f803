"""jaxmed scan as a user runs it: its file, kills and resumes, several processes, refusals."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app, progress
from jaxmed.inference.regions.grid_scan import scan as inference_scan
from jaxmed.inference.results import CONVERGED, EXCLUDED

JOB = """
name = "grid"
experiments = ["xenon1t"]
[scan]
g = "3e-7:3e-6:30"
mass = "1e-3:1:24"
"""
SIZE = (30, 24)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; the compilation cache is left alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.toml").write_text(JOB)

    def call(*arguments):
        return CliRunner().invoke(app, ["scan", *arguments, "--no-cache"])

    return call


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The arrays of a scan that nothing disturbed."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "job.toml").write_text(JOB)
    job, out = str(folder / "job.toml"), folder / "out"
    done = CliRunner().invoke(app, ["scan", job, "--out", str(out), "--no-cache", "--json", "-"])
    assert done.exit_code == 0, done.output
    (folder / "printed.json").write_text(done.stdout)
    return folder


def _arrays(path):
    with np.load(path) as file:
        return {name: file[name].tobytes() for name in file.files if name != "header"}


def _start(folder, *arguments, code="from jaxmed.cli import main; main()", job="job.toml"):
    command = [sys.executable, "-W", "error", "-c", code, "scan", job, *arguments]
    return subprocess.Popen(
        [*command, "--no-cache"],
        cwd=folder,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_the_file_is_read_with_numpy_alone(reference):
    names = {p.name for p in (reference / "out").iterdir()}
    assert names == {"job.json", "chunks", "scan.npz", "scan.png", "scan.pdf"}
    with np.load(reference / "out" / "scan.npz", allow_pickle=False) as file:
        header = json.loads(bytes(file["header"]))
        arrays = {name: file[name] for name in file.files}
    assert [axis["name"] for axis in header["axes"]] == ["g", "mass"]
    assert [axis["unit"] for axis in header["axes"]] == ["1", "MeV"]
    assert header["method"] == {"batch": 256, "chunk": 256}
    assert header["provenance"]["devices"] == header["provenance"]["processes"] == 1
    assert arrays["nuisances"].shape == (*SIZE, len(header["nuisances"]))
    np.testing.assert_allclose(arrays["axis_g"], np.geomspace(3e-7, 3e-6, 30), rtol=1e-14)
    assert set(arrays["status"].ravel()) == {CONVERGED, EXCLUDED}
    assert np.nanmax(arrays["gradient_norm"]) < 1e-3
    # the numbers are those of the likelihood
    pulls = dict(zip(header["nuisances"], arrays["nuisances"][20, 5].tolist(), strict=True))
    couplings = jaxmed.couplings("u1r", g=arrays["axis_g"][20], mass=arrays["axis_mass"][5])
    nll = jaxmed.nll(jaxmed.load("xenon1t"), couplings, pulls)
    assert float(nll) == pytest.approx(arrays["nll"][20, 5], rel=1e-12)


def test_the_file_is_that_of_the_library(reference):
    found = jaxmed.load_result(reference / "out")
    for axes in (found.axes, {"g": "3e-7:3e-6:30", "mass": "1e-3:1:24"}):
        mine = jaxmed.scan("xenon1t", **axes)
        for name in ("nll", "status", "gradient_norm"):
            np.testing.assert_array_equal(getattr(found, name), getattr(mine, name))
        assert str(mine) == str(found)
    near = inference_scan(jaxmed.load("xenon1t"), **found.axes)
    # chunks are packed into other batches
    np.testing.assert_allclose(found.nll, near.nll, rtol=1e-12)


def test_json_is_the_whole_result(reference):
    printed = jaxmed.load_result(reference / "printed.json")
    assert printed == jaxmed.load_result(reference / "out")


def test_everything_that_is_asked_reaches_the_result(run, tmp_path):
    asked = [
        *("--experiments", "xenon1t", "--option", "xenon1t.atomic=free"),
        *("--set", "xenon1t_efficiency=0.5", "--free", "signal_strength"),
        *("--box", "g=1e-7:1e-5", "--mass", "0.06", "--grid", "5"),
    ]
    assert run(*asked, "--out", "out").exit_code == 0
    found = jaxmed.load_result(tmp_path / "out")
    mine = jaxmed.scan(
        "xenon1t",
        options={"xenon1t": {"atomic": "free"}},
        fixed={"xenon1t_efficiency": 0.5},
        free=["signal_strength"],
        box={"g": (1e-7, 1e-5)},
        mass=0.06,
        grid=5,
    )
    assert found.options == mine.options == {"xenon1t": {"atomic": "free"}}
    assert found.fixed == mine.fixed == {"xenon1t_efficiency": 0.5}
    assert found.free == mine.free == ["signal_strength"]
    assert found.box == mine.box == {"g": (1e-7, 1e-5)}
    np.testing.assert_allclose(found.axes["g"], np.geomspace(1e-7, 1e-5, 5), rtol=1e-12)
    np.testing.assert_array_equal(found.nll, mine.nll)
    plain = jaxmed.scan("xenon1t", mass=0.06, g=mine.axes["g"])
    assert not np.isclose(plain.nll, mine.nll, rtol=1e-6).any(), "and changes the numbers"
    refused = run(*asked[:-2], "--grid", "5", "--out", "out", "--resume", "--set", "mass=0.06")
    assert "grid for 'mass': expected a free parameter" in refused.stderr
    other = [x.replace("=0.5", "=0.6") for x in asked]
    assert "(fixed is" in run(*other, "--out", "out", "--resume").stderr


def test_options_are_the_table_of_a_file(run, reference, tmp_path):
    grid = "--g", "3e-7:3e-6:30", "--mass", "1e-3:1:24"
    assert run("--experiments", "xenon1t", *grid, "--out", "options").exit_code == 0
    assert _arrays(tmp_path / "options" / "scan.npz") == _arrays(reference / "out" / "scan.npz")
    assert run("job.toml", "--mass", "0.06", "--out", "line").exit_code == 0
    line = jaxmed.load_result(tmp_path / "line")
    assert line.nll.shape == (30, 1) and line.axes["mass"] == [0.06]


def test_json_says_where_the_lowest_point_is(reference):
    printed = json.loads((reference / "printed.json").read_text())
    nll = np.array(printed["nll"])
    assert nll.shape == SIZE
    at = np.unravel_index(np.argmin(nll), SIZE)
    best = printed["best"]
    assert best["nll"] == nll.min()
    assert best["parameters"]["g"] == printed["axes"]["g"][at[0]]
    assert best["parameters"]["mass"] == printed["axes"]["mass"][at[1]]
    assert printed["delta_chi2_sm"] == pytest.approx(2 * (printed["nll_sm"] - nll.min()))
    # Close to the published preference for a signal; the grid misses the best fit by little.
    assert 12 < printed["delta_chi2_sm"] < 13.3
    assert printed["n_points"] == printed["n_converged"] + printed["n_excluded"] == nll.size


_MORTAL = """
import os, signal, sys
import jaxmed.results.store as files
from jaxmed.cli import main
publish, when, left = files._publish, os.environ["WHEN"], 2

def mortal(file, path):
    global left
    left -= path.parent.name == "chunks"
    if when == "after":
        publish(file, path)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if when == "before":
        publish(file, path)

files._publish = mortal
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("when", "kept"), [("before", 1), ("after", 2)])
def test_a_killed_scan_resumes_to_the_same_bits(run, reference, tmp_path, monkeypatch, when, kept):
    """SIGKILL with the second chunk written under its temporary name, and just under its own."""
    monkeypatch.setenv("WHEN", when)
    killed = _start(tmp_path, "--out", "out", code=_MORTAL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    chunks = tmp_path / "out" / "chunks"
    before = {p: p.stat().st_mtime_ns for p in chunks.glob("[0-9]*.npz")}
    assert len(before) == kept
    assert len(list(chunks.glob(".*"))) == 2 - kept
    refused = run("job.toml", "--out", "out")
    assert refused.exit_code == 2
    assert "out already holds a job: add --resume" in refused.stderr
    done = run("job.toml", "--out", "out", "--resume")
    assert done.exit_code == 0, done.output
    assert _arrays(tmp_path / "out" / "scan.npz") == _arrays(reference / "out" / "scan.npz")
    # what was finished is not done again, what was not is swept away
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert sorted(p.name for p in chunks.iterdir()) == [f"{i:06d}.npz" for i in range(3)]


@pytest.mark.slow
def test_two_processes_give_the_same_numbers(reference, tmp_path):
    (tmp_path / "job.toml").write_text(JOB)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    shared = ("--out", "out", "--coordinator", f"localhost:{port}", "--num-processes", "2")
    both = [_start(tmp_path, *shared, "--process-id", i, "--quiet") for i in "01"]
    said = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert _arrays(tmp_path / "out" / "scan.npz") == _arrays(reference / "out" / "scan.npz")
    assert jaxmed.load_result(tmp_path / "out").provenance["processes"] == 2
    # only the first one speaks
    assert "lowest point" in said[0][0]
    assert said[1] == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_one_of_two_processes_that_is_killed_ends_the_other(tmp_path, killed):
    (tmp_path / "job.toml").write_text(JOB)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    work = ("--out", "out", "--toys", "100000", "--quiet")
    shared = ("--coordinator", f"localhost:{port}", "--num-processes", "2")
    both = [_start(tmp_path, *work, *shared, "--process-id", i) for i in "01"]
    signs = [tmp_path / "out" / "chunks" / f".process-{i}" for i in "01"]
    while not all(sign.exists() for sign in signs):
        assert [each.poll() for each in both] == [None, None]
        time.sleep(0.1)
    # one that both have heard
    time.sleep(5)
    both[killed].kill()
    said = both[1 - killed].communicate(timeout=30)
    both[killed].communicate()
    assert both[1 - killed].returncode == 2
    sentence = f"error: process {killed} of this job has ended before its work was done, or cannot write to "
    assert said[0] == "" and said[1].startswith(sentence) and said[1].count("\n") == 1


@pytest.mark.slow
def test_of_two_scans_at_once_in_one_folder_the_second_is_refused(reference, tmp_path):
    (tmp_path / "job.toml").write_text(JOB)
    (tmp_path / "other.toml").write_text(JOB.replace("xenon1t", "texono"))
    both = [_start(tmp_path, "--out", "out", job=job) for job in ("job.toml", "other.toml")]
    said = [each.communicate(timeout=120) for each in both]
    assert sorted(each.returncode for each in both) == [0, 2], said
    first = [each.returncode for each in both].index(0)
    assert said[1 - first][0] == "" and said[1 - first][1].count("\n") == 1
    # the second may come when the first has ended
    sentences = (
        f"error: out is in use by process {both[first].pid} on|error: out already holds a job"
    )
    assert re.match(sentences, said[1 - first][1])
    found = jaxmed.load_result(tmp_path / "out")
    assert found.experiments == [("xenon1t", "texono")[first]]
    assert np.isfinite(found.nll).all()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncate", "flip", "foreign"])
def test_a_damaged_chunk_is_computed_again(run, reference, tmp_path, damage):
    assert run("job.toml", "--out", "out").exit_code == 0
    chunks = tmp_path / "out" / "chunks"
    path = chunks / "000001.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    new = {"truncate": bytes(content[:500]), "flip": bytes(content)}
    path.write_bytes(new.get(damage) or (chunks / "000000.npz").read_bytes())
    done = run("job.toml", "--out", "out", "--resume")
    assert done.exit_code == 0, done.output
    assert "000001.npz" in done.stderr
    assert "computing it again" in done.stderr
    assert "000000.npz" not in done.stderr
    assert _arrays(tmp_path / "out" / "scan.npz") == _arrays(reference / "out" / "scan.npz")


@pytest.mark.slow
def test_another_configuration_is_refused(run, tmp_path):
    assert run("job.toml", "--out", "out").exit_code == 0
    (tmp_path / "other.toml").write_text(JOB.replace("3e-6", "4e-6"))
    own = "model = { eps = { nu = [1, 1, 1], e = %s } }\n"
    (tmp_path / "heavy.toml").write_text(own % 2 + JOB)
    for arguments, message in (
        (("other.toml", "--resume"), "out holds another computation (axes is"),
        (("other.toml",), "out already holds a job"),
        (("heavy.toml", "--resume"), 'out holds another computation (model is "u1r" there'),
        (("job.toml", "--resume", "--constraint", "rho"), "(constraints is [] there"),
    ):
        done = run(*arguments, "--out", "out")
        assert done.exit_code == 2
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    # two models of one name and other couplings
    (tmp_path / "light.toml").write_text(own % 1 + JOB)
    assert run("heavy.toml", "--out", "own").exit_code == 0
    assert "(couplings is" in run("light.toml", "--out", "own", "--resume").stderr


@pytest.mark.slow
def test_less_memory_means_smaller_batches_and_resuming_keeps_them(run, reference, tmp_path):
    done = run("job.toml", "--out", "out", "--memory", "500kB")
    assert done.exit_code == 0, done.output
    found = jaxmed.load_result(tmp_path / "out")
    assert found.method == {"batch": 16, "chunk": 256}
    whole = jaxmed.load_result(reference / "out")
    np.testing.assert_allclose(found.nll, whole.nll, rtol=1e-10)
    before = _arrays(tmp_path / "out" / "scan.npz")
    (tmp_path / "out" / "chunks" / "000001.npz").unlink()
    assert run("job.toml", "--out", "out", "--resume", "--memory", "4GB").exit_code == 0
    assert _arrays(tmp_path / "out" / "scan.npz") == before
    refused = run("job.toml", "--out", "out", "--resume", "--memory", "100kB")
    assert refused.exit_code == 2
    assert "to resume the scan in out, whose batches have 16 points" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["job.toml", "--memory", "10kB"], "memory = 0.01 MB: expected at least"),
        (["job.toml", "--memory", "lots"], "memory = 'lots': expected a size such as 4GB"),
        (["job.toml", "--out", "job.toml"], "cannot write to job.toml"),
        (["job.toml", "--json", "no/x.json"], "cannot write no/x.json"),
        (["none.toml"], "none.toml: expected a TOML file"),
        (["job.toml", "--model", "weak_mixing"], "unknown key under scan 'g'"),
        (["--g", "1e-8:1e3:3"], "g = 1000.0: expected values from"),
        (["--mass", "1,0.1"], "mass: expected at most 10001 values in ascending order"),
        (["--model", "weak_mixing", "--g", "1,2"], "expected one of sin2_theta_w"),
        (["--model", "standard_model"], "has no free parameter: nothing to scan"),
        (["job.toml", "--coordinator", "here"], "need --coordinator HOST:PORT"),
        (
            ["job.toml", "--coordinator", "here", "--num-processes", "2", "--process-id", "0"],
            "coordinator = 'here': expected HOST:PORT",
        ),
    ],
)
def test_errors_are_one_sentence_and_leave_nothing(run, tmp_path, arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["job.toml"]


def test_a_process_that_does_not_see_the_folder_says_so(run, monkeypatch):
    monkeypatch.setattr("jax.process_index", lambda: 1)
    monkeypatch.setattr("jaxmed.analysis.resumable._PATIENCE_SECONDS", 0.3)
    done = run("job.toml", "--out", "mine")
    assert done.exit_code == 2
    assert "process 1 does not see in mine what process 0 has written there" in done.stderr


def test_one_axis_and_a_linear_parameter(run, tmp_path):
    (tmp_path / "line.toml").write_text(JOB.replace('"1e-3:1:24"', "[0.06]"))
    assert run("line.toml", "--out", "line").exit_code == 0
    assert (tmp_path / "line" / "scan.png").stat().st_size > 10_000
    (tmp_path / "angle.toml").write_text(
        'experiments = ["xenon1t"]\nmodel = "weak_mixing"\n[scan]\nsin2_theta_w = "0.1:0.5:9"\n'
    )
    assert run("angle.toml", "--out", "angle").exit_code == 0
    found = jaxmed.load_result(tmp_path / "angle")
    np.testing.assert_allclose(found.axes["sin2_theta_w"], np.linspace(0.1, 0.5, 9))
    (tmp_path / "point.toml").write_text(
        JOB.replace('"1e-3:1:24"', "[0.06]").replace('"3e-7:3e-6:30"', "[1e-6]")
    )
    done = run("point.toml", "--out", "point")
    assert done.exit_code == 0 and "no figure: expected values of g and mass" in done.stderr
    assert not (tmp_path / "point" / "scan.png").exists()


def test_quiet_says_a_line_a_minute(capsys, monkeypatch):
    now = iter([0.0, 0.0, 10.0, 10.0, 70.0, 70.0, 70.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with progress.point_progress(1000, "Scanning", quiet=True) as tick:
        tick(100)
        tick(100)
    assert capsys.readouterr().err == "Scanning: 200 of 1000 points, 2.86 points/s, 0:04:40 left\n"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ((0, 10, 1.0), "0 of 10 points"),
        ((5, 10, 2.0), "5 of 10 points, 2.5 points/s, 0:00:02 left"),
        ((1, 36001, 0.1), "1 of 36001 points, 10 points/s, 1:00:00 left"),
        ((10, 10, 1.0), "10 of 10 points, 10 points/s, 0:00:00 left"),
    ],
)
def test_speed_and_time_left(state, words):
    assert progress.pace(*state) == words
