"""jaxmed limit."""

from functools import partial

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.limits import check_limits, find_limits
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver, of_each_part
from jaxmed.cli.described import FITTED, describes
from jaxmed.results.limits import limits_figure
from jaxmed.results.overlay import Overlay
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes(
    {"experiments": ["texono"]},
    f"masses {FITTED} alone cl sided method toys expected seed device",
    toys="Toys at each coupling at most, for fc: 1000 by default.",
)
def limit(analysis: Analysis, curves: tuple[Overlay, ...], to: common.Outputs) -> None:
    """Upper limit on g' at each mass, nuisances profiled, the whole line scanned for islands."""
    found = of_each_part(
        analysis, check_limits, partial(find_limits, overlays=curves), "Limits from", to
    )
    path = to.out / f"{file_stem('limit', analysis.model.name, *analysis.names)}.json"
    deliver(found, path, to.json, lambda: save(limits_figure(found, curves), path.with_suffix("")))
    if any("unconverged" in flag for each in found.values() for flag in each.flag):
        raise typer.Exit(1)
