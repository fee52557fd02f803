"""Fits of an analysis, with their spectra."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.progress import Share, part, running
from jaxmed.experiments import Experiment
from jaxmed.inference.engine.timing import clock
from jaxmed.inference.fit.best_fit import fit as best_fit
from jaxmed.inference.profile.profile import Start
from jaxmed.inference.regions.fine_surface import Between, refined
from jaxmed.inference.results import BestFit
from jaxmed.models.model import Choice
from jaxmed.results.fit_in_words import explain
from jaxmed.results.fits import BetweenPoints, FitResult, surface_figure
from jaxmed.results.spectra import FittedSpectrum, fitted_spectrum, spectra_figure
from jaxmed.results.style import LEVELS, save

_AS_FOUND = (
    *("parameters", "nuisances", "nuisances_sm", "nll", "nll_sm", "delta_chi2_sm", "status"),
    *("n_bins", "n_free", "gradient_norm", "undefined", "surface", "zoom"),
)
"""What a result has under the name that the fit gives it."""


def fit(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    grid: int = 41,
    progress: bool = False,
    **common: Unpack[Common],
) -> FitResult:
    """Fit the model's parameters and every nuisance by gradients.

    Args:
        experiments: one or several, names or loaded; nuisances of the same name are shared.
        model: a preset name or whatever else makes a model (`get_model`).
        grid: points along each model parameter in the scan that gives the starting points.
        progress: show a bar.
        **common: what is fixed, free and constrained, options of the experiments, and the box (`Common`).

    Returns:
        FitResult; look at `status` before using it.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    analysis = Analysis.of(experiments=experiments, model=model, grid=grid, **common)
    with running(analysis, f"Fitting {analysis.name}", progress, small=True) as tick:
        return find_fit(analysis, tick)


def find_fits(parts: Mapping[str, Analysis], joint: Analysis, tick: Share) -> dict[str, FitResult]:
    """The fits of all parts of an analysis by name, compiling one while another runs."""
    again = {f"{joint.name}_{alternative}" for alternative in joint.alternatives}
    share = part(tick, 1 / len(parts))

    def one(name: str) -> FitResult:
        return find_fit(parts[name], share, joint.name if name in again else "")

    with ThreadPoolExecutor(max_workers=min(len(parts), os.cpu_count() or 1)) as pool:
        return dict(zip(parts, pool.map(one, parts), strict=True))


def find_fit(analysis: Analysis, tick: Share, alternative_to: str = "") -> FitResult:
    """The fit of a checked analysis."""
    found = best_fit(
        analysis.data, analysis.narrowed, grid=analysis.grid, tick=tick, **analysis.settings
    )
    if set(found.surface.axes) != {"g", "mass"}:
        return fit_result(analysis, found, alternative_to)
    levels = [found.nll + level / 2 for level in LEVELS]
    start = Start(np.array(list(found.nuisances_sm.values())), found.nll_sm)
    with clock() as time:
        between = refined(analysis.problem, analysis.data, found.surface, levels, start)
    found = found._replace(
        compile_seconds=found.compile_seconds + time.compile_seconds,
        run_seconds=found.run_seconds + time.run_seconds,
    )
    return fit_result(analysis, found, alternative_to, between)


def fit_result(
    analysis: Analysis, found: BestFit, alternative_to: str = "", between: Between | None = None
) -> FitResult:
    """What was found as a result."""
    about = asked(analysis)
    seconds = {"compile_seconds": found.compile_seconds, "run_seconds": found.run_seconds}
    about["provenance"] |= seconds
    return FitResult(
        **about,
        grid=analysis.grid,
        alternative_to=alternative_to,
        **{name: getattr(found, name) for name in _AS_FOUND},
        floating={each.name: each.unit for each in found.floating},
        explanation=explain(found),
        minima=list(found.minima),
        covariance=_covariance(analysis, found),
        between=between and BetweenPoints(mass_mev=between.mass, g=between.g, nll=between.nll),
        spectra=_spectra(analysis, found),
    )


def _covariance(analysis: Analysis, found: BestFit) -> dict[str, Any]:
    """With the coordinate that each row is in."""
    logs = {p.name: p for p in (*analysis.model.parameters, *found.floating)}
    coordinates = []
    for name in found.covariance_names:
        if name not in logs:
            coordinates.append(f"{name} [sigma]")
            continue
        unit = "" if logs[name].unit == "1" else f" [{logs[name].unit}]"
        coordinates.append(f"log10 {name}{unit}" if logs[name].log else f"{name}{unit}")
    names = list(found.covariance_names)
    return {"names": names, "coordinates": coordinates, "matrix": found.covariance.tolist()}


def _spectra(analysis: Analysis, found: BestFit) -> dict[str, FittedSpectrum]:
    """Every experiment at the standard model's and at the best fit's nuisances."""
    own = {p.name for p in analysis.model.parameters}
    held = {name: value for name, value in analysis.fixed.items() if name in own}
    mediator = analysis.model.build(held | {n: e.value for n, e in found.parameters.items()})
    pulls = {name: each.value for name, each in (found.parameters | found.nuisances).items()}
    return {e.name: fitted_spectrum(e, mediator, pulls, found.nuisances_sm) for e in analysis.data}


def comparisons(results: Mapping[str, FitResult]) -> list[str]:
    """One sentence for each fit with other options: what these do to the preference for a mediator."""
    return [
        f"{each.alternative_to} improves -2 log L over the standard model by "
        f"{results[each.alternative_to].delta_chi2_sm:.1f}, {name} by {each.delta_chi2_sm:.1f}"
        for name, each in results.items()
        if each.alternative_to
    ]


def draw_fits(results: Mapping[str, FitResult], out: Path) -> list[Path]:
    """Figures of every fit: spectra, and the -2 log L surface where there is one; the files written."""
    written = []
    for name, each in results.items():
        figure = spectra_figure(each.spectra, f"best fit, {each.model}")
        written += save(figure, out / f"spectra_{name}")
    surfaces = surface_figure(results)
    return written + (save(surfaces, out / "surface") if surfaces is not None else [])
