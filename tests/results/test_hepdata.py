"""HEPData submissions: the saved numbers, and accepted by HEPData's own validator."""

import sys
import tarfile

import numpy as np
import pytest

from jaxmed.results.citations import bibliography
from jaxmed.results.hepdata import write_submission
from jaxmed.results.saved import hepdata_tables, read_saved
from jaxmed.results.shown import HepTable
from jaxmed.results.store import read_npz

# hepdata-validator leaves the files open that it reads
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def submission(folder, tmp_path_factory):
    pytest.importorskip("hepdata_lib")
    results = read_saved(folder)
    out = tmp_path_factory.mktemp("submission")
    write_submission(hepdata_tables(results), bibliography([each.result for each in results]), out)
    return out


def columns(submission, name):
    """Independent and dependent columns of a table by their names."""
    yaml = pytest.importorskip("yaml")
    content = yaml.safe_load((submission / f"{name}.yaml").read_text())
    return [
        {c["header"]["name"]: [v["value"] for v in c["values"]] for c in content[kind]}
        for kind in ("independent_variables", "dependent_variables")
    ]


def test_limits_are_the_saved_numbers(submission, saved):
    content = saved["limit_u1r_xenon1t"]
    masses, found = columns(submission, "limit_u1r_xenon1t")
    assert masses["$M_{Z'}$"] == content["mass_mev"]
    assert found["$g'$"] == ["-" if g is None else pytest.approx(g) for g in content["g_upper"]]
    assert found["Remark"] == content["flag"]
    for number, values in content["g_expected"].items():
        name = f"$g'$ expected without a mediator, {int(number):+d} sigma"
        assert found[name] == pytest.approx(values)


def test_contours_and_scans_are_the_saved_numbers(submission, saved, folder):
    line = saved["contour_xenon1t"]["xenon1t"]["contours"][0]["lines"][0]
    vertices, found = columns(submission, "contour_xenon1t_68.27_percent")
    assert vertices["Line"] == [1] * 8
    assert vertices["$M_{Z'}$"] == pytest.approx(line["mass_mev"], rel=1e-7)
    assert found["$g'$"] == pytest.approx(line["g"], rel=1e-7)
    arrays = read_npz(folder / "scan.npz").arrays
    points, found = columns(submission, "scan")
    g, mass = np.meshgrid(arrays["axis_g"], arrays["axis_mass"], indexing="ij")
    assert points["$g'$"] == pytest.approx(g.ravel(), rel=1e-7)
    assert points["$M_{Z'}$"] == pytest.approx(mass.ravel(), rel=1e-7)
    delta = 2 * (arrays["nll"] - arrays["nll"].min()).ravel()
    assert found[r"$-2 \Delta \log L$"] == pytest.approx(delta, rel=1e-7)
    assert set(found["Status"]) == {"converged"}


def test_a_contour_without_lines_says_so(submission):
    """At 90 % every point of the plane is allowed."""
    vertices, found = columns(submission, "contour_xenon1t_90_percent")
    assert vertices["$M_{Z'}$"] == ["-"] and found["$g'$"] == ["-"]
    text = (submission / "submission.yaml").read_text()
    assert "no lines: everything in the plane" in " ".join(text.split())


def test_posteriors_are_regions_and_intervals(submission, saved):
    found = saved["posterior_xenon1t"]["xenon1t"]
    line = found["credible"][1]["lines"][0]
    vertices, edge = columns(submission, "posterior_xenon1t_credible_90_percent")
    assert vertices["$M_{Z'}$"] == pytest.approx(line["mass_mev"], rel=1e-7)
    assert edge["$g'$"] == pytest.approx(line["g"], rel=1e-7)
    vertices, edge = columns(submission, "posterior_xenon1t_confidence_68.27_percent")
    assert len(edge["$g'$"]) == 8
    names, interval = columns(submission, "posterior_xenon1t_summary")
    assert names["Parameter"] == ["g", "mass [MeV]", "xenon1t_efficiency"]
    assert interval["90 %, high"] == [6e-8] * 3
    text = (submission / "posterior_xenon1t_summary.yaml").read_text()
    assert "g log-uniform:1e-07:1e-05; mass log-uniform:0.001:1" in text


def test_it_says_what_was_asked_and_whom_to_cite(submission):
    yaml = pytest.importorskip("yaml")
    head, *tables = yaml.safe_load_all((submission / "submission.yaml").read_text())
    assert "Alikhanov:2021dhc" in head["comment"] and "XENON:2020rca" in head["comment"]
    names = [table["name"] for table in tables]
    assert len(set(names)) == len(names) == 9
    assert {table["location"] for table in tables} >= {"jaxmed result scan.npz"}
    content = yaml.safe_load((submission / "limit_u1r_xenon1t.yaml").read_text())
    qualifiers = {q["name"]: q["value"] for q in content["dependent_variables"][0]["qualifiers"]}
    assert qualifiers == {"Model": "u1r", "Experiments": "xenon1t", "CL": "90 %"}
    with tarfile.open(submission / "submission.tar.gz") as archive:
        inside = set(archive.getnames())
    assert inside == {p.name for p in submission.glob("*.yaml")}


def test_a_user_s_own_curves_are_nobody_s_result(submission):
    assert not any("onerror" in p.read_text() for p in submission.glob("*.yaml"))


def test_names_are_short_and_differ(folder, tmp_path):
    yaml, _ = pytest.importorskip("yaml"), pytest.importorskip("hepdata_lib")
    (first, *_) = hepdata_tables(read_saved(folder / "scan.npz"))
    tables = [first._replace(name=name) for name in ("x" * 70, "x" * 65, "x" * 64)]
    cited = bibliography([each.result for each in read_saved(folder / "scan.npz")])
    write_submission(tables, cited, tmp_path / "new")
    _, *tables = yaml.safe_load_all((tmp_path / "new" / "submission.yaml").read_text())
    names = [table["name"] for table in tables]
    assert len(set(names)) == 3 and max(map(len, names)) == 64


def test_what_is_refused(folder, tmp_path, monkeypatch):
    results = read_saved(folder)
    cited = bibliography([each.result for each in results])
    with pytest.raises(ValueError, match="no limit, contour, scan or posterior"):
        hepdata_tables(read_saved(folder / "significance_u1r_xenon1t.json"))
    monkeypatch.setitem(sys.modules, "hepdata_lib", None)
    with pytest.raises(ValueError, match=r"pip install 'jaxmed\[hepdata\]'"):
        write_submission([], cited, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    monkeypatch.undo()
    pytest.importorskip("hepdata_lib")
    (tmp_path / "note").touch()
    with pytest.raises(ValueError, match="expected an empty or a new folder"):
        write_submission([], cited, tmp_path)
    columns = [(("x", ""), [1.0, 2.0])], [(("y", ""), [1.0, 2.0, 3.0])]
    bad = HepTable("a", "b", {}, *columns)
    with pytest.raises(ValueError, match="HEPData would refuse it"):
        write_submission([bad], cited, tmp_path / "other")
