"""jaxmed model."""

from typing import Annotated

import typer

from jaxmed.analysis.mediators import describe
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import described


@common.one_sentence
def model(
    config: common.Config = None,
    g: Annotated[float | None, typer.Option(help="Coupling g'.")] = None,
    mass: Annotated[float | None, typer.Option(help="Mediator mass in MeV.")] = None,
    model: common.OtherModel = None,
    set_: common.Settings = None,
    json: common.Json = None,
    cache: common.Cache = True,
) -> None:
    """Masses, mixing, rho, couplings of Z and Z', anomalies and widths of one mediator."""
    common.set_up(cache)
    common.prepare(None, json)
    given = {"g": g, "mass": mass}
    texts = [f"{name}={value}" for name, value in given.items() if value is not None]
    fixed = [*(set_ or []), *texts]
    analysis = described(config, {"experiments": ["texono"]}, model=model, fixed=fixed)
    values = analysis.point()
    g, mass = values.pop("g"), values.pop("mass")
    found = describe(analysis.model, g=g, mass=mass, fixed=values)
    deliver({found.model: found}, None, json)
