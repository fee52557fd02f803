"""jaxmed export."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.cli import common
from jaxmed.cli.described import describes
from jaxmed.interchange.histfactory import differences
from jaxmed.interchange.hs3 import hs3_document
from jaxmed.interchange.pyhf import pyhf_export
from jaxmed.results.store import prepare_file, to_json, write_atomically

_HS3 = "HS3 document, exactly the likelihood."
_PYHF = "Workspace of pyhf, and by how much it is off."


@describes(
    {"experiments": ["xenon1t"]}, "experiments model options fixed fixed.mass free constraints box"
)
def export(
    analysis: Analysis,
    hs3: Annotated[Path | None, typer.Option("--hs3", help=_HS3)] = None,
    pyhf: Annotated[Path | None, typer.Option("--pyhf", help=_PYHF)] = None,
) -> None:
    """Write the likelihood for other programs, the coupling free at one mass."""
    targets = [path for path in (hs3, pyhf) if path is not None]
    if not targets:
        raise ValueError("no file to write: expected --hs3 FILE, --pyhf FILE or both")
    for path in targets:
        prepare_file(path)
    problem, data = analysis.problem, analysis.data
    contents, sentences = [], []
    if hs3 is not None:
        contents.append(hs3_document(problem, data))
        constant = contents[-1]["misc"]["jaxmed"]["constant"]
        sentences.append(
            f"HS3: -log L is that of jaxmed plus {constant:.10g}, which depends on the data only"
        )
    if pyhf is not None:
        found = pyhf_export(problem, data)
        off = differences(found, problem, data)
        contents.append(found.workspace)
        sentences += [f"pyhf: {each}" for each in found.words]
        sentences.append(
            f"pyhf: -2 log L is off by at most {off.one:.2g} with one nuisance at +-1 sigma, {off.two:.2g} at +-2, "
            f"{off.random:.2g} at random ones, without a mediator and at {found.parameter.name} = {found.unit:g}"
            + (
                f"; {100 * off.undefined:.2g} % of them have events below zero"
                if off.undefined
                else ""
            )
        )
    for path, content in zip(targets, contents, strict=True):
        write_atomically(path, to_json(content).encode())
    for each in sentences:
        common.say(each)
    common.say_written(targets)
