"""jaxmed spectrum."""

from pathlib import Path

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.spectra import find_spectrum
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import describes
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes({"experiments": ["xenon1t"]}, "experiment model options fixed fixed.g fixed.mass")
def spectrum(
    analysis: Analysis,
    out: common.Out = Path("results"),
    json: common.Json = None,
) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    found = find_spectrum(analysis)
    common.prepare(out, json)
    path = out / f"{file_stem('spectrum', found.experiment)}.json"
    deliver(
        {found.experiment: found}, path, json, lambda: save(found.figure(), path.with_suffix(""))
    )
