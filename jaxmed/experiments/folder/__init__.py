"""A user's own experiment: a folder with experiment.toml and tables, read into an ordinary Experiment.

The format, key by key, is described in fits/examples/README.md; the readers here say the same in code. Every mistake
is a ValueError of one sentence with the key, or the file and the line, what was got and what was expected.
"""

from pathlib import Path

from jaxmed.experiments.folder.build import build
from jaxmed.experiments.folder.fold import check_reach
from jaxmed.experiments.folder.read import Description, describe
from jaxmed.experiments.folder.source import MAIN

__all__ = ["MAIN", "Description", "build", "read_folder"]


def read_folder(folder: Path) -> Description:
    """Read a folder and check all that can be checked without computing a spectrum.

    Raises:
        ValueError: the first mistake found, or bins that no recoil reaches.
    """
    found = describe(folder)
    check_reach(found)
    return found
