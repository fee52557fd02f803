"""Contours of every fit of an analysis."""

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.progress import Share, running
from jaxmed.experiments import Experiment
from jaxmed.inference.regions.contours import LEVELS, Contours, check_contours
from jaxmed.inference.regions.contours import contours as regions
from jaxmed.inference.regions.mass_lines import check_plane
from jaxmed.models.model import Choice
from jaxmed.results.contours import ContoursResult
from jaxmed.results.overlay import Overlay
from jaxmed.results.regions import BestPoint, Edge, Level, Points


def contours(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    cl: float | Sequence[float] | np.ndarray | str = LEVELS,
    g: Sequence[float] | np.ndarray | str | None = None,
    mass: Sequence[float] | np.ndarray | str | None = None,
    progress: bool = False,
    **common: Unpack[Common],
) -> ContoursResult:
    """Regions of (g, mass) allowed at each confidence level, all nuisances profiled.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        cl: confidence levels, between 0 and 1.
        g: couplings of the coarse grid, ascending; the whole box in steps of a quarter decade if left out.
        mass: masses of the coarse grid [MeV], likewise. The best fit may lie outside the grid, but in the box.
        progress: show a bar.
        **common: what is fixed, free and constrained, options of the experiments, and the box (`Common`).

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    axes = {name: values for name, values in (("g", g), ("mass", mass)) if values is not None}
    analysis = Analysis.of(experiments=experiments, model=model, cl=cl, scan=axes, **common)
    check_regions(analysis)
    with running(analysis, f"Contours of {analysis.name}", progress) as tick:
        return find_contours(analysis, tick)


def check_regions(analysis: Analysis) -> None:
    """ValueError for what can be refused before any work."""
    plane = _plane(analysis)
    check_contours(analysis.narrowed, analysis.cl or LEVELS, plane.get("g"), plane.get("mass"))
    check_plane(analysis.problem)


def find_contours(
    analysis: Analysis, tick: Share | None, overlays: Sequence[Overlay] = ()
) -> ContoursResult:
    """The contours of a checked analysis; `overlays` are kept with them."""
    found = regions(
        analysis.data,
        analysis.narrowed,
        cl=analysis.cl or LEVELS,
        tick=tick,
        **_plane(analysis),
        **analysis.settings,
    )
    return contours_result(analysis, found, overlays)


def contours_result(
    analysis: Analysis, found: Contours, overlays: Sequence[Overlay] = ()
) -> ContoursResult:
    """What was found as a result."""
    levels = zip(found.cl, found.thresholds, found.lines, strict=True)
    return ContoursResult(
        **asked(analysis),
        best=BestPoint(g=found.g_best, mass_mev=found.mass_best),
        nll=found.nll,
        nll_sm=found.nll_sm,
        delta_chi2_sm=found.delta_chi2_sm,
        contours=[
            Level(
                cl=cl,
                threshold=threshold,
                lines=[
                    Edge(closed=e.closed, mass_mev=e.mass, g=e.g, exact=bool(e.exact.all()))
                    for e in lines
                ],
            )
            for cl, threshold, lines in levels
        ],
        points=Points(
            mass_mev=found.mass, g=found.g, delta_chi2=found.delta, converged=found.converged
        ),
        undefined=found.undefined,
        scan=_plane(analysis),
        overlays=[o.as_json() for o in overlays] or None,
    )


def _plane(analysis: Analysis) -> dict[str, np.ndarray]:
    """Values of the coarse grid by name; what a scan may have of other parameters is passed over."""
    return {name: values for name, values in analysis.scan.items() if name in ("g", "mass")}
