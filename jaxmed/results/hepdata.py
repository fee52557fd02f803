"""HEPData submission from tables of results, written by hepdata-lib (extra `hepdata`)."""

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.results.citations import Bibliography
from jaxmed.results.lock import LOCK
from jaxmed.results.shown import HepTable
from jaxmed.results.store import prepare_folder

INSTALL = "jaxmed hepdata needs hepdata-lib, which is not installed: pip install 'jaxmed[hepdata]'"
_DIGITS = 8
_LONGEST = 64  # what HEPData allows for the name of a table
_MISSING = "-"  # HEPData's word for a value that is not there


def write_submission(tables: Iterable[HepTable], cited: Bibliography, out: Path) -> list[Path]:
    """Write the YAML files and submission.tar.gz, checked by hepdata-validator; the files written.

    Raises:
        ValueError: hepdata-lib is not installed, or the folder is not empty or cannot be written to.
    """
    try:
        from hepdata_lib import Submission
    except ImportError:
        raise ValueError(INSTALL) from None
    prepare_folder(out)
    if _files(out):
        raise ValueError(f"{out}: expected an empty or a new folder for the submission")
    submission = Submission()
    submission.comment = (
        "Limits on a light vector mediator, by jaxmed. If you use these numbers, cite "
        f"{', '.join(cited.entries)}."
    )
    for name, table in _named(tables).items():
        submission.add_table(_table(name, table))
    said = io.StringIO()
    # hepdata-lib writes the archive to where it runs, and says on standard output what is wrong
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(said):
        target = out.resolve()
        with contextlib.chdir(scratch), warnings.catch_warnings():
            # from Python 3.12 on: its validator unpacks our archive without a filter
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                submission.create_files(str(target), validate=True)
            except AssertionError:
                raise ValueError(f"{out}: HEPData would refuse it: {said.getvalue()}") from None
        shutil.move(Path(scratch) / "submission.tar.gz", out / "submission.tar.gz")
    return _files(out)


def _files(out: Path) -> list[Path]:
    """Everything in a folder but the lock of the one who writes to it."""
    return sorted(path for path in out.iterdir() if path.name != LOCK)


def _named(tables: Iterable[HepTable]) -> dict[str, HepTable]:
    """Names that HEPData allows, each once."""
    found: dict[str, HepTable] = {}
    for table in tables:
        name, number = table.name[:_LONGEST], 1
        while name in found:
            number += 1
            ending = f" {number}"
            name = table.name[: _LONGEST - len(ending)] + ending
        found[name] = table
    return found


def _table(name: str, table: HepTable) -> Any:
    from hepdata_lib import Table, Variable

    made = Table(name)
    made.description = table.description
    made.location = f"jaxmed result {table.source}"
    made.keywords["observables"] = ["g'"]
    for independent, columns in ((True, table.independent), (False, table.dependent)):
        for (name, unit), values in columns:
            column = Variable(name, is_independent=independent, is_binned=False, units=unit)
            column.digits = _DIGITS
            column.values = [_value(v) for v in values]
            if not independent:
                for qualifier, text in table.qualifiers.items():
                    column.add_qualifier(qualifier, text)
            made.add_variable(column)
    return made


def _value(value: Any) -> Any:
    """HEPData's word where there is no finite number."""
    missing = value is None or (isinstance(value, float) and not np.isfinite(value))
    return _MISSING if missing else value
