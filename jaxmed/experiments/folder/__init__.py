"""An experiment is a folder: experiment.toml and the tables that it names, read into an ordinary Experiment.

The published data sets in data/ and a user's own are read by this code alone. The format, key by key, is described in
fits/examples/README.md; `schema` says the same in code. Every mistake is a ValueError of one sentence with the key, or
the file and the line, what was got and what was expected.
"""

from jaxmed.experiments.folder.build.experiment import build
from jaxmed.experiments.folder.read.describe import Description, describe, options_of
from jaxmed.experiments.folder.read.source import MAIN

__all__ = ["MAIN", "Description", "build", "describe", "options_of"]
