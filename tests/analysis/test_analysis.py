"""Analyses from TOML: what is read, and one sentence for every mistake."""

import pytest

from jaxmed.analysis.analysis import default_analysis, read_analysis
from jaxmed.models.choose import couplings


def _read(tmp_path, text):
    path = tmp_path / "job.toml"
    path.write_text(text)
    return read_analysis(path)


def test_the_default_job_is_the_paper_s():
    job = read_analysis(default_analysis())
    assert job.name == "combined"
    assert job.model.name == "u1r"
    assert job.experiments == ("texono", "coherent_csi", "coherent_lar", "xenon1t")
    assert job.alone


def test_everything_can_be_said(tmp_path):
    job = _read(
        tmp_path,
        """
        name = "mine"
        model = "b_minus_l"
        experiments = ["xenon1t"]
        alone = false
        grid = 21
        free = ["signal_strength"]
        fixed = { mass = 0.05, xenon1t_background = 0.5 }
        constraints = ["rho"]
        [options.xenon1t]
        solar_model = "agss09met"
        [alternatives.free_electrons]
        xenon1t = { atomic = "free" }
        [scan]
        g = "1e-7:1e-5:3"
        mass = [0.05]
        """,
    )
    assert job.options == {"xenon1t": {"solar_model": "agss09met"}}
    assert job.alternatives == {"free_electrons": {"xenon1t": {"atomic": "free"}}}
    assert job.fixed == {"mass": 0.05, "xenon1t_background": 0.5}
    assert (job.grid, job.free) == (21, ("signal_strength",))
    assert job.constraints == ("rho",)
    assert job.scan["g"] == pytest.approx([1e-7, 1e-6, 1e-5])
    assert job.scan["mass"] == pytest.approx([0.05])


@pytest.mark.parametrize(
    "text",
    [
        "[model]\ncharges = { x_h = 1.0 }",
        "[model]\ncharges = { x_q = 0, x_l = 0, x_h = 1 }",
    ],
)
def test_charges_of_the_paper_are_its_preset(tmp_path, text):
    job = _read(tmp_path, 'experiments = ["texono"]\n' + text)
    mine = job.model.build({"g": 1e-5, "mass": 1.0})
    preset = couplings("u1r", g=1e-5, mass=1.0)
    for ours, theirs in zip(mine, preset, strict=True):
        assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-12)


def test_couplings_can_be_given_directly(tmp_path):
    job = _read(
        tmp_path,
        'experiments = ["texono"]\n[model]\neps = { nu = [0, 1, -1], e = 0.5, u = 0.1, d = 0.2 }',
    )
    c = job.model.build({"g": 2.0, "mass": 1.0})
    assert c.eps_nu.tolist() == [0.0, 2.0, -2.0]
    assert (float(c.eps_e), float(c.eps_u), float(c.eps_d)) == (1.0, 0.2, 0.4)


def test_a_model_file_is_looked_up_beside_the_analysis(tmp_path):
    (tmp_path / "mine.toml").write_text('[model]\nname = "mine"\neps = { e = "2*g" }')
    job = _read(tmp_path, 'experiments = ["texono"]\nmodel = "mine.toml"')
    assert job.model.name == "mine"
    assert float(job.model.build({"g": 1e-3, "mass": 1.0}).eps_e) == 2e-3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("experiments = [", "expected TOML"),
        ("model = 'u1r'", "key 'experiments' is missing"),
        ("experiments = ['texno']", r"unknown experiment 'texno' \(did you mean texono\?\)"),
        ("experiments = []", "expected at least one"),
        ("experiments = ['texono', 'texono']", "each at most once"),
        ("experiments = 'texono'", "expected a list"),
        ("experiments = [1]", "expected a list of names"),
        (
            "experiments = ['texono']\nmodle = 'u1r'",
            r"unknown key 'modle' \(did you mean model\?\)",
        ),
        ("experiments = ['texono']\nmodel = 'u1'", "unknown model 'u1'"),
        ("experiments = ['texono']\nmodel = 3", "model: expected a preset name"),
        (
            "experiments = ['texono']\n[model]\ncharges = {x_z = 1}",
            "unknown key under model.charges",
        ),
        (
            "experiments = ['texono']\n[model]\ncharges = {x_h = 'a'}",
            "model.charges.x_h = 'a': expected a finite number",
        ),
        ("experiments = ['texono']\n[model]\neps = {nu = [1, 2]}", "expected three numbers"),
        (
            "experiments = ['texono']\nconstraints = [1]",
            "constraints = .1.: expected a list of names",
        ),
        ("experiments = ['texono']\nconstraints = ['roh']", "unknown constraint 'roh'"),
        (
            "experiments = ['texono']\nmodel = 'universal'\nconstraints = ['rho']",
            "expected a model with U",
        ),
        ("experiments = ['texono']\ngrid = 1", "grid = 1: expected a whole number from 5"),
        ("experiments = ['texono']\ngrid = true", "grid = True: expected a whole number"),
        ("experiments = ['texono']\nalone = 1", "alone = 1: expected true or false"),
        ("experiments = ['texono']\nfixed = {mass = nan}", "mass = nan: expected a finite number"),
        ("experiments = ['texono']\nname = 'a/b'", "name = 'a/b'"),
        ("experiments = ['texono']\nname = 'texono'", "not the name of an experiment"),
        ("experiments = ['texono']\nscan = 3", "scan = 3: expected a table"),
        ("experiments = ['texono']\n[scan]\nmas = [1]", r"unknown key under scan 'mas' \(did you"),
        ("experiments = ['texono']\n[scan]\nmass = 'x'", "scan.mass = 'x': expected numbers"),
        ("experiments = ['texono']\n[scan]\nmass = [1e9]", "MeV: expected values from"),
        (
            "experiments = ['texono']\noptions = { texono = 3 }",
            "options.texono = 3: expected a table",
        ),
        ("experiments = ['texono']\n[options.xenon1t]\nx = 1", "unknown experiment under options"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as problem:
        _read(tmp_path, text)
    assert "job.toml" in str(problem.value)
    assert "\n" not in str(problem.value)


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"nothing.toml: expected a TOML file"):
        read_analysis(tmp_path / "nothing.toml")
