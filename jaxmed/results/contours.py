"""Contours as JSON, as a table and as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich.table import Table

from jaxmed.experiments import Experiment
from jaxmed.inference.regions.contours import Contours
from jaxmed.inference.results import NO_MEDIATOR
from jaxmed.results.overlay import Overlay, draw_overlays
from jaxmed.results.store import provenance
from jaxmed.results.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY

_COLOURS = (BLACK, ORANGE, BLUE, GREEN, PURPLE, RED, SKY)
_STYLES = ("-", "--", ":", "-.")
_SIGMAS = {0.6827: "1σ", 0.9545: "2σ", 0.9973: "3σ"}
_MARGIN = 0.5  # decades around contours that do not fill the plane


def contours_json(
    found: Contours, model: str, experiments: Sequence[Experiment], constraints: Sequence[str] = ()
) -> dict[str, Any]:
    """One set of contours.

    Keys: model, experiments, constraints; best {g, mass_mev}, g = 0 and no mass where nothing beats the standard model;
    nll there, nll_sm, delta_chi2_sm = 2 (nll_sm - nll); contours [{cl, threshold, lines [{closed, mass_mev[], g[],
    exact}]}], exact if every vertex is on its level to 1e-3, no lines where a level has no edge in the plane; points
    {mass_mev[], g[], delta_chi2[], converged[]}, all profiled points, delta_chi2 null where the model is undefined;
    undefined, where that is, in words; provenance.
    """
    levels = zip(found.cl, found.thresholds, found.lines, strict=True)
    return {
        "model": model,
        "experiments": [e.name for e in experiments],
        "constraints": list(constraints),
        "best": {"g": found.g_best, "mass_mev": found.mass_best},
        "nll": found.nll,
        "nll_sm": found.nll_sm,
        "delta_chi2_sm": found.delta_chi2_sm,
        "contours": [
            {
                "cl": cl,
                "threshold": threshold,
                "lines": [
                    {"closed": e.closed, "mass_mev": e.mass, "g": e.g, "exact": bool(e.exact.all())}
                    for e in lines
                ],
            }
            for cl, threshold, lines in levels
        ],
        "points": {
            "mass_mev": found.mass,
            "g": found.g,
            "delta_chi2": found.delta,
            "converged": found.converged,
        },
        "undefined": found.undefined,
        "provenance": provenance(experiments),
    }


def contours_notes(results: Mapping[str, Contours]) -> list[str]:
    """One sentence for each fit whose model is undefined at some points."""
    return [
        f"{name}: undefined for {found.undefined}: there nothing is excluded or allowed, and no edge is drawn"
        for name, found in results.items()
        if found.undefined
    ]


def contours_table(results: Mapping[str, Contours]) -> Table:
    """One row per fit and level."""
    table = Table(title="Confidence regions of (M_Z', g')", title_justify="left")
    for heading in ("fit", "best g'", "best M_Z' [MeV]", "SM - best", "CL", "edge of the region"):
        table.add_column(heading, no_wrap=True)
    for name, found in results.items():
        best = (NO_MEDIATOR, "")
        if found.prefers_mediator:
            best = (f"{found.g_best:.3g}", f"{found.mass_best:.3g}")
        first = [name, *best, f"{found.delta_chi2_sm:.2f}"]
        for cl, lines in zip(found.cl, found.lines, strict=True):
            pieces = [
                f"{'closed' if line.closed else 'open'}, g' {line.g.min():.3g} to {line.g.max():.3g}, "
                f"M_Z' {line.mass.min():.3g} to {line.mass.max():.3g}"
                for line in lines
            ]
            table.add_row(*first, _level(cl), "\n".join(pieces) or f"none: {_inside(found, cl)}")
            first = [""] * 4
    return table


def contours_figure(
    results: Mapping[str, Contours],
    title: str,
    plane: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
    overlays: Sequence[Overlay] = (),
) -> Figure:
    """Contours of several fits over one plane, best fits marked.

    Args:
        results: label -> contours, all at the same levels; the first is drawn heaviest.
        title: over the panel.
        plane: couplings and masses [MeV] that were scanned; None shows where the contours run.
        overlays: a user's own curves.
    """
    figure = Figure(figsize=(7.2, 6.0), layout="constrained")
    panel = figure.subplots()
    panel.set(xscale="log", yscale="log", title=title)
    styles = dict(zip(next(iter(results.values())).cl, np.resize(_STYLES, 99), strict=False))
    handles = []
    for i, (label, found) in enumerate(results.items()):
        colour, width = _COLOURS[i % len(_COLOURS)], 2.4 if i == 0 else 1.6
        for cl, lines in zip(found.cl, found.lines, strict=True):
            for line in lines:
                panel.plot(line.mass, line.g, color=colour, lw=width, ls=styles[cl])
        if found.prefers_mediator:
            panel.plot(
                found.mass_best, found.g_best, "*", color=colour, mec="white", ms=15, zorder=5
            )
        label = f"{label}: {_best(found)}"
        star = "*" if found.prefers_mediator else ""
        handles.append(Line2D([], [], color=colour, lw=width, marker=star, ms=11, label=label))
    levels = [
        Line2D([], [], color="#666666", lw=1.6, ls=style, label=_level(cl))
        for cl, style in styles.items()
    ]
    if not any(lines for found in results.values() for lines in found.lines):
        said = "\n".join({_inside(found, max(found.cl)) for found in results.values()})
        panel.text(0.5, 0.5, said, ha="center", va="center", transform=panel.transAxes)
    own = draw_overlays(panel, overlays)
    _finish(panel, results, plane)
    panel.legend(handles=[*levels, *own], loc="lower right", fontsize=9)
    figure.legend(handles=handles, loc="outside upper center", fontsize=9)
    return figure


def _best(found: Contours) -> str:
    if not found.prefers_mediator:
        return NO_MEDIATOR
    where = f"$g'$ = {found.g_best:.2g}, $M_{{Z'}}$ = {found.mass_best:.2g} MeV"
    return f"best at {where}, $\\Delta\\chi^2$ = {found.delta_chi2_sm:.1f} below the SM"


def without_edge(delta: np.ndarray, threshold: float) -> str:
    """What a level without an edge says about a plane, from -2 Delta log L at its points, NaN where undefined."""
    known = delta[np.isfinite(delta)]
    plane = "the plane" if known.size == delta.size else "the plane where the model is defined"
    if (known <= threshold).all():
        return f"everything in {plane} is allowed"
    if (known > threshold).all():
        return f"nothing in {plane} is allowed"
    return "the region is too small to be seen"


def _inside(found: Contours, cl: float) -> str:
    return without_edge(found.delta, found.thresholds[found.cl.index(cl)])


def _level(cl: float) -> str:
    return _SIGMAS.get(round(cl, 4), f"{100 * cl:g} %")


def _finish(
    panel: Axes,
    results: Mapping[str, Contours],
    plane: tuple[np.ndarray | None, np.ndarray | None],
) -> None:
    lines = [line for found in results.values() for each in found.lines for line in each]
    for axis, given, name in ((panel.set_ylim, plane[0], "g"), (panel.set_xlim, plane[1], "mass")):
        if given is not None:
            axis(given[0], given[-1])
        elif lines:
            along = np.log10(np.concatenate([getattr(line, name) for line in lines]))
            axis(10 ** (along.min() - _MARGIN), 10 ** (along.max() + _MARGIN))
        else:
            points = np.concatenate([getattr(found, name) for found in results.values()])
            axis(points.min(), points.max())
    panel.set_xlabel(r"$M_{Z'}$ [MeV]")
    panel.set_ylabel(r"$g'$ (dimensionless)")
    panel.grid(alpha=0.3)
