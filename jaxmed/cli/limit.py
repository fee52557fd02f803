"""jaxmed limit."""

from functools import partial
from pathlib import Path

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.limits import check_limits, find_limits
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver, of_each_part
from jaxmed.cli.described import FITTED, describes
from jaxmed.results.intervals import IntervalResult, intervals_figure
from jaxmed.results.limits import LimitsResult, limits_figure
from jaxmed.results.overlay import Overlay
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes(
    {"experiments": ["texono"]},
    f"masses {FITTED} alone cl sided method toys expected seed device",
    toys="Toys at each coupling at most, for fc: 1000 by default.",
)
def limit(analysis: Analysis, curves: tuple[Overlay, ...], to: common.Outputs) -> None:
    """Upper limit on g' at each mass, or on the only free parameter, nuisances profiled, islands found."""
    found = of_each_part(
        analysis, check_limits, partial(find_limits, overlays=curves), "Limits from", to
    )
    path = to.out / f"{file_stem('limit', analysis.model.name, *analysis.names)}.json"
    lines = {name: each for name, each in found.items() if isinstance(each, LimitsResult)}
    single = {name: each for name, each in found.items() if isinstance(each, IntervalResult)}

    def draw() -> list[Path]:
        figure = limits_figure(lines, curves) if lines else intervals_figure(single)
        return save(figure, path.with_suffix(""))

    deliver(found, path, to.json, draw)
    flags = [flag for each in lines.values() for flag in each.flag]
    if any("unconverged" in flag for flag in [*flags, *(each.flag for each in single.values())]):
        raise typer.Exit(1)
