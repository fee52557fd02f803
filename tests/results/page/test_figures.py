"""Figures of the page: what they draw lies where the saved numbers are, and their SVG needs nothing else."""

import json
import re
from functools import partial
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from matplotlib import rc_context
from page_text import page_of
from saved_results import HOSTILE

from jaxmed.results.load import load_result
from jaxmed.results.nuisance_figures import correlation_figure, pulls_figure
from jaxmed.results.page.svg import inline_svg
from jaxmed.results.style import figure_of


@pytest.fixture(scope="module")
def fit(folder):
    return load_result(folder / "results.json")["xenon1t"]


def test_pulls_have_their_errors(fit):
    (panel,) = pulls_figure(fit.pulls).axes
    points, _, (bars,) = panel.containers[0]
    values = [each.value for each in fit.pulls.values()]
    assert points.get_xdata().tolist() == values
    ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
    assert ends == [[v - 0.9, v + 0.9] for v in values]
    # the first on top
    assert [t.get_text() for t in panel.get_yticklabels()] == list(fit.pulls)
    assert panel.get_ylim()[0] > panel.get_ylim()[1]


def test_correlations_are_as_strong_as_their_colour():
    matrix = np.array([[1.0, -0.5, 0.0], [-0.5, 1.0, 0.25], [0.0, 0.25, 1.0]])
    (panel,) = correlation_figure(["a", "b", "c"], matrix).axes
    drawn = {(r.get_y(), r.get_x()): r for r in panel.patches}
    assert set(drawn) == {(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)}
    assert drawn[1, 0].get_alpha() == 0.5 and drawn[2, 1].get_alpha() == 0.25
    assert drawn[1, 0].get_facecolor()[:3] != drawn[2, 1].get_facecolor()[:3]


def test_the_svg_obeys_the_policy_and_shares_no_id(folder):
    page = page_of(folder)
    assert not any("style" in attributes for _, attributes in page.elements)
    assert all(not text.strip().startswith("*{") for text in page.texts["style"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 20
    names = [a["data-name"] for a in page.all("svg") if "data-name" in a]
    assert len(names) == len(set(names)) >= 7


def test_the_svg_is_the_same_whatever_the_user_likes(fit):
    drawn = inline_svg("one", "one", partial(pulls_figure, fit.pulls))
    ugly = {"lines.linewidth": 9, "font.family": "serif", "axes.facecolor": "red"}
    with rc_context(ugly | {"svg.hashsalt": None, "text.usetex": False}):
        again = inline_svg("one", "one", partial(pulls_figure, fit.pulls))
    assert drawn == again
    assert not re.findall("#[0-9a-f]{6}", drawn), "colours are those of the page"


def test_points_that_are_no_numbers_are_left_out(fit):
    flat = fit.pulls["xenon1t_efficiency"]._replace(value=float("nan"), error=None)
    assert "<svg" in inline_svg("n", "n", partial(pulls_figure, {"a": flat, "b": flat}))


def test_formulas_and_powers_of_our_figures_are_text(folder):
    """And what a user has between dollars is as it was."""
    result = load_result(folder / "limit_u1r_xenon1t.json")

    def draw():
        return figure_of(result.plot(label="$5 and $6"))

    shown = [each.text for each in fromstring(inline_svg("n", "n", draw)).iter("text")]
    assert {"M_Z′ [MeV]", "g′ (dimensionless)", "10⁻¹", "$5 and $6"} <= set(shown)
    assert not [text for text in shown if "mathdefault" in text or "M_{" in text]


def test_names_are_text(fit):
    estimate = fit.pulls["xenon1t_efficiency"]
    names = ["$x^", "<b>&", HOSTILE[:20], "\x00\x08 \ud7ff", "数"]
    text = inline_svg("n", HOSTILE, partial(pulls_figure, dict.fromkeys(names, estimate)))
    shown = [each.text for each in fromstring(text).iter("text")]
    assert {"$x^", "<b>&", HOSTILE[:20], "数"} <= set(shown)
    assert fromstring(text).get("aria-label") == HOSTILE
    assert {each.tag for each in fromstring(text).iter()} <= {
        *("svg", "g", "path", "use", "text", "defs", "clipPath", "rect")
    }


def test_a_ranking_is_shown_where_there_is_one(tmp_path, saved, folder):
    content = saved["limit_u1r_xenon1t"]
    assert "ranking" not in content and "what moves the limit" not in page_of(folder).body
    ranking = {"small": [0.01, None, 0.1], "large": [-0.2, None, 0.0]}
    (tmp_path / "limit_a.json").write_text(json.dumps(content | {"ranking": ranking}))
    page = page_of(tmp_path)
    assert "what moves the limit at 0.01 MeV" in page.body
    # at the mass of the strongest limit, the largest first
    assert page.body.index("large") < page.body.index("small")
    rows = page.csv("limit_a_what_moves_the_limit_at_0.01_MeV.csv")
    assert [row["large"] for row in rows] == ["-0.2", "", "0.0"]
