"""What `jaxmed posterior` does: samples of every fit of an analysis, their JSON, ArviZ files and figures."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.run import Planned, settings
from jaxmed.inference.bayes.posterior import check_posterior, posterior
from jaxmed.inference.bayes.priors import complete_priors, read_priors
from jaxmed.inference.bayes.samples import Posterior
from jaxmed.inference.engine.timing import Tick, advance
from jaxmed.inference.problem import Problem, make_problem
from jaxmed.inference.regions.contours import Contours, contours
from jaxmed.inference.regions.grid_scan import scan_problem
from jaxmed.inference.results import Surface
from jaxmed.results.posterior_figure import marginals_figure, plane_figure
from jaxmed.results.posteriors import credible_plane, posterior_json
from jaxmed.results.style import save

# Credible regions are drawn beside confidence regions at these levels.
_LEVELS = (0.6827, 0.90)
_CURVE_POINTS = 201
_STEPS_PER_DECADE = 4


class Sampling(NamedTuple):
    """How long to sample: see `jaxmed posterior --help`."""

    chains: int = 4
    samples: int = 1000
    warmup: int = 1000
    seed: int = 1


def check_job(analysis: Analysis, planned: list[Planned], sampling: Sampling) -> None:
    """ValueError for what can be refused before any work."""
    check_posterior(**sampling._asdict())
    for job in planned:
        complete_priors(_problem(analysis, job), read_priors(analysis.priors, analysis.model))


def run_posteriors(
    analysis: Analysis, planned: list[Planned], sampling: Sampling, out: Path, tick: Tick
) -> tuple[dict[str, Any], dict[str, Posterior], list[Path]]:
    """Posteriors of the joint fit and, if planned, of each experiment alone.

    Args:
        analysis: model, priors, constraints and free parameters.
        planned: the fits, as `plan_fits` gives them.
        sampling: how long.
        out: folder of the samples and figures.
        tick: called with the share of one fit's work done since the last call.

    Returns:
        JSON content and posteriors by name of the fit, and the files written.

    Raises:
        ValueError: as `posterior` raises.
    """
    content, results, written = {}, {}, []
    for job in planned:
        found = posterior(
            job.group,
            analysis.model,
            priors=analysis.priors,
            fixed=job.fixed,
            free=analysis.free,
            constraints=analysis.constraints,
            **sampling._asdict(),
            tick=lambda part: advance(tick, 0.8 * part),
        )
        path = out / f"posterior_{job.name}"
        drawn, figures = _draw(analysis, job, found, path)
        content[job.name] = drawn | settings(analysis) | {"fixed": job.fixed}
        results[job.name] = found
        written += [_save_samples(found, path.with_name(f"{path.name}.nc")), *figures]
        advance(tick, 0.2)
    return content, results, written


def _draw(
    analysis: Analysis, job: Planned, found: Posterior, path: Path
) -> tuple[dict[str, Any], list[Path]]:
    """The JSON content of one posterior, and its figure with the profile likelihood beside it."""
    title = ", ".join([found.model, *(e.title for e in job.group), *found.constraints])
    if found.parameters == ("g", "mass"):
        regions, confidence = credible_plane(found, _LEVELS), _contours(analysis, job, found)
        figure = plane_figure(found, regions, confidence, title)
        return posterior_json(found, regions, confidence), save(figure, path)
    curve = _curve(_problem(analysis, job), job, found) if len(found.parameters) == 1 else None
    return posterior_json(found, None, None), save(marginals_figure(found, curve, title), path)


def _problem(analysis: Analysis, job: Planned) -> Problem:
    return make_problem(job.group, analysis.model, job.fixed, analysis.free, analysis.constraints)


def _contours(analysis: Analysis, job: Planned, found: Posterior) -> Contours:
    """Edges of the confidence regions, between the edges of the priors."""
    plane = {}
    for name in ("g", "mass"):
        prior = found.priors[name]
        low, high = prior.box
        number = max(round((high - low) * _STEPS_PER_DECADE), 4) + 1
        plane[name] = np.clip(np.geomspace(prior.low, prior.high, number), prior.low, prior.high)
    return contours(
        job.group,
        analysis.model,
        cl=_LEVELS,
        fixed=job.fixed,
        free=analysis.free,
        constraints=analysis.constraints,
        **plane,
    )


def _curve(problem: Problem, job: Planned, found: Posterior) -> Surface:
    """Profile likelihood along the only model parameter."""
    (name,) = found.parameters
    axis = np.linspace(*found.priors[name].box, _CURVE_POINTS)
    return scan_problem(problem, job.group, {name: axis}).surface


def _save_samples(found: Posterior, path: Path) -> Path:
    """ArviZ's container as netCDF, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        found.inference_data().to_netcdf(str(part), engine="h5netcdf")
        part.replace(path)
    except OSError as problem:
        raise ValueError(f"cannot write {path}: {problem.strerror or problem}") from None
    return path
