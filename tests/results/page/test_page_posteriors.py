"""Posteriors and sensitivities on the page: everything that was saved, and warnings in plain sight."""

import copy
import json

import pytest
from page_text import page_of


@pytest.fixture(scope="module")
def page(folder):
    return page_of(folder)


def test_a_posterior_is_told_in_full(page, saved):
    found = saved["posterior_xenon1t"]["xenon1t"]
    text = page.body
    assert len(found["warnings"]) == 3
    for warning in found["warnings"]:
        assert f"Warning: {warning}" in text
    assert len([p for p in page.all("p") if p.get("class") == "warning"]) == 3
    assert "Priors: g' log-uniform:1e-07:1e-05; M_Z' log-uniform:0.001:1." in text
    assert "2 chains of 1000 samples after 500 steps of warm-up, seed 1; 3 divergences" in text
    assert "acceptance 0.88" in text
    rows = {row["name"]: row for row in page.csv("posterior_xenon1t_summary.csv")}
    assert list(rows) == ["g", "mass", "xenon1t_efficiency"]
    for name, row in rows.items():
        summary = (found["parameters"] | found["nuisances"])[name]
        assert float(row["quantile_0.95"]) == summary["quantiles"]["0.95"]
        assert all(float(row[key]) == summary[key] for key in ("mean", "r_hat", "ess_tail"))


def test_credible_regions_are_areas_beside_their_contours(page, saved):
    found = saved["posterior_xenon1t"]["xenon1t"]
    layers = {layer["name"]: layer for layer in page.layers}
    credible = layers["u1r: XENON1T: credible regions at 68.27, 90 %"]
    assert [region["level"] for region in credible["regions"]] == ["68.27 %", "90 %"]
    for region, level in zip(credible["regions"], found["credible"], strict=True):
        assert not level["lines"][0]["closed"], "it leaves the priors at low masses"
        (ring,) = region["rings"]
        assert (ring["x"][0], ring["y"][0]) == (ring["x"][-1], ring["y"][-1])
        assert min(ring["x"]) == 1e-3 and ring["x"].count(1e-3) > 2
    name = "u1r: XENON1T: confidence contours beside the posterior at 68.27, 90 %"
    assert layers[name]["points"]["delta"] == found["confidence"]["points"]["delta_chi2"]
    assert layers[name]["colour"] == credible["colour"]
    rows = page.csv("posterior_xenon1t_credible.csv")
    assert [float(row["g"]) for row in rows if row["probability"] == "0.9"] == (
        found["credible"][1]["lines"][0]["g"]
    )
    assert len(page.csv("posterior_xenon1t_confidence.csv")) == 8


def test_a_posterior_without_a_plane_has_a_table_only(tmp_path, saved):
    content = copy.deepcopy(saved["posterior_xenon1t"])
    content["xenon1t"] |= {"credible": None, "confidence": None, "priors": {}, "warnings": []}
    (tmp_path / "posterior_alone.json").write_text(json.dumps(content))
    page = page_of(tmp_path)
    assert not page.layers
    assert len(page.csv("posterior_alone_summary.csv")) == 3
    assert "those of the nuisances only" in page.body


def test_sensitivities_are_a_curve_and_a_table(page, saved):
    found = saved["sensitivity_u1r_xenon1t"]
    layers = {layer["name"]: layer for layer in page.layers}
    assert layers["u1r: XENON1T: expected 90 % limit"]["limit"]["y"] == [1e-6, None]
    rows = page.csv("sensitivity_u1r_xenon1t.csv")
    assert [row["knob"] for row in rows] == ["threshold", "exposure"] * 2
    assert float(rows[0]["gain_10_percent"]) == found["knobs"][0]["gain_10_percent"][0]
    text = page.body
    assert "10.00 %" in text and "none (none)" in text and "resolution: -, it is perfect" in text
