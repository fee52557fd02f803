"""HEPData submission from saved limits, contours and scans, written by hepdata-lib (extra `hepdata`)."""

import contextlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxmed.inference.results import STATUS
from jaxmed.report.bibliography import Bibliography
from jaxmed.report.files import prepare_folder
from jaxmed.report.saved import Saved, understanding

INSTALL = "jaxmed hepdata needs hepdata-lib, which is not installed: pip install 'jaxmed[hepdata]'"
_MASS, _COUPLING = ("$M_{Z'}$", "MeV"), ("$g'$", "")
_LABELS = {"mass": _MASS, "g": _COUPLING}
_DIGITS = 8
_LONGEST = 64  # what HEPData allows for the name of a table
_MISSING = "-"  # HEPData's word for a value that is not there

Column = tuple[tuple[str, str], Sequence[Any]]
"""Name and unit, and the values."""


class HepTable(NamedTuple):
    """One table: name, what it says, qualifiers, columns one chooses, columns that follow, and the file it is from."""

    name: str
    description: str
    qualifiers: dict[str, str]
    independent: Sequence[Column]
    dependent: Sequence[Column]
    source: str


def hepdata_tables(results: Iterable[Saved]) -> list[HepTable]:
    """Tables of all limits, contours and scans; a user's own curves over them are left out.

    Raises:
        ValueError: none of the results is one of these, or a file whose content jaxmed does not write.
    """
    found: list[HepTable] = []
    for saved in results:
        if saved.kind in READERS:
            with understanding(saved):
                found += READERS[saved.kind](saved)
    if not found:
        raise ValueError("no limit, contour or scan among the results: expected at least one")
    return found


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
    if any(out.iterdir()):
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
        with contextlib.chdir(scratch):
            try:
                submission.create_files(str(target), validate=True)
            except AssertionError:
                raise ValueError(f"{out}: HEPData would refuse it: {said.getvalue()}") from None
        shutil.move(Path(scratch) / "submission.tar.gz", out / "submission.tar.gz")
    return sorted(out.iterdir())


def _limit(saved: Saved) -> list[HepTable]:
    content = saved.content
    dependent = [
        (_COUPLING, content["g_upper"]),
        (("Remark", ""), content["flag"]),
        *(
            ((f"$g'$ expected without a mediator, {int(n):+d} sigma", ""), values)
            for n, values in content.get("g_expected", {}).items()
        ),
    ]
    name = saved.path.stem.replace("_", " ")
    description = f"Upper limit on the coupling, {content['method']}, outermost if there are several intervals."
    qualifiers = _qualifiers(content) | {"CL": f"{100 * content['cl']:g} %"}
    return [
        HepTable(
            name,
            description,
            qualifiers,
            [(_MASS, content["mass_mev"])],
            dependent,
            saved.path.name,
        )
    ]


def _bounds(saved: Saved) -> list[HepTable]:
    content = saved.content
    common = {"model": content["model"], "cl": content["cl"], "method": "asymptotic"}
    return [
        table._replace(name=f"{table.name} {name}")
        for name, each in content["likelihood"].items()
        for table in _limit(saved._replace(content=each | common))
    ]


def _contours(saved: Saved) -> list[HepTable]:
    found = []
    for name, content in saved.parts.items():
        for level in content["contours"]:
            lines = level["lines"]
            number = [i for i, line in enumerate(lines, 1) for _ in line["g"]]
            mass, g = ([v for line in lines for v in line[key]] for key in ("mass_mev", "g"))
            if number:
                cl = f"{100 * level['cl']:g} %"
                description = "Edge of the allowed region, vertex by vertex, nuisances profiled."
                qualifiers = _qualifiers(content) | {"CL": cl}
                independent = [(("Line", ""), number), (_MASS, mass)]
                title = f"{saved.path.stem} {name} {cl}".replace("%", "percent")
                found.append(
                    HepTable(
                        title,
                        description,
                        qualifiers,
                        independent,
                        [(_COUPLING, g)],
                        saved.path.name,
                    )
                )
    return found


def _scan(saved: Saved) -> list[HepTable]:
    header, arrays = saved.content, saved.arrays
    values = [arrays[axis["array"]].tolist() for axis in header["axes"]]
    points = list(product(*values))
    names = [
        _LABELS.get(axis["name"], (axis["name"], "" if axis["unit"] == "1" else axis["unit"]))
        for axis in header["axes"]
    ]
    independent = [(name, [p[i] for p in points]) for i, name in enumerate(names)]
    nll = arrays["nll"].ravel()
    status = [STATUS[i] for i in arrays["status"].ravel()]
    dependent = [
        (("$-2 \\Delta \\log L$", ""), (2 * (nll - nll.min())).tolist()),
        (("Status", ""), status),
    ]
    if "p" in arrays:
        dependent.append((("p-value, from toys", ""), arrays["p"].ravel().tolist()))
    description = (
        "Above the lowest point, nuisances profiled. Where the status is excluded the number is a lower bound, where "
        "it is unconverged an upper one."
    )
    return [
        HepTable(
            saved.path.stem,
            description,
            _qualifiers(header),
            independent,
            dependent,
            saved.path.name,
        )
    ]


READERS: dict[str, Callable[[Saved], list[HepTable]]] = {
    "limit": _limit,
    "bounds": _bounds,
    "contours": _contours,
    "scan": _scan,
}


def _qualifiers(content: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "Model": str(content["model"]),
        "Experiments": ", ".join(content["experiments"]),
        "Constraints": ", ".join(content.get("constraints", [])),
    }
    return {name: text for name, text in found.items() if text}


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
