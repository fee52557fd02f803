"""`jaxmed bounds` as a user runs it: Figure 5 with the likelihood limits over it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from jaxmed.analysis.analysis import Analysis, asked
from jaxmed.analysis.limits import limits
from jaxmed.cli import app
from jaxmed.results.bounds import BoundsResult
from jaxmed.theory.single_energy_bounds import figure_5


@dataclass(frozen=True)
class _Run:
    folder: Path
    stdout: str
    content: dict


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run with two masses, 1e-3 and 1e3 MeV."""
    folder = tmp_path_factory.mktemp("bounds")
    arguments = ["bounds", "--points", "2", "--out", str(folder / "out"), "--no-cache"]
    done = CliRunner().invoke(app, [*arguments, "--json", "-"])
    assert done.exit_code == 0, done.output
    return _Run(folder / "out", done.stdout, json.loads(done.stdout))


@pytest.mark.slow
def test_files_and_keys(run):
    assert {p.name for p in run.folder.iterdir()} == {"bounds.json", "bounds.png", "bounds.pdf"}
    assert (run.folder / "bounds.json").read_text() == run.stdout
    keys = {"model", "cl", "sided", "mass_mev", "quick", "likelihood", "note", "provenance"}
    assert run.content.keys() >= keys
    assert run.content["kind"] == "bounds"
    assert run.content["cl"] == 0.9
    assert run.content["quick"].keys() == {"texono", "xenon1t", "coherent"}
    assert run.content["likelihood"].keys() == {"texono", "xenon1t", "coherent"}
    for line in run.content["likelihood"].values():
        assert line.keys() >= {"mass_mev", "g_upper", "flag"}
        assert line["mass_mev"] == pytest.approx([1e-3, 1e3])
    provenance = run.content["provenance"]
    assert any("coherent_lar" in name for name in provenance["data_sha256"])


def test_quick_bounds_are_those_of_the_theory(run):
    mass, quick = run.content["mass_mev"], run.content["quick"]
    assert (mass[0], mass[-1]) == (pytest.approx(1e-3), pytest.approx(1e3))
    for i in (0, 90, -1):
        expected = figure_5(mass[i])
        for name, bound in quick.items():
            assert bound[i] == pytest.approx(float(getattr(expected, name)), rel=1e-12)


def test_likelihood_is_that_of_limits(run, experiments):
    found = limits(experiments["xenon1t"], masses=[1e-3, 1e3])
    line = run.content["likelihood"]["xenon1t"]
    assert line["g_upper"] == pytest.approx(found.g_upper.tolist(), rel=1e-6)
    assert line["flag"] == list(found.flag)


def test_note_is_true(run):
    """What the words say about islands, errors and electrons holds for the numbers beside them."""
    quick, lines = run.content["quick"], run.content["likelihood"]
    texono, xenon1t, coherent = (lines[k] for k in ("texono", "xenon1t", "coherent"))
    for i in (0, -1):
        (_, first), (_, outer) = texono["intervals"][i]
        assert outer / first == pytest.approx(3.0, abs=0.1)
        assert 1.05 < first / quick["texono"][i] < 1.26
        assert coherent["flag"][i] == "ok"
        assert xenon1t["g_upper"][i] > 3 * quick["xenon1t"][i]
    assert "excludes zero" in xenon1t["flag"][0]
    # electrons in CsI: ten times below the quick bound, which knows nuclei only
    assert coherent["g_upper"][0] < 0.2 * quick["coherent"][0]
    assert coherent["g_upper"][0] < texono["g_upper"][0]
    assert coherent["g_upper"][-1] > quick["coherent"][-1]
    for words in ("destructively", "average over the flux", "errors", "electron recoils in CsI"):
        assert words in run.content["note"]


def test_mass_without_a_limit_is_a_gap(experiments):
    """L_mu - L_tau does not touch electrons: no dashed line, and the figure is drawn all the same."""
    found = limits(experiments["texono"], "l_mu_l_tau", masses=[1.0, 10.0])
    bounds = BoundsResult(
        **asked(Analysis.of(experiments=experiments["texono"])),
        cl=0.9,
        sided="two",
        mass_mev=np.geomspace(1e-3, 1e3, 5),
        quick={"texono": np.full(5, 1e-5)},
        likelihood={"texono": found},
    )
    (panel,) = bounds.figure().axes
    dashed = next(line for line in panel.lines if line.get_linestyle() == "--")
    assert np.isnan(np.asarray(dashed.get_ydata(), dtype=float)).all()
    assert panel.get_xlabel().endswith("[MeV]")
    assert dashed.get_label() == "TEXONO, likelihood, 90 % CL, two-sided"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--points", "1"], "points = 1: expected at least 2 masses"),
        (["--json", "no/file.json"], "cannot write no/file.json"),
    ],
)
def test_errors_are_one_sentence(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["bounds", *arguments, "--no-cache"])
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert not list(tmp_path.iterdir())
