"""jaxmed fit."""

from collections.abc import Mapping
from pathlib import Path

import typer

from jaxmed.analysis.analysis import DEFAULT
from jaxmed.analysis.fits import comparisons, draw_fits, find_fits
from jaxmed.analysis.progress import bar
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.results.fits import FitResult


@common.one_sentence
def fit(
    config: common.Config = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    alone: common.Alone = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    grid: common.Grid = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Fit g', M_Z' and every nuisance; each experiment alone as well if the analysis says so."""
    analysis = described(
        config,
        DEFAULT,
        model=model,
        experiments=experiments,
        options=option,
        alone=alone,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        grid=grid,
    )
    common.set_up(cache)
    parts = analysis.parts()
    common.prepare(out, json)
    with bar(f"Fitting {', '.join(parts)}") as tick:
        found = find_fits(parts, analysis, tick)
    deliver(
        found,
        out / "results.json",
        json,
        lambda: draw_fits(found, out),
        by_name=True,
        more=[*comparisons(found), _time(found, cache)],
    )
    if not all(each.converged for each in found.values()):
        raise typer.Exit(1)


def _time(found: Mapping[str, FitResult], cache: bool) -> str:
    """Where the time went."""
    spent = [each.provenance for each in found.values()]
    compiling, running = (sum(p[f"{what}_seconds"] for p in spent) for what in ("compile", "run"))
    where = f"; compiled programs are kept in {common.cache_folder()}" if cache else ""
    return f"{compiling:.1f} s compiling, {running:.1f} s running{where}"
