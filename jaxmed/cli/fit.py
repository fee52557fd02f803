"""jaxmed fit."""

from pathlib import Path

import typer

from jaxmed.analysis.analysis import default_analysis
from jaxmed.analysis.run import Fits, comparisons, plan_fits, run_fits, save_fits
from jaxmed.cli.analysis import chosen_analysis
from jaxmed.cli.common import (
    Cache,
    Config,
    Constraint,
    Json,
    OtherExperiments,
    OtherModel,
    Out,
    cache_folder,
    finish,
    one_sentence,
    prepare,
    print_table,
    printer,
    progress,
    say,
    say_written,
    set_up,
)
from jaxmed.results.fits import explanations, fit_table


@one_sentence
def fit(
    config: Config = None,
    model: OtherModel = None,
    experiments: OtherExperiments = None,
    constraint: Constraint = None,
    out: Out = Path("results"),
    json: Json = None,
    cache: Cache = True,
) -> None:
    """Fit g', M_Z' and every nuisance; each experiment alone as well if the analysis says so."""
    analysis = chosen_analysis(config or default_analysis(), model, experiments, constraint)
    set_up(cache)
    planned = plan_fits(analysis)
    prepare(out, json)
    with progress(len(planned), f"Fitting {', '.join(job.name for job in planned)}") as tick:
        done = run_fits(analysis, planned, tick)
    print_table(printer(json), fit_table(done.results))
    _say_fits(done, cache)
    finish(done.as_json(), json, out / "results.json")
    say_written([out / "results.json", *save_fits(done, out)])
    if not all(result.converged for result in done.results.values()):
        raise typer.Exit(1)


def _say_fits(done: Fits, cache: bool) -> None:
    """What the table cannot say: why there is no error, and where the time went."""
    for sentence in [*explanations(done.results), *comparisons(done)]:
        say(sentence)
    compiling = sum(r.compile_seconds for r in done.results.values())
    running = sum(r.run_seconds for r in done.results.values())
    where = f"; compiled programs are kept in {cache_folder()}" if cache else ""
    say(f"{compiling:.1f} s compiling, {running:.1f} s running{where}")
