"""Analyses from TOML: what is read, and one sentence for every mistake."""

from inspect import signature

import folders
import jax
import numpy as np
import pytest

import jaxmed
from jaxmed.analysis.analysis import DEFAULT, Analysis
from jaxmed.analysis.read import read_analysis
from jaxmed.data_tables import packaged
from jaxmed.inference.bayes.posterior import posterior
from jaxmed.inference.fit.best_fit import fit as best_fit
from jaxmed.inference.hypothesis.coverage import coverage
from jaxmed.inference.hypothesis.expected_limits import expected_limits
from jaxmed.inference.hypothesis.feldman_cousins_limits import fc_limits
from jaxmed.inference.hypothesis.significance import significance
from jaxmed.inference.regions.contours import contours
from jaxmed.inference.regions.limits import limits
from jaxmed.models.choose import couplings


def _read(tmp_path, text):
    path = tmp_path / "job.toml"
    path.write_text(text)
    return read_analysis(path)


def test_the_default_job_is_the_paper_s():
    job = read_analysis(packaged("fits") / DEFAULT)
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
    assert jax.tree.structure(mine) == jax.tree.structure(preset)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), mine, preset)


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
        ("experiments = 3", "experiments = 3: expected text in quotes"),
        ("experiments = [1]", "experiments = 1: expected text in quotes"),
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
            "constraints = 1: expected text in quotes",
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
        ("experiments = ['texono']\nname = 'xenon1t'", "not the name of another experiment"),
        (
            "experiments = ['texono']\ncl = [0.9, 1.0]",
            "cl = 1.0: expected a number between 0 and 1",
        ),
        ("experiments = ['texono']\ncl = 'x'", "cl = 'x': expected numbers like"),
        ("experiments = ['texono']\nmasses = ['a']", "masses = 'a': expected a finite number"),
        ("experiments = ['texono']\nmasses = '1:2'", "mass = '1:2': expected numbers like"),
        (
            "experiments = ['texono']\nsided = 'tow'",
            r"unknown value of sided 'tow' \(did you mean two",
        ),
        ("experiments = ['texono']\nmethod = 'f'", r"unknown method 'f' \(did you mean fc\?\)"),
        ("experiments = ['texono']\ntoys = 0", "toys = 0: expected a whole number from 1 to"),
        ("experiments = ['texono']\nseed = -1", "seed = -1: expected a whole number from 0"),
        ("experiments = ['texono']\nchains = 1.5", "chains = 1.5: expected a whole number from 1"),
        (
            "experiments = ['texono']\n[box]\ng = [1e-3, 1e-5]",
            "expected low < high, from 1e-09 to 1",
        ),
        ("experiments = ['texono']\n[box]\nm = [1, 2]", "unknown parameter under box 'm'"),
        ("experiments = ['texono']\n[box]\ng = 1", "box.g = 1: expected a list"),
        ("experiments = ['texono']\n[priors]\ng = 'flat'", "prior of g = 'flat': expected"),
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


@pytest.mark.parametrize("experiments", ["texono", ["texono"], ("texono",)])
def test_python_and_toml_fill_the_same_analysis(tmp_path, experiments):
    mine = Analysis.of(
        experiments=experiments,
        model="b_minus_l",
        masses=np.array([1.0, 10.0]),
        cl=0.95,
        seed=np.int64(3),
        scan={"g": "1e-7:1e-5:3", "mass": 1.0},
        fixed=None,
    )
    text = """
        experiments = ["texono"]
        model = "b_minus_l"
        masses = [1, 10]
        cl = 0.95
        seed = 3
        scan = { g = "1e-7:1e-5:3", mass = [1.0] }
        """
    theirs = _read(tmp_path, text)
    for key in ("experiments", "model", "name", "masses", "cl", "seed", "fixed"):
        assert getattr(mine, key) == getattr(theirs, key)
    for axis, values in mine.scan.items():
        np.testing.assert_array_equal(values, theirs.scan[axis])


