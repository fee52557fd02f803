"""Several limits in one figure: every curve said once, and nothing over them."""

import numpy as np
import pytest
from saved_results import MASS, analysis, limit_found

from jaxmed.analysis.limits import limits_result
from jaxmed.experiments import load
from jaxmed.inference.hypothesis.expected_limits import Expected
from jaxmed.results.limits import limits_figure


@pytest.fixture(scope="module")
def figure():
    bands = np.array([np.array([1e-6, 2e-6, 3e-6]) * 2.0**n for n in (-2, -1, 0, 1, 2)])
    without = Expected(MASS[:3], bands, np.zeros((7, 3)), np.zeros(3, dtype=int))
    data = {name: load(name) for name in ("texono", "xenon1t")}
    groups = {"both": list(data.values()), **data}
    found = {name: limits_result(analysis(e), limit_found(), without) for name, e in groups.items()}
    return limits_figure(found)


def test_every_entry_is_there_once_and_says_whose_it_is(figure):
    (panel,), (legend,) = figure.axes, figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert panel.get_legend() is None and len(labels) == len(set(labels))
    joint = "TEXONO + XENON1T"
    assert {joint, "TEXONO", "XENON1T", "allowed", f"median expected, {joint}"} <= set(labels)
    assert sum("expected" in label for label in labels) == 3


def test_the_legend_is_within_the_figure_and_outside_of_the_panel(figure):
    figure.draw_without_rendering()
    box, panel = figure.legends[0].get_window_extent(), figure.axes[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 > panel.y1


def test_the_excluded_side_is_shaded_to_the_top(figure):
    top = figure.axes[0].get_ylim()[1]
    shades = [each for each in figure.axes[0].collections if each.get_alpha() == 0.12]
    assert len(shades) == 3
    assert all(each.get_paths()[0].vertices[:, 1].max() > top for each in shades)
