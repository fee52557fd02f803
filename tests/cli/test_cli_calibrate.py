"""jaxmed calibrate: resumed bit for bit, the same from Python, and what is refused."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli import app

GIVEN = ("--experiments", "texono", "--toys", "40", "--mass", "0.1,10", "--quiet")
NUMBERS = ("value", "asymptotic", "critical", "failed")


def run(folder, *more):
    return CliRunner().invoke(app, ["calibrate", *GIVEN, "--out", str(folder), "--no-cache", *more])


def calibrated(folder, *more):
    done = run(folder, *more)
    assert done.exit_code == 0, done.output
    (path,) = folder.glob("coverage*.json")
    return path


@pytest.mark.slow
def test_an_interrupted_calibration_goes_on_to_the_same_numbers(tmp_path):
    whole = jaxmed.load_result(calibrated(tmp_path / "whole", "--g", "1e-5,3e-5"))
    broken = tmp_path / "broken"
    path = calibrated(broken, "--g", "1e-5,3e-5")
    path.unlink()
    # as a process that is killed leaves it: without its last chunk, and without a result
    kept = sorted(broken.glob("*/chunks/*"))
    kept[-1].unlink()
    again = jaxmed.load_result(calibrated(broken, "--g", "1e-5,3e-5", "--resume"))
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


@pytest.mark.slow
def test_python_finds_what_the_command_does(tmp_path):
    saved = jaxmed.load_result(calibrated(tmp_path, "--g", "1e-5,3e-5"))
    found = jaxmed.calibrate("texono", number=40, mass=[0.1, 10.0], g=[1e-5, 3e-5])
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(saved, name), getattr(found, name))
    # the standard model comes with the couplings of each mass
    assert [point["g"] for point in found.points] == [0.0, 1e-5, 3e-5] * 2
    assert str(saved) == str(found) and "asymptotic limits cover 90 %" in str(found)


@pytest.mark.slow
def test_without_couplings_they_are_around_the_limit_to_expect(tmp_path):
    path = calibrated(tmp_path)
    content = json.loads(path.read_text())
    assert len(content["points"]) == 20
    g = [p["g"] for p in content["points"] if p["mass"] == 10.0]
    expected = content["g_expected"][-1]
    assert 0 < min(g[1:]) < expected < max(g)
    assert path.with_suffix(".png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name"), [("magnetic_moment", "mu_nu"), ("charge_radius", "r2_nu")]
)
def test_one_parameter_is_calibrated_around_its_ends(model, name):
    found = jaxmed.calibrate("texono", model, number=40)
    values = [point[name] for point in found.points]
    ends = jaxmed.limits("texono", model).intervals[-1]
    assert 0.0 in values and 1.1 * max(ends) < max(values) < 10 * max(ends)
    assert values == sorted(values)
    assert np.all(np.abs(found.asymptotic - 0.9) < 5 * found.asymptotic_error + 0.05)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--toys", "0"), "toys = 0: expected a whole number from 1"),
        (("--constraint", "rho"), "constraints = ['rho']: expected none"),
        (("--experiments", "xenon1t_s2only"), "is a one-sided count"),
    ],
)
def test_what_cannot_be_calibrated_is_one_sentence(tmp_path, more, sentence):
    done = run(tmp_path, *more)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())
