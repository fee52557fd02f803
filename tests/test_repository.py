"""What tools and newcomers read of the repository agrees with the package."""

import re
import tomllib
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

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


def test_a_version_does_not_need_a_tag():
    fallback = PROJECT["tool"]["hatch"]["version"]["raw-options"]["fallback_version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", fallback)
    assert tuple(map(int, version("jaxmed").split(".")[:3])) >= tuple(map(int, fallback.split(".")))
