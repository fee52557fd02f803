"""All subcommands of jaxmed."""

from importlib.metadata import version
from typing import Annotated

import typer

from jaxmed.cli.bench import bench
from jaxmed.cli.bounds import bounds
from jaxmed.cli.calibrate import calibrate
from jaxmed.cli.check import check
from jaxmed.cli.cite import cite
from jaxmed.cli.contour import contour
from jaxmed.cli.export import export
from jaxmed.cli.fit import fit
from jaxmed.cli.hepdata import hepdata
from jaxmed.cli.import_ import import_
from jaxmed.cli.init import init
from jaxmed.cli.limit import limit
from jaxmed.cli.model import model
from jaxmed.cli.posterior import posterior
from jaxmed.cli.report import report
from jaxmed.cli.scan import scan
from jaxmed.cli.sensitivity import sensitivity
from jaxmed.cli.significance import significance
from jaxmed.cli.spectrum import spectrum

_QUESTION = (
    "Which (g', M_Z') of a light mediator do TEXONO, COHERENT and XENON prefer, allow and exclude?"
)
FIRST = (
    "jaxmed fit",
    "jaxmed limit --model b_minus_l --experiments texono,xenonnt --mass 0.01,0.1,1",
    "jaxmed spectrum --experiment xenon1t --g 1.6e-6 --mass 0.06",
)
"""What a new user may paste."""

app = typer.Typer(
    name="jaxmed",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=_QUESTION,
    epilog=f"Start with: {FIRST[0]}",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        others = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "numpy"))
        typer.echo(f"jaxmed {version('jaxmed')} ({others})")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """What to do first, if no command is given."""
    if context.invoked_subcommand is None:
        lines = "\n".join(f"    {line}" for line in FIRST)
        typer.echo(
            f"{_QUESTION} Start with any of\n\n{lines}\n\n"
            "jaxmed --help lists all commands, jaxmed COMMAND --help has an example of each,\n"
            "and jaxmed --install-completion teaches your shell their names."
        )


_EXAMPLES = {
    fit: "jaxmed fit --model b_minus_l --experiments texono,xenon1t --out bl",
    limit: "jaxmed limit --model b_minus_l --experiments texono --mass 1e-3:1e3:61",
    scan: "jaxmed scan --experiments xenon1t --out grid --resume",
    contour: "jaxmed contour --experiments xenon1t,xenonnt --g 1e-7:1e-5:17 --mass 1e-3:1:13",
    sensitivity: "jaxmed sensitivity my_detector --model b_minus_l --mass 0.01,1,10",
    significance: "jaxmed significance --experiments xenon1t --toys 10000 --seed 1",
    calibrate: "jaxmed calibrate --experiments xenon1t --toys 2000 --out trust --resume",
    posterior: "jaxmed posterior --experiments xenon1t,xenonnt --prior g=log-uniform:1e-8:1e-5",
    spectrum: "jaxmed spectrum --experiment xenon1t --g 1.6e-6 --mass 0.06",
    model: "jaxmed model --model u1r --g 1e-6 --mass 0.05",
    bounds: "jaxmed bounds --out figure5",
    report: "jaxmed report results",
    cite: "jaxmed cite results --out refs.bib",
    hepdata: "jaxmed hepdata results --out submission",
    export: "jaxmed export --experiments xenon1t --model b_minus_l --mass 0.06 --hs3 xenon1t.json",
    init: "jaxmed init experiment my_detector",
    import_: "jaxmed import workspace.json mine",
    check: "jaxmed check my_detector",
    bench: "jaxmed bench --quick --experiments xenon1t",
}
for _command, _example in _EXAMPLES.items():
    app.command(_command.__name__.rstrip("_"), epilog=f"Example: {_example}")(_command)
