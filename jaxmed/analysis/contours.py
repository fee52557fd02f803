"""What `jaxmed contour` does: contours of every fit of an analysis, their JSON and figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.run import Planned, settings
from jaxmed.inference.engine.timing import Tick
from jaxmed.inference.regions.contours import Contours, contours
from jaxmed.results.contours import contours_figure, contours_json
from jaxmed.results.overlay import Overlay
from jaxmed.results.style import save

Plane = tuple[np.ndarray | None, np.ndarray | None]
"""Couplings and masses [MeV] of the coarse grid, None for the whole box."""


def run_contours(
    analysis: Analysis,
    planned: list[Planned],
    cl: tuple[float, ...],
    plane: Plane,
    out: Path,
    tick: Tick,
    overlays: Sequence[Overlay] = (),
) -> tuple[dict[str, Any], dict[str, Contours], list[Path]]:
    """Contours of the joint fit and, if planned, of each experiment alone.

    Args:
        analysis: model, constraints and free parameters.
        planned: the fits, as `plan_fits` gives them.
        cl: confidence levels.
        plane: coarse grid.
        out: folder of the figure.
        tick: called with the share of one fit's work done since the last call.
        overlays: a user's own curves for the figure.

    Returns:
        JSON content and contours by name of the fit, and the figures written.

    Raises:
        ValueError: as `contours` raises.
    """
    found = {
        job.name: contours(
            job.group,
            analysis.model,
            cl=cl,
            g=plane[0],
            mass=plane[1],
            fixed=job.fixed,
            free=analysis.free,
            constraints=analysis.constraints,
            tick=tick,
        )
        for job in planned
    }
    content = {
        job.name: contours_json(
            found[job.name], analysis.model.name, job.group, analysis.constraints
        )
        | settings(analysis)
        | {"fixed": job.fixed}
        | ({"overlays": [o.as_json() for o in overlays]} if overlays else {})
        for job in planned
    }
    titles = {job.name: " + ".join(e.title for e in job.group) for job in planned}
    title = (
        f"Edges of the allowed regions, {', '.join([analysis.model.name, *analysis.constraints])}"
    )
    labelled = {titles[name]: each for name, each in found.items()}
    figure = contours_figure(labelled, title, plane, overlays)
    return content, found, save(figure, out / f"contour_{analysis.name}")
