"""What tools and newcomers read of the repository agrees with the package."""

import importlib.util
import json
import re
import tomllib
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text()


def test_the_citation_file_says_what_the_package_says():
    said = yaml.safe_load((ROOT / ".github" / "CITATION.cff").read_text())
    project = PROJECT["project"]
    assert said["abstract"] == project["description"]
    assert said["authors"] == project["authors"]
    assert said["keywords"] == project["keywords"]
    assert said["license"] == project["license"]
    # the version is the tag's, and would be forgotten here
    assert "version" not in said


def test_contributing_names_every_room_and_no_other():
    table = re.findall(r"^\| (`.*?) \|", CONTRIBUTING, re.M)
    named = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}
    rooms = {path.parent.name for path in (ROOT / "jaxmed").glob("*/__init__.py")}
    assert named == rooms


def test_the_rooms_are_in_the_order_of_imports():
    (contract,) = PROJECT["tool"]["importlinter"]["contracts"]
    layers = [set(re.findall(r"jaxmed\.(\w+)", layer)) for layer in contract["layers"]]
    order = {name: depth for depth, layer in enumerate(layers) for name in layer}
    rows = re.findall(r"^\| (`.*?) \|", CONTRIBUTING, re.M)
    depths = [{order[name] for name in re.findall(r"`(\w+)`", row)} for row in rows]
    assert all(max(above) <= min(below) for above, below in pairwise(depths))


def test_groups_that_contributing_and_ci_install_exist():
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    texts = [CONTRIBUTING, *(path.read_text() for path in workflows)]
    groups = {name for text in texts for name in re.findall(r"--group (\w+)", text)}
    assert groups and groups <= PROJECT["dependency-groups"].keys()


def test_the_conda_recipe_requires_what_the_package_requires():
    recipe = yaml.safe_load((ROOT / ".github" / "conda" / "recipe.yaml").read_text())
    renamed = {"matplotlib": "matplotlib-base", "typing-extensions": "typing_extensions"}
    wanted = {
        f"{renamed.get(name, name)} >={bound}"
        for name, bound in (each.split(">=") for each in PROJECT["project"]["dependencies"])
    }
    required = set(recipe["requirements"]["run"])
    assert required - {"python >=${{ python_min }}", "__unix"} == wanted
    assert f">={recipe['context']['python_min']}" == PROJECT["project"]["requires-python"]


def test_the_paper_cites_what_is_in_its_bibliography_and_as_the_data_do():
    paper = ROOT / "notebooks" / "docs" / "paper"
    entry = re.compile(r"^@\w+\{([^,\s]+),\n.*?^\}", re.M | re.S)
    own = {found[1]: found[0] for found in entry.finditer((paper / "paper.bib").read_text())}
    cited = set(re.findall(r"@([A-Za-z]\w*(?::\w+)?)", (paper / "paper.md").read_text()))
    assert own.keys() == cited
    sources = (ROOT / "data" / "citations.bib", ROOT / "jaxmed" / "results" / "methods.bib")
    shared = {found[1]: found[0] for path in sources for found in entry.finditer(path.read_text())}
    assert {key: own[key] for key in own.keys() & shared.keys()} == {
        key: shared[key] for key in own.keys() & shared.keys()
    }


def test_a_version_does_not_need_a_tag():
    fallback = PROJECT["tool"]["hatch"]["version"]["raw-options"]["fallback_version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", fallback)
    assert tuple(map(int, version("jaxmed").split(".")[:3])) >= tuple(map(int, fallback.split(".")))


@pytest.fixture(scope="module")
def release_notes():
    path = ROOT / ".github" / "packaging" / "release_notes.py"
    spec = importlib.util.spec_from_file_location("release_notes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_release_says_what_it_changed(release_notes):
    changelog = (
        "# Changelog\n\n## 0.3.0 - 2027-01-01\n\n- more\n\n## 0.2.0\n\n- this\n\n## 0.2\n\n- old\n"
    )
    assert release_notes.changes(changelog, "0.3.0") == "- more"
    assert release_notes.changes(changelog, "0.2.0") == "- this"
    assert release_notes.changes(changelog, "0.2") == "- old"
    with pytest.raises(ValueError, match=r"expected a section 0\.4\.0"):
        release_notes.changes(changelog, "0.4.0")


@pytest.mark.slow
def test_a_release_has_likelihoods(release_notes, tmp_path, monkeypatch):
    monkeypatch.setattr(release_notes, "published", lambda: ("texono",))
    release_notes.main("v0.1.0", tmp_path / "notes")
    notes = (tmp_path / "notes" / "notes.md").read_text()
    assert "### texono\n\n- HS3: -log L is that of jaxmed plus " in notes
    assert "- pyhf: -2 log L is off by at most" in notes
    for kind, key in (("hs3", "distributions"), ("pyhf", "channels")):
        assert json.loads((tmp_path / "notes" / f"texono.{kind}.json").read_text())[key]
