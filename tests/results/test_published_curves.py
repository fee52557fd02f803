"""Published limits of others: read by name, for their model only, drawn, kept and cited."""

import json
import re

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import jaxmed
from jaxmed.cli.cite import cite
from jaxmed.cli.limit import limit
from jaxmed.cli.names import complete_published
from jaxmed.results.overlay import Overlay, draw_beside
from jaxmed.results.published import published_names, read_published
from jaxmed.results.style import mediator_axes

NEUTRINOS = {"Bauer:2018onh", "Ilten:2018crw"}


def test_names_become_curves_with_author_and_year_in_their_order():
    found = read_published("stars, borexino", "b_minus_l")
    assert [each.label for each in found] == [
        "horizontal branch stars (Li and Xu 2023)",
        "red giants (Li and Xu 2023)",
        "Sun (Li and Xu 2023)",
        "Borexino (Bauer et al. 2018)",
    ]
    assert found[0].cite == ("Li:2023vpv",)
    assert set(found[3].cite) == NEUTRINOS | {"Bellini:2011rx"}
    # as it stands in the paper's figure: GeV there, MeV here
    assert (found[3].mass[0], found[3].g[0]) == (0.22756, 1.7449e-6)
    assert found[3].file == "limits/b_minus_l/borexino.csv"
    assert read_published(None, "u1r") == ()


def test_the_sun_s_plateau_is_the_number_that_its_paper_states():
    sun = read_published("stars", "b_minus_l")[2]
    assert sun.g[0] == pytest.approx(4.1e-10, rel=0.02) and sun.mass.max() < 0.05


def test_the_normalisation_is_that_of_the_model():
    """Charge x g for each fermion: only then may curves in g_BL lie over couplings of b_minus_l."""
    c = jaxmed.couplings("b_minus_l", g=1e-4, mass=1.0)
    np.testing.assert_allclose(c.eps_nu, -1e-4)
    np.testing.assert_allclose([c.eps_e, c.eps_u, c.eps_d], [-1e-4, 1e-4 / 3, 1e-4 / 3])


def test_limits_of_this_package_lie_where_published_ones_do():
    """TEXONO and Borexino see the same electrons: within a factor of two and a half of each other above 1 MeV."""
    (borexino,) = read_published("borexino", "b_minus_l")
    found = jaxmed.limits([jaxmed.load("texono")], "b_minus_l", masses=[1.0, 10.0, 100.0])
    ratio = found.g_upper / np.interp(found.mass, borexino.mass, borexino.g)
    assert (ratio > 0.5).all() and (ratio < 2.5).all() and np.ptp(np.log(ratio)) < 0.7


@pytest.mark.parametrize(
    ("text", "model", "message"),
    [
        ("borexno", "b_minus_l", r"unknown published limit 'borexno' \(did you mean borexino\?\)"),
        ("borexino", "u1r", "borexino: it holds for .* b_minus_l only, expected that .* got u1r"),
        ("stars,stars", "b_minus_l", "expected one of borexino, charm2, stars, or several, each"),
        (",", "b_minus_l", "expected one of borexino"),
        ("../limits", "b_minus_l", "unknown published limit"),
    ],
)
def test_mistakes_are_one_sentence(text, model, message):
    with pytest.raises(ValueError, match=message) as problem:
        read_published(text, model)
    assert "\n" not in str(problem.value)


def test_the_shell_completes_names():
    assert complete_published("") == list(published_names()) == ["borexino", "charm2", "stars"]
    assert complete_published("stars,b") == ["stars,borexino"]
    assert complete_published("stars,s") == []


def test_a_panel_keeps_its_masses_and_shows_every_curve_that_crosses_them():
    panel = mediator_axes(None, "title")
    panel.set(xlim=(1.0, 10.0), ylim=(1e-6, 1e-5))
    far = Overlay("far", "far.csv", np.array([1e-3, 1e3]), np.array([1e-10, 1e-2]))
    outside = Overlay("outside", "outside.csv", np.array([20.0, 30.0]), np.array([1.0, 2.0]))
    draw_beside(panel, [far, outside])
    assert panel.get_xlim() == (1.0, 10.0)
    low, high = panel.get_ylim()
    # g = 1e-6 (mass/MeV)^(4/3): from 1e-6 to 2.2e-5
    assert low == 1e-6 and high == pytest.approx(10 ** (-6 + 4 / 3), rel=0.25)


@pytest.fixture(scope="module")
def run():
    app = typer.Typer()
    app.command()(limit)
    app.command()(cite)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_a_limit_keeps_them_and_cite_names_their_papers(run, tmp_path):
    line = ["--experiments", "texono", "--mass", "0.01:1:3", "--no-cache", "--out", str(tmp_path)]
    done = run("limit", *line, "--model", "b_minus_l", "--published", "charm2,stars")
    assert done.exit_code == 0, done.output
    path = tmp_path / "limit_b_minus_l_texono.json"
    kept = json.loads(path.read_text())["overlays"]
    assert [each["label"].partition(" (")[0] for each in kept] == [
        "CHARM-II",
        "horizontal branch stars",
        "red giants",
        "Sun",
    ]
    assert kept[1]["cite"] == ["Li:2023vpv"]
    keys = set(re.findall(r"^@\w+\{(\S+),$", run("cite", str(path)).stdout, re.MULTILINE))
    assert NEUTRINOS | {"Vilain:1993kd", "Li:2023vpv"} < keys and "Bellini:2011rx" not in keys
    done = run("limit", *line, "--published", "stars")
    assert done.exit_code == 2 and done.stderr.count("\n") == 1
    assert "b_minus_l only" in done.stderr and "got u1r" in done.stderr
