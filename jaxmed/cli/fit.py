"""jaxmed fit."""

from pathlib import Path

import typer

from jaxmed.analysis.analysis import default_analysis
from jaxmed.analysis.run import Fits, comparisons, plan_fits, run_fits, save_fits
from jaxmed.cli import common
from jaxmed.cli.analysis import chosen_analysis
from jaxmed.results.fits import explanations, fit_table


@common.one_sentence
def fit(
    config: common.Config = None,
    model: common.OtherModel = None,
    experiments: common.OtherExperiments = None,
    constraint: common.Constraint = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Fit g', M_Z' and every nuisance; each experiment alone as well if the analysis says so."""
    analysis = chosen_analysis(config or default_analysis(), model, experiments, constraint)
    common.set_up(cache)
    planned = plan_fits(analysis)
    common.prepare(out, json)
    with common.progress(len(planned), f"Fitting {', '.join(job.name for job in planned)}") as tick:
        done = run_fits(analysis, planned, tick)
    common.print_table(common.printer(json), fit_table(done.results))
    _say_fits(done, cache)
    common.finish(done.as_json(), json, out / "results.json")
    common.say_written([out / "results.json", *save_fits(done, out)])
    if not all(result.converged for result in done.results.values()):
        raise typer.Exit(1)


def _say_fits(done: Fits, cache: bool) -> None:
    """What the table cannot say: why there is no error, and where the time went."""
    for sentence in [*explanations(done.results), *comparisons(done)]:
        common.say(sentence)
    compiling = sum(r.compile_seconds for r in done.results.values())
    running = sum(r.run_seconds for r in done.results.values())
    where = f"; compiled programs are kept in {common.cache_folder()}" if cache else ""
    common.say(f"{compiling:.1f} s compiling, {running:.1f} s running{where}")
