"""The summary: what was asked, and what the data say."""

import copy
import json

import pytest

from jaxmed.results.page.page import report_page
from jaxmed.results.page.scans import p_value
from jaxmed.results.page.summary import summary
from jaxmed.results.saved import read_saved


@pytest.fixture(scope="module")
def answers(folder):
    return {each.title: each for each in summary(read_saved(folder))}


@pytest.mark.parametrize(
    ("title", "asked", "found"),
    [
        (
            "Fit xenon1t: XENON1T (u1r)",
            "",
            "Best fit: g′ = 1.6e-06 (1.3e-06 to 1.9e-06); M_Z′ = 0.06 MeV, flat. The standard model is 13.20 units of",
        ),
        (
            "Limit: XENON1T (u1r)",
            "CL: 0.9; seed: 1; method: asymptotic, two-sided",
            "g′ < 3.33e-07 at 0.01 MeV, g′ < 2e-06 at 1 MeV. To know: edge at 1 of 3 masses, islands at 1 of 3 masses.",
        ),
        (
            "Contours: XENON1T (u1r)",
            "CL: 0.6827, 0.9",
            "Best fit: g′ = 1e-06; M_Z′ = 0.05 MeV. The standard model, 6.00 units of −2 log L worse, is outside the "
            "regions at 68.27, 90 %.",
        ),
        (
            "Posterior: XENON1T (u1r)",
            "priors: g = log-uniform:1e-07:1e-05, mass = log-uniform:0.001:1",
            "g′ = 3e-08 (2e-08 to 4e-08 with 68 % probability).",
        ),
        ("Scan: XENON1T (u1r)", "", "The standard model is 3.58 units of −2 log L worse."),
        (
            "Significance: XENON1T (u1r)",
            "",
            "mediator of any mass: below 0.01, none of 100 toys, 3.20σ.",
        ),
        ("Sensitivity: XENON1T (u1r)", "CL: 0.9", "Expected: g′ < 1e-06 at 0.01 MeV."),
        ("Bounds of arXiv:2106.12364 (u1r)", "CL: 0.9", "XENON1T: g′ < 3.33e-07 at 0.01 MeV"),
        (
            "Spectrum: XENON1T, u1r, g' = 1e-06, M_Z' = 0.1 MeV",
            "held fixed: g = 1e-06, mass = 0.1",
            "1261 events observed",
        ),
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
    assert answer.found[-1].endswith(": 1.")


def test_a_page_has_them_all_on_top_and_dates_below(tmp_path, saved):
    content = copy.deepcopy(saved["limit_u1r_xenon1t"])
    content["provenance"]["date"] = "2026-01-02T03:04:05+00:00"
    content |= {"fixed": {"x": 2.0}, "free": ["y"], "g_upper": [None] * 3}
    (tmp_path / "limit_a.json").write_text(json.dumps(content))
    page = report_page(tmp_path, read_saved(tmp_path))
    top, _, rest = page.partition('id="exclusion"')
    assert "There is no limit." in top and "held fixed: x = 2.0; freed: y" in top
    assert "2026-01-02T03:04:05+00:00" in rest


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (1 / 101, 0.01, "below 0.01, none of 100 toys"),
        (2 / 101, 0.014, "0.0198 ± 0.01"),
        (1e-4, None, "0.0001"),
    ],
)
def test_no_toy_is_a_bound(value, error, words):
    content = {"method": {"number": 100}}
    assert p_value(content, {"value": value, "error": error, "z": 0.0}) == words
