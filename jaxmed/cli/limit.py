"""jaxmed limit."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.limits import check_limits, find_limits
from jaxmed.analysis.progress import bar, part
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.cli.names import complete_method
from jaxmed.results.limits import limits_figure
from jaxmed.results.overlay import read_overlays
from jaxmed.results.published import read_published
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@common.one_sentence
def limit(
    config: common.Config = None,
    mass: common.Masses = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    alone: common.Alone = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    cl: common.Level = None,
    sided: common.Sided = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="asymptotic (default), or fc: Feldman-Cousins, from toys.",
            autocompletion=complete_method,
        ),
    ] = None,
    toys: Annotated[
        int | None, typer.Option(help="Toys at each coupling at most, for fc: 1000 by default.")
    ] = None,
    expected: Annotated[
        int | None,
        typer.Option(help="Add limits expected without a mediator, from this many toys."),
    ] = None,
    seed: common.Seed = None,
    overlay: common.Overlays = None,
    published: common.Published = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Upper limit on g' at each mass, nuisances profiled, the whole line scanned for islands."""
    analysis = described(
        config,
        {"experiments": ["texono"]},
        masses=mass,
        model=model,
        experiments=experiments,
        options=option,
        alone=alone,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        cl=cl,
        sided=sided,
        method=method,
        toys=toys,
        expected=expected,
        seed=seed,
    )
    curves = (*read_overlays(overlay), *read_published(published, analysis.model.name))
    common.set_up(cache)
    parts = analysis.parts()
    for each in parts.values():
        check_limits(each)
    common.prepare(out, json)
    with bar(f"Limits from {', '.join(parts)}") as tick:
        share = part(tick, 1 / len(parts))
        found = {name: find_limits(each, share, curves) for name, each in parts.items()}
    path = out / f"{file_stem('limit', analysis.model.name, *analysis.names)}.json"
    deliver(found, path, json, lambda: save(limits_figure(found, curves), path.with_suffix("")))
    if any("unconverged" in flag for each in found.values() for flag in each.flag):
        raise typer.Exit(1)
