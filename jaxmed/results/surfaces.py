"""The -2 log L surfaces behind a fit's starting points, as results on disk.

Beside what every file has (`jaxmed.results.npz`), the header of kind "surface" holds

    fit          name of the fit
    model, experiments, constraints: what was asked
    axes, and the arrays axis_<name>, nll, status and gradient_norm: as in a scan (`jaxmed.results.scans`)
    nll          -log L of the best fit;  nll_sm: of the standard model
    best         the best fit, by parameter
    provenance   as in results.json

surface_<fit>.npz covers the whole box, zoom_<fit>.npz what lies within four standard deviations of the best fit.
"""

from collections.abc import Sequence
from pathlib import Path

from jaxmed.experiments import Experiment
from jaxmed.inference.results import FitResult, Surface
from jaxmed.results.store import provenance, write_npz

KIND = "surface"


def save_surfaces(
    name: str, result: FitResult, experiments: Sequence[Experiment], out: Path
) -> list[Path]:
    """Write the surface of a fit and, where there is one, its close-up; the files written."""
    header = {
        "fit": name,
        "model": result.model,
        "experiments": list(result.experiments),
        "constraints": list(result.constraints),
        "nll": result.nll,
        "nll_sm": result.nll_sm,
        "best": {n: e.value for n, e in result.parameters.items()},
        "provenance": provenance(experiments),
    }
    surfaces = {"surface": result.surface, "zoom": result.zoom}
    written = []
    for prefix, surface in surfaces.items():
        if surface is not None and surface.axes:
            written.append(out / f"{prefix}_{name}.npz")
            _write(written[-1], header, surface)
    return written


def _write(path: Path, header: dict[str, object], surface: Surface) -> None:
    axes = [{"name": name, "array": f"axis_{name}"} for name in surface.axes]
    arrays = {f"axis_{name}": values for name, values in surface.axes.items()}
    per_point = {
        "nll": surface.nll,
        "status": surface.status,
        "gradient_norm": surface.gradient_norm,
    }
    write_npz(path, KIND, {**header, "axes": axes}, arrays | per_point)
