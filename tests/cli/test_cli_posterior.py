"""jaxmed posterior as a user runs it: files, JSON keys, exit codes, one sentence for an error."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.analysis.read import read_analysis
from jaxmed.cli import app
from jaxmed.data_tables import packaged
from jaxmed.inference.bayes import extra as bayes

SHORT = ("--samples", "40", "--warmup", "60", "--chains", "2")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(app, ["posterior", *arguments, "--no-cache"])

    return call


@pytest.mark.slow
def test_one_parameter(run, tmp_path):
    """Few samples are not enough, and it says so: exit code 1 if R-hat is large, a warning in any case."""
    prior = "sin2_theta_w=uniform:0.1:0.4"
    asked = ("--model", "weak_mixing", "--experiments", "texono", "--prior", prior)
    done = run(*asked, *SHORT, "--json", "-")
    content = json.loads(done.stdout)
    assert json.loads((tmp_path / "results" / "posterior_texono.json").read_text()) == content
    (found,) = content.values()
    assert found.keys() == {
        "kind", "format", "model", "experiments", "constraints", "fixed", "free", "options", "box", "priors", "log10",
        "sampler", "parameters", "nuisances", "warnings", "credible", "confidence", "profile", "provenance",
    }  # fmt: skip
    assert found["priors"] == {"sin2_theta_w": "uniform:0.1:0.4"}
    summary = found["parameters"]["sin2_theta_w"]
    assert 0.2 < summary["mean"] < 0.28
    assert done.exit_code == (1 if summary["r_hat"] > 1.01 else 0)
    assert [found["sampler"][key] for key in ("chains", "samples", "warmup", "seed")] == [
        2,
        40,
        60,
        1,
    ]
    assert isinstance(found["sampler"]["chains"], int)
    assert "effective samples, expected at least 200" in found["warnings"][-1]
    assert f"texono: warning: {found['warnings'][-1]}" in done.stderr
    data = bayes.need("diagnostics").arviz.from_netcdf(
        str(tmp_path / "results" / "posterior_texono.nc")
    )
    assert data["posterior"]["sin2_theta_w"].shape == (2, 40)
    names = {p.name for p in (tmp_path / "results").iterdir()}
    assert names == {f"posterior_texono.{suffix}" for suffix in ("json", "nc", "png", "pdf")}


@pytest.mark.slow
def test_the_default_is_the_excess_of_xenon1t(run, tmp_path):
    done = run()
    assert done.exit_code == 0, done.output
    path = tmp_path / "results" / "posterior_xenon1t_posterior.json"
    (found,) = json.loads(path.read_text()).values()
    assert found["warnings"] == []
    assert found["parameters"]["mass"]["quantiles"]["0.5"] == pytest.approx(0.054, rel=0.25)
    assert [c["probability"] for c in found["credible"]] == [0.6827, 0.9]
    best = found["confidence"]["best"]
    assert best["mass_mev"] == pytest.approx(0.058, rel=0.01)
    (inner, outer) = (c["lines"] for c in found["confidence"]["contours"])
    assert inner[0]["closed"]
    assert outer[0]["closed"]
    # the densest 68 % contain the confidence region, and reach lower masses
    line = found["credible"][0]["lines"][0]
    assert min(line["mass_mev"]) < min(inner[0]["mass_mev"])
    assert np.log10(max(line["g"])) == pytest.approx(-5.5, abs=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.toml"], "nothing.toml: expected a TOML file"),
        (["--prior", "g"], "--prior g: expected name=prior"),
        (["--prior", "g=uniform", "--prior", "g=uniform"], "each name once"),
        (["--prior", "mass=normal:-1:0.1"], "prior of mass = 'normal:-1:0.1': expected a mean"),
        (["--prior", "mas=uniform"], "did you mean mass?"),
        (["--chains", "0"], "chains = 0: expected a whole number from 1"),
        (["--prior", "g=uniform:1e-8:1e-6", "--box", "g=1e-7:1"], "within 1e-07 to 1"),
        (["--prior", "g=uniform", "--set", "g=1e-6"], "prior of 'g', which is held fixed"),
        (["--chains", "1000000000"], "= 2000000000000: expected at most 10000000"),
        (["--seed", "-1"], "seed = -1: expected"),
        (["--out", "taken"], "cannot write to taken"),
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
    assert {p.name for p in tmp_path.iterdir()} == {"taken"}


def test_priors_in_a_file(tmp_path):
    assert read_analysis(packaged("fits") / "posterior.toml").priors == {
        "g": "log-uniform:1e-8:1e-4",
        "mass": "log-uniform:1e-3:10",
    }
    path = tmp_path / "job.toml"
    path.write_text('experiments = ["texono"]\n[priors]\nmass = "uniform:10:1"\n')
    with pytest.raises(
        ValueError, match=r"job.toml: prior of mass = 'uniform:10:1': expected low < high"
    ):
        read_analysis(path)
