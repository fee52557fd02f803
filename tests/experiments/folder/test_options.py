"""Options of a folder: what they are called, and what a choice lays over the file."""

import folders
import numpy as np
import pytest

from jaxmed.experiments import load, read_folder
from jaxmed.experiments.folder import describe, options_of

OPTION = """
[options.radon]
default = "measured"
none.background.radon = false
exact.background.radon.errors.xenon_radon = false
twice = { background.radon = { errors.xenon_radon = 0.1 }, label = "radon known to 10 %" }
[[options.radon.krypton.background]]
name = "krypton"
rate = 1.0
unit = "1/(tonne year keV)"
errors = { xenon_krypton = 0.2 }
"""


@pytest.fixture
def xenon(tmp_path):
    folder = folders.copy("xenon", tmp_path)
    path = folder / "experiment.toml"
    path.write_text(path.read_text() + OPTION)
    return folder


def described(folder, **choices):
    return describe(folder, choices)


def test_a_choice_is_laid_over_by_name(xenon):
    plain, found = described(xenon), described(xenon, radon="twice")
    assert found.title == "Next-generation xenon, radon known to 10 % (projection)"
    radon, other = found.keys.background
    assert radon.errors == {"xenon_radon": 0.1} and radon.file == "radon.csv"
    assert other == plain.keys.background[1]
    assert found.options == (("radon", "twice"),)
    assert described(xenon, radon="measured").keys == plain.keys


def test_false_takes_away(xenon):
    assert [b.name for b in described(xenon, radon="none").keys.background] == ["double_beta"]
    assert described(xenon, radon="exact").keys.background[0].errors == {}


def test_a_list_is_added(xenon):
    found = described(xenon, radon="krypton")
    assert [b.name for b in found.keys.background] == ["radon", "double_beta", "krypton"]
    more = load(str(xenon), radon="krypton")
    assert "xenon_krypton" in more.nuisances and more.options == (("radon", "krypton"),)
    np.testing.assert_allclose(more.background[2].nominal, 300.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("germanium", ["nucleon_couplings", "form_factor", "reactor_spectra"]),
        ("argon", ["nucleon_couplings", "form_factor"]),
        ("texono", ["electron_couplings", "reactor_spectra"]),
        ("xenon", ["electron_couplings", "solar_model", "oscillations"]),
    ],
)
def test_every_folder_has_the_options_of_its_tables(name, options):
    assert list(options_of(folders.EXAMPLES / name)) == options


@pytest.mark.parametrize(
    ("option", "choice", "path"),
    [
        ("solar_model", "agss09met", ("flux", "model")),
        ("oscillations", "nufit60", ("flux", "oscillations")),
        ("electron_couplings", "tree", ("target", "electrons", "electron_couplings")),
    ],
)
def test_an_option_without_declaration_is_its_key(tmp_path, option, choice, path):
    found = described(folders.copy("xenon", tmp_path), **{option: choice}).keys
    for key in path:
        found = getattr(found, key)
    assert found == choice


def test_the_default_of_such_an_option_is_what_the_file_says(tmp_path):
    folder = folders.changed(folders.copy("xenon", tmp_path), ('"gs98"', '"agss09met"'))
    options = options_of(folder)["solar_model"]
    assert options["default"] == "agss09met" and "gs98" in options
    assert described(folder, solar_model="gs98").keys.flux.model == "gs98"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"radn": "none"},
            r"unknown option 'radn' of .* \(did you mean radon\?\): expected one of",
        ),
        ({"form_factor": "helm"}, "unknown option 'form_factor'"),
        ({"radon": "non"}, r"option radon = 'non' of .* \(did you mean none\?\): expected one of"),
        ({"radon": 3}, "option radon = 3 of .*: expected one of measured, none"),
        ({"radon": None}, "option radon = None of .*: expected one of measured"),
        ({"radon": True}, "option radon = True of .*: expected one of measured"),
        ({"solar_model": "gs99"}, r"solar_model = 'gs99' .* \(did you mean gs98\?\)"),
    ],
)
def test_options_that_there_are_not(xenon, options, message):
    with pytest.raises(ValueError, match=message):
        read_folder(str(xenon), options)


def test_true_and_false_may_be_words_or_not():
    for choice in (False, "false"):
        found = read_folder("coherent_csi", {"electron_channel": choice})
        assert found.keys.target.electrons is None


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("radon = 3", "options.radon: expected a key default"),
        ("radon = { none = {} }", "options.radon: expected a key default"),
        ("radon = { default = 1 }", "options.radon: expected a key default"),
        ('radon = { default = "a", b = 1 }', "options.radon.b = 1: expected a table"),
        (
            'radon = { default = "a", b.background.radn = false }',
            r"with options.radon.b: .*no background 'radn' \(did you mean radon\?\), expected one",
        ),
        (
            'radon = { default = "a", b.background.radon = true }',
            "options.radon.b.background.radon = True: expected",
        ),
        (
            'radon = { default = "a", b.background.radon = 1.0 }',
            "options.radon.b.background.radon = 1.0: expected",
        ),
        (
            'radon = { default = "a", b.target.electrons.fre = 54 }',
            r"with options.radon.b: unknown key .*'fre' \(did you mean free\?\): expected one of",
        ),
        ('radon = { default = "a", b.target = false }', "with options.radon.b: table .target. is"),
        ('radon = { default = "a", b.target = 3 }', "with options.radon.b: target = 3: expected"),
        ('radon = { default = "a", b.runs = "x" }', "with options.radon.b: runs = 'x': expected"),
        ('radon = { default = "a", b.label = 3 }', "options.radon.b.label = 3: expected"),
        (
            'radon = { default = "a", b.options.c = 3 }',
            "with options.radon.b: unknown key 'options'",
        ),
        (
            'radon = { default = "a", b.background = [{ name = "radon" }] }',
            "with options.radon.b: background 'radon' is there twice",
        ),
        ('radon = { default = "a", a.status = "template" }', "options.radon.a.*expected"),
    ],
)
def test_an_option_that_does_not_fit_the_file_is_refused(tmp_path, option, message):
    """Whether or not anybody asks for it."""
    folder = folders.changed(
        folders.copy("xenon", tmp_path), ("[target]\n", f"[options]\n{option}\n[target]\n")
    )
    with pytest.raises(ValueError, match=message) as problem:
        describe(folder)
    assert "\n" not in str(problem.value) and str(folder) in str(problem.value)
