"""jaxmed spectrum."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.spectra import find_spectrum
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described
from jaxmed.cli.names import complete_experiment
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@common.one_sentence
def spectrum(
    config: common.Config = None,
    experiment: Annotated[
        str | None, typer.Option(help="One experiment.", autocompletion=complete_experiment)
    ] = None,
    g: Annotated[float | None, typer.Option(help="Coupling g'.")] = None,
    mass: Annotated[float | None, typer.Option(help="Mediator mass in MeV.")] = None,
    model: common.OtherModel = None,
    option: common.Options = None,
    set_: common.Settings = None,
    out: common.Out = Path("results"),
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Events per bin for one mediator: standard model, what the mediator adds, background, data."""
    given = {"g": g, "mass": mass}
    texts = [f"{name}={value}" for name, value in given.items() if value is not None]
    analysis = described(
        config,
        {"experiments": ["xenon1t"]},
        model=model,
        experiments=experiment,
        options=option,
        fixed=[*(set_ or []), *texts],
    )
    common.set_up(cache)
    found = find_spectrum(analysis)
    common.prepare(out, json)
    path = out / f"{file_stem('spectrum', found.experiment)}.json"
    deliver(
        {found.experiment: found}, path, json, lambda: save(found.figure(), path.with_suffix(""))
    )
