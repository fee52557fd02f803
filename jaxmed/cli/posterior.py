"""jaxmed posterior."""

from pathlib import Path

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.posteriors import check_sampling, find_posterior
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver, of_each_part
from jaxmed.cli.described import FITTED, describes
from jaxmed.results.posteriors import PosteriorResult
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes(
    "posterior.toml",
    f"{FITTED} alone priors chains samples warmup seed device",
)
def posterior(analysis: Analysis, to: common.Outputs) -> None:
    """Posterior of g', M_Z' and every nuisance by NUTS, credible beside confidence regions."""
    found = of_each_part(analysis, check_sampling, find_posterior, "Sampling", to)
    paths = {name: to.out / file_stem("posterior", name) for name in found}

    def samples_of(name: str, each: PosteriorResult) -> Path:
        return each.save_netcdf(paths[name].with_name(f"{paths[name].name}.nc"))

    deliver(
        found,
        to.out / f"{file_stem('posterior', analysis.name)}.json",
        to.json,
        lambda: [file for name, each in found.items() for file in save(each.figure(), paths[name])],
        by_name=True,
        numbers=lambda: [samples_of(name, each) for name, each in found.items()],
    )
    if not all(each.converged for each in found.values()):
        raise typer.Exit(1)
