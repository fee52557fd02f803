"""jaxmed spectrum."""

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.spectra import find_spectrum
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import describes
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes({"experiments": ["xenon1t"]}, "experiment model options fixed fixed.g fixed.mass")
def spectrum(analysis: Analysis, to: common.Outputs) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    found = find_spectrum(analysis)
    common.prepare(*to)
    path = to.out / f"{file_stem('spectrum', found.experiment)}.json"
    deliver(
        {found.experiment: found}, path, to.json, lambda: save(found.figure(), path.with_suffix(""))
    )
