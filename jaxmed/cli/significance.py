"""jaxmed significance."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.significances import check_significance, find_significance, toys_of
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.cli.progress import point_progress
from jaxmed.results.store import file_stem
from jaxmed.results.style import save

# Fits of each toy: globally, with the mass held, and globally for a toy of the best fit.
_FITS = 3


@common.one_sentence
def significance(
    config: common.Config = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    toys: Annotated[int | None, typer.Option(help="Toys of each truth: 10000 by default.")] = None,
    seed: common.Seed = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")] = False,
    cache: common.Cache = True,
) -> None:
    """How often the standard model alone looks as much like a mediator as the data do, from toys."""
    analysis = described(
        config,
        {"experiments": ["xenon1t"]},
        model=model,
        experiments=experiments,
        options=option,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        toys=toys,
        seed=seed,
    )
    common.set_up(cache)
    check_significance(analysis)
    common.prepare(out, json)
    total = _FITS * toys_of(analysis)
    with point_progress(total, f"Toys of {', '.join(analysis.names)}", quiet) as tick:
        found = find_significance(analysis, lambda share: tick(share * total))
    path = out / f"{file_stem('significance', analysis.model.name, *analysis.names)}.npz"
    # the toys come first: they took the time
    found.save(path)
    figure = path.with_suffix("")
    deliver(
        {analysis.name: found},
        path.with_suffix(".json"),
        json,
        lambda: save(found.figure(), figure),
        numbers=lambda: [path],
    )
