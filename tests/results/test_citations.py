"""Whom to cite: exactly what a result used, once, sorted, in valid BibTeX."""

import json
import re
from importlib.metadata import version

import pytest

from jaxmed.data_tables import packaged
from jaxmed.experiments import load, published
from jaxmed.results.citations import bibliography, reference
from jaxmed.results.kinds import KINDS
from jaxmed.results.saved import read_saved

SAMPLING = {"Hoffman:2011ukg", "Phan:2019elc", "Kumar:2019arviz", "Vehtari:2019rhat"}
METHODS = {"Alikhanov:2021dhc", "jax2018github", "jaxmed"}
XENON1T = {
    "XENON:2020rca",
    "Athron:2020maw",
    "Vagnozzi:2021quy",
    "XENON:2020iwh",
    "Baker:1983tu",
}
SOLAR = {
    "Vinyoles:2016djt",
    "Bahcall:1987jc",
    "Bahcall:1994cf",
    "Bahcall:1996qv",
    "Bahcall:1997eg",
    "deHolanda:2004fd",
    "Esteban:2020cvm",
}
CORRECTIONS = {"AtzoriCorona:2022lz", "Giunti:2024em"}
SHELLS = {"Chen:2016eab", "Newville:xraydb", "Elam:2002rpc"}


def result_of(kind, cite, **more):
    """A result that only says where it is from, and what its methods depend on."""
    provenance = {"cite": cite, "versions": {"jaxmed": "0.1.0"}}
    return KINDS[kind].model_construct(provenance=provenance, **{"method": "asymptotic"} | more)


def test_an_experiment_cites_every_table_it_read_and_no_other():
    tree = load("xenon1t", electron_couplings="tree")
    assert set(tree.citations) == XENON1T | SOLAR | SHELLS
    assert set(load("xenon1t").citations) == {*tree.citations, *CORRECTIONS}
    texono = set(load("texono").citations)
    assert {"TEXONO:2009knm", "Mueller:2011nm", "Huber:2011wv", "Vogel:1989iv"} <= texono
    # a chi^2 is no Poisson likelihood
    assert "Baker:1983tu" not in texono


@pytest.mark.parametrize(
    ("option", "key", "other"),
    [("helm", "Helm:1956zz", "Klein:1999qj"), ("klein_nystrand", "Klein:1999qj", "Helm:1956zz")],
)
def test_an_option_changes_whom_to_cite(option, key, other):
    citations = load("coherent_lar", form_factor=option).citations
    assert key in citations and other not in citations


def test_all_that_is_cited_has_an_entry(experiments):
    keys = sorted({k for e in experiments.values() for k in e.citations})
    assert not bibliography([result_of("limit", keys)]).unknown
    assert set(experiments) < set(published())


@pytest.mark.parametrize(
    ("kind", "more", "method"),
    [
        ("limit", {"method": "asymptotic"}, {"Wilks:1938dza"}),
        ("limit", {"method": "fc"}, {"Feldman:1997qc"}),
        ("limit", {"method": "fc", "g_expected": {"0": 1}}, {"Feldman:1997qc", "Wilks:1938dza"}),
        ("significance", {}, {"Wilks:1938dza"}),
        ("sensitivity", {}, {"Wilks:1938dza"}),
        ("scan", {}, {"Wilks:1938dza"}),
        ("coverage", {}, {"Feldman:1997qc", "Wilks:1938dza"}),
        ("calibration", {}, {"Talts:2018sbc", *SAMPLING}),
        ("spectrum", {}, set()),
    ],
)
def test_the_method_is_cited(kind, more, method):
    found = bibliography([result_of(kind, ["XENON:2020rca"], **more)])
    assert set(found.entries) == {"XENON:2020rca", *METHODS, *method}


@pytest.mark.parametrize(
    ("confidence", "more"), [(None, set()), ({"contours": []}, {"Wilks:1938dza"})]
)
def test_a_posterior_cites_its_sampler(confidence, more):
    found = bibliography([result_of("posterior", ["XENON:2020rca"], confidence=confidence)])
    assert set(found.entries) == {"XENON:2020rca", *METHODS, *SAMPLING, *more}
    assert not found.unknown
    assert reference(found.entries["Vehtari:2019rhat"])["author"].endswith(
        "Bürkner, Paul-Christian"
    )


def balanced(text):
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    return depth == 0


def test_bibtex_is_sorted_valid_and_has_each_entry_once(folder):
    found = bibliography_of(folder)
    text = str(found)
    keys = re.findall(r"^@[a-z]+\{(\S+),$", text, re.MULTILINE)
    assert keys == sorted(set(keys)) == list(found.entries)
    assert text.count("@") == len(keys) and balanced(text)
    for key, entry in found.entries.items():
        fields = reference(entry)
        assert entry.endswith("}") and balanced(entry), key
        assert fields["title"], key
        assert "{" not in "".join(fields.values()) and "\\" not in "".join(fields.values()), key
    assert f"version {version('jaxmed')}" in found.entries["jaxmed"]


def test_entries_can_be_looked_up_and_no_input_is_quoted_from_memory():
    entries = bibliography([result_of("limit", _all_keys())]).entries
    for key, entry in entries.items():
        fields = reference(entry)
        assert {"doi", "eprint", "howpublished"} & set(fields), key
        assert "descriptive" not in fields["title"], key
    assert {"year", "note", "howpublished"} < set(reference(entries["jaxmed"]))
    texts = [path for folder in ("data", "fits") for path in packaged(folder).rglob("*.*")]
    for path in texts:
        found = re.search(r"recalled|from memory|not re-read", path.read_text(), re.IGNORECASE)
        assert not found, f"{path}: {found}"


def _all_keys():
    everything = (packaged("data") / "citations.bib").read_text()
    return re.findall(r"^@\w+\{(\S+),$", everything, re.MULTILINE)


def test_every_entry_of_the_data_s_bibliography_is_found():
    keys = _all_keys()
    found = bibliography([result_of("spectrum", keys)])
    assert len(keys) == (packaged("data") / "citations.bib").read_text().count("\n@") > 25
    assert set(keys) <= set(found.entries) and not found.unknown


def test_unknown_keys():
    assert bibliography([result_of("limit", ["Nobody:2030"])]).unknown == ("Nobody:2030",)


def bibliography_of(path):
    return bibliography([saved.result for saved in read_saved(path)])


def test_a_file_alone_or_a_folder(folder, tmp_path):
    alone = bibliography_of(folder / "spectrum_xenon1t.json")
    both = bibliography_of(folder)
    assert set(both.entries) - set(alone.entries) == {"Wilks:1938dza", *SAMPLING}
    (tmp_path / "x.json").write_text(json.dumps({"nothing": 1}))
    with pytest.raises(ValueError, match="expected a result of jaxmed"):
        read_saved(tmp_path / "x.json")
    with pytest.raises(ValueError, match=r"which the files of version 0\.1\.0 do not say"):
        read_saved(tmp_path)
    with pytest.raises(ValueError, match="expected a folder"):
        read_saved(tmp_path / "missing")
