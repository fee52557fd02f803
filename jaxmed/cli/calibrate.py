"""jaxmed calibrate."""

from typing import Annotated

import typer

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.calibration_plan import plan_calibration
from jaxmed.analysis.coverage_plan import plan_coverage
from jaxmed.analysis.resumable import Pieces
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import FITTED, describes
from jaxmed.cli.progress import Quiet
from jaxmed.cli.resumable import Coordinator, Held, Index, Manner, Number, Resume, carry_out
from jaxmed.results.result import Result
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes(
    {"experiments": ["xenon1t"]},
    f"{FITTED} scan.g scan.mass regions toys cl priors replicas chains samples warmup seed device",
    **{
        "toys": "Toys that are tested at each point, and as many for its critical value: 2000 by default.",
        "scan.g": "Couplings: 1e-7,1e-6 or low:high:number; nine around the limit to expect at each mass if left out.",
        "scan.mass": "Masses in MeV: 0.01,1,10 or low:high:number; ten from 1e-3 to 1e3 if left out.",
    },
)
def calibrate(
    analysis: Analysis,
    to: common.Outputs,
    posterior: Annotated[
        bool, typer.Option("--posterior", help="Calibrate the posterior by simulation instead.")
    ] = False,
    resume: Resume = False,
    quiet: Quiet = False,
    coordinator: Coordinator = None,
    number: Number = None,
    index: Index = None,
    cache: common.Cache = True,
) -> None:
    """Where asymptotic limits can be trusted: how often they cover the truth, and Feldman-Cousins, from toys."""
    kind = "calibration" if posterior else "coverage"
    about = [kind, "regions"] if analysis.regions and not posterior else [kind]
    path = to.out / file_stem(*about, analysis.model.name, analysis.name)

    def plan(held: Held) -> Pieces[Result]:
        del held
        return plan_calibration(analysis) if posterior else plan_coverage(analysis)

    way = Manner(resume, quiet, cache, coordinator, number, index)
    found = carry_out(analysis, plan, to, path, way, f"{kind.capitalize()} of")
    if found is not None:
        drawn = path.with_name(f"{path.name}.json")
        deliver({analysis.name: found}, drawn, to.json, lambda: save(found.figure(), path))
