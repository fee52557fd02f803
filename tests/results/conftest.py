"""A folder with one result of every kind."""

import json

import pytest
from saved_results import write_all

from jaxmed.experiments import load


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with one result of every kind."""
    path = tmp_path_factory.mktemp("results")
    write_all(path, load("xenon1t"))
    return path


@pytest.fixture(scope="session")
def saved(folder):
    """Name of a file without its ending -> the content of its JSON."""
    return {p.stem: json.loads(p.read_text()) for p in folder.glob("*.json")}
