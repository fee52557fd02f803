"""jaxmed posterior."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.posteriors import check_sampling, find_posterior
from jaxmed.analysis.progress import bar, part
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.results.posteriors import PosteriorResult
from jaxmed.results.store import file_stem
from jaxmed.results.style import save

_PRIOR = (
    "Prior of a model parameter, repeatable: name=log-uniform:low:high, name=uniform:low:high or "
    "name=normal:mean:sigma, in its own unit."
)


@common.one_sentence
def posterior(
    config: Annotated[
        Path | None, typer.Argument(help="Analysis in TOML; XENON1T near its excess if left out.")
    ] = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    option: common.Options = None,
    alone: common.Alone = None,
    prior: Annotated[list[str] | None, typer.Option(help=_PRIOR)] = None,
    set_: common.Settings = None,
    free: common.Free = None,
    constraint: common.Constraint = None,
    box: common.Box = None,
    chains: Annotated[int | None, typer.Option(help="Chains, all at once: 4 by default.")] = None,
    samples: Annotated[
        int | None, typer.Option(help="Samples kept from each chain: 1000 by default.")
    ] = None,
    warmup: Annotated[
        int | None,
        typer.Option(help="Steps before, which adapt the sampler: 1000 by default."),
    ] = None,
    seed: common.Seed = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Posterior of g', M_Z' and every nuisance by NUTS, credible beside confidence regions."""
    analysis = described(
        config,
        "posterior.toml",
        model=model,
        experiments=experiments,
        options=option,
        alone=alone,
        priors=prior,
        fixed=set_,
        free=free,
        constraints=constraint,
        box=box,
        chains=chains,
        samples=samples,
        warmup=warmup,
        seed=seed,
    )
    common.set_up(cache)
    parts = analysis.parts()
    for each in parts.values():
        check_sampling(each)
    common.prepare(out, json)
    with bar(f"Sampling {', '.join(parts)}") as tick:
        share = part(tick, 1 / len(parts))
        found = {name: find_posterior(each, share) for name, each in parts.items()}
    paths = {name: out / file_stem("posterior", name) for name in found}

    def samples_of(name: str, each: PosteriorResult) -> Path:
        return each.save_netcdf(paths[name].with_name(f"{paths[name].name}.nc"))

    deliver(
        found,
        out / f"{file_stem('posterior', analysis.name)}.json",
        json,
        lambda: [file for name, each in found.items() for file in save(each.figure(), paths[name])],
        by_name=True,
        numbers=lambda: [samples_of(name, each) for name, each in found.items()],
    )
    if not all(each.converged for each in found.values()):
        raise typer.Exit(1)
