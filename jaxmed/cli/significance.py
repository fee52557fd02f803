"""jaxmed significance."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.significances import run_significance
from jaxmed.cli import common
from jaxmed.cli.progress import point_progress
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.models.choose import mediator_model
from jaxmed.results.significance import failures, significance_table

# Fits of each toy: globally, with the mass held, and globally for a toy of the best fit.
_FITS = 3


@common.one_sentence
def significance(
    model: common.ModelName = "u1r",
    experiments: common.Experiments = "xenon1t",
    toys: Annotated[int, typer.Option(help="Toys of each truth.")] = 10_000,
    seed: common.Seed = 1,
    out: common.Out = Path("results"),
    json: common.Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")] = False,
    cache: common.Cache = True,
) -> None:
    """How often the standard model alone looks as much like a mediator as the data do, from toys."""
    names = common.experiment_names(experiments)
    mediator_model(model)
    check_toys(toys, seed)
    common.set_up(cache)
    common.prepare(out, json)
    total = _FITS * toys
    with point_progress(total, f"Toys of {', '.join(names)}", quiet) as tick:
        content, found, files = run_significance(
            names, model, toys, seed, out, lambda share: tick(share * total)
        )
    common.print_table(common.printer(json), significance_table(found))
    for sentence in failures(found):
        common.say(sentence)
    common.say_written(files)
    common.finish(content, json, files[0].with_suffix(".json"))
