"""The summary: what was asked, and what the data say."""

import copy
import json

import pytest

from jaxmed.results.page.page import report_page
from jaxmed.results.page.summary import summary
from jaxmed.results.saved import read_saved


@pytest.fixture(scope="module")
def answers(folder):
    return {each.title: each for each in summary(read_saved(folder))}


@pytest.mark.parametrize(
    ("title", "asked", "found"),
    [
        (
            "Fit: u1r: XENON1T",
            "",
            "Best fit: g' 1.6e-06 (1.3e-06, 1.9e-06); M_Z' 0.06 MeV (flat). The standard model is 13.20 units of",
        ),
        (
            "Limit: u1r: XENON1T",
            "CL: 0.9; method: asymptotic; sided: two; seed: 1",
            "g' < 3.33e-07 at 0.01 MeV, g' < 2e-06 at 1 MeV. edge at 1 of 3 masses: allowed up to the largest",
        ),
        (
            "Contours: u1r: XENON1T",
            "CL: 0.6827, 0.9",
            "Best fit: g' = 1e-06; M_Z' = 0.05 MeV. The standard model, 6.00 units of -2 log L worse, is outside the "
            "regions at 68.27, 90 %.",
        ),
        (
            "Posterior: u1r: XENON1T",
            "",
            "g' = 3e-08 (2e-08 to 4e-08 with 68 % probability).",
        ),
        ("Scan: u1r: XENON1T", "", "The standard model is 3.58 units of -2 log L worse."),
        ("Significance: u1r: XENON1T", "", "mediator of any mass: 0.0007 ± 0.0003, 3.20σ."),
        ("Sensitivity: u1r: XENON1T", "CL: 0.9; sided: two", "Expected: g' < 1e-06 at 0.01 MeV."),
        ("Bounds: u1r: XENON1T", "CL: 0.9; sided: two", "XENON1T: g' < 3.33e-07 at 0.01 MeV"),
        ("Spectrum: u1r: XENON1T", "held fixed: g = 1e-06, mass = 0.1", "1261 events observed"),
    ],
)
def test_every_result_has_an_answer(answers, title, asked, found):
    assert answers[title].asked == asked
    assert found in " ".join(answers[title].found)


def test_data_that_all_toys_beat_have_no_number_of_sigmas(tmp_path, saved):
    """Its z is minus infinity, null on disk."""
    content = copy.deepcopy(saved["significance_u1r_xenon1t"])
    for p in content["p_values"].values():
        p |= {"value": 1.0, "error": 0.0, "z": None}
    (tmp_path / "significance.json").write_text(json.dumps(content))
    (answer,) = summary(read_saved(tmp_path))
    assert answer.found[1].endswith(": 1.")


def test_a_page_has_them_all_on_top_and_dates_below(tmp_path, saved):
    content = copy.deepcopy(saved["limit_u1r_xenon1t"])
    content["provenance"]["date"] = "2026-01-02T03:04:05+00:00"
    content |= {"fixed": {"x": 2.0}, "free": ["y"], "g_upper": [None] * 3}
    (tmp_path / "limit_a.json").write_text(json.dumps(content))
    page = report_page(tmp_path, read_saved(tmp_path))
    top, _, rest = page.partition('id="exclusion"')
    assert "There is no limit." in top and "held fixed: x = 2.0; freed: y" in top
    assert "2026-01-02T03:04:05+00:00" in rest
