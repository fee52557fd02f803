"""jaxmed posterior."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.posteriors import Sampling, check_job, run_posteriors
from jaxmed.analysis.run import plan_fits
from jaxmed.cli import common
from jaxmed.cli.analysis import chosen_analysis
from jaxmed.data_tables import packaged
from jaxmed.results.posteriors import posterior_table

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
    prior: Annotated[list[str] | None, typer.Option(help=_PRIOR)] = None,
    constraint: common.Constraint = None,
    chains: Annotated[int, typer.Option(help="Chains, all at once.")] = 4,
    samples: Annotated[int, typer.Option(help="Samples kept from each chain.")] = 1000,
    warmup: Annotated[int, typer.Option(help="Steps before, which adapt the sampler.")] = 1000,
    seed: Annotated[
        int, typer.Option(help="Seed of the chains: the same one gives the same samples.")
    ] = 1,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Posterior of g', M_Z' and every nuisance by NUTS, credible beside confidence regions."""
    default = packaged("fits") / "posterior.toml"
    analysis = chosen_analysis(config or default, model, experiments, constraint)
    analysis = replace(analysis, priors=analysis.priors | common.by_name("prior", prior, "prior"))
    sampling = Sampling(chains, samples, warmup, seed)
    common.set_up(cache)
    planned = plan_fits(analysis)
    check_job(analysis, planned, sampling)
    common.prepare(out, json)
    with common.progress(
        len(planned), f"Sampling {', '.join(job.name for job in planned)}"
    ) as tick:
        content, found, files = run_posteriors(analysis, planned, sampling, out, tick)
    common.print_table(common.printer(json), posterior_table(found))
    for name, each in found.items():
        for sentence in each.warnings:
            common.say(f"warning: {name}: {sentence}", style="bold yellow")
    path = out / f"posterior_{analysis.name}.json"
    common.finish(content, json, path)
    common.say_written([path, *files])
    if not all(each.converged for each in found.values()):
        raise typer.Exit(1)
