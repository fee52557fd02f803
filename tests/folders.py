"""Folders of experiments for the tests: the worked examples, copied and changed."""

import shutil
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "fits" / "examples" / "experiments"
NAMES = ("germanium", "xenon", "texono", "argon", "cawo4")
DATA = Path(__file__).resolve().parents[1] / "data"
PUBLISHED = ("texono", "coherent_csi", "coherent_lar", "xenon1t", "xenonnt")
"""Data sets whose numbers are known by hand."""


def copy(name, to):
    """A copy of an example that a test may change."""
    return Path(shutil.copytree(EXAMPLES / name, to / name))


def published(name, to):
    """A copy of a published data set under the name my_NAME; its nuisances keep theirs."""
    folder = Path(shutil.copytree(DATA / name, to / f"my_{name}"))
    return change(folder, "experiment.toml", f'name = "{name}"\n', f'name = "my_{name}"\n')


def change(folder, file, old, new):
    """Replace a text in one file, which must be there once."""
    path = folder / file
    text = path.read_text()
    assert text.count(old) == 1, (file, old)
    path.write_text(text.replace(old, new))
    return folder


def write(path, header, *columns):
    """A CSV table of columns."""
    rows = [",".join(f"{x:.17g}" for x in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([header, *rows, ""]))


def changed(folder, *changes):
    """The same folder with (old, new) texts in its experiment.toml; old ones must be there once."""
    for old, new in changes:
        change(folder, "experiment.toml", old, new)
    return folder
