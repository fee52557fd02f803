"""jaxmed significance."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.significances import run_significance
from jaxmed.cli.common import (
    Cache,
    Experiments,
    Json,
    ModelName,
    Out,
    Seed,
    experiment_names,
    finish,
    one_sentence,
    prepare,
    print_table,
    printer,
    say,
    say_written,
    set_up,
)
from jaxmed.cli.progress import point_progress
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.models.choose import mediator_model
from jaxmed.results.significance import failures, significance_table

# Fits of each toy: globally, with the mass held, and globally for a toy of the best fit.
_FITS = 3


@one_sentence
def significance(
    model: ModelName = "u1r",
    experiments: Experiments = "xenon1t",
    toys: Annotated[int, typer.Option(help="Toys of each truth.")] = 10_000,
    seed: Seed = 1,
    out: Out = Path("results"),
    json: Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="A line a minute, no bar.")] = False,
    cache: Cache = True,
) -> None:
    """How often the standard model alone looks as much like a mediator as the data do, from toys."""
    names = experiment_names(experiments)
    mediator_model(model)
    check_toys(toys, seed)
    set_up(cache)
    prepare(out, json)
    total = _FITS * toys
    with point_progress(total, f"Toys of {', '.join(names)}", quiet) as tick:
        content, found, files = run_significance(
            names, model, toys, seed, out, lambda share: tick(share * total)
        )
    print_table(printer(json), significance_table(found))
    for sentence in failures(found):
        say(sentence)
    say_written(files)
    finish(content, json, files[0].with_suffix(".json"))
