"""`jaxmed model` as a user runs it, its numbers against the theory functions."""

import json

import pytest
from typer.testing import CliRunner

from jaxmed.cli import app
from jaxmed.models.choose import couplings
from jaxmed.models.presets import PRESETS
from jaxmed.theory.charges import PAPER
from jaxmed.theory.currents import z_couplings, z_prime_couplings
from jaxmed.theory.gauge import gauge_bosons
from jaxmed.theory.rho import rho

KEYS = {
    "kind",
    "format",
    "model",
    "experiments",
    "constraints",
    "fixed",
    "free",
    "options",
    "box",
    "provenance",
    "g",
    "charges",
    "masses_mev",
    "theta",
    "tan_2theta",
    "v_s_mev",
    "rho",
    "couplings",
    "anomalies",
    "widths_mev",
    "note",
}


def _run(*arguments):
    return CliRunner().invoke(app, ["model", *arguments, "--no-cache"])


def _found(*arguments):
    done = _run(*arguments, "--json", "-")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_numbers_are_those_of_the_theory():
    found = _found("--g", "1e-4", "--mass", "20000")
    assert found.keys() == KEYS
    bosons = gauge_bosons(1e-4, 2e4)
    assert found["masses_mev"] == {
        "photon": 0.0,
        "Z": pytest.approx(float(bosons.z), rel=1e-14),
        "Z_prime": 2e4,
    }
    for name in ("theta", "tan_2theta"):
        assert found[name] == pytest.approx(float(getattr(bosons, name)), rel=1e-14)
    assert found["v_s_mev"] == pytest.approx(float(bosons.v_s), rel=1e-14)
    assert found["rho"] == float(rho(1e-4, 2e4))
    assert set(found["anomalies"].values()) == {0.0}
    for boson, chiral in (
        ("Z", z_couplings(PAPER, 1e-4, 2e4)),
        ("Z_prime", z_prime_couplings(PAPER, 1e-4, 2e4)),
    ):
        numbers = found["couplings"][boson]
        assert numbers["left"]["e"] == pytest.approx(float(chiral.e_l), rel=1e-14)
        assert numbers["right"]["d"] == pytest.approx(float(chiral.d_r), rel=1e-14)
        assert numbers["left"]["nu_tau"] == numbers["left"]["nu_e"]
        # left = vector + axial, right = vector - axial
        for side, sign in (("left", 1), ("right", -1)):
            for name, value in numbers[side].items():
                both = numbers["vector"][name] + sign * numbers["axial"][name]
                assert value == pytest.approx(both, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("model", ["u1r", "b_minus_l", "hypercharge", "universal", "l_mu_l_tau"])
def test_couplings_are_those_that_scatter(model):
    found = _found("--model", model, "--g", "1e-5", "--mass", "3")["couplings"]["Z_prime"]
    expected = couplings(model, g=1e-5, mass=3.0)
    left = [found["left"][name] for name in ("nu_e", "nu_mu", "nu_tau")]
    assert left == pytest.approx(expected.eps_nu.tolist(), rel=1e-12)
    for name in ("e", "u", "d"):
        assert found["vector"][name] == pytest.approx(
            float(getattr(expected, f"eps_{name}")), rel=1e-12
        )
    proton = 2 * expected.eps_u + expected.eps_d
    assert found["nucleons"]["p"] == pytest.approx(float(proton), rel=1e-12)


def test_width_of_a_light_mediator_by_hand():
    """Three neutrinos, each M g'^2/4/(24 pi); no electrons below the threshold."""
    found = _found("--g", "1e-6", "--mass", "1")["widths_mev"]
    assert found["neutrinos"] == pytest.approx(3 * 0.25e-12 / (24 * 3.141592653589793), rel=1e-9)
    assert found["electrons"] == 0.0


def test_without_a_gauge_group_there_are_nulls_and_a_reason():
    found = _found("--model", "l_mu_l_tau", "--g", "1e-4", "--mass", "10")
    assert found.keys() == KEYS
    for name in ("charges", "theta", "tan_2theta", "v_s_mev", "rho", "anomalies"):
        assert found[name] is None
    assert found["couplings"]["Z"] is None
    assert found["masses_mev"] == {"photon": None, "Z": None, "Z_prime": 10.0}
    assert "without a gauge group" in found["note"]
    # nu_mu and nu_tau, g^2 each
    assert found["widths_mev"]["neutrinos"] == pytest.approx(2 * 10 * 1e-8 / (24 * 3.14159265359))


def test_without_a_singlet_charge_there_is_no_v_s():
    found = _found("--model", "hypercharge", "--g", "1e-4", "--mass", "10")
    assert found["v_s_mev"] is None
    assert "x_l + x_h" in found["note"]
    assert found["theta"] == pytest.approx(float(gauge_bosons(1e-4, 10.0).theta), rel=1e-14)
    assert set(found["anomalies"].values()) == {0.0}


def test_tables_say_it_for_people():
    done = _run("--g", "1e-6", "--mass", "0.05")
    assert done.exit_code == 0, done.output
    for words in ("theta' [rad]", "v_s [MeV]", "rho - 1", "anomaly xxx", "couplings of the Z'"):
        assert words in done.stdout
    plain = _run("--model", "universal", "--g", "1e-6", "--mass", "0.05")
    assert "theta" not in plain.stdout
    assert "couplings of the Z'" in plain.stdout
    assert "without a gauge group" in plain.stderr


def test_json_goes_to_a_file(tmp_path):
    path = tmp_path / "model.json"
    done = _run("--g", "1e-6", "--mass", "0.05", "--json", str(path))
    assert done.exit_code == 0, done.output
    assert json.loads(path.read_text()).keys() == KEYS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--g", "0", "--mass", "1"], "g = 0.0: expected a finite number > 0"),
        (["--g", "-1", "--mass", "1"], "coupling g = -1.0"),
        (["--g", "1e-6", "--mass", "-1"], "mass = -1.0 MeV"),
        (["--g", "0.01", "--mass", "91188"], "no real v_s gives this mass"),
        (["--g", "1", "--mass", "1", "--model", "weak_mixing"], "has no mediator"),
        (["--g", "1", "--mass", "1", "--model", "u2r"], "unknown model 'u2r'"),
        (["--g", "1", "--mass", "1", "--json", "no/file.json"], "cannot write no/file.json"),
    ],
)
def test_errors_are_one_sentence(arguments, message):
    done = _run(*arguments)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert done.stdout == ""


def test_models_know_their_charges():
    assert PRESETS["u1r"].charges == PAPER
    assert PRESETS["universal"].charges is None
