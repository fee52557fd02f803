"""Figures of the page: what they draw lies where the saved numbers are, and their SVG needs nothing else."""

import json
import re
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from matplotlib import rc_context
from page_text import page_of
from saved_results import HOSTILE

from jaxmed.results.page import figures
from jaxmed.results.page.svg import inline_svg


@pytest.fixture(scope="module")
def fit(saved):
    return saved["results"]["xenon1t"]


def test_residuals_are_data_less_prediction_over_the_error(fit):
    content = fit["spectra"]["xenon1t"]
    observed, total, error = (np.array(content[k]) for k in ("observed", "total", "error"))
    main, below = figures.spectrum_figure(content).axes
    points = below.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xdata(), np.mean(content["bins"], axis=1))
    np.testing.assert_allclose(points.get_ydata(), (observed - total) / error)
    np.testing.assert_array_equal(main.containers[0].lines[0].get_ydata(), observed)
    heights = {each.get_label(): each.get_data().values for each in main.patches}
    assert heights["standard model"].tolist() == content["standard"]["total"]
    assert heights["background"].tolist() == content["background"]


@pytest.mark.parametrize(("fall", "scale"), [(1.0, "linear"), (1e-3, "log")])
def test_counts_over_decades_have_a_logarithmic_axis(fit, fall, scale):
    content = dict(fit["spectra"]["xenon1t"])
    steps = np.geomspace(1, fall, len(content["bins"]))
    for key in ("total", "background", "observed"):
        content[key] = (100 * steps).tolist()
    content["standard"] = {"total": content["total"]}
    main, _ = figures.spectrum_figure(content).axes
    assert main.get_yscale() == scale


def test_pulls_have_their_errors(fit):
    (panel,) = figures.pulls_figure(fit["nuisances"]).axes
    points, _, (bars,) = panel.containers[0]
    values = [e["value"] for e in fit["nuisances"].values()]
    assert points.get_xdata().tolist() == values
    ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
    assert ends == [[v - 0.9, v + 0.9] for v in values]
    # the first on top
    assert [t.get_text() for t in panel.get_yticklabels()] == list(fit["nuisances"])
    assert panel.get_ylim()[0] > panel.get_ylim()[1]


def test_correlations_are_as_strong_as_their_colour():
    matrix = np.array([[1.0, -0.5, 0.0], [-0.5, 1.0, 0.25], [0.0, 0.25, 1.0]])
    (panel,) = figures.correlation_figure(["a", "b", "c"], matrix).axes
    drawn = {(r.get_y(), r.get_x()): r for r in panel.patches}
    assert set(drawn) == {(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)}
    assert drawn[1, 0].get_alpha() == 0.5 and drawn[2, 1].get_alpha() == 0.25
    assert drawn[1, 0].get_facecolor()[:3] != drawn[2, 1].get_facecolor()[:3]


def test_toys_are_counted_beside_the_data():
    q = np.array([0.0, 0.1, 3.0, np.inf])
    (panel,) = figures.toys_figure(q, 5.0).axes
    (counts,) = (p.get_data().values for p in panel.patches)
    assert counts.sum() == 3 and panel.lines[0].get_xdata()[0] == 5.0
    assert panel.get_xlim()[1] > 5.0


def test_the_svg_obeys_the_policy_and_shares_no_id(folder):
    page = page_of(folder)
    assert not any("style" in attributes for _, attributes in page.elements)
    assert all(not text.strip().startswith("*{") for text in page.texts["style"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 20
    names = [a["data-name"] for a in page.all("svg") if "data-name" in a]
    assert len(names) == len(set(names)) >= 7


def test_the_svg_is_the_same_whatever_the_user_likes(fit):
    drawn = inline_svg("one", "one", figures.pulls_figure, fit["nuisances"])
    ugly = {"lines.linewidth": 9, "font.family": "serif", "axes.facecolor": "red"}
    with rc_context(ugly | {"svg.hashsalt": None, "text.usetex": False}):
        again = inline_svg("one", "one", figures.pulls_figure, fit["nuisances"])
    assert drawn == again
    assert not re.findall("#[0-9a-f]{6}", drawn), "colours are those of the page"


def test_points_that_are_no_numbers_are_left_out(fit):
    flat = {"value": float("nan"), "error": None}
    assert "<svg" in inline_svg("n", "n", figures.pulls_figure, {"a": flat, "b": flat})


def test_names_are_text(fit):
    estimate = fit["nuisances"]["xenon1t_efficiency"]
    names = ["$x^", "<b>&", HOSTILE[:20], "\x00\x08 \ud7ff", "数"]
    text = inline_svg("n", HOSTILE, figures.pulls_figure, dict.fromkeys(names, estimate))
    shown = [each.text for each in fromstring(text).iter("text")]
    assert {"$x^", "<b>&", HOSTILE[:20], "数"} <= set(shown)
    assert fromstring(text).get("aria-label") == HOSTILE
    assert {each.tag for each in fromstring(text).iter()} <= {
        *("svg", "g", "path", "use", "text", "defs", "clipPath", "rect")
    }


def test_a_ranking_is_shown_where_there_is_one(tmp_path, saved, folder):
    content = saved["limit_u1r_xenon1t"]
    assert "ranking" not in content and "Nuisances that move" not in page_of(folder).body
    ranking = {"small": [0.01, None, 0.1], "large": [-0.2, None, 0.0]}
    (tmp_path / "limit_a.json").write_text(json.dumps(content | {"ranking": ranking}))
    page = page_of(tmp_path)
    assert "Nuisances that move a limit" in page.body
    # at the mass of the strongest limit, the largest first
    assert page.body.index("large") < page.body.index("small")
    rows = page.csv("limit_a_ranking.csv")
    assert [row["large"] for row in rows] == ["-0.2", "", "0.0"]
