"""jaxmed fit."""

from collections.abc import Mapping

import jax
import typer

from jaxmed.analysis.analysis import DEFAULT, Analysis
from jaxmed.analysis.fits import comparisons, draw_fits, find_fits
from jaxmed.analysis.progress import running
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver
from jaxmed.cli.described import FITTED, describes
from jaxmed.results.fits import FitResult


@describes(DEFAULT, f"{FITTED} alone grid device")
def fit(analysis: Analysis, to: common.Outputs) -> None:
    """Fit g', M_Z' and every nuisance; each experiment alone as well if the analysis says so."""
    parts = analysis.parts()
    common.prepare(*to)
    with running(analysis, f"Fitting {', '.join(parts)}", small=True) as tick:
        found = find_fits(parts, analysis, tick)
    deliver(
        found,
        to.out / "results.json",
        to.json,
        lambda: draw_fits(found, to.out),
        by_name=True,
        more=[*comparisons(found), _time(found)],
    )
    if not all(each.converged for each in found.values()):
        raise typer.Exit(1)


def _time(found: Mapping[str, FitResult]) -> str:
    """Where the time went."""
    spent = [each.provenance for each in found.values()]
    compiling = sum(each.get("compile_seconds", 0.0) for each in spent)
    running = sum(each.get("run_seconds", 0.0) for each in spent)
    kept = jax.config.values["jax_compilation_cache_dir"]
    where = f"; compiled programs are kept in {kept}" if kept else ""
    return f"{compiling:.1f} s compiling, {running:.1f} s running{where}"
