"""Folders of experiments for the tests: the worked examples, copied and changed."""

import shutil
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "fits" / "examples" / "experiments"
NAMES = ("germanium", "xenon", "texono")


def copy(name, to):
    """A copy of an example that a test may change."""
    return Path(shutil.copytree(EXAMPLES / name, to / name))


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
