"""The page: needs nothing else, says what was saved, and nothing in a file becomes code."""

import base64
import copy
import hashlib
import json
import re

import numpy as np
import pytest
from page_text import page_of
from saved_results import HOSTILE, OVERLAY

from jaxmed.colours import SERIES
from jaxmed.inference.hypothesis.feldman_cousins import OF_EXCLUDED
from jaxmed.results.page.blocks import file_name
from jaxmed.results.saved import read_saved
from jaxmed.results.store import read_npz


@pytest.fixture(scope="module")
def page(folder):
    return page_of(folder)


def test_it_needs_nothing_from_elsewhere(page):
    for name, attributes in page.elements:
        assert not attributes.keys() & {"src", "action", "srcset", "style", "onload"}, name
        for target in (v for k, v in attributes.items() if k.endswith("href")):
            assert target.startswith(("#", "data:text/")), target
    assert not page.all("link") and not page.all("iframe") and not page.all("base")
    style = "".join(page.texts["style"])
    assert "url(" not in style and "@import" not in style
    assert len(style) > 1000


def test_colours_are_those_of_the_figures(page):
    """Variables have the colours of the figures, and layers take them in the order of the series."""
    named = dict(re.findall(r"--(\w+):(#[0-9A-F]{6});", "".join(page.texts["style"])))
    used = list(dict.fromkeys(named[layer["colour"]] for layer in page.layers))
    assert len(used) == 2
    assert used == list(SERIES[: len(used)])


