"""The jaxmed command: one file for each subcommand."""

import typer

from jaxmed.cli.bench import bench
from jaxmed.cli.bounds import bounds
from jaxmed.cli.check import check
from jaxmed.cli.cite import cite
from jaxmed.cli.contour import contour
from jaxmed.cli.fit import fit
from jaxmed.cli.hepdata import hepdata
from jaxmed.cli.limit import limit
from jaxmed.cli.model import model
from jaxmed.cli.report import report
from jaxmed.cli.scan import scan
from jaxmed.cli.significance import significance
from jaxmed.cli.spectrum import spectrum

app = typer.Typer(
    name="jaxmed",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Which (g', M_Z') of a light mediator do TEXONO, COHERENT and XENON prefer, allow and exclude?",
    epilog="Start with: jaxmed fit",
)
_EXAMPLES = {
    fit: "jaxmed fit --model b_minus_l --experiments texono,xenon1t --out bl",
    limit: "jaxmed limit --model b_minus_l --experiments texono --mass 1e-3:1e3:61",
    scan: "jaxmed scan --experiments xenon1t --out grid --resume",
    contour: "jaxmed contour --experiments xenon1t,xenonnt --g 1e-7:1e-5:17 --mass 1e-3:1:13",
    significance: "jaxmed significance --experiments xenon1t --toys 10000 --seed 1",
    spectrum: "jaxmed spectrum --experiment xenon1t --g 1.6e-6 --mass 0.06",
    model: "jaxmed model --model u1r --g 1e-6 --mass 0.05",
    bounds: "jaxmed bounds --out figure5",
    report: "jaxmed report results",
    cite: "jaxmed cite results --out refs.bib",
    hepdata: "jaxmed hepdata results --out submission",
    check: "jaxmed check my_detector",
    bench: "jaxmed bench --quick --experiments xenon1t",
}
for _command, _example in _EXAMPLES.items():
    app.command(epilog=f"Example: {_example}")(_command)


def main() -> None:
    """Entry point of the jaxmed command."""
    app()
