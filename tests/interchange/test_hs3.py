"""Every data set in HS3, read by plain NumPy and by pyhs3: the -log L of jaxmed."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hs3_reader import Reader

import jaxmed
from jaxmed.analysis.analysis import Analysis
from jaxmed.experiments import published
from jaxmed.interchange.hs3 import hs3_document

POINTS = 1000
AT = {"model": "b_minus_l", "fixed": {"mass": 0.06}, "free": ["signal_strength"]}


def posed(experiments, **changes):
    analysis = Analysis.of(experiments=experiments, **AT | changes)
    problem, data = analysis.problem, analysis.data
    return problem, data, json.loads(json.dumps(hs3_document(problem, data)))


def drawn(problem, number=POINTS, part=1.0):
    """Points all over the box, or a part of it around the start, but for the largest couplings."""
    random = np.random.default_rng(7)
    low, high = problem.box.T.copy()
    parameter = next(p for p in problem.model.parameters if p.name in problem.parameters)
    if parameter.log:
        high[0] = low[0] + 4
    low[1:], high[1:] = np.maximum(low[1:], -5) * part, np.minimum(high[1:], 20) * part
    return random.uniform(low, high, (number, low.size)), parameter


def named(problem, x, parameter, document):
    """The points by the document's names."""
    axes = [axis["name"] for axis in document["domains"][0]["axes"]]
    ours = [parameter.name, *problem.nuisances]
    values = [parameter.value(x[:, 0]), *x[:, 1:].T]
    theirs = dict(zip(ours, values, strict=True))
    return {name: theirs[name if name in theirs else name.removesuffix("_")] for name in axes}


def ours(problem, data, x):
    return np.asarray(jax.jit(jax.vmap(lambda each: problem.nll(each, data)))(jnp.asarray(x)))


def assert_same(found, document, want):
    constant = document["misc"]["jaxmed"]["constant"]
    np.testing.assert_allclose(found - constant, want, rtol=1e-10, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("name", published())
def test_every_published_set_is_exact(name):
    problem, data, document = posed(name)
    x, parameter = drawn(problem)
    found = Reader(document).nll(named(problem, x, parameter, document))
    assert_same(found, document, ours(problem, data, x))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "fixed", "box"),
    [
        ("scalar_universal", {"mass": 1.0}, {}),
        ("magnetic_moment", {}, {}),
        ("charge_radius", {}, {}),
        ("millicharge", {}, {}),
        ("u1r", {"mass": 0.06}, {"g": (1e-9, 1e-3)}),
    ],
)
def test_every_kind_of_model_is_exact(model, fixed, box):
    problem, data, document = posed("xenon1t", model=model, fixed=fixed, box=box)
    x, parameter = drawn(problem)
    found = Reader(document).nll(named(problem, x, parameter, document))
    assert_same(found, document, ours(problem, data, x))


@pytest.mark.slow
def test_sets_share_nuisances_and_some_are_held():
    fixed = {"mass": 0.06, "lz_er_background_ws2022": 0.7}
    problem, data, document = posed(["lz_er", "pandax4t_er"], fixed=fixed)
    x, parameter = drawn(problem)
    found = Reader(document).nll(named(problem, x, parameter, document))
    assert_same(found, document, ours(problem, data, x))
    constraints = [d for d in document["distributions"] if d["name"] == "solar_pp_constraint"]
    assert len(constraints) == 1
    (start,) = document["parameter_points"]
    held = {p["name"]: p for p in start["parameters"]}["lz_er_background_ws2022"]
    assert held == {"name": "lz_er_background_ws2022", "value": 0.7, "const": True}


def read_by_pyhs3(document, points):
    """-log L (n,) by pyhs3, its graph run by JAX at all points at once."""
    import pyhs3
    from pyhs3.transpile import jaxify

    model = pyhs3.Workspace(**document).model("analysis", progress=False)
    graph = jaxify(model.log_prob)

    def at(values):
        return graph(**values)[0].sum()

    # step by step: compiled as a whole, graphs of hundreds of bins take gigabytes
    return -np.asarray(jax.vmap(at)({name: jnp.asarray(each) for name, each in points.items()}))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.slow
@pytest.mark.parametrize("name", published())
def test_pyhs3_reads_it(name):
    problem, data, document = posed(name)
    # pyhs3 takes the logarithm of a Gaussian, which underflows at 38 standard deviations; nearly everywhere in the box
    # of Dresden-II's 130 bins it does
    x, parameter = drawn(problem, 20 * POINTS, part=0.01 if name == "dresden2" else 1.0)
    want = ours(problem, data, x)
    tried = np.flatnonzero(want < (600 if data[0].gaussian else np.inf))[:POINTS]
    assert tried.size == POINTS
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        found = read_by_pyhs3(document, named(problem, x[tried], parameter, document))
    assert_same(found, document, want[tried])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.slow
def test_the_page_on_it_is_exact(tmp_path, monkeypatch):
    page = Path(__file__).parents[2] / "notebooks" / "docs" / "pages" / "likelihoods.md"
    command, code = re.findall(r"^```(?:sh|py)\n(.*?)^```$", page.read_text(), re.M | re.S)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command.replace("\\\n", " "))
    subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True)
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        exec(code, {})
    mediator = jaxmed.couplings("b_minus_l", g=1e-6, mass=0.06)
    want = float(jaxmed.nll(jaxmed.load("xenon1t"), mediator))
    assert float(printed.getvalue()) == pytest.approx(want, rel=1e-10)


def test_what_is_written_can_be_read_by_name():
    _, _, document = posed("texono")
    assert [axis["name"] for axis in document["domains"][0]["axes"]] == ["g", "signal_strength"]
    (bin_,) = (d for d in document["distributions"] if d["name"] == "texono_bin_0")
    assert bin_["type"] == "gaussian_dist"
    assert "b_minus_l at mass = 0.06 MeV" in document["metadata"]["description"]


def test_a_constraint_is_refused():
    analysis = Analysis.of(
        experiments="texono", model="u1r", fixed={"mass": 0.06}, constraints=["rho"]
    )
    with pytest.raises(ValueError, match="constraints = rho: expected none in an export"):
        hs3_document(analysis.problem, analysis.data)