def test_the_policy_forbids_all_but_its_own_style_and_script(page):
    (policy,) = (m["content"] for m in page.all("meta") if "http-equiv" in m)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for kind, text in (("style", page.texts["style"][0]), ("script", page.texts["script"][-1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


def test_what_a_file_says_is_text(page):
    """Titles and labels that look like HTML are shown, and do nothing."""
    assert [s.get("type") for s in page.all("script")] == ["application/json", None]
    assert not page.all("img") and not page.all("b")
    assert any(HOSTILE in text for text in page.texts["body"])
    assert HOSTILE in [layer["name"] for layer in page.layers]


def test_limits_are_the_saved_numbers(page, saved):
    content, rows = saved["limit_u1r_xenon1t"], page.csv("limit_u1r_xenon1t.csv")
    assert [float(row["mass_mev"]) for row in rows] == content["mass_mev"]
    upper = [float(row["g_upper"]) if row["g_upper"] else None for row in rows]
    assert upper == content["g_upper"] and upper[1] is None
    assert [row["flag"] for row in rows] == content["flag"]
    assert rows[2]["allowed"] == "0.0 to 1e-07; 1e-06 to 2e-06"
    assert [float(r["g_expected_-2"]) for r in rows] == content["g_expected"]["-2"]


def test_contours_are_the_saved_numbers(page, saved):
    content = saved["contour_xenon1t"]["xenon1t"]
    rows = page.csv("contour_xenon1t_lines.csv")
    line = content["contours"][0]["lines"][0]
    assert [float(row["g"]) for row in rows] == line["g"]
    assert {row["cl"] for row in rows} == {"0.6827"}
    rows = page.csv("contour_xenon1t_points.csv")
    assert [float(row["delta_chi2"]) for row in rows] == content["points"]["delta_chi2"]
    assert [row["converged"] for row in rows][:2] == ["False", "True"]


@pytest.mark.parametrize("name", ["results_surface", "scan_points"])
def test_grids_are_the_saved_numbers(page, folder, saved, name):
    if name == "scan_points":
        arrays = read_npz(folder / "scan.npz").arrays
    else:
        surface = saved["results"]["xenon1t"]["surface"]
        arrays = {f"axis_{n}": v for n, v in surface["axes"].items()}
        arrays |= {"nll": np.array(surface["nll"])}
    rows = page.csv(f"{name}.csv")
    found = np.array([[float(row[k]) for k in ("g", "mass", "nll")] for row in rows])
    g, mass = np.meshgrid(arrays["axis_g"], arrays["axis_mass"], indexing="ij")
    np.testing.assert_array_equal(found.T, [g.ravel(), mass.ravel(), arrays["nll"].ravel()])


def test_fits_and_spectra_are_the_saved_numbers(page, saved):
    fit = saved["results"]["xenon1t"]
    both = {row["name"]: float(row["value"]) for row in page.csv("results.csv")}
    assert both == {n: e["value"] for n, e in (fit["parameters"] | fit["nuisances"]).items()}
    content = fit["spectra"]["xenon1t"]
    rows = page.csv(file_name(f"results_{content['title']}.csv"))
    for key in ("observed", "total", "error", "background"):
        assert [float(row[key]) for row in rows] == content[key]
    assert [float(r["standard_model_fit"]) for r in rows] == content["standard"]["total"]
    assert [float(r["low"]) for r in rows] == [low for low, _ in content["bins"]]
    text = page.body
    assert "M_Z' 0.06 MeV (flat)" in text
    assert f"{2 * fit['nll']:.2f}" in text


def test_layers_hold_curves_and_points(page, saved):
    layers = {layer["name"]: layer for layer in page.layers}
    limit = layers["u1r: XENON1T: 90 % limit, two-sided"]
    assert limit["limit"]["y"][1] is None
    assert limit["bars"][-1] == {"x": 1.0, "low": 1e-06, "high": 2e-06}
    (contour,) = (layer for name, layer in layers.items() if ": contours" in name)
    # a closed line ends where it begins
    assert contour["lines"][0]["x"][0] == contour["lines"][0]["x"][-1]
    assert contour["points"]["bound"][:2] == [3, 0]
    fitted = layers["u1r: XENON1T: fit"]
    assert not fitted["on"] and contour["on"]
    assert fitted["colour"] == limit["colour"] == contour["colour"]
    assert layers[HOSTILE]["colour"] != limit["colour"]
    assert fitted["lines"], "a surface has edges"


def test_an_overlay_comes_once(folder):
    other = {**OVERLAY, "label": "other"}
    names = [
        layer["name"] for layer in json.loads(page_of(folder, [OVERLAY, other]).texts["script"][0])
    ]
    assert names.count(HOSTILE) == 1 and names[-1] == "other"


def test_a_scan_along_one_parameter_is_a_curve(tmp_path, folder):
    from jaxmed.results.store import write_npz

    found = read_npz(folder / "scan.npz")
    arrays = {n: a[:, :1] if a.ndim > 1 else a for n, a in found.arrays.items()}
    arrays["axis_mass"] = arrays["axis_mass"][:1]
    write_npz(tmp_path / "scan.npz", "scan", found.header, arrays)
    page = page_of(tmp_path)
    assert not page.layers
    assert len(page.csv("scan_points.csv")) == arrays["nll"].size
    assert "mass = 0.001 MeV" in page.body


def test_toys_of_a_scan_add_their_region(tmp_path, folder):
    from jaxmed.results.store import write_npz

    found = read_npz(folder / "scan.npz")
    p = np.full(found.arrays["nll"].shape, 0.9)
    p[-2:] = 0.0
    toys = {"number": 10, "cl": 0.8, "seed": 1}
    tested = dict.fromkeys(OF_EXCLUDED, p)
    write_npz(tmp_path / "scan.npz", "scan", found.header | {"toys": toys}, found.arrays | tested)
    page = page_of(tmp_path)
    layers = {layer["name"]: layer for layer in page.layers}
    (edge,) = layers["u1r: XENON1T: 80 % Feldman-Cousins region"]["lines"]
    g = found.arrays["axis_g"]
    # p falls from 0.9 to 0 between two rows and is 0.2 after seven ninths of the way
    assert edge["y"] == pytest.approx([g[1] * (g[2] / g[1]) ** (7 / 9)] * len(edge["y"]), rel=1e-4)
    assert [float(row["p"]) for row in page.csv("scan_points.csv")] == p.ravel().tolist()
    assert "Feldman, Gary J." in page.body


def damaged(content, depth=4):
    """The content with one value after another replaced or left out, a few levels deep."""
    if not isinstance(content, dict) or not depth:
        return
    for key, value in content.items():
        yield {k: v for k, v in content.items() if k != key}
        for nonsense in (None, "x", [], {}, [None, "x"], 7):
            yield {**content, key: nonsense}
        for inner in damaged(value, depth - 1):
            yield {**content, key: inner}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "limit_u1r_xenon1t",
        "contour_xenon1t",
        "significance_u1r_xenon1t",
        "bounds",
        "results",
        "posterior_xenon1t",
        "sensitivity_u1r_xenon1t",
        "spectrum_xenon1t",
    ],
)
def test_damaged_files_are_one_sentence(folder, saved, tmp_path, name):
    """Whatever is wrong: a page or a ValueError with the file, never anything else."""
    content = copy.deepcopy(saved[name])
    for part in [content, *(v for v in content.values() if isinstance(v, dict))]:
        if "provenance" in part:
            part["provenance"]["data_sha256"] = {}
    path, refused = tmp_path / f"{name}.json", 0
    cases = list(damaged(content))
    for wrong in cases[:: len(cases) // 60 + 1]:
        path.write_text(json.dumps(wrong))
        try:
            page_of(tmp_path)
        except ValueError as problem:
            refused += 1
            assert str(tmp_path) in str(problem) and "\n" not in str(problem)
    assert refused > 5


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"a": 1}', "[" * 100_000])
def test_files_of_other_kinds(tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(ValueError, match=re.escape(str(tmp_path))):
        read_saved(tmp_path)
