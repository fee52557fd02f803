"""jaxmed model."""

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.mediators import describe
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import describes


@describes({"experiments": ["texono"]}, "model fixed fixed.g fixed.mass")
def model(analysis: Analysis, json: common.Json = None) -> None:
    """Masses, mixing, rho, couplings of Z and Z', anomalies and widths of one mediator."""
    common.prepare(None, json)
    values = analysis.point()
    g, mass = values.pop("g"), values.pop("mass")
    found = describe(analysis.model, g=g, mass=mass, fixed=values)
    deliver({found.model: found}, None, json)
