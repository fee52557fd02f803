"""jaxmed scan."""

from pathlib import Path
from typing import Annotated

import typer

from jaxmed.analysis.analysis import DEFAULT, Analysis
from jaxmed.analysis.scan_plan import ScanPlan, plan_scan
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import FITTED, describes
from jaxmed.cli.progress import Quiet
from jaxmed.cli.resumable import Coordinator, Held, Index, Manner, Number, Resume, carry_out
from jaxmed.inference.engine.memory import default_memory, read_bytes
from jaxmed.results.overlay import Overlay
from jaxmed.results.style import figure_of, save


@describes(DEFAULT, f"{FITTED} scan.g scan.mass grid toys cl seed device")
def scan(
    analysis: Analysis,
    curves: tuple[Overlay, ...],
    to: common.Outputs,
    resume: Resume = False,
    quiet: Quiet = False,
    memory: Annotated[
        str | None, typer.Option(help="For results and batches; 60 % of what is free if left out.")
    ] = None,
    coordinator: Coordinator = None,
    number: Number = None,
    index: Index = None,
    cache: common.Cache = True,
) -> None:
    """-2 log L on a grid of g' and M_Z', nuisances profiled, on all devices and processes."""
    size = read_bytes(memory) if memory is not None else None

    def plan(held: Held) -> ScanPlan:
        return _fitting(plan_scan(analysis), held, to.out, size or default_memory())

    way = Manner(resume, quiet, cache, coordinator, number, index)
    overlays = [each.as_json() for each in curves] or None
    found = carry_out(analysis, plan, to, to.out, way, "Scanning", overlays=overlays)
    if found is None:
        return
    path = found.save(to.out / "scan.npz")

    def draw() -> list[Path]:
        return save(figure_of(found.plot(overlays=curves)), path.with_suffix(""))

    drawn = list if found.without_figure else draw
    deliver({analysis.name: found}, None, to.json, drawn, numbers=lambda: [path])


def _fitting(plan: ScanPlan, held: Held, out: Path, memory: float) -> ScanPlan:
    """The plan in so much memory [bytes]; ValueError if not even the smallest batches fit, or those held already."""
    if held is None:
        return plan.in_memory(memory)
    least = plan.with_sizes(held["plan"]).needed
    if least > memory:
        raise ValueError(
            f"memory = {memory / 1e6:.3g} MB: expected at least {least / 1e6:.3g} MB to resume the scan in {out}, "
            f"whose batches have {held['plan']['batch']} points"
        )
    return plan