def test_every_part_has_the_data_of_its_own(tmp_path):
    job = _read(
        tmp_path,
        """
        experiments = ["texono", "xenon1t"]
        alone = true
        fixed = { xenon1t_background = 0.5, mass = 1.0 }
        alternatives = { tritium = { xenon1t = { tritium = "free" } } }
        """,
    )
    parts = job.parts()
    assert {name: part.names for name, part in parts.items()} == {
        "texono_xenon1t": ("texono", "xenon1t"),
        "texono_xenon1t_tritium": ("texono", "xenon1t"),
        "texono": ("texono",),
        "xenon1t": ("xenon1t",),
    }
    texono, xenon = parts["texono_xenon1t_tritium"].data
    assert texono is job.data[0] and xenon is not job.data[1]
    assert parts["texono"].fixed == {"mass": 1.0}
    assert parts["xenon1t"].fixed == job.fixed
    floating = {n: [p.name for p in part.problem.floating] for n, part in parts.items()}
    assert floating["texono_xenon1t_tritium"] != floating["texono_xenon1t"]


def test_what_options_change_is_laid_over_the_file(tmp_path):
    job = tmp_path / "job.toml"
    job.write_text(
        """
        name = "mine"
        experiments = ["texono", "xenon1t"]
        alone = true
        fixed = { mass = 0.05 }
        free = ["signal_strength"]
        options = { xenon1t = { atomic = "free" }, texono = { electron_couplings = "tree" } }
        alternatives = { tritium = { xenon1t = { tritium = "free" } } }
        priors = { g = "log-uniform", mass = "log-uniform" }
        """
    )
    changed = read_analysis(job, experiments=("xenon1t",), fixed={"g": 1e-6}, cl=None, free=("g",))
    assert (changed.name, changed.alone, changed.alternatives) == ("xenon1t", False, {})
    assert changed.options == {"xenon1t": {"atomic": "free"}}
    assert changed.fixed == {"mass": 0.05, "g": 1e-6}
    assert changed.free == ("signal_strength", "g")
    other = read_analysis(job, model="weak_mixing")
    assert other.priors == {}
    assert (other.name, other.experiments) == ("mine", ("texono", "xenon1t"))
    assert read_analysis(job) == read_analysis(job, model=None, fixed={}, free=())


def test_another_model_keeps_priors_of_what_is_not_the_model_s(tmp_path):
    job = tmp_path / "job.toml"
    job.write_text(
        """
        experiments = ["xenon1t"]
        options = { xenon1t = { tritium = "free" } }
        priors = { g = "log-uniform", xenon1t_tritium = "uniform:0:100" }
        """
    )
    assert read_analysis(job, model="weak_mixing").priors == {"xenon1t_tritium": "uniform:0:100"}
    assert read_analysis(job, model="b_minus_l").priors.keys() == {"g", "xenon1t_tritium"}


def test_a_folder_is_called_as_it_says_whatever_was_typed(tmp_path, monkeypatch):
    folder = folders.copy("texono", tmp_path)
    monkeypatch.chdir(folder)
    for typed in ("./", str(folder), f"../{folder.name}/"):
        assert Analysis.of(experiments=typed).name == "texono_ten_bins"


def test_a_narrower_box_is_that_of_the_fit():
    job = Analysis.of(experiments="texono", box={"mass": [1.0, 10.0]})
    np.testing.assert_allclose(job.problem.box, [job.model.parameters[0].box, [0.0, 1.0]])


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"nothing.toml: expected a TOML file"):
        read_analysis(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("public", "inner"),
    [
        (jaxmed.fit, best_fit),
        (jaxmed.limits, limits),
        (jaxmed.limits, fc_limits),
        (jaxmed.contours, contours),
        (jaxmed.significance, significance),
        (jaxmed.expected_limits, expected_limits),
        (jaxmed.coverage, coverage),
        (jaxmed.posterior, posterior),
    ],
)
def test_what_is_left_out_is_the_same_for_whom_it_is_handed_to(public, inner):
    """Seeds, levels and numbers of toys: so their results are, too."""
    mine, theirs = (signature(each).parameters for each in (public, inner))
    shared = [name for name in mine if name in theirs and name not in ("experiments", "masses")]
    assert len(shared) >= 2
    assert {n: mine[n].default for n in shared} == {n: theirs[n].default for n in shared}
