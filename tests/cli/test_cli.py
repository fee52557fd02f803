"""The command as a user runs it: files, JSON keys, exit codes, one sentence for an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.cli import app
from jaxmed.cli.common import cache_folder
from jaxmed.experiments import expected, load, nll
from jaxmed.models.choose import couplings

MODELS = Path(__file__).resolve().parents[2] / "fits" / "examples" / "models"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; the compilation cache is left alone."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        cached = () if "--no-cache" in arguments else ("--no-cache",)
        return CliRunner().invoke(app, [*arguments, *cached])

    return call


FIT_KEYS = {
    "model",
    "experiments",
    "constraints",
    "parameters",
    "nuisances",
    "nll",
    "nll_sm",
    "delta_chi2_sm",
    "status",
    "n_bins",
    "provenance",
}


@pytest.mark.slow
def test_fit_writes_results_and_figures(run, tmp_path):
    done = run("fit", "--experiments", "xenon1t", "--out", "mine", "--json", "-")
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    written = json.loads((tmp_path / "mine" / "results.json").read_text())
    assert printed == written
    (result,) = written.values()
    assert result.keys() >= FIT_KEYS
    assert result["parameters"]["g"].keys() >= {"value", "error", "at_bound"}
    assert result["delta_chi2_sm"] == pytest.approx(2 * (result["nll_sm"] - result["nll"]))
    provenance = result["provenance"]
    assert provenance["dtype"] == "float64"
    assert {"jax", "jaxmed"} <= provenance["versions"].keys()
    assert {"device", "data_sha256", "compile_seconds", "run_seconds"} <= provenance.keys()
    names = {p.name for p in (tmp_path / "mine").iterdir()}
    assert names == {
        "results.json",
        "spectra_xenon1t.png",
        "spectra_xenon1t.pdf",
        "surface.png",
        "surface.pdf",
    }
    # the numbers in the file are those of the likelihood
    values = {k: v["value"] for k, v in result["parameters"].items()}
    pulls = {k: v["value"] for k, v in result["nuisances"].items()}
    again = nll(load("xenon1t"), couplings("u1r", **values), pulls)
    assert float(again) == pytest.approx(result["nll"], rel=1e-12)


@pytest.mark.slow
def test_rho_is_one_option_away(run):
    done = run(
        "limit", "--experiments", "texono", "--mass", "5e4", "--constraint", "rho", "--json", "-"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["constraints"] == ["rho"]
    assert found["g_upper"][0] < 0.01
    assert found["provenance"]["dtype"] == "float64"
    done = run("fit", "--experiments", "texono", "--constraint", "rho", "--json", "-")
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout).values()
    assert result["constraints"] == ["rho"]
    # rho lies 1.9 standard deviations above 1
    assert result["nll_sm"] > 1.8


@pytest.mark.slow
def test_fit_alone_gives_one_object_for_each(run, tmp_path):
    (tmp_path / "job.toml").write_text(
        'name = "both"\nexperiments = ["texono", "xenon1t"]\nalone = true\ngrid = 21\n'
    )
    done = run("fit", "job.toml", "--json", "out.json")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "out.json").read_text()).keys() == {"both", "texono", "xenon1t"}


def test_spectrum_adds_up(run):
    done = run(
        "spectrum",
        "--experiment",
        "xenon1t",
        "--model",
        "u1r",
        "--g",
        "1.6e-6",
        "--mass",
        "0.06",
        "--json",
        "-",
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found.keys() >= {"bins", "sm", "signal", "background", "total", "observed", "unit"}
    assert found["bins"][0] == [1.0, 2.0]
    assert found["unit"] == "keV"
    total = np.sum([found["sm"], found["signal"], found["background"]], axis=0)
    np.testing.assert_allclose(found["total"], total, rtol=1e-12)
    np.testing.assert_allclose(
        total, expected(load("xenon1t"), couplings("u1r", g=1.6e-6, mass=0.06)), rtol=1e-12
    )
    assert sum(found["sm"]) == pytest.approx(49.0, rel=0.03)


def test_limit_gives_a_number_and_a_flag(run, tmp_path):
    done = run(
        "limit", "--model", "b_minus_l", "--experiments", "texono", "--mass", "1,10", "--json", "-"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["mass_mev"] == [1.0, 10.0]
    assert found["g_upper"] == pytest.approx([3.30e-6, 1.53e-5], rel=0.04)
    assert found["flag"] == ["ok", "ok"]
    assert len(found["g_best"]) == 2
    assert (tmp_path / "results" / "limit_b_minus_l_texono.png").stat().st_size > 10_000


@pytest.mark.parametrize(("sided", "threshold"), [("two", 2.7055), ("one", 1.6424)])
def test_limits_say_how_many_sides_they_have(run, tmp_path, sided, threshold):
    done = run("limit", "--mass", "1", "--sided", sided, "--json", "-")
    found = json.loads(done.stdout)
    assert found["sided"] == sided
    assert found["threshold"] == pytest.approx(threshold, abs=1e-4)
    assert f"90 % confidence level, {sided}-sided" in " ".join(done.stderr.split())


def test_a_model_of_one_s_own_is_a_file_away(run, tmp_path):
    mine = str(MODELS / "kinetic_mixing.toml")
    point = ["--model", mine, "--set", "mixing=0", "--json", "-"]
    done = run("spectrum", "--experiment", "texono", "--g", "1e-5", "--mass", "1", *point)
    assert done.exit_code == 0, done.output
    preset = ["--model", "b_minus_l", "--json", "-"]
    preset = run("spectrum", "--experiment", "texono", "--g", "1e-5", "--mass", "1", *preset)
    assert json.loads(done.stdout)["total"] == pytest.approx(json.loads(preset.stdout)["total"])
    done = run("limit", "--mass", "1", *point)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["model"], found["g_upper"]) == ("b_minus_l_mixed", pytest.approx([3.30e-6], 0.04))
    assert (tmp_path / "results" / "limit_b_minus_l_mixed_texono.json").is_file()
    done = run("model", "--g", "1e-5", "--mass", "1", *point)
    assert json.loads(done.stdout)["couplings"]["Z_prime"]["left"]["nu_e"] == -1e-5


@pytest.mark.slow
def test_a_file_of_one_s_own_is_fitted(run):
    done = run("fit", str(MODELS / "kinetic_mixing.toml"), "--json", "-")
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout).values()
    assert set(result["parameters"]) == {"g", "mass", "mixing"}
    done = run(
        "fit", "--model", str(MODELS / "leptophilic.toml"), "--experiments", "texono", "--json", "-"
    )
    assert json.loads(done.stdout)["texono"]["model"] == "leptophilic"


def test_a_limit_that_is_none_says_why(run):
    done = run("limit", "--model", "l_mu_l_tau", "--experiments", "texono", "--mass", "1,10")
    assert done.exit_code == 0, done.output
    sentence = "edge at 2 of 2 masses: allowed up to the largest coupling that was tried, so there is no limit"
    assert sentence in done.stderr


def test_logarithmic_mass_range(run):
    done = run("limit", "--model", "b_minus_l", "--mass", "0.1:10:3", "--json", "-")
    assert json.loads(done.stdout)["mass_mev"] == pytest.approx([0.1, 1.0, 10.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "nothing.toml"], "nothing.toml: expected a TOML file"),
        (["fit", "--experiments", "xenon1"], "did you mean xenon1t?"),
        (["fit", "--model", "u2r"], "unknown model 'u2r'"),
        (["fit", "--model", "mine.toml"], "mine.toml: expected a TOML file with a table [model]"),
        (["limit", "--mass", "1", "--set", "g"], "--set g: expected name=number"),
        (["limit", "--mass", "1", "--set", "a=1", "--set", "a=2"], "each name once"),
        (
            ["limit", "--mass", "1", "--set", "a=1"],
            "unknown parameter 'a': expected one of g, mass",
        ),
        (
            ["limit", "--mass", "1", "--model", str(MODELS / "kinetic_mixing.toml")],
            "free are g, mass, mixing, expected g and mass alone, other parameters fixed",
        ),
        (
            ["spectrum", "--experiment", "texono", "--g", "1", "--mass", "1", "--set", "x=1"],
            "model 'u1r' has no parameter 'x'",
        ),
        (["limit", "--mass", "one"], "mass = 'one': expected numbers"),
        (["limit", "--mass", "1:0.1:5"], "with 0 < low < high"),
        (["limit", "--mass", "1:10"], "mass = '1:10': expected numbers"),
        (["limit", "--mass", "-1"], "mass = -1.0 MeV: expected"),
        (["limit", "--mass", "1", "--cl", "2"], "confidence level cl = 2.0"),
        (["limit", "--mass", "1", "--cl", "0.4", "--sided", "one"], "cl = 0.4: expected above 0.5"),
        (["limit", "--mass", "1", "--sided", "both"], "unknown value of sided 'both'"),
        (["bounds", "--sided", "three"], "unknown value of sided 'three'"),
        (
            ["limit", "--mass", "1", "--method", "fc", "--sided", "one"],
            "sided = one: expected it left out with method fc",
        ),
        (
            ["limit", "--mass", "1", "--model", "universal", "--constraint", "rho"],
            "expected a model with U(1)_X charges",
        ),
        (
            ["fit", "--model", "universal", "--constraint", "rho"],
            "expected a model with U(1)_X charges",
        ),
        (["fit", "--constraint", "roh"], "unknown constraint 'roh'"),
        (["limit", "--mass", "1", "--model", "weak_mixing"], "has no mediator"),
        (["spectrum", "--experiment", "texono", "--g", "1e-5", "--mass", "-1"], "mass = -1.0 MeV"),
        (
            ["spectrum", "--experiment", "texono", "--g", "nan", "--mass", "1"],
            "fixed.g = nan: expected",
        ),
        (
            ["spectrum", "--experiment", "texono,xenon1t", "--g", "1", "--mass", "1"],
            "experiments = texono, xenon1t: expected one",
        ),
        (["fit", "--experiments", "texono", "--out", "taken"], "cannot write to taken"),
        (
            ["fit", "--experiments", "texono", "--json", "no/folder.json"],
            "cannot write no/folder.json",
        ),
        (["limit", "--mass", "1", "--json", "."], "cannot write '.': expected the name of a file"),
        (["limit", "--mass", "1", "--json", ""], "cannot write '.': expected the name of a file"),
        (["limit", "--mass", "1", "--json", "x" * 300], "xxx: File name too long"),
        (
            ["spectrum", "--experiment", "texono", "--g", "1e300", "--mass", "1"],
            "coupling g = 1e+300: expected a finite number from 0 to 1000",
        ),
        (
            ["fit", "--device", "gpus"],
            "unknown device 'gpus' (did you mean gpu?): expected one of cpu, gpu, tpu",
        ),
        (["fit", "--device", "tpu"], "device = tpu: JAX finds none"),
        (["limit", "--mass", "1", "--method", "fc", "--toys", "9" * 20], "from 1 to 100000000"),
    ],
)
def test_errors_are_one_sentence(run, tmp_path, arguments, message):
    (tmp_path / "taken").write_text("a file, not a folder")
    done = run(*arguments)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert lines[0].startswith("error: ")
    assert done.stdout == ""
    assert {p.name for p in tmp_path.iterdir()} <= {"taken"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "experiments = ['xenon1t']\n[options.xenon1t]\nsolar_model = 'gs'",
            "option solar_model = 'gs' of xenon1t (did you mean gs98?)",
        ),
        (
            "experiments = ['xenon1t']\n[options.xenon1t]\nsolar = 'gs98'",
            "unknown option 'solar' of xenon1t",
        ),
        ("experiments = ['xenon1t']\nfixed = {sns_flux = 0}", "unknown parameter 'sns_flux'"),
        ("experiments = ['xenon1t']\nfixed = {mass = -1}", "mass = -1.0 MeV: expected"),
        ("experiments = ['xenon1t']\nfree = [3]", "free = 3: expected text in quotes"),
    ],
)
def test_mistakes_in_a_file_leave_nothing_behind(run, tmp_path, text, message):
    (tmp_path / "job.toml").write_text(text)
    done = run("fit", "job.toml")
    assert done.exit_code == 2
    assert message in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["job.toml"]


def test_single_precision_is_refused(run, monkeypatch):
    monkeypatch.setenv("JAX_ENABLE_X64", "0")
    done = run("fit", "--experiments", "texono")
    assert done.exit_code == 2
    assert "64-bit" in done.stderr


def test_a_platform_that_is_not_there_is_one_sentence(tmp_path):
    environment = os.environ | {"JAX_PLATFORMS": "nonsense"}
    command = [sys.executable, "-c", "from jaxmed.cli import main; main()", "fit", "--no-cache"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: JAX finds no device for JAX_PLATFORMS='nonsense'")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_second_run_reads_the_compilation_cache(tmp_path):
    """A fresh process with a fresh cache fills it; the next one compiles nothing anew."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "JAX_PLATFORMS": "cpu"}
    command = [
        sys.executable,
        "-c",
        "from jaxmed.cli import main; main()",
        "spectrum",
        "--experiment",
        "texono",
    ]
    command += ["--g", "1e-6", "--mass", "1"]
    entries = []
    for _ in range(2):
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        entries.append(len(list((tmp_path / "cache" / "jaxmed").glob("*-cache"))))
    assert entries[0] > 0
    assert entries[1] == entries[0]


def test_cache_folder_follows_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "jaxmed"
