"""jaxmed significance."""

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.significances import check_significance, find_significance, toys_of
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import FITTED, describes
from jaxmed.cli.progress import Quiet, point_progress
from jaxmed.inference.engine.devices import on_device
from jaxmed.results.store import file_stem
from jaxmed.results.style import save

# Fits of each toy: globally, with the mass held, and globally for a toy of the best fit.
_FITS = 3


@describes(
    {"experiments": ["xenon1t"]},
    f"{FITTED} toys seed device",
    toys="Toys of each truth: 10000 by default.",
)
def significance(
    analysis: Analysis,
    to: common.Outputs,
    quiet: Quiet = False,
) -> None:
    """How often the standard model alone looks as much like a mediator as the data do, from toys."""
    check_significance(analysis)
    common.prepare(*to)
    common.hold(on_device(analysis.device))
    total = _FITS * toys_of(analysis)
    with point_progress(total, f"Toys of {', '.join(analysis.names)}", quiet) as tick:
        found = find_significance(analysis, lambda share: tick(share * total))
    path = to.out / f"{file_stem('significance', analysis.model.name, *analysis.names)}.npz"
    # the toys come first: they took the time
    found.save(path)
    figure = path.with_suffix("")
    deliver(
        {analysis.name: found},
        path.with_suffix(".json"),
        to.json,
        lambda: save(found.figure(), figure),
        numbers=lambda: [path],
    )
