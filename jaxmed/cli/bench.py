"""jaxmed bench."""

from typing import Annotated

import typer

from jaxmed.analysis.analysis import check_experiments
from jaxmed.analysis.progress import bar, part
from jaxmed.bench.machine import describe_machine
from jaxmed.bench.peers import peer_speeds
from jaxmed.bench.referees import missing_words
from jaxmed.bench.speed import FULL, QUICK, speeds
from jaxmed.bench.table import EXPLANATION, bench_tables
from jaxmed.cli import common
from jaxmed.cli.names import complete_experiments
from jaxmed.cli.options import names_of
from jaxmed.experiments import load


@common.one_sentence
def bench(
    experiments: Annotated[
        str,
        typer.Option(
            help="One or more, timed one by one and together: a,b,...",
            autocompletion=complete_experiments,
        ),
    ] = "texono,coherent_csi,coherent_lar,xenon1t",
    quick: Annotated[bool, typer.Option("--quick", help="A rough answer sooner.")] = False,
    json: common.Json = None,
) -> None:
    """Speed of fits, scans, limits and toys on each kind of device, beside iminuit, SciPy, evermore and NextStat."""
    names = [str(name) for name in check_experiments(names_of(experiments))]
    # compile times are part of the answer: nothing is taken from the cache
    common.set_up(cache=False)
    common.prepare(None, json)
    data = {name: load(name) for name in names}
    for name, experiment in data.items():
        if any(p.asymmetric or p.local or p.signed for p in experiment.background):
            raise ValueError(
                f"{name}: the likelihoods of others are written for errors of whole backgrounds, expected none that "
                "are asymmetric or of single bins"
            )
    fits = {name: [experiment] for name, experiment in data.items()}
    if len(names) > 1:
        fits["combined"] = list(data.values())
    content = {"machine": describe_machine(), "quick": quick, "fits": {}}
    with bar(f"Timing {', '.join(fits)}") as tick:
        share = part(tick, 1 / (len(fits) + 1))
        for name, group in fits.items():
            content["fits"][name] = speeds(group, QUICK if quick else FULL, share)
        content["likelihoods"] = peer_speeds(quick, share)
    sentences = [EXPLANATION, *missing_words()]
    common.finish(content, json, tables=bench_tables(content), sentences=sentences)
